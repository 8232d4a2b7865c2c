"""The pages behind personal links: somebody who has one of each, and everything that is stored, to be compared."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg import sql

from ledger import erasure
from ledger.connection import Connection
from ledger.people import Person
from webapp.act import Act
from webapp.desk import EXTENSION, Desk
from webapp.signup_request import parse

Stored = Callable[[], dict[str, list[str]]]

# What a request may count or look at without changing anything about anybody.
_NOBODYS = {"alembic_version", "limits", "processes"}


@dataclass(frozen=True)
class Holder:
    """Somebody who has signed up, with the paths of the links that are theirs: each made once, since it holds when that was."""

    desk: Desk
    id: UUID
    signup_id: UUID

    @cached_property
    def confirm(self) -> str:
        return urlsplit(self.desk.links.confirm(self.signup_id)).path

    @cached_property
    def unsubscribe(self) -> str:
        return urlsplit(self.desk.links.unsubscribe(self.id)).path

    @cached_property
    def preferences(self) -> str:
        return urlsplit(self.desk.links.preferences(self.id)).path

    def now(self) -> Person:
        person = self.desk.person(self.id)
        assert person is not None
        return person

    def jobs(self, **only: str) -> list[str]:
        """The kinds of their jobs in the order in which they were owed; of those in a `state`, where one is given."""
        with self.desk.session() as ledger:
            rows = ledger.execute(
                "SELECT kind FROM jobs WHERE subscriber_id = %s AND (%s::text IS NULL OR state = %s) ORDER BY seq",
                (self.id, only.get("state"), only.get("state")),
            )
            return [kind for (kind,) in rows]


@pytest.fixture
def desk(app: Flask) -> Desk:
    found = app.extensions[EXTENSION]
    assert isinstance(found, Desk)
    return found


@pytest.fixture
def holder_of(desk: Desk, ledger: Connection) -> Callable[..., Holder]:
    """Signs somebody up, as the form does, and gives them their links."""

    def sign_up(email: str, **fields: str) -> Holder:
        act = Act("form", shown="the words beside the button", client="192.0.2.1")
        signup = desk.take(parse({"email": email, **fields}), act)
        row = ledger.execute("SELECT subscriber_id FROM signups WHERE id = %s", (signup.id,)).fetchone()
        assert row is not None
        return Holder(desk, row[0], signup.id)

    return sign_up


@pytest.fixture
def ada(holder_of: Callable[..., Holder]) -> Holder:
    """Ada, who has signed up in English."""
    return holder_of("ada@example.org", name="Ada", locale="en")


@pytest.fixture
def stored(ledger: Connection) -> Stored:
    """Every row of every table that is about people or jobs, as text."""

    def dump() -> dict[str, list[str]]:
        tables = ledger.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return {
            table: [row for (row,) in ledger.execute(_ALL.format(sql.Identifier(table))).fetchall()]
            for (table,) in tables
            if table not in _NOBODYS
        }

    return dump


_ALL = sql.SQL("SELECT t::text FROM {} AS t ORDER BY 1")


@pytest.fixture
def one_click(client: FlaskClient) -> Callable[..., Any]:
    """What a mail client sends (RFC 8058, 3.2)."""

    def click(path: str, **how: Any) -> Any:
        return client.post(path, **{"data": {"List-Unsubscribe": "One-Click"}, **how})

    return click


@pytest.fixture
def forgotten(ada: Holder, ledger: Connection) -> Holder:
    """Ada has asked to be erased, and everybody has forgotten her since."""
    assert ada.desk.erase(ada.id)
    ledger.execute("UPDATE jobs SET state = 'succeeded', finished_at = now() WHERE kind = 'newsletter.erase'")
    assert erasure.complete(ledger) == 1
    return ada
