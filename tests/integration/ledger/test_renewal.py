"""A fresh link that somebody asks for: owed while there is somebody, and no reason to keep them."""

import pytest

from ledger import facts
from ledger.connection import Connection
from ledger.forgetting import Forgotten
from ledger.ids import new_id
from ledger.pruning import prune
from ledger.renewal import renew
from ledger.signups import find
from tests.integration.ledger.ageing import ENDED, HOUR, UNANSWERED, end_jobs, forget, grow_old
from tests.integration.ledger.at_once import at_once
from tests.integration.ledger.conftest import InThread, Open
from tests.integration.ledger.owed_jobs import owed
from tests.integration.ledger.person import ASK, SUBSCRIBE, WELCOME, Someone, kinds_of

ANN = Someone("ann@b.example")
LINK = owed("notification.link.email", "email")
FACT = "person.link_wanted"
DAY_LATER = "UPDATE facts SET happened_at = happened_at - interval '1 day'"


def ask(ledger: Connection) -> bool:
    return renew(ledger, ANN.now(ledger).id, fact=FACT, owed=[LINK])


def test_it_is_owed_to_whoever_is_there_also_after_they_have_left(ledger: Connection) -> None:
    ANN.sign_up(ledger)
    person = ANN.now(ledger)
    assert ask(ledger)
    ledger.execute(DAY_LATER)
    ANN.leave(ledger)
    assert ask(ledger)
    assert kinds_of(ledger, person.id).count(LINK.kind) == 2
    assert ANN.now(ledger).left_at is not None
    stated = ledger.execute("SELECT subscriber_id, signup_id FROM facts WHERE name = %s", (FACT,)).fetchall()
    assert stated == [(person.id, None)] * 2


def test_somebody_who_has_left_is_owed_one_a_day_and_nobody_can_tell(ledger: Connection) -> None:
    ANN.sign_up(ledger)
    person = ANN.now(ledger)
    ANN.leave(ledger)
    for days in (1, 2):
        assert [ask(ledger) for _ in range(3)] == [True] * 3
        assert kinds_of(ledger, person.id).count(LINK.kind) == days
        ledger.execute(DAY_LATER)


def test_nobody_and_somebody_who_is_being_erased_are_owed_nothing(ledger: Connection) -> None:
    ANN.sign_up(ledger)
    person = ANN.now(ledger)
    assert not renew(ledger, new_id(), fact=FACT, owed=[LINK])
    ANN.erase(ledger)
    assert not renew(ledger, person.id, fact=FACT, owed=[LINK])
    assert kinds_of(ledger, person.id) == ["newsletter.erase"]


@pytest.mark.parametrize("_round", range(8))
def test_asking_and_erasing_at_once_leaves_nothing_but_the_erasure(
    ledger: Connection, another: Open, in_thread: InThread, _round: int
) -> None:
    ANN.sign_up(ledger)
    person = ANN.now(ledger)
    one, other = another(), another()
    _, erased = at_once(
        in_thread, lambda: renew(one, person.id, fact=FACT, owed=[LINK]), lambda: ANN.erase(other, person.id)
    )
    assert erased
    assert kinds_of(ledger, person.id) == ["newsletter.erase"]
    assert find(ledger, ANN.address) is None


def test_asking_is_no_yes_and_nobody_is_kept_for_it_once_it_was_sent(ledger: Connection) -> None:
    ANN.sign_up(ledger, asks=True)
    person = ANN.now(ledger)
    ask(ledger)
    ledger.execute("UPDATE jobs SET state = 'succeeded', finished_at = now() WHERE kind = %s", (ASK.kind,))
    grow_old(ledger, UNANSWERED + HOUR)
    assert forget(ledger) == Forgotten(0, 0), "while it waits to be sent"
    end_jobs(ledger)
    assert forget(ledger) == Forgotten(people=1, signups=0)
    assert kinds_of(ledger, person.id) == []
    assert ledger.execute("SELECT count(*) FROM facts").fetchone() == (0,)


def test_the_mail_and_why_it_was_owed_are_forgotten_in_their_time_and_the_person_stays(ledger: Connection) -> None:
    ANN.sign_up(ledger)
    person = ANN.now(ledger)
    ask(ledger)
    end_jobs(ledger)
    grow_old(ledger, ENDED + HOUR)
    assert kinds_of(ledger, person.id) == [SUBSCRIBE.kind, WELCOME.kind, LINK.kind]
    prune(ledger, after=ENDED)
    facts.forget(ledger, after=ENDED)
    assert kinds_of(ledger, person.id) == []
    assert ledger.execute("SELECT count(*) FROM facts WHERE name = %s", (FACT,)).fetchone() == (0,)
    assert ANN.now(ledger).id == person.id
