"""A message of many jobs whose provider is called for each: one connection's worth of work, and an end for every job of it."""

import socket
from typing import Any
from uuid import UUID, uuid4

import pytest

from jobs.kind import Job
from jobs.outcomes import Accepted, Outcome, Retry
from ledger import circuits
from ledger.circuits import FAILURES
from ledger.connection import Connection, Pool, session
from ledger.states import State
from tests.integration.ledger.owed_jobs import batches, enrol, events, row, state
from tests.integration.workers.rude_server import HELLO, RudeServer, lines
from tests.integration.workers.runners import (
    SUBSCRIBE,
    WELCOME,
    in_a_message,
    kind_that,
    letter,
    run,
    runner_of,
    states,
)
from tests.sandbox_process import SandboxProcess
from workers.providers.adapter import Adapter, connect
from workers.runner import Runner

BATCH = 50


@pytest.fixture
def runner(ledger: Connection, pool: Pool, providers: dict[str, Adapter]) -> Runner:
    return runner_of(enrol(ledger), pool, providers)


def test_fifty_mails_go_over_one_connection_and_each_is_on_its_row(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess
) -> None:
    jobs = in_a_message(ledger, WELCOME, BATCH, once=True)
    assert run(runner, WELCOME, *jobs) == dict.fromkeys(jobs, State.SUCCEEDED)
    assert sandbox.totals("smtp")["effects"] == {"mail.accepted": BATCH}
    assert sandbox.totals("smtp")["repeated"] == 0
    assert sandbox.state("smtp")["connections"] == 1
    assert {tuple(events(ledger, job)) for job in jobs} == {("claimed", "succeeded")}
    assert {row(ledger, job)["attempts"] for job in jobs} == {1}
    assert batches(ledger) == {}


def test_each_mails_intent_and_the_end_of_those_before_it_are_in_the_ledger_before_its_data(
    ledger: Connection, pool: Pool, database_url: str
) -> None:
    seen: list[tuple[int, int, dict[str, int]]] = []

    def talk(caller: socket.socket) -> None:
        """Looks into the ledger at each DATA, before it says go ahead."""
        caller.sendall(HELLO["greeting"])
        writing = False
        with session(database_url, name="test-server") as looking:
            for line in lines(caller):
                verb = line[:4].decode("ascii", "replace").strip().upper()
                if writing and line != b".\r\n":
                    continue
                writing = verb == "DATA" and not writing
                if writing:
                    intents = looking.execute("SELECT count(*) FROM jobs WHERE intent = claim AND claim = 1").fetchone()
                    open_ = looking.execute("SELECT count(*) FROM jobs WHERE intent > settled").fetchone()
                    assert intents
                    assert open_
                    seen.append((intents[0], open_[0], states(looking, jobs)))
                caller.sendall(HELLO.get(verb, HELLO["."]))

    with RudeServer(talk) as server:
        adapter = connect(f"smtp://127.0.0.1:{server.port}/?from=hello@example.org")
        jobs = in_a_message(ledger, WELCOME, 8)
        runner = runner_of(enrol(ledger), pool, {"email": adapter})
        assert run(runner, WELCOME, *jobs) == dict.fromkeys(jobs, State.SUCCEEDED)
        assert server.calls == 1
    assert [intents for intents, _, _ in seen] == list(range(1, 9))
    assert {open_ for _, open_, _ in seen} == {1}, "never more than one mail of a connection is in doubt"
    assert [one.get("succeeded", 0) for _, _, one in seen] == list(range(8))


def test_a_provider_that_goes_down_in_the_middle_opens_its_circuit_and_the_rest_is_handed_back_without_a_call(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess
) -> None:
    sent: list[UUID] = []

    def deliver(email: Any, job: Job[Any]) -> Outcome:
        if len(sent) == 10:
            sandbox.set_mode("smtp", "error")
        sent.append(job.id)
        return email.send(letter(job))

    jobs = in_a_message(ledger, WELCOME, BATCH)
    run(runner, kind_that(deliver), *jobs)
    done, failed, rest = sent[:10], sent[10:], [job for job in jobs if job not in sent]
    assert len(failed) == FAILURES
    assert states(ledger, done) == {"succeeded": 10}
    assert {row(ledger, job)["attempts"] for job in failed} == {1}
    assert states(ledger, failed) == {"retrying": FAILURES}
    assert states(ledger, rest) == {"staged": BATCH - 10 - FAILURES}
    assert {(row(ledger, job)["attempts"], row(ledger, job)["error_code"]) for job in rest} == {(0, "circuit_open")}
    assert sandbox.totals("smtp")["count"] == 10
    assert batches(ledger) == {}


