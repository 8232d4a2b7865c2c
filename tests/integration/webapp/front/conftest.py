"""Applications with a front door of one's own making, and a crowd that comes through it from many addresses."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from config.front_door import TrustedProxies
from config.settings import WebSettings
from webapp.app import create_app
from webapp.desk import EXTENSION
from webapp.front import signup_limits
from webapp.front.challenge import Challenges
from webapp.front.limiter import Limiter
from webapp.keys import derived
from webapp.pages.traps import Traps, put_in

URL = "/api/v1/signups"
PATIENT_S = 30.0

Open = Callable[..., Flask]


@pytest.fixture
def opened(settings: WebSettings) -> Iterator[Open]:
    """Makes an application with some settings changed. A proxy is trusted, forms may be sent as soon as they are there, and
    `patient` limits are kept however busy the machine is.
    """
    with ExitStack() as closing:

        def open_one(*, patient: bool = True, **changed: Any) -> Flask:
            own = settings.model_copy(update={"trusted_proxies": TrustedProxies(hops=1), **changed})
            app = create_app(own)
            put_in(app.extensions, Traps(derived(own, "traps"), quickest_s=None))
            desk = app.extensions[EXTENSION]
            closing.callback(desk.close)
            if own.signup_limits is not None and patient:
                limiter = Limiter(own.signup_limits, derived(own, "limits"), desk.session, answer_s=PATIENT_S)
                signup_limits.put_in(app.extensions, limiter)
            return app

        yield open_one


@pytest.fixture
def app(opened: Open) -> Flask:
    return opened()


@pytest.fixture
def challenges(settings: WebSettings) -> Challenges:
    """As the application makes them."""
    return Challenges(derived(settings, "challenges"))


def by_api(client: FlaskClient, email: str, address: str = "192.0.2.1", **fields: str) -> TestResponse:
    """A sign-up through the API, from a client address."""
    return client.post(URL, json={"email": email, **fields}, headers={"X-Forwarded-For": address})


def by_form(client: FlaskClient, email: str, address: str = "192.0.2.1", **fields: str) -> TestResponse:
    """A sign-up through the form as a browser sends it: everything that is hidden in it, and the cookie."""
    page = client.get("/").text
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    sent = {**hidden, "email": email, **fields}
    return client.post("/signups", data=sent, headers={"X-Forwarded-For": address, "Accept": "text/html"})
