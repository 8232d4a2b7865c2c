"""What happens to one person at once, or in the middle of something: it ends as if it had happened one after another."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from uuid import UUID

import psycopg
import pytest

from ledger import erasure, leaving, people
from ledger.claim import Claimed
from ledger.connection import Connection
from ledger.finish import finish
from ledger.messages import give_back, unclaimed
from ledger.moves import Settlement
from ledger.signups import find
from tests.integration.ledger.at_once import PATIENCE_S, at_once, waiting
from tests.integration.ledger.conftest import InThread, Open
from tests.integration.ledger.owed_jobs import (
    ACCEPTED,
    REJECTED,
    RETRIED,
    answer,
    batches,
    enrol,
    on_the_wire,
    publish,
    row,
    state,
    take,
)
from tests.integration.ledger.person import (
    ASK,
    CLIENT,
    PARTING,
    SUBSCRIBE,
    UNSUBSCRIBE,
    WELCOME,
    Someone,
    everywhere,
    kinds_of,
)
from tests.waiting import eventually

ANN, NEW = Someone("ann@b.example"), Someone("ann@new.example")
ROUNDS = range(8)


def claimed(ledger: Connection, executor: UUID, kind: str) -> Claimed:
    """Everybody's one job of the kind, in an executor's hands."""
    ((job,),) = ledger.execute("SELECT id FROM jobs WHERE kind = %s AND finished_at IS NULL", (kind,)).fetchall()
    publish(ledger, job)
    (one,) = take(ledger, executor, job, kind=kind)
    return one


# Confirming


def test_a_confirmation_pressed_by_eight_at_once_counts_once(
    ledger: Connection, another: Open, in_thread: InThread
) -> None:
    signup = ANN.sign_up(ledger, asks=True)
    sessions = [another() for _ in ROUNDS]
    outcomes = at_once(in_thread, *[lambda one=one: ANN.confirm(one, signup) for one in sessions])
    assert sorted(map(str, outcomes)) == ["already"] * 7 + ["confirmed"]
    assert kinds_of(ledger, ANN.now(ledger).id) == [ASK.kind, SUBSCRIBE.kind, WELCOME.kind]


@pytest.mark.parametrize("_round", ROUNDS)
def test_confirming_and_leaving_at_once_ends_as_one_of_the_two_orders(
    ledger: Connection, another: Open, in_thread: InThread, _round: int
) -> None:
    signup = ANN.sign_up(ledger, asks=True)
    one, other = another(), another()
    outcomes = at_once(in_thread, lambda: ANN.confirm(one, signup), lambda: ANN.leave(other))
    assert outcomes == ["confirmed", True]
    person = ANN.now(ledger)
    waits = kinds_of(ledger, person.id, state="staged")
    if person.left_at:  # confirmed, and then left
        assert waits == [ASK.kind, UNSUBSCRIBE.kind]
        assert kinds_of(ledger, person.id, state="cancelled") == [SUBSCRIBE.kind, WELCOME.kind]
    else:  # left, and then came back
        assert waits == [ASK.kind, UNSUBSCRIBE.kind, SUBSCRIBE.kind, WELCOME.kind]


@pytest.mark.parametrize("_round", ROUNDS)
def test_confirming_and_erasing_at_once_leaves_nothing_owed_but_the_erasure(
    ledger: Connection, another: Open, in_thread: InThread, _round: int
) -> None:
    signup = ANN.sign_up(ledger, asks=True)
    person = ANN.now(ledger)
    one, other = another(), another()
    outcome, erased = at_once(in_thread, lambda: ANN.confirm(one, signup), lambda: ANN.erase(other))
    assert (outcome in {"confirmed", "gone"}, erased) == (True, True)
    assert kinds_of(ledger, person.id) == ["newsletter.erase"]
    assert find(ledger, ANN.address) is None


def test_a_corrected_address_lets_the_old_one_go_even_where_the_first_press_broke_off(
    ledger: Connection, another: Open
) -> None:
    ANN.sign_up(ledger)
    old = ANN.now(ledger).id
    signup = NEW.sign_up(ledger, asks=True, replaces=old)
    holder, hasty = another(), another()
    hasty.execute("SET lock_timeout = 50")
    with holder.transaction(), suppress(psycopg.OperationalError):
        people.held(holder, old)
        NEW.confirm(hasty, signup)
    NEW.confirm(ledger, signup)
    assert ANN.now(ledger).left_at is not None
    assert NEW.now(ledger).left_at is None
    assert kinds_of(ledger, old, state="staged") == [UNSUBSCRIBE.kind]


def test_two_who_swap_addresses_at_once_both_get_an_answer(
    ledger: Connection, another: Open, in_thread: InThread
) -> None:
    ANN.sign_up(ledger)
    NEW.sign_up(ledger)
    ann, new = ANN.now(ledger).id, NEW.now(ledger).id
    for _ in ROUNDS:
        there, back = NEW.sign_up(ledger, asks=True, replaces=ann), ANN.sign_up(ledger, asks=True, replaces=new)
        pressed = at_once(
            in_thread, partial(NEW.confirm, another(), signup=there), partial(ANN.confirm, another(), signup=back)
        )
        assert pressed == ["confirmed"] * 2


# Leaving


def test_eight_presses_at_once_leave_once(ledger: Connection, another: Open, in_thread: InThread) -> None:
    ANN.sign_up(ledger)
    sessions = [another() for _ in ROUNDS]
    assert at_once(in_thread, *[lambda one=one: ANN.leave(one) for one in sessions]) == [True] * len(ROUNDS)
    assert kinds_of(ledger, ANN.now(ledger).id, state="staged") == [UNSUBSCRIBE.kind]


def test_a_job_that_finishes_while_its_person_leaves_waits_for_nobody_and_nobody_for_it(
    ledger: Connection, another: Open, in_thread: InThread
) -> None:
    """Its effect refers to the person: a lock that barred it would be waited for in a circle."""
    ANN.sign_up(ledger)
    executor = enrol(ledger)
    welcome = claimed(ledger, executor, WELCOME.kind)
    person = ANN.now(ledger).id
    leaver, worker = another(), another()
    settlement = [Settlement(welcome.id, welcome.claim, ACCEPTED)]
    with leaver.transaction():
        people.held(leaver, person)
        finishing = in_thread(finish, worker, settlement, executor=executor, closed=list(batches(ledger)))
        eventually(lambda: finishing.done() or waiting(ledger))
        assert leaving.leave(leaver, person, PARTING)
    assert finishing.result(PATIENCE_S) == {welcome.id}
    assert ANN.now(ledger).left_at is not None


def test_a_subscription_in_hands_is_followed_by_the_unsubscribing(ledger: Connection) -> None:
    ANN.sign_up(ledger)
    executor = enrol(ledger)
    subscribing = claimed(ledger, executor, SUBSCRIBE.kind)
    ANN.leave(ledger)
    assert answer(ledger, subscribing, ACCEPTED, executor=executor)
    person = ANN.now(ledger).id
    assert kinds_of(ledger, person, state="staged") == [UNSUBSCRIBE.kind]
    rows = ledger.execute("SELECT kind FROM jobs WHERE subscriber_id = %s AND order_key = %s ORDER BY seq", (person, row(ledger, subscribing.id)["order_key"]))  # fmt: skip
    assert rows.fetchall() == [(SUBSCRIBE.kind,), (UNSUBSCRIBE.kind,)]


def test_a_job_claimed_after_its_person_left_is_told_so(ledger: Connection) -> None:
    ANN.sign_up(ledger)
    executor = enrol(ledger)
    subscribing = claimed(ledger, executor, SUBSCRIBE.kind)
    assert not subscribing.gone
    ANN.leave(ledger)
    assert answer(ledger, subscribing, RETRIED, executor=executor)
    assert claimed(ledger, executor, SUBSCRIBE.kind).gone


@pytest.mark.parametrize("_round", ROUNDS)
def test_signing_up_again_while_leaving_owes_a_question_exactly_where_the_leaving_came_first(
    ledger: Connection, another: Open, in_thread: InThread, _round: int
) -> None:
    ANN.sign_up(ledger)
    person = ANN.now(ledger).id
    one, other = another(), another()
    at_once(in_thread, lambda: ANN.sign_up(one), lambda: ANN.leave(other))
    assert ANN.now(ledger).left_at is not None
    asked = ASK.kind in kinds_of(ledger, person)
    order = kinds_of(ledger, person)
    assert order.index(UNSUBSCRIBE.kind) == (2 if asked else 4)
    assert kinds_of(ledger, person, state="staged").count(SUBSCRIBE.kind) == (1 if asked else 0)


# Erasure


def test_what_was_in_hands_at_the_erasure_ends_and_then_nothing_of_the_person_is_left(ledger: Connection) -> None:
    ANN.sign_up(ledger)
    executor = enrol(ledger)
    person = ANN.now(ledger).id
    subscribing = claimed(ledger, executor, SUBSCRIBE.kind)
    assert ANN.erase(ledger)
    assert kinds_of(ledger, person) == [SUBSCRIBE.kind, "newsletter.erase"]
    assert erasure.complete(ledger) == 0
    assert answer(ledger, subscribing, REJECTED, executor=executor)  # a dead letter, which goes too
    assert erasure.complete(ledger) == 0
    erasing = claimed(ledger, executor, "newsletter.erase")
    assert erasing.payload == {"address": ANN.address}
    assert answer(ledger, erasing, ACCEPTED, executor=executor)
    assert erasure.complete(ledger) == 1
    assert everywhere(ledger, str(person)) == everywhere(ledger, ANN.address) == everywhere(ledger, CLIENT) == {}
    assert list(everywhere(ledger, ANN.digest.hex())) == ["suppressions"]


def test_the_provider_is_told_to_forget_only_after_what_is_in_hands_has_ended(ledger: Connection) -> None:
    ANN.sign_up(ledger)
    executor = enrol(ledger)
    subscribing = claimed(ledger, executor, SUBSCRIBE.kind)
    ANN.erase(ledger)
    ((key,),) = ledger.execute("SELECT order_key FROM jobs WHERE kind = 'newsletter.erase'").fetchall()
    assert key == row(ledger, subscribing.id)["order_key"]


def test_a_mail_that_was_in_hands_at_the_erasure_is_not_sent_to_nobody_afterwards(ledger: Connection) -> None:
    ANN.sign_up(ledger, asks=True)
    executor = enrol(ledger)
    asking = claimed(ledger, executor, ASK.kind)
    ANN.erase(ledger)
    assert answer(ledger, asking, RETRIED, executor=executor)
    again = claimed(ledger, executor, ASK.kind)
    assert again.address is None, "the address it would go to is none"


def test_a_message_whose_job_was_erased_claims_nothing_and_is_forgotten_where_it_was_lost(ledger: Connection) -> None:
    signup = ANN.sign_up(ledger)
    executor = enrol(ledger)
    arrives, lost = (publish(ledger, job.id) for job in signup.jobs)
    ANN.erase(ledger)
    assert take(ledger, executor, arrives, kind=SUBSCRIBE.kind) == []
    assert list(on_the_wire(ledger)) == [lost]
    give_back(ledger, unclaimed(ledger, WELCOME.queue, after=0))
    assert on_the_wire(ledger) == {}


def test_signing_up_after_an_erasure_is_a_new_person_who_is_asked_first(ledger: Connection) -> None:
    ANN.sign_up(ledger)
    old = ANN.now(ledger).id
    ANN.erase(ledger)
    signup = ANN.sign_up(ledger)
    person = ANN.now(ledger)
    assert person.id != old
    assert person.left_at is not None
    assert kinds_of(ledger, person.id) == [SUBSCRIBE.kind, WELCOME.kind, ASK.kind]
    assert ANN.confirm(ledger, signup) == "confirmed"
    assert ANN.now(ledger).left_at is None
    assert ledger.execute("SELECT count(*) FROM suppressions").fetchone() == (0,)


def test_coming_back_before_the_provider_has_forgotten_waits_for_that(ledger: Connection) -> None:
    ANN.sign_up(ledger)
    ANN.erase(ledger)
    ANN.confirm(ledger, ANN.sign_up(ledger))
    rows = ledger.execute("SELECT kind, order_key FROM jobs WHERE queue = 'newsletter' ORDER BY seq").fetchall()
    assert [kind for kind, _ in rows] == ["newsletter.erase", SUBSCRIBE.kind, SUBSCRIBE.kind]
    assert len({key for _, key in rows}) == 1


def in_the_middle_of_an_erasure(
    ledger: Connection, another: Open, in_thread: InThread, doing: Callable[[Connection], object]
) -> None:
    """Both wait for the person's row, the erasure first: what is done gets it as soon as the erasure lets go of it."""
    holder, eraser, other = another(), another(), another()
    person = ANN.now(ledger).id
    with holder.transaction():
        people.held(holder, person)
        erasing = in_thread(ANN.erase, eraser)
        eventually(lambda: waiting(ledger) == 1)
        done = in_thread(doing, other)
        eventually(lambda: waiting(ledger) == 2)
    assert erasing.result(PATIENCE_S)
    done.result(PATIENCE_S)
    assert people.person(ledger, person).erasing_at is not None


