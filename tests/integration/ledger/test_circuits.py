"""A provider's circuit: opened by evidence, probed by one job at a time, closed by any success."""

from uuid import UUID, uuid4

import pytest

from ledger import circuits
from ledger.circuits import FAILURES, FIRST_PROBE_S, LONGEST_PROBE_S, Circuit
from ledger.claim import claim
from ledger.coalescing import Terms
from ledger.connection import Connection
from ledger.lease import lease
from ledger.messages import give_back
from ledger.quarantine import died_alone
from ledger.states import State
from ledger.takeover import take_over
from tests.integration.ledger.owed_jobs import (
    ACCEPTED,
    HANDED_BACK,
    KIND,
    QUEUE,
    TERMS,
    answer,
    events,
    ids_in,
    leased_ids,
    on_the_wire,
    owed,
    queued,
    row,
    running,
    sign_up,
    state,
    take,
)

PROVIDER = QUEUE


def fail(ledger: Connection, *, job: UUID | None = None, at_once: bool = False, hold: float | None = None) -> bool:
    return circuits.failed(ledger, PROVIDER, code="down", job=job or uuid4(), at_once=at_once, hold=hold)


def circuit(ledger: Connection) -> Circuit:
    (found,) = circuits.all_of_them(ledger)
    return found


def probe_in(ledger: Connection) -> float:
    return float(ledger.execute("SELECT extract(epoch FROM probe_at - now()) FROM circuits").fetchone()[0])


def its_time_comes(ledger: Connection) -> None:
    ledger.execute("UPDATE circuits SET probe_at = now()")


def probed(ledger: Connection) -> list[UUID]:
    return ids_in(circuits.probe(ledger, QUEUE, terms=TERMS))


def test_it_opens_on_a_run_of_failures_and_not_before(ledger: Connection) -> None:
    assert [fail(ledger) for _ in range(FAILURES)] == [False] * (FAILURES - 1) + [True]
    assert (circuit(ledger).state, circuit(ledger).reason) == ("open", "down")


def test_every_turn_of_a_relay_says_whether_a_circuit_of_its_kinds_is_in_trouble(ledger: Connection) -> None:
    def turn(provider: str = PROVIDER, window: int = 10) -> bool:
        return lease(ledger, QUEUE, terms=[Terms(KIND, provider)], window=window).troubled

    assert not turn()
    fail(ledger)
    assert not turn(), "a failure is no trouble yet"
    fail(ledger, at_once=True)
    assert turn()
    assert turn(window=0), "there is no room, and a probe needs none"
    assert not turn("another")
    sign_up(ledger)
    its_time_comes(ledger)
    assert probed(ledger)
    assert turn(), "while it is being probed"
    circuits.succeeded(ledger, PROVIDER)
    assert not turn()


def test_a_success_between_them_begins_the_run_anew(ledger: Connection) -> None:
    for _ in range(FAILURES - 1):
        fail(ledger)
    assert not circuits.succeeded(ledger, PROVIDER), "it was closed"
    assert not fail(ledger)
    assert circuit(ledger).failures == 1


@pytest.mark.parametrize(("more", "wait"), [({"at_once": True}, FIRST_PROBE_S), ({"hold": 120.0}, 120.0)])
def test_an_operators_fault_or_a_wish_to_wait_opens_it_at_once(
    ledger: Connection, more: dict[str, float], wait: float
) -> None:
    assert fail(ledger, **more)
    assert wait - 1 < probe_in(ledger) <= wait


def test_while_it_is_open_nothing_of_its_provider_is_leased_and_everything_else_is(ledger: Connection) -> None:
    fail(ledger, at_once=True)
    (held,) = sign_up(ledger)
    (free,) = sign_up(ledger, owed("another.kind", provider="another"))
    terms = [Terms(KIND, PROVIDER), Terms("another.kind", "another")]
    assert ids_in(lease(ledger, QUEUE, terms=terms, window=9).messages) == [free]
    assert state(ledger, held) is State.STAGED


def test_what_was_published_before_it_opened_goes_back_to_wait_and_spends_nothing(
    ledger: Connection, executor: UUID
) -> None:
    job = queued(ledger)
    fail(ledger, at_once=True)
    assert take(ledger, executor, job) == []
    found = row(ledger, job)
    assert (found["state"], found["claim"], found["attempts"], events(ledger, job)) == ("staged", 0, 0, [])


def test_when_its_time_has_come_one_job_probes_and_only_that_one_is_claimed(ledger: Connection, executor: UUID) -> None:
    fail(ledger, at_once=True)
    jobs = [sign_up(ledger)[0] for _ in range(3)]
    assert probed(ledger) == [], "not before its time"
    its_time_comes(ledger)
    (job,) = probed(ledger)
    assert probed(ledger) == [], "one at a time"
    assert job == jobs[0]
    (taken,) = take(ledger, executor, job)
    assert (taken.probing, taken.awaited) == (True, True)


def test_a_probe_that_fails_keeps_it_open_for_longer_each_time_up_to_a_bound(
    ledger: Connection, executor: UUID
) -> None:
    fail(ledger, at_once=True)
    waits = []
    for _ in range(6):
        its_time_comes(ledger)
        ledger.execute("DELETE FROM jobs")
        sign_up(ledger)
        (job,) = probed(ledger)
        take(ledger, executor, job)
        fail(ledger, job=job)
        waits.append(round(probe_in(ledger)))
    assert waits == [2, 4, 8, LONGEST_PROBE_S, LONGEST_PROBE_S, LONGEST_PROBE_S]
    assert circuit(ledger).openings == 1


def test_a_straggler_of_the_window_before_is_no_news(ledger: Connection) -> None:
    fail(ledger, at_once=True)
    before = circuit(ledger)
    assert not fail(ledger)
    assert circuit(ledger) == before