def test_failures_between_which_others_are_served_open_no_circuit(runner: Runner, ledger: Connection) -> None:
    sent: list[UUID] = []

    def deliver(email: Any, job: Job[Any]) -> Outcome:
        sent.append(job.id)
        return Retry("refused") if len(sent) % 2 else email.send(letter(job))

    jobs = in_a_message(ledger, WELCOME, BATCH)
    run(runner, kind_that(deliver), *jobs)
    assert BATCH // 2 > FAILURES
    assert states(ledger, jobs) == {"succeeded": BATCH // 2, "retrying": BATCH // 2}


def test_a_circuit_that_another_worker_has_opened_stops_a_batch_at_its_next_failure(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess
) -> None:
    called: list[UUID] = []

    def deliver(email: Any, job: Job[Any]) -> Outcome:
        called.append(job.id)
        if len(called) == 5:
            sandbox.set_mode("smtp", "error")
            circuits.failed(ledger, "email", code="seen by another", job=uuid4(), at_once=True)
        return email.send(letter(job))

    jobs = in_a_message(ledger, WELCOME, BATCH)
    run(runner, kind_that(deliver), *jobs)
    assert len(called) == 5
    assert states(ledger, jobs) == {"succeeded": 4, "retrying": 1, "staged": BATCH - 5}


@pytest.mark.parametrize(
    ("mode", "becomes"), [("unauthorized", {"staged": BATCH}), ("rate_limited", {"retrying": 1, "staged": BATCH - 1})]
)
def test_an_answer_that_holds_for_everybody_costs_a_batch_one_call_and_spends_nothing(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess, mode: str, becomes: dict[str, int]
) -> None:
    sandbox.set_mode("listmonk", mode, retry_after_s=30)
    before = sandbox.state("listmonk")["requests"]
    jobs = in_a_message(ledger, SUBSCRIBE, BATCH)
    run(runner, SUBSCRIBE, *jobs)
    assert sandbox.state("listmonk")["requests"] == before + 1
    assert states(ledger, jobs) == becomes
    assert {row(ledger, job)["attempts"] for job in jobs} == {0}


def test_a_worker_that_stops_hands_back_the_rest_of_its_batch_after_the_call_in_hand(
    ledger: Connection, pool: Pool, providers: dict[str, Adapter], sandbox: SandboxProcess
) -> None:
    called: list[UUID] = []

    def deliver(email: Any, job: Job[Any]) -> Outcome:
        called.append(job.id)
        return email.send(letter(job))

    runner = runner_of(enrol(ledger), pool, providers, stopping=lambda: len(called) >= 3)
    jobs = in_a_message(ledger, WELCOME, BATCH)
    run(runner, kind_that(deliver), *jobs)
    rest = [job for job in jobs if job not in called]
    assert states(ledger, called) == {"succeeded": 3}
    assert states(ledger, rest) == {"staged": BATCH - 3}
    assert {tuple(events(ledger, job)) for job in rest} == {("claimed", "handed_back")}
    assert {(row(ledger, job)["attempts"], row(ledger, job)["crashes"]) for job in rest} == {(0, 0)}
    due = ledger.execute("SELECT count(*) FROM jobs WHERE state = 'staged' AND run_at <= now()").fetchone()
    assert due == (BATCH - 3,), "at once"
    assert sandbox.totals("smtp")["count"] == 3
    assert batches(ledger) == {}


def test_a_job_whose_code_raises_in_the_middle_of_a_batch_is_the_only_one_to_end_so(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess
) -> None:
    jobs = in_a_message(ledger, WELCOME, 20)

    def deliver(email: Any, job: Job[Any]) -> Outcome:
        if job.id == jobs[7]:
            raise ValueError(job.recipient.address)
        return email.send(letter(job))

    ends = run(runner, kind_that(deliver), *jobs)
    assert {job for job, end in ends.items() if end is not State.SUCCEEDED} == {jobs[7]}
    assert state(ledger, jobs[7]) is State.DEAD
    assert sandbox.totals("smtp")["count"] == 19


def test_a_long_batch_is_not_given_up_while_it_goes_on_answering(runner: Runner, ledger: Connection) -> None:
    deadlines: list[float] = []

    def deliver(_email: Any, _job: Job[Any]) -> Outcome:
        found = ledger.execute("SELECT extract(epoch FROM deadline) FROM batches").fetchone()
        assert found is not None
        deadlines.append(float(found[0]))
        ledger.execute("UPDATE batches SET deadline = deadline - interval '20 seconds'")
        return Accepted()

    jobs = in_a_message(ledger, WELCOME, 4)

    def slowly(email: Any, job: Job[Any]) -> Outcome:
        job.no_return()  # whatever was settled before is in the ledger once this returns
        return deliver(email, job)

    run(runner, kind_that(slowly), *jobs)
    assert len(deadlines) == 4
    assert deadlines == sorted(deadlines), "each answer has put it off"


def test_jobs_that_were_claimed_from_a_batch_before_it_came_twice_are_not_done_twice(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess
) -> None:
    jobs = in_a_message(ledger, WELCOME, 10)
    assert set(run(runner, WELCOME, *jobs[:4])) == set(jobs[:4])
    assert set(run(runner, WELCOME, *jobs)) == set(jobs[4:])
    assert run(runner, WELCOME, *jobs) == {}
    assert sandbox.totals("smtp")["count"] == 10
