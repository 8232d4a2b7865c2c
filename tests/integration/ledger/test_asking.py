"""Somebody who has left and is signed up again and again: asked once a day, then once a month, and treated as ever."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest

from ledger import export, preferences
from ledger.asking import LONG_PAUSE, PATIENCE, PAUSE
from ledger.connection import Connection
from ledger.ids import new_id
from ledger.preferences import Preferred, Record
from ledger.signups import record_all
from tests.integration.ledger.conftest import Open
from tests.integration.ledger.person import ASK, CLIENT, NEWSLETTER, PARTING, SUBSCRIBE, WELCOME, Someone

ANN = Someone("ann@b.example")
MINUTE = timedelta(minutes=1)
USUAL = [SUBSCRIBE.kind, WELCOME.kind]


@pytest.fixture
def gone(ledger: Connection) -> Connection:
    """Ann has been here and has left."""
    ANN.sign_up(ledger)
    ANN.leave(ledger)
    return ledger


def later(ledger: Connection, by: timedelta) -> None:
    ledger.execute("UPDATE subscribers SET asked_at = asked_at - %s", (by,))


def questions(ledger: Connection) -> int:
    """How many mails have asked."""
    row = ledger.execute("SELECT count(*) FROM jobs WHERE kind = %s AND NOT muted", (ASK.kind,)).fetchone()
    assert row is not None
    return int(row[0])


def asked(ledger: Connection, *, asks: bool = False) -> bool:
    """Sign her up; whether a mail asks."""
    before = questions(ledger)
    ANN.sign_up(ledger, asks=asks)
    return questions(ledger) > before


def wear_out(ledger: Connection) -> None:
    """Ask her until patience is at its end."""
    for _ in range(PATIENCE):
        assert asked(ledger)
        later(ledger, PAUSE)


def came_back_by_confirming(ledger: Connection) -> None:
    later(ledger, LONG_PAUSE)
    assert ANN.confirm(ledger, ANN.sign_up(ledger)) == "confirmed"


def came_back_by_preferring(ledger: Connection) -> None:
    preferences.prefer(
        ledger,
        ANN.now(ledger).id,
        Preferred("en", frozenset(), nothing=False),
        watched=NEWSLETTER,
        wanted_again=("newsletter.wanted", [SUBSCRIBE]),
        unwanted_now=PARTING,
        digest=ANN.digest,
        record=Record(new_id(), CLIENT, "the words"),
    )


@pytest.mark.parametrize("asks", [False, True], ids=["at once", "double opt-in"])
def test_they_are_asked_once_a_day(gone: Connection, *, asks: bool) -> None:
    assert asked(gone, asks=asks)
    assert not asked(gone, asks=asks)
    later(gone, PAUSE - MINUTE)
    assert not asked(gone, asks=asks)
    later(gone, MINUTE)
    assert asked(gone, asks=asks)


def test_after_a_few_questions_without_an_answer_they_are_asked_once_a_month(gone: Connection) -> None:
    wear_out(gone)
    assert not asked(gone)
    later(gone, LONG_PAUSE - PAUSE - MINUTE)
    assert not asked(gone)
    later(gone, MINUTE)
    assert asked(gone)
    later(gone, LONG_PAUSE - MINUTE)
    assert not asked(gone), "and so it stays"


def test_a_year_of_tries_is_fifteen_mails(gone: Connection) -> None:
    mails = 0
    for _ in range(365):
        mails += asked(gone) + asked(gone)
        later(gone, PAUSE)
    assert mails == PATIENCE + 12


@pytest.mark.parametrize("asks", [False, True], ids=["at once", "double opt-in"])
def test_whoever_signs_them_up_is_answered_alike_whether_they_are_asked_or_not(gone: Connection, *, asks: bool) -> None:
    usual = [ASK.kind] if asks else USUAL
    first, second = ANN.sign_up(gone, asks=asks), ANN.sign_up(gone, asks=asks)
    for signup in (first, second):
        assert [job.kind for job in signup.jobs] == usual
        shown = "SELECT kind, state FROM jobs WHERE signup_id = %s AND NOT hidden ORDER BY seq"
        assert gone.execute(shown, (signup.id,)).fetchall() == [(kind, "staged") for kind in usual]
    assert questions(gone) == 1


def test_what_another_brake_has_muted_counts_as_no_question(gone: Connection) -> None:
    muted = replace(ASK, muted=True)
    for _ in range(PATIENCE + 1):
        record_all(gone, [replace(ANN.wanted(), to_ask=(muted,)), replace(ANN.wanted(asks=True), owed=(muted,))])
    assert questions(gone) == 0
    assert asked(gone)


@pytest.mark.parametrize("came_back", [came_back_by_confirming, came_back_by_preferring])
def test_whoever_comes_back_and_leaves_again_is_asked_anew(
    gone: Connection, came_back: Callable[[Connection], None]
) -> None:
    wear_out(gone)
    came_back(gone)
    ANN.leave(gone)
    wear_out(gone)


def test_somebody_who_turned_one_channel_off_is_spared_too(ledger: Connection) -> None:
    ANN.sign_up(ledger)
    ledger.execute("UPDATE subscribers SET unwanted = '{newsletter}'")
    assert [asked(ledger) for _ in range(3)] == [True, False, False]


def test_somebody_who_was_erased_is_spared_too(ledger: Connection) -> None:
    ledger.execute("INSERT INTO suppressions (digest) VALUES (%s)", (ANN.digest,))
    wear_out(ledger)
    assert not asked(ledger)


def test_somebody_who_is_here_is_not_counted(ledger: Connection) -> None:
    for _ in range(5):
        assert asked(ledger, asks=True), "how often they are asked is the limits' business"
    (person,) = export.export(ledger, ANN.now(ledger).id)["person"]
    assert (person["asked_at"], person["unanswered"]) == (None, 0)


def test_of_several_in_one_group_one_asks(gone: Connection) -> None:
    muted = replace(ANN.wanted(), to_ask=(replace(ASK, muted=True),))
    record_all(gone, [muted, ANN.wanted(), ANN.wanted(asks=True), ANN.wanted(), ANN.wanted(asks=True)])
    assert questions(gone) == 1
    (person,) = export.export(gone, ANN.now(gone).id)["person"]
    assert person["unanswered"] == 1


def test_of_eight_at_once_one_asks(gone: Connection, another: Open) -> None:
    together = Barrier(8)

    def sign_up(session: Connection) -> None:
        together.wait(10)
        ANN.sign_up(session)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(sign_up, [another() for _ in range(8)]))
    assert questions(gone) == 1
