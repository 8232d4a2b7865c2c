from base64 import b64encode

import pytest
from flask import Flask
from werkzeug.exceptions import Unauthorized

from config.settings import WebSettings
from webapp.ops_login import signed_in


def header(text: str) -> str:
    return "Basic " + b64encode(text.encode()).decode()


def test_nobody_is_not_the_operator(app: Flask, settings: WebSettings) -> None:
    with app.test_request_context():
        assert not signed_in(settings)


def test_the_operator_is_known_by_name_and_password(app: Flask, settings: WebSettings) -> None:
    with app.test_request_context(headers={"Authorization": header("ops:open sesame")}):
        assert signed_in(settings)


@pytest.mark.parametrize(
    "sent",
    [
        header("ops:wrong"),
        header("other:open sesame"),
        header("ops:"),
        header(":open sesame"),
        header("ops:open sesam\u00e9"),
        header("ops:open sesame "),
        "Bearer open sesame",
        'Digest username="ops", response="open sesame"',
    ],
)
def test_a_bad_login_is_told_apart_from_none(app: Flask, settings: WebSettings, sent: str) -> None:
    with app.test_request_context(headers={"Authorization": sent}), pytest.raises(Unauthorized) as refusal:
        signed_in(settings)
    assert dict(refusal.value.get_headers())["WWW-Authenticate"].startswith("Basic realm=")
