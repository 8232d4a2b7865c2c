"""Somebody who is being forgotten does something at that very moment: one of the two wins, whole."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

import pytest

from ledger import facts, forgetting
from ledger.connection import Connection
from ledger.counts import add_up
from ledger.forgetting import Forgotten
from ledger.pruning import prune
from ledger.signups import Signup, find
from tests.integration.ledger.ageing import ENDED, HOUR, UNANSWERED, YEARS, end_jobs, everything, forget, grow_old
from tests.integration.ledger.at_once import PATIENCE_S, at_once, waiting
from tests.integration.ledger.conftest import InThread, Open
from tests.integration.ledger.invariants import miscounted
from tests.integration.ledger.person import ASK, SUBSCRIBE, WELCOME, Someone, everywhere, kinds_of
from tests.waiting import eventually

ANN = Someone("ann@b.example")
ROUNDS = range(8)
CROWD = 60

# As it is, but that whoever wants to hold somebody waits for a lock of the test first: between the two looks.
_PARKED = f"WITH parked AS MATERIALIZED (SELECT pg_advisory_xact_lock(7)) {forgetting._HOLD.replace('FROM', 'FROM parked,').replace('FOR UPDATE', 'FOR UPDATE OF subscribers')}"


@pytest.fixture
def due(ledger: Connection) -> Signup:
    """Ann's question, which nobody has answered for so long that she is to be forgotten."""
    signup = ANN.sign_up(ledger, asks=True)
    end_jobs(ledger)
    grow_old(ledger, YEARS)
    return signup


@contextmanager
def being_forgotten(
    ledger: Connection, another: Open, in_thread: InThread, due: Signup
) -> Iterator[Callable[..., object]]:
    """Forgetting has begun and holds Ann's row; what is done with what this gives waits for that. Then it goes on."""
    holder = another()
    doings = []

    def begin(doing: Callable[[Connection], object]) -> Callable[[], object]:
        doings.append(in_thread(doing, another()))
        eventually(lambda: waiting(ledger) == 1 + len(doings))
        return doings[-1].result

    with holder.transaction():
        holder.execute("SELECT FROM jobs WHERE signup_id = %s FOR UPDATE", (due.id,))
        forgetter = in_thread(forget, another())
        eventually(lambda: waiting(ledger) == 1)
        yield begin
    assert forgetter.result(PATIENCE_S) == Forgotten(people=1, signups=0)


def test_a_press_that_comes_a_moment_too_late_finds_its_link_dead(
    ledger: Connection, another: Open, in_thread: InThread, due: Signup
) -> None:
    person = ANN.now(ledger).id
    with being_forgotten(ledger, another, in_thread, due) as meanwhile:
        pressed = meanwhile(lambda session: ANN.confirm(session, due))
    assert pressed() == "gone"
    assert everywhere(ledger, str(person)) == everywhere(ledger, ANN.address) == {}


def test_whoever_signs_up_in_that_moment_is_somebody_new(
    ledger: Connection, another: Open, in_thread: InThread, due: Signup
) -> None:
    person = ANN.now(ledger).id
    with being_forgotten(ledger, another, in_thread, due) as meanwhile:
        signed_up = meanwhile(ANN.sign_up)
    signed_up()
    assert ANN.now(ledger).id != person
    assert kinds_of(ledger, ANN.now(ledger).id) == [SUBSCRIBE.kind, WELCOME.kind]
    assert everywhere(ledger, str(person)) == {}


@pytest.mark.parametrize("verb", [ANN.leave, ANN.erase])
def test_whoever_leaves_in_that_moment_is_gone_one_way_or_the_other(
    ledger: Connection, another: Open, in_thread: InThread, due: Signup, verb: Callable[..., bool]
) -> None:
    with being_forgotten(ledger, another, in_thread, due) as meanwhile:
        done = meanwhile(verb)
    assert done() is False, "there is nobody"
    assert find(ledger, ANN.address) is None


def pressed(ledger: Connection, due: Signup) -> None:
    assert ANN.confirm(ledger, due) == "confirmed"


def signed_up(ledger: Connection, _: Signup) -> None:
    ANN.sign_up(ledger)


def left(ledger: Connection, _: Signup) -> None:
    ANN.leave(ledger)


@contextmanager
def between_the_two_looks(
    ledger: Connection, another: Open, in_thread: InThread, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Forgotten]]:
    """Forgetting has found whom it wants, and holds nobody yet. Then it goes on, and what this gives says what it removed."""
    monkeypatch.setattr(forgetting, "_HOLD", _PARKED)
    holder = another()
    with holder.transaction():
        holder.execute("SELECT pg_advisory_xact_lock(7)")
        forgetter = in_thread(forget, another())
        eventually(lambda: waiting(ledger) == 1)
        yield lambda: forgetter.result(PATIENCE_S)


