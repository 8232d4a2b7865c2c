"""One call for many jobs: an outcome for each of them, one piece of news of the provider, and no job that pays for another."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from jobs.kind import Job, Kind, Payload
from jobs.outcomes import Accepted, Already, Blame, Outcome, Rejected, Retry, Suppressed, Unknown
from ledger import circuits
from ledger.circuits import FAILURES
from ledger.connection import Connection, Pool
from ledger.states import State
from tests.integration.ledger.owed_jobs import batches, enrol, events, owed, publish, row, sign_up, state
from tests.integration.workers.runners import (
    SUBSCRIBE,
    DeliverAll,
    crowd,
    in_a_message,
    kind_that,
    run,
    runner_of,
    states,
)
from tests.sandbox_process import SandboxProcess
from workers.errors import LedgerAwayError
from workers.providers.adapter import connect
from workers.runner import Runner

LIST = "a1b2c3d4e5"
DOWN = Retry("newsletter_unavailable")


class Bulk:
    """A provider with a call for many. What was asked of it is in `calls`."""

    connections = None

    def __init__(self, bulk: int = 500, *, repeatable: bool = True) -> None:
        self.bulk, self.repeatable = bulk, repeatable
        self.calls = list[list[UUID]]()

    def close(self) -> None:
        """Nothing."""


@pytest.fixture
def provider() -> Bulk:
    return Bulk()


@pytest.fixture
def runner(ledger: Connection, pool: Pool, provider: Bulk) -> Runner:
    return runner_of(enrol(ledger), pool, {"newsletter": provider})


def alone(provider: Bulk, job: Job[Any]) -> Outcome:
    provider.calls.append([job.id])
    return Accepted("alone")


def kind_in_bulk(answer: DeliverAll, **options: Any) -> Kind:
    """A kind that asks its provider for many at once, and is told so."""

    def deliver_all(provider: Bulk, jobs: Sequence[Job[Any]]) -> Sequence[Outcome]:
        provider.calls.append([job.id for job in jobs])
        return answer(provider, jobs)

    return kind_that(alone, like=SUBSCRIBE, in_bulk=deliver_all, **options)


def all_the_same(outcome: Outcome) -> DeliverAll:
    return lambda _provider, jobs: [outcome] * len(jobs)


def failures(ledger: Connection) -> int:
    return sum(one.failures for one in circuits.all_of_them(ledger))


def test_each_row_of_the_answer_is_one_jobs_outcome(runner: Runner, ledger: Connection, provider: Bulk) -> None:
    outcomes: list[Outcome] = [
        Accepted("n-1"),
        Already("n-2"),
        Suppressed("newsletter_unsubscribed"),
        Rejected("newsletter_rejected"),
        Retry("newsletter_address_busy", after=600.0, blame=Blame.RECIPIENT),
    ]
    jobs = in_a_message(ledger, SUBSCRIBE, 5)
    by_job = dict(zip(jobs, outcomes, strict=True))
    ends = run(runner, kind_in_bulk(lambda _, asked: [by_job[job.id] for job in asked]), *jobs)
    assert [ends[job] for job in jobs] == ["succeeded", "succeeded", "skipped", "dead", "retrying"]
    assert [row(ledger, job)["provider_id"] for job in jobs] == ["n-1", "n-2", None, None, None]
    codes = [row(ledger, job)["error_code"] for job in jobs]
    assert codes == [None, None, "newsletter_unsubscribed", "newsletter_rejected", "newsletter_address_busy"]
    assert [set(call) for call in provider.calls] == [set(jobs)]
    assert batches(ledger) == {}


def test_a_batch_larger_than_a_call_takes_several_and_each_job_is_in_one(ledger: Connection, pool: Pool) -> None:
    provider = Bulk(200)
    runner = runner_of(enrol(ledger), pool, {"newsletter": provider})
    jobs = in_a_message(ledger, SUBSCRIBE, 500)
    run(runner, kind_in_bulk(all_the_same(Accepted())), *jobs)
    assert [len(call) for call in provider.calls] == [200, 200, 100]
    assert sorted(job for call in provider.calls for job in call) == sorted(jobs)
    assert states(ledger, jobs) == {"succeeded": 500}


def test_a_job_that_is_alone_goes_by_the_call_for_one(runner: Runner, ledger: Connection) -> None:
    (job,) = in_a_message(ledger, SUBSCRIBE, 1)
    run(runner, kind_in_bulk(all_the_same(Rejected("never asked"))), job)
    assert row(ledger, job)["provider_id"] == "alone"


@pytest.mark.parametrize("count", [0, 1, 4, 6, 500])
def test_as_many_outcomes_as_nobody_asked_for_are_nobodys_and_all_come_again(
    runner: Runner, ledger: Connection, count: int
) -> None:
    jobs = in_a_message(ledger, SUBSCRIBE, 5)
    run(runner, kind_in_bulk(lambda _provider, _jobs: [Accepted()] * count), *jobs)
    assert states(ledger, jobs) == {"retrying": 5}
    assert {row(ledger, job)["error_code"] for job in jobs} == {"bulk_answer_not_understood"}
    assert failures(ledger) == 1


@pytest.mark.parametrize(
    ("error", "becomes"), [(ValueError("ann@b.example"), "dead"), (ConnectionError("ann@b.example"), "retrying")]
)
def test_what_the_bulk_code_raises_ends_its_call_as_it_would_one_job_and_its_text_is_nowhere(
    runner: Runner, ledger: Connection, caplog: pytest.LogCaptureFixture, error: Exception, becomes: str
) -> None:
    def answer(_provider: Any, _jobs: Any) -> Sequence[Outcome]:
        raise error

    jobs = in_a_message(ledger, SUBSCRIBE, 5)
    with caplog.at_level(logging.DEBUG):
        run(runner, kind_in_bulk(answer), *jobs)
    assert states(ledger, jobs) == {becomes: 5}
    assert {row(ledger, job)["error_code"] for job in jobs} == {f"raised_{type(error).__name__}"}
    assert "raised" in caplog.text
    assert "ann@" not in caplog.text
    assert failures(ledger) == 0, "the kind's own code is no news of the provider"


def test_a_call_that_raises_does_not_stop_the_next_of_the_batch(ledger: Connection, pool: Pool) -> None:
    provider = Bulk(2)
    runner = runner_of(enrol(ledger), pool, {"newsletter": provider})

    def answer(_provider: Any, jobs: Sequence[Job[Any]]) -> Sequence[Outcome]:
        if len(provider.calls) == 2:
            raise ValueError
        return [Accepted()] * len(jobs)

    jobs = in_a_message(ledger, SUBSCRIBE, 6)
    run(runner, kind_in_bulk(answer), *jobs)
    assert states(ledger, provider.calls[1]) == {"dead": 2}
    assert states(ledger, jobs) == {"succeeded": 4, "dead": 2}


def test_a_ledger_that_is_away_at_a_bulk_calls_point_of_no_return_harms_nothing(
    runner: Runner, ledger: Connection
) -> None:
    def answer(_provider: Any, _jobs: Any) -> Sequence[Outcome]:
        raise LedgerAwayError("ledger_away")  # as `no_return` does, before anything was sent

    jobs = in_a_message(ledger, SUBSCRIBE, 5)
    run(runner, kind_in_bulk(answer), *jobs)
    assert states(ledger, jobs) == {"staged": 5}
    assert {(row(ledger, job)["attempts"], row(ledger, job)["error_code"]) for job in jobs} == {(0, "ledger_away")}


def test_after_an_exception_only_those_past_their_point_of_no_return_are_in_doubt(
    ledger: Connection, pool: Pool
) -> None:
    provider = Bulk(repeatable=False)
    runner = runner_of(enrol(ledger), pool, {"newsletter": provider})
    passed = list[UUID]()

    def answer(_provider: Any, jobs: Sequence[Job[Any]]) -> Sequence[Outcome]:
        for job in jobs[:2]:
            assert job.no_return()
            passed.append(job.id)
        raise ConnectionError

    jobs = in_a_message(ledger, SUBSCRIBE, 5)
    run(runner, kind_in_bulk(answer), *jobs)
    assert states(ledger, passed) == {"unknown": 2}
    assert states(ledger, [job for job in jobs if job not in passed]) == {"retrying": 3}


@pytest.mark.parametrize(("repeatable", "becomes"), [(True, "retrying"), (False, "unknown")])
def test_a_lost_answer_is_retried_only_where_that_is_harmless(
    ledger: Connection, pool: Pool, *, repeatable: bool, becomes: str
) -> None:
    runner = runner_of(enrol(ledger), pool, {"newsletter": Bulk(repeatable=repeatable)})
    jobs = in_a_message(ledger, SUBSCRIBE, 5)
    run(runner, kind_in_bulk(all_the_same(Unknown("lost"))), *jobs)
    assert states(ledger, jobs) == {becomes: 5}


def test_one_failed_call_is_one_failure_however_many_jobs_it_carried(runner: Runner, ledger: Connection) -> None:
    jobs = in_a_message(ledger, SUBSCRIBE, 100)
    run(runner, kind_in_bulk(all_the_same(DOWN)), *jobs)
    assert failures(ledger) == 1
    assert states(ledger, jobs) == {"retrying": 100}


def test_a_call_that_served_anybody_is_no_failure_and_ends_a_run_of_them(runner: Runner, ledger: Connection) -> None:
    run(runner, kind_in_bulk(all_the_same(DOWN)), *in_a_message(ledger, SUBSCRIBE, 3))
    assert failures(ledger) == 1
    served = kind_in_bulk(lambda _provider, jobs: [DOWN] * (len(jobs) - 1) + [Accepted()])
    run(runner, served, *in_a_message(ledger, SUBSCRIBE, 3))
    assert failures(ledger) == 0


def test_a_circuit_that_opens_in_the_middle_of_a_batch_spares_the_calls_that_are_left(
    ledger: Connection, pool: Pool
) -> None:
    provider = Bulk(2)
    runner = runner_of(enrol(ledger), pool, {"newsletter": provider})
    jobs = in_a_message(ledger, SUBSCRIBE, 2 * FAILURES + 20)
    run(runner, kind_in_bulk(all_the_same(DOWN)), *jobs)
    assert len(provider.calls) == FAILURES
    tried = [job for call in provider.calls for job in call]
    rest = [job for job in jobs if job not in tried]
    assert states(ledger, tried) == {"retrying": 2 * FAILURES}
    assert states(ledger, rest) == {"staged": 20}
    assert {(row(ledger, job)["attempts"], row(ledger, job)["error_code"]) for job in rest} == {(0, "circuit_open")}


def test_an_operators_fault_in_one_row_holds_for_the_provider_and_the_other_rows_stand(
    runner: Runner, ledger: Connection
) -> None:
    fault = Retry("newsletter_unauthorized", blame=Blame.OPERATOR)
    jobs = in_a_message(ledger, SUBSCRIBE, 4)
    answer = kind_in_bulk(lambda _provider, asked: [Accepted()] * (len(asked) - 1) + [fault])
    run(runner, answer, *jobs)
    assert states(ledger, jobs) == {"succeeded": 3, "staged": 1}
    assert [one.state for one in circuits.all_of_them(ledger)] == ["open"]


def test_a_worker_that_stops_makes_no_further_call(ledger: Connection, pool: Pool) -> None:
    provider = Bulk(10)
    runner = runner_of(enrol(ledger), pool, {"newsletter": provider}, stopping=lambda: bool(provider.calls))
    jobs = in_a_message(ledger, SUBSCRIBE, 50)
    run(runner, kind_in_bulk(all_the_same(Accepted())), *jobs)
    assert states(ledger, jobs) == {"succeeded": 10, "staged": 40}
    assert len(provider.calls) == 1


def test_what_needs_no_call_is_in_no_call(runner: Runner, ledger: Connection, provider: Bulk) -> None:
    class Locale(Payload):
        locale: str

    good = crowd(ledger, 3, payload={"locale": "de"})
    odd = crowd(ledger, 1, payload={"of": "a later release"})
    again = sign_up(ledger, owed(once=True, payload={"locale": "de"}), address="ann@b.example")
    ledger.execute(
        "INSERT INTO effects (once_key, job_id) SELECT once_key, gen_random_uuid() FROM jobs WHERE id = %s", again
    )
    jobs = [*good, *odd, *again]
    publish(ledger, *jobs)
    run(runner, kind_in_bulk(all_the_same(Accepted()), payload=Locale), *jobs)
    assert [sorted(call) for call in provider.calls] == [sorted(good)]
    assert [state(ledger, job) for job in jobs] == ["succeeded"] * 3 + ["dead", "skipped"]
    assert batches(ledger) == {}


def test_a_probe_that_succeeds_in_bulk_closes_the_circuit(runner: Runner, ledger: Connection) -> None:
    jobs = in_a_message(ledger, SUBSCRIBE, 3)
    ledger.execute("INSERT INTO circuits (provider, failures) VALUES ('newsletter', %s)", (FAILURES - 1,))
    run(runner, kind_in_bulk(all_the_same(Accepted())), *jobs)
    assert failures(ledger) == 0


def test_five_hundred_at_mailchimp_are_one_call_and_an_end_for_each(
    ledger: Connection, pool: Pool, sandbox: SandboxProcess
) -> None:
    adapter = connect(f"mailchimp+http://any:key@127.0.0.1:{sandbox.http_port}/?list={LIST}")
    runner = runner_of(enrol(ledger), pool, {"newsletter": adapter})
    good = crowd(ledger, 496)
    ends = {
        domain: crowd(ledger, 1, domain=domain, max_age=86_400.0)[0]
        for domain in ("compliance.example", "forgotten.example", "busy.example", "fake.example")
    }
    jobs = [*good, *ends.values()]
    publish(ledger, *jobs)
    before = sandbox.state("mailchimp")["requests"]
    run(runner, SUBSCRIBE, *jobs)
    assert sandbox.state("mailchimp")["requests"] == before + 1
    assert sandbox.totals("mailchimp")["effects"] == {"member.added": 496}
    assert sandbox.totals("mailchimp")["repeated"] == 0
    assert states(ledger, good) == {"succeeded": 496}
    assert [state(ledger, job) for job in ends.values()] == [State.SKIPPED, State.SKIPPED, State.RETRYING, State.DEAD]
    assert {tuple(events(ledger, job)) for job in good} == {("claimed", "succeeded")}
    assert batches(ledger) == {}
