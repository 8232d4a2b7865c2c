import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import BadRequest

from webapp.api.idempotency_key import key_in, once
from webapp.keys import Mac
from webapp.signup_request import SignupRequest, parse

SECRET = Mac(b"a key for one test and no longer")
VISIBLE = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
ADA = parse({"email": "ada@example.org", "name": "Ada"})


def test_without_the_header_there_is_no_key() -> None:
    assert key_in(None) is None


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        ("abc", "abc"),
        ('"abc"', "abc"),
        (' "abc" ', "abc"),
        ("0b2f3c52-7c9e-4f0e-9f0b-3d1d1f6f8a11", "0b2f3c52-7c9e-4f0e-9f0b-3d1d1f6f8a11"),
        (r'"a\"b\\c"', r'a"b\c'),
        ("it's=fine;really,yes", "it's=fine;really,yes"),
        ("x" * 255, "x" * 255),
        (f'"{"x" * 255}"', "x" * 255),
        (f'"{"x" * 254}\\""', "x" * 254 + '"'),
    ],
)
def test_a_key_is_taken_quoted_or_bare(sent: str, key: str) -> None:
    assert key_in(sent) == key


@pytest.mark.parametrize(
    "sent",
    [
        "",
        " ",
        '"',
        '""',
        '"abc',
        '"a"b"',
        r'"a\b"',
        '"a b"',
        "a b",
        "a\tb",
        "\xe9",
        "a\x00",
        "x" * 256,
        f'"{"x" * 256}"',
        '"a";b=1',
    ],
)
def test_what_is_no_key_is_refused(sent: str) -> None:
    with pytest.raises(BadRequest, match="Idempotency-Key"):
        key_in(sent)


@given(st.text(VISIBLE, min_size=1, max_size=255))
def test_every_text_that_is_visible_can_be_sent_in_quotes(key: str) -> None:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    assert key_in(f'"{escaped}"') == key


@given(st.text(max_size=300))
def test_whatever_is_sent_is_a_key_or_refused(sent: str) -> None:
    try:
        key = key_in(sent)
    except BadRequest:
        return
    assert key is not None
    assert 1 <= len(key) <= 255
    assert all("!" <= each <= "~" for each in key)


def test_the_same_request_has_one_fingerprint_however_it_was_spelled() -> None:
    again = parse({"name": " Ada ", "email": "ADA@example.org", "locale": None})
    assert once(SECRET, "api", "k", ADA) == once(SECRET, "api", "k", again)


@pytest.mark.parametrize(
    "other",
    [
        {"email": "bob@example.org", "name": "Ada"},
        {"email": "ada@example.org"},
        {"email": "ada@example.org", "name": "Ada", "locale": "de"},
    ],
    ids=str,
)
def test_another_request_has_another_fingerprint_under_the_same_key(other: dict[str, str]) -> None:
    first, second = once(SECRET, "api", "k", ADA), once(SECRET, "api", "k", parse(other))
    assert first.key == second.key
    assert first.fingerprint != second.fingerprint


def test_another_key_another_door_and_another_secret_are_each_something_else() -> None:
    named = [
        once(SECRET, "api", "k", ADA),
        once(SECRET, "api", "K", ADA),
        once(SECRET, "form", "k", ADA),
        once(Mac(b"x"), "api", "k", ADA),
    ]
    assert len({one.key for one in named}) == 4


def test_nothing_that_was_sent_can_be_read_from_them() -> None:
    named = once(SECRET, "api", "lovelace@example.org", SignupRequest(email="lovelace@example.org"))
    assert (len(named.key), len(named.fingerprint)) == (32, 32)
    assert b"lovelace" not in named.key + named.fingerprint
