import pytest
from flask.testing import FlaskClient

from config.settings import WebSettings
from webapp.app import create_app

PATHS = ["/", "/livez", "/static/style.css", "/nothing", "/api/v1/nothing"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_strict_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "style-src": "'self'",
        "script-src": "'self'",
        "img-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "X-Powered-By" not in headers
    assert "Strict-Transport-Security" not in headers


def test_everything_but_what_is_the_same_for_everybody_stays_out_of_caches(client: FlaskClient) -> None:
    stored = {path: client.get(path).headers["Cache-Control"] for path in PATHS}
    assert stored.pop("/static/style.css") == "no-cache"
    assert set(stored.values()) == {"no-store"}


def test_behind_https_browsers_are_told_to_stay_there_and_the_cookie_does(settings: WebSettings) -> None:
    secure = create_app(settings.model_copy(update={"base_url": "https://signup.example.org"})).test_client()
    answer = secure.get("/", base_url="https://signup.example.org")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(answer.headers["Set-Cookie"].split("; "))


def test_without_https_the_cookie_works_all_the_same(client: FlaskClient) -> None:
    cookie = client.get("/").headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Lax"} <= set(cookie)
    assert "Secure" not in cookie


@pytest.mark.parametrize("template", ["/", "/nothing"])
def test_no_page_has_a_script_or_a_style_of_its_own(client: FlaskClient, template: str) -> None:
    page = client.get(template, headers={"Accept": "text/html"}).text
    assert "<style" not in page
    assert "style=" not in page
    assert " on" not in page.replace(" one ", " ")
    assert page.count("<script") == page.count("<script src=")
