"""Whom the sandbox calls when somebody presses "unsubscribe" in a mail that anyone may have sent."""

import pytest

from sandbox.one_click import is_ours, meaning, one_click_of

BASE = "https://signup.example.org"
POST = ["List-Unsubscribe-Post", "List-Unsubscribe=One-Click"]


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/unsubscribe/t",
        "http://127.0.0.1:9/u",
        "http://[::1]:8000/u",
        "https://signup.example.org/unsubscribe/t",
        "https://SIGNUP.example.org/u",
    ],
)
def test_this_machine_and_the_web_site_are_called(url: str) -> None:
    assert is_ours(url, BASE)


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/u",
        "https://signup.example.org.eve.example/u",
        "https://signup.example.org@eve.example/u",
        "https://user@signup.example.org/u",
        "https://signup.example.org:8443/u",
        "http://signup.example.org/u",
        "http://localhost.eve.example/u",
        "http://127.0.0.1@eve.example/u",
        "http://169.254.169.254/latest",
        "http://0.0.0.0:8000/u",
        "ftp://localhost/u",
        "file:///etc/passwd",
        "http://[::1/u",
        "http://localhost:99999999/u",
        "",
    ],
)
def test_nobody_else_is(url: str) -> None:
    assert not is_ours(url, BASE)


def test_without_a_web_site_this_machine_alone_is() -> None:
    assert is_ours("http://localhost:8000/u", "")
    assert not is_ours(f"{BASE}/u", "")


def offered(*headers: list[str]) -> tuple[str, bool] | None:
    found = one_click_of({"headers": list(headers)}, BASE)
    return None if found is None else (found.url, not found.trouble)


@pytest.mark.parametrize(
    ("value", "url"),
    [
        (f"<{BASE}/u/t>", f"{BASE}/u/t"),
        (f"<mailto:leave@a.example>, <{BASE}/u/t>", f"{BASE}/u/t"),
        (f" < {BASE}/u/t > (leave)", f"{BASE}/u/t"),
    ],
)
def test_the_web_address_in_the_header_is_what_is_pressed(value: str, url: str) -> None:
    assert offered(["List-Unsubscribe", value], POST) == (url, True)


@pytest.mark.parametrize("value", ["", "<mailto:leave@a.example>", f"{BASE}/u/t", "<javascript:alert(1)>"])
def test_a_header_without_a_web_address_offers_nothing(value: str) -> None:
    assert offered(["List-Unsubscribe", value], POST) is None
    assert offered(POST) is None


@pytest.mark.parametrize("post", [["X", "y"], ["List-Unsubscribe-Post", "List-Unsubscribe=Two-Clicks"]])
def test_without_the_second_header_one_click_is_not_enough(post: list[str]) -> None:
    assert offered(["List-Unsubscribe", f"<{BASE}/u/t>"], post) == (f"{BASE}/u/t", False)


def test_an_address_elsewhere_is_shown_and_not_called() -> None:
    assert offered(["List-Unsubscribe", "<https://eve.example/u>"], POST) == ("https://eve.example/u", False)


@pytest.mark.parametrize(
    ("status", "words"),
    [("200", "for done"), ("302", "does not follow"), ("404", "Not Found"), ("599", "failure"), ("nobody", "Nobody")],
)
def test_an_answer_is_told_as_a_mail_program_takes_it(status: str, words: str) -> None:
    assert words in meaning(status)


@pytest.mark.parametrize("status", ["<script>", "99999", "\u0661\u0662\u0663"])
def test_what_stands_in_the_pages_address_is_never_shown_as_it_is(status: str) -> None:
    assert meaning(status) == "Nobody answered."


def test_nothing_is_told_before_it_was_pressed() -> None:
    assert meaning("") == ""
