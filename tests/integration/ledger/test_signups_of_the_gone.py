"""Somebody who left, or was erased, and is signed up again: treated like anybody else, noticed by nobody, and asked."""

from dataclasses import replace
from typing import Any

from ledger import export, reading
from ledger.connection import Connection
from ledger.signups import Signup, record_all
from tests.integration.ledger.owed_jobs import row, sign_up
from tests.integration.ledger.person import ASK, CLIENT, SUBSCRIBE, WELCOME, Someone, everywhere, kinds_of

ANN, BOB = Someone("ann@b.example"), Someone("bob@b.example")
USUAL = [SUBSCRIBE.kind, WELCOME.kind]


def shown(ledger: Connection, signup: Signup) -> list[str]:
    view = reading.signup(ledger, signup.id)
    assert view is not None
    return [job.kind for job in view.jobs]


def suppress(ledger: Connection, someone: Someone) -> None:
    ledger.execute("INSERT INTO suppressions (digest) VALUES (%s)", (someone.digest,))


def test_a_new_person_is_owed_the_usual_and_is_asked_nothing(ledger: Connection) -> None:
    signup = ANN.sign_up(ledger)
    assert shown(ledger, signup) == kinds_of(ledger, ANN.now(ledger).id) == USUAL
    assert ANN.now(ledger).left_at is None


def test_somebody_who_left_is_owed_a_question_that_nobody_sees(ledger: Connection) -> None:
    ANN.sign_up(ledger)
    ANN.leave(ledger)
    again = ANN.sign_up(ledger)
    assert [job.kind for job in again.jobs] == shown(ledger, again) == USUAL
    assert kinds_of(ledger, ANN.now(ledger).id, state="staged")[-3:] == [*USUAL, ASK.kind]
    assert ANN.now(ledger).left_at is not None, "an anonymous sign-up brings nobody back"


def test_somebody_who_turned_one_channel_off_is_asked_too(ledger: Connection) -> None:
    ANN.sign_up(ledger)
    ledger.execute("UPDATE subscribers SET unwanted = '{newsletter}'")
    ANN.sign_up(ledger)
    assert kinds_of(ledger, ANN.now(ledger).id)[-1] == ASK.kind


def test_somebody_who_was_erased_has_left_from_the_first_moment(ledger: Connection) -> None:
    suppress(ledger, ANN)
    signup = ANN.sign_up(ledger)
    assert ANN.now(ledger).left_at is not None
    assert shown(ledger, signup) == USUAL
    assert kinds_of(ledger, ANN.now(ledger).id) == [*USUAL, ASK.kind]


def test_what_follows_from_a_question_that_nobody_saw_is_not_seen_either(ledger: Connection) -> None:
    suppress(ledger, ANN)
    signup = ANN.sign_up(ledger)
    assert ANN.confirm(ledger, signup) == "confirmed"
    assert shown(ledger, signup) == USUAL
    assert kinds_of(ledger, ANN.now(ledger).id) == [*USUAL, ASK.kind, *USUAL]
    assert ANN.now(ledger).left_at is None
    assert ledger.execute("SELECT FROM suppressions").fetchall() == [], "they are not kept away any more"


def test_where_everybody_is_asked_the_question_is_what_is_seen(ledger: Connection) -> None:
    signup = ANN.sign_up(ledger, asks=True)
    assert shown(ledger, signup) == kinds_of(ledger, ANN.now(ledger).id) == [ASK.kind]
    ANN.confirm(ledger, signup)
    assert shown(ledger, signup) == [ASK.kind, *USUAL]


def test_in_a_group_each_is_treated_by_what_they_are(ledger: Connection) -> None:
    ANN.sign_up(ledger)
    ANN.leave(ledger)
    carol = Someone("carol@b.example")
    signups = record_all(ledger, [BOB.wanted(), ANN.wanted(), carol.wanted(asks=True), BOB.wanted()])
    assert [[job.kind for job in one.jobs] for one in signups] == [USUAL, USUAL, [ASK.kind], USUAL]
    assert [shown(ledger, one) for one in signups] == [USUAL, USUAL, [ASK.kind], USUAL]
    assert kinds_of(ledger, BOB.now(ledger).id) == [*USUAL, *USUAL]
    assert kinds_of(ledger, ANN.now(ledger).id, state="staged")[-3:] == [*USUAL, ASK.kind]


def order_keys(ledger: Connection, signup: Signup) -> dict[str, Any]:
    return {job.kind: row(ledger, job.id)["order_key"] for job in signup.jobs}


def test_what_is_muted_waits_for_nobody_and_holds_nobody_up(ledger: Connection) -> None:
    muted = replace(ANN, owes=(SUBSCRIBE, replace(WELCOME, muted=True)))
    first, second, third = ANN.sign_up(ledger), muted.sign_up(ledger), muted.sign_up(ledger)
    keys = [order_keys(ledger, one) for one in (first, second, third)]
    assert len({key[SUBSCRIBE.kind] for key in keys}) == 1
    assert len({key[WELCOME.kind] for key in keys}) == 3


def test_whoever_comes_back_after_an_erasure_waits_behind_it(ledger: Connection) -> None:
    ANN.sign_up(ledger)
    ANN.erase(ledger)
    again = ANN.sign_up(ledger)
    (erasing,) = ledger.execute("SELECT order_key FROM jobs WHERE kind = 'newsletter.erase'").fetchall()
    assert (order_keys(ledger, again)[SUBSCRIBE.kind],) == erasing


def test_the_consent_record_says_what_was_shown_when_and_from_where(ledger: Connection) -> None:
    ANN.confirm(ledger, ANN.sign_up(ledger, asks=True))
    (record,) = export.export(ledger, ANN.now(ledger).id)["signups"]
    assert (record["door"], record["shown"], record["client"]) == ("form", "the words beside the button", CLIENT)
    assert record["confirmed_shown"] == "the words beside the button of the confirmation"
    assert record["confirmed_from"] == CLIENT
    assert record["created_at"] <= record["confirmed_at"]


def test_a_person_who_was_signed_up_by_hand_of_a_program_has_no_address_of_a_browser(ledger: Connection) -> None:
    (job,) = sign_up(ledger, address="dan@b.example")
    assert everywhere(ledger, "dan@b.example").keys() == {"subscribers"}
    assert row(ledger, job)["hidden"] is False