def test_any_success_closes_it(ledger: Connection) -> None:
    fail(ledger, at_once=True)
    (job,) = sign_up(ledger)
    assert circuits.succeeded(ledger, PROVIDER)
    assert (circuit(ledger).state, circuit(ledger).failures, circuit(ledger).reason) == ("closed", 0, None)
    assert leased_ids(ledger) == {job}


@pytest.mark.parametrize("fate", ["lost on the wire", "executor lost", "no news", "died alone"])
def test_a_probe_that_comes_to_nothing_lets_another_probe_at_once(
    ledger: Connection, executor: UUID, fate: str
) -> None:
    fail(ledger, at_once=True)
    sign_up(ledger)
    sign_up(ledger)
    its_time_comes(ledger)
    (job,) = probed(ledger)
    if fate == "lost on the wire":
        give_back(ledger, [job])
    else:
        (taken,) = take(ledger, executor, job)
        if fate == "executor lost":
            take_over(ledger, [executor])
        elif fate == "died alone":
            died_alone(ledger, taken.id, taken.claim)
        else:
            answer(ledger, taken, HANDED_BACK, executor=executor)
    assert len(probed(ledger)) == 1


def test_a_probe_that_finds_no_call_free_lets_another_probe_soon_and_not_in_a_tight_loop(
    ledger: Connection, executor: UUID
) -> None:
    running(ledger, executor)
    fail(ledger, at_once=True)
    sign_up(ledger)
    its_time_comes(ledger)
    (job,) = probed(ledger)
    limits = {"limit": (PROVIDER, 1)}
    assert claim(ledger, [job], kind=KIND, executor=executor, message_id=job, batch=uuid4(), **limits) == []
    assert state(ledger, job) is State.STAGED
    assert 0 < probe_in(ledger) <= FIRST_PROBE_S


def test_a_late_answer_of_the_job_that_is_to_probe_lets_another(ledger: Connection, executor: UUID) -> None:
    """Its executor was taken for lost, and it is on the wire again, to be claimed by nobody any more."""
    late = running(ledger, executor)
    take_over(ledger, [executor])
    fail(ledger, at_once=True)
    its_time_comes(ledger)
    assert probed(ledger) == [late.id]
    sign_up(ledger)
    assert answer(ledger, late, ACCEPTED, executor=executor)
    assert len(probed(ledger)) == 1


def test_one_persons_order_holds_for_probes_too(ledger: Connection, executor: UUID) -> None:
    running(ledger, executor, address="ann@b.example")
    sign_up(ledger, address="ann@b.example")
    fail(ledger, at_once=True)
    its_time_comes(ledger)
    assert probed(ledger) == []


def test_a_probe_is_a_message_of_its_own(ledger: Connection) -> None:
    (job,) = sign_up(ledger)
    fail(ledger, at_once=True)
    its_time_comes(ledger)
    (message,) = circuits.probe(ledger, QUEUE, terms=TERMS)
    assert (message.id, message.kind, message.provider, list(message.jobs)) == (job, KIND, PROVIDER, [job])
    assert on_the_wire(ledger) == {job: [job]}


@pytest.mark.parametrize(("first", "state"), [("fresh", "retrying"), ("tried", "staged")])
def test_of_both_lanes_the_one_due_first_probes(ledger: Connection, first: str, state: str) -> None:
    (fresh,), (tried,) = sign_up(ledger), sign_up(ledger)
    ledger.execute("UPDATE jobs SET state = 'retrying', tried = true WHERE id = %s", (tried,))
    earlier = fresh if first == "fresh" else tried
    ledger.execute("UPDATE jobs SET run_at = now() - interval '1 hour' WHERE id = %s", (earlier,))
    fail(ledger, at_once=True)
    its_time_comes(ledger)
    assert probed(ledger) == [earlier]
    assert ledger.execute("SELECT state FROM jobs WHERE id <> %s", (earlier,)).fetchall() == [(state,)]


@pytest.mark.parametrize("state", ["staged", "retrying"])
def test_a_job_that_is_not_due_yet_probes_all_the_same(ledger: Connection, state: str) -> None:
    """So the pause after an operator's fault may grow, and the circuit is probed as often as ever."""
    (job,) = sign_up(ledger)
    ledger.execute(
        "UPDATE jobs SET state = %s, tried = %s, run_at = now() + interval '1 minute'", (state, state == "retrying")
    )
    fail(ledger, at_once=True)
    its_time_comes(ledger)
    assert probed(ledger) == [job]


def test_a_job_that_was_owed_at_another_provider_goes_where_its_kind_goes_today(ledger: Connection) -> None:
    """Whatever becomes of the circuit of the one that was left."""
    (job,) = sign_up(ledger, owed(provider="left long ago"))
    circuits.failed(ledger, "left long ago", code="down", job=uuid4(), at_once=True)
    assert leased_ids(ledger) == {job}
    assert row(ledger, job)["provider"] == PROVIDER


def test_it_probes_there_too(ledger: Connection) -> None:
    (job,) = sign_up(ledger, owed(provider="left long ago"))
    fail(ledger, at_once=True)
    its_time_comes(ledger)
    (message,) = circuits.probe(ledger, QUEUE, terms=TERMS)
    assert (message.id, message.provider, row(ledger, job)["provider"]) == (job, PROVIDER, PROVIDER)


def test_a_kind_of_another_provider_does_not_probe(ledger: Connection) -> None:
    sign_up(ledger, owed("another.kind"))
    fail(ledger, at_once=True)
    its_time_comes(ledger)
    assert circuits.probe(ledger, QUEUE, terms=[*TERMS, Terms("another.kind", "another")]) == []
