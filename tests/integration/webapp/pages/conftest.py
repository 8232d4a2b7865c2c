"""A visitor who reads the form, takes the time that people take, and sends it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from webapp.act import Act
from webapp.desk import EXTENSION
from webapp.pages import traps
from webapp.signup_request import parse


@dataclass
class Clock:
    """The time as the traps see it, in seconds."""

    at: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Visitor:
    """Somebody with a browser."""

    client: FlaskClient
    clock: Clock
    language: str = "en"

    @property
    def headers(self) -> dict[str, str]:
        return {"Accept": "text/html", "Accept-Language": self.language}

    def read(self, path: str = "/") -> dict[str, str]:
        """The form's hidden fields."""
        return hidden(self.client.get(path, headers=self.headers).text)

    def send(self, fields: dict[str, str], **headers: str) -> Any:
        return self.client.post("/signups", data=fields, headers={**self.headers, **headers})

    def sign_up(self, path: str = "/", /, *, typing_s: float = 10, **typed: str) -> Any:
        fields = self.read(path)
        self.clock.at += typing_s
        return self.send({**fields, **typed})


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


@pytest.fixture
def clock(app: Flask) -> Clock:
    clock = Clock()
    with app.app_context():
        traps.put_in(app.extensions, replace(traps.at_door(), now=clock))
    return clock


@pytest.fixture
def visitor(client: FlaskClient, clock: Clock) -> Visitor:
    return Visitor(client, clock)


@pytest.fixture
def taken(app: Flask) -> Callable[..., UUID]:
    """Signs somebody up at the desk and returns the sign-up's id."""

    def take(email: str = "ada@example.org", **fields: str) -> UUID:
        found: UUID = app.extensions[EXTENSION].take(parse({"email": email, **fields}), Act("api")).id
        return found

    return take