def test_signing_up_in_the_very_moment_of_an_erasure_does_not_put_the_person_back(
    ledger: Connection, another: Open, in_thread: InThread
) -> None:
    ANN.sign_up(ledger)
    in_the_middle_of_an_erasure(ledger, another, in_thread, ANN.sign_up)
    back = find(ledger, ANN.address)
    assert back is None or ANN.now(ledger).left_at is not None
    ANN.sign_up(ledger)
    assert ANN.now(ledger).left_at is not None


def test_confirming_in_the_very_moment_of_an_erasure_does_not_lift_the_suppression_that_it_leaves(
    ledger: Connection, another: Open, in_thread: InThread
) -> None:
    signup = ANN.sign_up(ledger, asks=True)
    in_the_middle_of_an_erasure(ledger, another, in_thread, partial(ANN.confirm, signup=signup))
    ANN.sign_up(ledger)
    assert ANN.now(ledger).left_at is not None


def test_erasing_twice_leaves_one_fingerprint(ledger: Connection) -> None:
    ANN.sign_up(ledger)
    person = ANN.now(ledger).id
    ANN.erase(ledger)
    ANN.erase(ledger, person, digest=b"of the address that nobody has")
    assert ledger.execute("SELECT digest FROM suppressions").fetchall() == [(ANN.digest,)]


