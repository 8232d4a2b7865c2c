"""What counts as news of a provider: an answer of its own, and nothing that ended before it was called. Then another may probe."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from jobs.kind import Job
from jobs.outcomes import Blame, Outcome, Rejected, Retry, Suppressed
from ledger import circuits
from ledger.circuits import FAILURES
from ledger.claim import Claimed
from ledger.connection import Connection, Pool
from ledger.states import State
from tests.integration.ledger.owed_jobs import QUEUE, TERMS, enrol, running, sign_up
from tests.integration.workers.runners import SUBSCRIBE, kind_that, run, runner_of
from workers.circuit import DONE_BEFORE, PAYLOAD_NOT_UNDERSTOOD, PERSON_GONE, is_news, tell
from workers.providers.adapter import Adapter

REFUSED = Retry("email_sender_refused", blame=Blame.EITHER)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Suppressed(DONE_BEFORE), "probing"),
        (Suppressed(PERSON_GONE), "probing"),
        (Rejected(PAYLOAD_NOT_UNDERSTOOD), "probing"),
        (Rejected("refused_by_the_provider"), "closed"),
        (Suppressed("left_the_list"), "closed"),
    ],
)
def test_a_probe_closes_the_circuit_only_by_an_answer_of_the_provider(
    ledger: Connection, outcome: Outcome, state: str
) -> None:
    probe = running(ledger, enrol(ledger))
    circuits.failed(ledger, QUEUE, code="down", job=uuid4(), at_once=True)
    ledger.execute("UPDATE circuits SET state = 'probing', probe_job = %s", (probe.id,))
    tell(ledger, provider=QUEUE, claimed=replace(probe, probing=True, awaited=True), outcome=outcome)
    assert [one.state for one in circuits.all_of_them(ledger)] == [state]


@pytest.fixture
def probe(ledger: Connection) -> UUID:
    """One of two jobs, on its way to probe their provider's circuit."""
    circuits.failed(ledger, QUEUE, code="down", job=uuid4(), at_once=True)
    ledger.execute("UPDATE circuits SET probe_at = now()")
    for _ in range(2):
        sign_up(ledger)
    ((job,),) = (message.jobs for message in circuits.probe(ledger, QUEUE, terms=TERMS))
    return job


def test_a_probe_that_a_stopping_worker_hands_back_lets_another_probe_at_once(
    ledger: Connection, pool: Pool, providers: dict[str, Adapter], probe: UUID
) -> None:
    runner = runner_of(enrol(ledger), pool, providers, stopping=lambda: True)
    assert run(runner, SUBSCRIBE, probe) == {probe: State.STAGED}
    assert len(circuits.probe(ledger, QUEUE, terms=TERMS)) == 1


def test_a_probe_whose_own_code_fails_lets_another_probe_at_once(
    ledger: Connection, pool: Pool, providers: dict[str, Adapter], probe: UUID
) -> None:
    def deliver(_newsletter: Any, _job: Job[Any]) -> Outcome:
        raise ValueError

    runner = runner_of(enrol(ledger), pool, providers)
    assert run(runner, kind_that(deliver, like=SUBSCRIBE), probe) == {probe: State.DEAD}
    assert len(circuits.probe(ledger, QUEUE, terms=TERMS)) == 1


def refused(ledger: Connection, job: Claimed) -> str:
    """The circuit's state after the job was refused in words that do not say whose fault it is."""
    if is_news(job, REFUSED):
        tell(ledger, provider=QUEUE, claimed=job, outcome=REFUSED)
    (found,) = circuits.all_of_them(ledger)
    return found.state


def test_one_person_who_is_refused_again_and_again_opens_no_circuit(ledger: Connection) -> None:
    job = replace(running(ledger, enrol(ledger)), awaited=True)
    found = [refused(ledger, replace(job, attempts=number)) for number in range(3 * FAILURES)]
    assert found == ["closed"] * 3 * FAILURES


def test_as_many_people_in_a_row_who_are_refused_open_it(ledger: Connection) -> None:
    job = replace(running(ledger, enrol(ledger)), awaited=True)
    assert [refused(ledger, job) for _ in range(FAILURES)] == ["closed"] * (FAILURES - 1) + ["open"]


@pytest.mark.parametrize("attempts", [0, 1, 20])
def test_a_probe_that_is_refused_keeps_it_open_however_often_its_job_was_tried(
    ledger: Connection, attempts: int
) -> None:
    probe = replace(running(ledger, enrol(ledger)), attempts=attempts, probing=True, awaited=True)
    circuits.failed(ledger, QUEUE, code="email_sender_refused", job=uuid4(), at_once=True)
    ledger.execute("UPDATE circuits SET state = 'probing', probe_job = %s", (probe.id,))
    assert refused(ledger, probe) == "open"