@pytest.mark.parametrize("doing", [pressed, signed_up, left])
def test_what_is_done_between_the_two_looks_is_seen(
    ledger: Connection,
    another: Open,
    in_thread: InThread,
    due: Signup,
    doing: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with between_the_two_looks(ledger, another, in_thread, monkeypatch) as forgotten:
        doing(ledger, due)
        person, kinds = ANN.now(ledger), kinds_of(ledger, ANN.now(ledger).id)[1:]
    assert forgotten().people == 0
    assert ANN.now(ledger) == person
    assert kinds_of(ledger, person.id)[-len(kinds) :] == kinds, "what they have just brought about is all there"


def test_an_erasure_between_the_two_looks_is_left_to_itself(
    ledger: Connection,
    another: Open,
    in_thread: InThread,
    due: Signup,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with between_the_two_looks(ledger, another, in_thread, monkeypatch) as forgotten:
        ANN.erase(ledger)
        before = everything(ledger)
    assert forgotten() == Forgotten(people=0, signups=0)
    assert everything(ledger) == before
    assert str(due.id) in str(before["signups"])


def test_a_press_that_has_begun_is_not_waited_for_and_wins(ledger: Connection, another: Open, due: Signup) -> None:
    presser = another()
    with presser.transaction():
        assert ANN.confirm(presser, due) == "confirmed"
        assert forget(ledger) == Forgotten(people=0, signups=0)
    assert forget(ledger) == Forgotten(people=0, signups=0)
    assert ANN.now(ledger).confirmed_at is not None
    assert kinds_of(ledger, ANN.now(ledger).id) == [ASK.kind, SUBSCRIBE.kind, WELCOME.kind]


@pytest.mark.parametrize("_round", ROUNDS)
def test_forgetting_and_confirming_at_once_ends_as_one_of_the_two(
    ledger: Connection, another: Open, in_thread: InThread, due: Signup, _round: int
) -> None:
    one, other = another(), another()
    outcome, done = at_once(in_thread, lambda: ANN.confirm(one, due), lambda: forget(other))
    assert (outcome, done) in [("confirmed", Forgotten(0, 0)), ("gone", Forgotten(1, 0))]
    if outcome == "gone":
        assert {table for table, rows in everything(ledger).items() if rows} <= {"job_counts"}
    else:
        assert kinds_of(ledger, ANN.now(ledger).id) == [ASK.kind, SUBSCRIBE.kind, WELCOME.kind]


def test_in_a_commotion_nobody_is_forgotten_who_said_yes_and_everybody_is_who_did_not(
    ledger: Connection, another: Open, in_thread: InThread
) -> None:
    """Four relays forget, prune and look for facts, while people press, sign up again and leave."""
    crowd = [Someone(f"n{number}@b.example") for number in range(CROWD)]
    questions = {one.address: one.sign_up(ledger, asks=True) for one in crowd}
    end_jobs(ledger)
    grow_old(ledger, UNANSWERED + HOUR)
    over = Event()
    yes: dict[str, str] = {}
    again: dict[str, Signup] = {}

    def relay() -> None:
        session = another()
        while not over.is_set():
            forgetting.forget(session, unanswered=UNANSWERED, ended=ENDED, blocks=1)
            prune(session, after=ENDED)
            facts.forget(session, after=ENDED)

    def press() -> None:
        session = another()
        for one in crowd[::3]:
            yes[one.address] = one.confirm(session, questions[one.address])

    def sign_up() -> None:
        session = another()
        for one in crowd[1::3]:
            again[one.address] = one.sign_up(session)

    relays = [in_thread(relay) for _ in range(4)]
    at_once(in_thread, press, sign_up)
    eventually(lambda: all(find(ledger, one.address) is None for one in crowd[2::3]))
    over.set()
    for one in relays:
        one.result(PATIENCE_S)
    for address, answer in yes.items():
        assert (find(ledger, address) is not None) == (answer == "confirmed")
    for address, signup in again.items():
        assert kinds_of(ledger, Someone(address).now(ledger).id)[-2:] == [SUBSCRIBE.kind, WELCOME.kind]
        assert ledger.execute("SELECT FROM signups WHERE id = %s", (signup.id,)).fetchone() is not None
    assert set(yes.values()) <= {"confirmed", "gone"}
    assert strays(ledger) == 0
    add_up(ledger)
    assert miscounted(ledger) == []


def strays(ledger: Connection) -> int:
    """Rows whose person, sign-up or job is gone."""
    row = ledger.execute(
        "SELECT (SELECT count(*) FROM job_events WHERE job_id NOT IN (SELECT id FROM jobs))"
        " + (SELECT count(*) FROM jobs WHERE subscriber_id NOT IN (SELECT id FROM subscribers))"
        " + (SELECT count(*) FROM facts WHERE subscriber_id NOT IN (SELECT id FROM subscribers))"
        " + (SELECT count(*) FROM facts WHERE signup_id NOT IN (SELECT id FROM signups))"
    ).fetchone()
    assert row is not None
    return int(row[0])
