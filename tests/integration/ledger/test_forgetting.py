"""Who never said yes is forgotten, and which sign-ups are; everybody and everything else stays."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from ledger import facts, forgetting, people, reading
from ledger.connection import Connection
from ledger.decisions import retry
from ledger.forgetting import Forgotten
from ledger.owed import owe
from ledger.pruning import prune
from tests.integration.ledger.ageing import (
    ENDED,
    HOUR,
    LINK,
    UNANSWERED,
    YEARS,
    end_jobs,
    everything,
    forget,
    grow_old,
)
from tests.integration.ledger.conftest import Open
from tests.integration.ledger.person import ASK, UNSUBSCRIBE, Someone, everywhere

ANN, NEW = Someone("ann@b.example"), Someone("ann@new.example")
ONE = Forgotten(people=1, signups=0)
NOTHING = Forgotten(people=0, signups=0)


def asked(ledger: Connection) -> None:
    ANN.sign_up(ledger, asks=True)


def asked_again_and_again(ledger: Connection) -> None:
    for _ in range(5):
        ANN.sign_up(ledger, asks=True)


def erased_and_signed_up_by_somebody(ledger: Connection) -> None:
    ledger.execute("INSERT INTO suppressions (digest) VALUES (%s) ON CONFLICT DO NOTHING", (ANN.digest,))
    ANN.sign_up(ledger)
    ANN.sign_up(ledger)


def said_to_be_somebodys_new_address(ledger: Connection) -> None:
    NEW.sign_up(ledger)
    ANN.sign_up(ledger, asks=True, replaces=NEW.now(ledger).id)


NEVER_SAID_YES = [asked, asked_again_and_again, erased_and_signed_up_by_somebody, said_to_be_somebodys_new_address]


@pytest.mark.parametrize("happened", NEVER_SAID_YES)
@pytest.mark.parametrize("ended_as", ["succeeded", "skipped", "cancelled", "discarded"])
def test_of_somebody_who_never_said_yes_nothing_is_left(
    ledger: Connection, happened: Callable[[Connection], None], ended_as: str
) -> None:
    happened(ledger)
    end_jobs(ledger, ended_as)
    person = ANN.now(ledger).id
    signups = ledger.execute("SELECT id FROM signups WHERE subscriber_id = %s", (person,)).fetchall()
    jobs = ledger.execute("SELECT id FROM jobs WHERE subscriber_id = %s", (person,)).fetchall()
    grow_old(ledger, UNANSWERED + HOUR)
    assert forget(ledger) == ONE
    for left_over in (ANN.address, str(person), *[str(one) for (one,) in (*signups, *jobs)]):
        assert everywhere(ledger, left_over) == {}
    assert [reading.signup(ledger, one) for (one,) in signups] == [None] * len(signups)
    assert forget(ledger) == NOTHING


@pytest.mark.parametrize("happened", NEVER_SAID_YES)
def test_not_before_the_last_link_has_been_dead_for_so_long(
    ledger: Connection, happened: Callable[[Connection], None]
) -> None:
    happened(ledger)
    grow_old(ledger, YEARS)
    end_jobs(ledger)  # the mail went out only now
    grow_old(ledger, UNANSWERED - HOUR)
    before = everything(ledger)
    assert forget(ledger) == NOTHING
    assert everything(ledger) == before
    grow_old(ledger, 2 * HOUR)
    assert forget(ledger) == ONE


@pytest.mark.parametrize("happened", NEVER_SAID_YES)
def test_somebody_with_more_signups_than_are_looked_at_is_forgotten_all_the_same(
    ledger: Connection, happened: Callable[[Connection], None]
) -> None:
    while len(everything(ledger)["signups"]) <= 2 * forgetting.SAMPLE:
        happened(ledger)
    end_jobs(ledger)
    grow_old(ledger, YEARS)
    for _ in range(3):
        forget(ledger)
    assert everywhere(ledger, ANN.address) == {}


def subscribed(ledger: Connection) -> None:
    ANN.sign_up(ledger)


def asked_and_then_subscribed(ledger: Connection) -> None:
    ANN.sign_up(ledger, asks=True)
    ANN.sign_up(ledger)


def confirmed(ledger: Connection) -> None:
    ANN.confirm(ledger, ANN.sign_up(ledger, asks=True))


def confirmed_after_an_erasure(ledger: Connection) -> None:
    erased_and_signed_up_by_somebody(ledger)
    ANN.confirm(ledger, ANN.sign_up(ledger))


def left(ledger: Connection) -> None:
    ANN.sign_up(ledger)
    ANN.leave(ledger)


def left_by_the_mail_that_asked(ledger: Connection) -> None:
    ANN.sign_up(ledger, asks=True)
    end_jobs(ledger)
    grow_old(ledger, HOUR)
    ANN.leave(ledger)


def turned_a_channel_off(ledger: Connection) -> None:
    ANN.sign_up(ledger, asks=True)
    ledger.execute("UPDATE subscribers SET unwanted = '{newsletter}'")


def being_erased(ledger: Connection) -> None:
    ANN.sign_up(ledger, asks=True)
    ANN.erase(ledger)


def imported_by_hand(ledger: Connection) -> None:
    ledger.execute("INSERT INTO subscribers (id, address) VALUES (gen_random_uuid(), %s)", (ANN.address,))


KNOWN = [
    *(subscribed, asked_and_then_subscribed, confirmed, confirmed_after_an_erasure, left, left_by_the_mail_that_asked),
    *(turned_a_channel_off, being_erased, imported_by_hand),
]


@pytest.mark.parametrize("happened", KNOWN)
def test_whoever_has_said_anything_stays_for_ever(ledger: Connection, happened: Callable[[Connection], None]) -> None:
    happened(ledger)
    end_jobs(ledger)
    grow_old(ledger, YEARS)
    before = everything(ledger)["subscribers"]
    assert forget(ledger).people == 0
    assert everything(ledger)["subscribers"] == before


@pytest.mark.parametrize("state", ["staged", "queued", "running", "retrying", "dead", "unknown"])
@pytest.mark.parametrize("of_a_signup", [True, False])
def test_whoever_has_a_job_that_is_open_or_waits_for_a_decision_is_not_touched(
    ledger: Connection, state: str, *, of_a_signup: bool
) -> None:
    ANN.sign_up(ledger, asks=True)
    if not of_a_signup:
        end_jobs(ledger)
        owe(ledger, ANN.now(ledger).id, fact="newsletter.unwanted", owed=[UNSUBSCRIBE])
    if state in {"dead", "unknown"}:
        end_jobs(ledger, state)
    else:
        ledger.execute(
            "UPDATE jobs SET state = %(state)s, claimer = CASE WHEN %(state)s = 'running' THEN gen_random_uuid() END "
            "WHERE finished_at IS NULL",
            {"state": state},
        )
    grow_old(ledger, YEARS)
    before = everything(ledger)
    assert forget(ledger) == NOTHING
    assert facts.forget(ledger, after=ENDED) == 0
    assert everything(ledger) == before


def test_signing_up_again_puts_it_off(ledger: Connection) -> None:
    asked(ledger)
    end_jobs(ledger)
    grow_old(ledger, UNANSWERED + HOUR)
    ANN.sign_up(ledger, asks=True)
    end_jobs(ledger)
    assert forget(ledger, ended=UNANSWERED) == Forgotten(people=0, signups=1), "the old question alone"
    grow_old(ledger, UNANSWERED + HOUR)
    assert forget(ledger) == ONE


def test_a_question_that_was_sent_late_keeps_its_link_however_soon_jobs_are_pruned(ledger: Connection) -> None:
    signup = ANN.sign_up(ledger, asks=True)
    end_jobs(ledger, "dead")
    grow_old(ledger, timedelta(days=100))
    retry(ledger, [signup.jobs[0].id])
    end_jobs(ledger)
    grow_old(ledger, LINK - HOUR)
    assert prune(ledger, after=HOUR).pruned == 0
    assert forget(ledger) == NOTHING
    assert ANN.confirm(ledger, signup) == "confirmed"
    assert prune(ledger, after=HOUR).pruned == 1, "once it is answered it is a job like any other"


def test_a_hidden_question_keeps_its_link_and_goes_with_its_sign_up(ledger: Connection) -> None:
    left(ledger)
    again = ANN.sign_up(ledger)
    end_jobs(ledger)
    grow_old(ledger, UNANSWERED - HOUR)
    prune(ledger, after=HOUR)
    rest = "SELECT kind FROM jobs WHERE signup_id = %s"
    assert ledger.execute(rest, (again.id,)).fetchall() == [(ASK.kind,)]
    grow_old(ledger, 2 * HOUR)
    assert forget(ledger, ended=HOUR) == Forgotten(people=0, signups=1)
    assert everywhere(ledger, str(again.id)) == {}


def test_whoever_was_erased_is_still_kept_away_after_what_others_sent_is_forgotten(ledger: Connection) -> None:
    erased_and_signed_up_by_somebody(ledger)
    end_jobs(ledger)
    grow_old(ledger, YEARS)
    assert forget(ledger) == ONE
    ANN.sign_up(ledger)
    assert ANN.now(ledger).left_at is not None


def test_the_old_address_stays_where_the_new_one_never_said_yes(ledger: Connection) -> None:
    said_to_be_somebodys_new_address(ledger)
    end_jobs(ledger)
    grow_old(ledger, YEARS)
    before = NEW.now(ledger)
    assert forget(ledger) == ONE
    assert NEW.now(ledger) == before


# The walk


def test_a_flood_for_one_address_is_gone_after_a_few_walks(ledger: Connection) -> None:
    for _ in range(300):
        ANN.sign_up(ledger)
    for _ in range(300):
        NEW.sign_up(ledger, asks=True)
    end_jobs(ledger)
    grow_old(ledger, YEARS)
    for _ in range(4):
        forget(ledger, blocks=1)
    assert len(everything(ledger)["signups"]) == 1
    assert len(everything(ledger)["subscribers"]) == 1


def test_a_call_looks_at_its_slice_and_the_next_at_the_next(ledger: Connection) -> None:
    for number in range(200):
        Someone(f"n{number}@b.example").sign_up(ledger, asks=True)
    end_jobs(ledger)
    grow_old(ledger, YEARS)
    ledger.execute("VACUUM FULL signups")
    full = ledger.execute("SELECT count(DISTINCT (ctid::text::point)[0]) FROM signups").fetchone()
    assert full is not None
    assert full[0] >= 3
    gone = [forgetting.forget(ledger, unanswered=UNANSWERED, ended=ENDED, blocks=1).people for _ in range(full[0])]
    assert min(gone) > 0
    assert sum(gone) == 200


def test_somebody_who_is_held_is_left_for_the_next_walk_and_not_waited_for(ledger: Connection, another: Open) -> None:
    asked(ledger)
    end_jobs(ledger)
    grow_old(ledger, YEARS)
    holder = another()
    with holder.transaction():
        people.held(holder, ANN.now(ledger).id)
        assert forget(ledger) == NOTHING
    assert forget(ledger) == ONE


def test_walking_past_those_who_stay_writes_nothing_of_theirs(ledger: Connection) -> None:
    subscribed(ledger)
    ANN.sign_up(ledger)
    NEW.confirm(ledger, NEW.sign_up(ledger, asks=True))
    grow_old(ledger, YEARS)
    versions = "SELECT xmin, xmax, ctid FROM subscribers ORDER BY id"
    before = ledger.execute(versions).fetchall()
    assert forget(ledger) == NOTHING
    assert ledger.execute(versions).fetchall() == before
