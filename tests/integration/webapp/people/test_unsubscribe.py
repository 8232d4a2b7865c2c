"""One-click unsubscribing to the letter of RFC 8058."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.webapp.people.conftest import Holder, Stored

PAIR = {"List-Unsubscribe": "One-Click"}
LEFT = ["newsletter.unsubscribe"]
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


@pytest.mark.parametrize("encoding", [URLENCODED, MULTIPART])
def test_both_encodings_unsubscribe_without_cookie_token_or_redirect(
    client: FlaskClient, ada: Holder, encoding: str
) -> None:
    answer = client.post(ada.unsubscribe, data=PAIR, content_type=encoding)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert "Set-Cookie" not in answer.headers
    assert "Location" not in answer.headers
    assert "You have left" in answer.text
    assert ada.now().left_at is not None
    assert ada.jobs(state="staged") == LEFT


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"List-Unsubscribe=One-Click", URLENCODED),
        (b"List-Unsubscribe=One-Click\r\n", URLENCODED + "; charset=UTF-8"),
        (b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n', MULTIPART + "; boundary=b"),
        (b'--"b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--"b--', MULTIPART + '; boundary="\\"b"'),
    ],
    ids=["the RFC's own example", "a line break after it", "multipart by hand", "a quoted boundary"],
)  # fmt: skip
def test_bodies_as_mail_clients_write_them_are_understood(
    client: FlaskClient, ada: Holder, body: bytes, content_type: str
) -> None:
    assert client.post(ada.unsubscribe, data=body, content_type=content_type).status_code == 200
    assert ada.now().left_at is not None


def test_a_mail_clients_server_needs_no_accept_header_and_may_come_from_anywhere(
    ada: Holder, one_click: Callable[..., Any]
) -> None:
    headers = {"Origin": "https://mail.example", "Sec-Fetch-Site": "cross-site", "Accept": "*/*"}
    answer = one_click(ada.unsubscribe, headers=headers)
    assert answer.status_code == 200
    assert ada.now().left_at is not None


def test_opening_the_link_unsubscribes_nobody(client: FlaskClient, ada: Holder, stored: Stored) -> None:
    before = stored()
    for method in ("GET", "HEAD", "OPTIONS"):
        for query in ("", "?List-Unsubscribe=One-Click"):
            answer = client.open(ada.unsubscribe + query, method=method)
            assert answer.status_code == 200
            assert "Set-Cookie" not in answer.headers
    assert stored() == before


def test_the_pages_own_button_sends_what_a_mail_client_sends(client: FlaskClient, ada: Holder) -> None:
    leaving, *others = client.get(ada.unsubscribe).text.split("<form")[1:]
    assert '<input type="hidden" name="List-Unsubscribe" value="One-Click">' in leaving
    assert leaving.count("<button") == 1
    assert "action=" not in leaving, "the form goes to where it came from"
    assert not [form for form in others if "One-Click" in form]


def test_leaving_twice_or_from_many_threads_is_leaving_once(app: Flask, ada: Holder) -> None:
    with ThreadPoolExecutor(16) as pool:
        codes = list(
            pool.map(lambda _: app.test_client().post(ada.unsubscribe, data=PAIR).status_code, range(32)),
        )
    assert 200 in codes
    # 503, come again: a busy machine may not open so many sessions in a second.
    assert set(codes) <= {200, 503}
    assert ada.jobs(state="staged") == LEFT


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", URLENCODED),
        (b"", ""),
        (b"List-Unsubscribe=one-click", URLENCODED),
        (b"List-Unsubscribe=", URLENCODED),
        (b"list-unsubscribe=One-Click", URLENCODED),
        (b"x=List-Unsubscribe%3DOne-Click", URLENCODED),
        (b'{"List-Unsubscribe": "One-Click"}', "application/json"),
        (b"List-Unsubscribe=One-Click", "text/plain"),
        (b"List-Unsubscribe=One-Click", MULTIPART),
        (b"--b\r\nContent-Disposition: form-data", MULTIPART + "; boundary=b"),
        (b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"; filename="One-Click"\r\n\r\nOne-Click\r\n--b--', MULTIPART + "; boundary=b"),
        (b"\xff\xfe\x00" * 100, MULTIPART + "; boundary=\xff".encode().decode("latin-1")),
    ],
)  # fmt: skip
def test_a_post_without_the_pair_unsubscribes_nobody_and_shows_the_button(
    client: FlaskClient, ada: Holder, stored: Stored, body: bytes, content_type: str
) -> None:
    before = stored()
    answer = client.post(ada.unsubscribe, data=body, content_type=content_type)
    assert answer.status_code == 400
    assert 'value="One-Click"' in answer.text
    assert stored() == before


@pytest.mark.parametrize("encoding", [URLENCODED, MULTIPART])
def test_a_body_of_more_than_16_kib_is_413(client: FlaskClient, ada: Holder, encoding: str) -> None:
    answer = client.post(ada.unsubscribe, data={**PAIR, "more": "x" * 16 * 1024}, content_type=encoding)
    assert answer.status_code == 413
    assert ada.now().left_at is None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=600) | st.binary(max_size=80).map(lambda noise: b"--b\r\nContent-Disposition: form-data; name=" + noise),
    content_type=st.sampled_from([URLENCODED, MULTIPART + "; boundary=b", MULTIPART, "application/json", "text/plain", ""]),
)  # fmt: skip
def test_no_body_whatever_is_a_fault_of_ours(client: FlaskClient, ada: Holder, body: bytes, content_type: str) -> None:
    answer = client.post(ada.unsubscribe, data=body, content_type=content_type)
    assert answer.status_code in {200, 400}
    assert (answer.status_code == 200) == (ada.now().left_at is not None)


def test_somebody_who_has_left_sees_so_and_is_not_asked_again(
    client: FlaskClient, ada: Holder, one_click: Callable[..., Any]
) -> None:
    one_click(ada.unsubscribe)
    page = client.get(ada.unsubscribe).text
    assert "You have left" in page
    assert "One-Click" not in page


def test_it_works_for_years_and_names_nobody(client: FlaskClient, holder_of: Callable[..., Holder]) -> None:
    """Such a link is passed on with the mail it is in."""
    grace = holder_of("grace.hopper@example.org", name="Grace Brewster Hopper")
    answer = client.get(grace.unsubscribe)
    assert answer.status_code == 200
    said = answer.text + client.post(grace.unsubscribe, data=PAIR).text
    assert not [word for word in ("grace.hopper", "example.org", "brewster", "/preferences/") if word in said.lower()]


def test_while_somebody_is_being_erased_they_are_told_that_they_have_left(
    ada: Holder, one_click: Callable[..., Any]
) -> None:
    ada.desk.erase(ada.id)
    assert one_click(ada.unsubscribe).status_code == 200
    assert ada.jobs() == ["newsletter.erase"]


def test_where_there_is_nobody_any_more_it_is_gone(client: FlaskClient, forgotten: Holder) -> None:
    assert client.get(forgotten.unsubscribe).status_code == 410
    assert client.post(forgotten.unsubscribe, data=PAIR).status_code == 410