def test_eight_who_erase_at_once_erase_once(ledger: Connection, another: Open, in_thread: InThread) -> None:
    ANN.sign_up(ledger)
    person = ANN.now(ledger).id
    sessions = [another() for _ in ROUNDS]

    assert at_once(in_thread, *[lambda one=one: ANN.erase(one, person) for one in sessions]) == [True] * len(ROUNDS)
    assert kinds_of(ledger, person) == ["newsletter.erase"]
    assert state(ledger, _only_job(ledger)) == "staged"


def test_completing_and_signing_up_again_at_once_loses_neither(
    ledger: Connection, another: Open, in_thread: InThread
) -> None:
    executor = enrol(ledger)
    for _ in ROUNDS:
        ANN.sign_up(ledger)
        old = ANN.now(ledger).id
        ANN.erase(ledger)
        ((job,),) = ledger.execute("SELECT id FROM jobs WHERE subscriber_id = %s", (old,)).fetchall()
        publish(ledger, job)
        (erasing,) = take(ledger, executor, job, kind="newsletter.erase")
        answer(ledger, erasing, ACCEPTED, executor=executor)
        ended = at_once(in_thread, partial(erasure.complete, another()), partial(ANN.sign_up, another()))
        assert ended[0] == 1
        assert people.person(ledger, old) is None
        assert ANN.now(ledger).left_at is not None


def _only_job(ledger: Connection) -> UUID:
    ((job,),) = ledger.execute("SELECT id FROM jobs").fetchall()
    found: UUID = job
    return found
