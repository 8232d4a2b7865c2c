"""Streams without a server in front of them, and how a sign-up is got."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from flask import Flask

from webapp.desk import EXTENSION, Desk
from webapp.live.live import Live
from webapp.live.pace import Pace

QUICK = Pace(tick=0.02, heartbeat=0.05, rest=0.05)

SignUp = Callable[..., dict[str, object]]


@pytest.fixture
def desk(app: Flask) -> Desk:
    found = app.extensions[EXTENSION]
    assert isinstance(found, Desk)
    return found


@pytest.fixture
def live(desk: Desk) -> Iterator[Live]:
    """A live view in a hurry."""
    live = Live(desk.session, pace=QUICK)
    yield live
    live.close()


@pytest.fixture
def signup_id(signed_up: SignUp) -> UUID:
    return UUID(str(signed_up()["id"]))
