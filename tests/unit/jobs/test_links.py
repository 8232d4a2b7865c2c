"""Links are good for one purpose, some of them for a while, and never for what was not signed here."""

import time
from uuid import uuid4

import pytest

from jobs.links import CONFIRM_FOR, PREFERENCES_FOR, Links

LINKS = Links("https://usher.example", "a key for the length of one test")
ONE = uuid4()
PURPOSES = ("confirm", "unsubscribe", "preferences")


def token(purpose: str) -> str:
    return getattr(LINKS, purpose)(ONE).rpartition("/")[2]


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_link_is_read_for_its_own_purpose_alone(purpose: str) -> None:
    read = {other: getattr(LINKS, f"read_{other}")(token(purpose)) for other in PURPOSES}
    assert read == {other: ONE if other == purpose else None for other in PURPOSES}


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_link_of_another_key_or_damaged_is_none(purpose: str) -> None:
    read = getattr(LINKS, f"read_{purpose}")
    other = getattr(Links("https://usher.example", "another key, for the same test"), purpose)(ONE).rpartition("/")[2]
    good = token(purpose)
    bad = [
        other,
        "",
        "x",
        good[:-2],
        good + "x",
        good.replace(".", ""),
        "ä",
        "\0",
        good.upper(),
        "." * 50,
        "a" * 10_000,
    ]
    assert [read(one) for one in bad] == [None] * len(bad)


@pytest.mark.parametrize(
    ("purpose", "good_for"), [("confirm", CONFIRM_FOR), ("preferences", PREFERENCES_FOR), ("unsubscribe", None)]
)
def test_a_link_is_good_for_as_long_as_it_says(monkeypatch: pytest.MonkeyPatch, purpose: str, good_for: object) -> None:
    made, read = token(purpose), getattr(LINKS, f"read_{purpose}")
    seconds = good_for.total_seconds() if good_for else 50 * 365 * 24 * 3600
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + seconds - 5)
    assert read(made) == ONE
    monkeypatch.setattr("time.time", lambda: now + seconds + 5)
    assert read(made) == (None if good_for else ONE)


def test_a_link_to_the_preferences_can_be_read_for_ever_by_whoever_mails_a_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = token("preferences")
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 50 * 365 * 24 * 3600)
    assert LINKS.read_preferences(made) is None
    assert LINKS.read_preferences_of_any_age(made) == ONE
    for other in (token("confirm"), token("unsubscribe"), made[:-2], made + "x", ""):
        assert LINKS.read_preferences_of_any_age(other) is None


def test_what_there_is_nobody_for_is_an_error_only_when_it_is_asked_for() -> None:
    links = LINKS.of(signup_id=None, subscriber_id=ONE)
    assert links.unsubscribe().startswith("https://usher.example/unsubscribe/")
    with pytest.raises(ValueError, match="nobody"):
        links.confirm()
