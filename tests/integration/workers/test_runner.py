"""From a message to an outcome: real ledger, real providers, and whatever a kind's own code may do."""

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import replace
from math import ceil
from typing import Any
from uuid import UUID

import psycopg
import pytest

from embedded.postgres import EmbeddedPostgres
from jobs.kind import Job, Nothing, Payload
from jobs.outcomes import Accepted, Outcome
from ledger import circuits
from ledger.circuits import FAILURES
from ledger.connection import Connection, Pool, open_pool, session
from ledger.reading import history
from ledger.states import State
from ledger.takeover import take_over
from tests.integration.ledger.owed_jobs import (
    ACCEPTED,
    NAME,
    answer,
    batches,
    due_in,
    enrol,
    events,
    owed,
    publish,
    queued,
    row,
    running,
    state,
)
from tests.integration.workers.rude_server import RudeServer, http_answer
from tests.integration.workers.runners import SUBSCRIBE, WELCOME, in_a_message, kind_that, letter, run, runner_of
from tests.sandbox_process import SandboxProcess
from workers.providers.adapter import Adapter, connect
from workers.runner import Runner

NEWSLETTER = owed(SUBSCRIBE.name, "newsletter")
MAIL = owed(WELCOME.name, "email", once=True)
ANN = "ann@b.example"


@pytest.fixture
def runner(ledger: Connection, pool: Pool, providers: dict[str, Adapter]) -> Runner:
    return runner_of(enrol(ledger), pool, providers)


def mails(sandbox: SandboxProcess) -> int:
    return len(sandbox.journal("smtp", brief=True))


def test_a_success_is_on_the_row_in_the_history_and_at_the_provider(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess
) -> None:
    job = queued(ledger, NEWSLETTER, address=ANN)
    assert run(runner, SUBSCRIBE, job) == {job: State.SUCCEEDED}
    (effect,) = sandbox.journal("listmonk")
    found = row(ledger, job)
    assert (found["state"], found["provider_id"], found["attempts"]) == ("succeeded", str(effect["id"]), 1)
    assert events(ledger, job) == ["claimed", "succeeded"]
    assert history(ledger, job)[-1].worker == runner.executor


def test_a_message_delivered_twice_has_one_effect(runner: Runner, ledger: Connection, sandbox: SandboxProcess) -> None:
    job = queued(ledger, MAIL)
    assert run(runner, WELCOME, job) == {job: State.SUCCEEDED}
    assert run(runner, WELCOME, job) == {}
    assert mails(sandbox) == 1


TROUBLE = [
    ("down", State.RETRYING, "newsletter_unavailable", 1),
    ("refuse", State.RETRYING, "newsletter_connection_lost", 1),
    ("rate_limited", State.RETRYING, "newsletter_rate_limited", 0),
    ("unauthorized", State.STAGED, "newsletter_unauthorized", 0),
    ("commit_then_drop", State.RETRYING, "newsletter_connection_lost", 1),
]


@pytest.mark.parametrize(("mode", "becomes", "code", "spent"), TROUBLE)
def test_a_providers_trouble_is_on_the_row(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess, mode: str, becomes: State, code: str, spent: int
) -> None:
    sandbox.set_mode("listmonk", mode)
    job = queued(ledger, NEWSLETTER)
    assert run(runner, SUBSCRIBE, job) == {job: becomes}
    found = row(ledger, job)
    assert (found["state"], found["error_code"], found["attempts"]) == (becomes, code, spent)


def test_a_mail_in_doubt_waits_for_a_person_and_no_other_job_sends_it_again(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess
) -> None:
    sandbox.set_mode("smtp", "commit_then_drop")
    job = queued(ledger, MAIL, address=ANN)
    assert run(runner, WELCOME, job) == {job: State.UNKNOWN}
    assert row(ledger, job)["error_code"] == "email_connection_lost_after_data"
    sandbox.set_mode("smtp", "ok")
    second = queued(ledger, MAIL, address=ANN)
    assert run(runner, WELCOME, second) == {second: State.SKIPPED}
    assert mails(sandbox) == 1


def test_what_was_done_before_is_skipped_without_a_call(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess
) -> None:
    answer(ledger, running(ledger, runner.executor, MAIL, address=ANN), ACCEPTED, executor=runner.executor)
    job = queued(ledger, MAIL, address=ANN)
    before = sandbox.state("smtp")["requests"]
    assert run(runner, WELCOME, job) == {job: State.SKIPPED}
    assert row(ledger, job)["error_code"] == "done_before"
    assert sandbox.state("smtp")["requests"] == before


def test_one_bad_address_does_not_fail_its_neighbours(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess
) -> None:
    bad = queued(ledger, MAIL, address="reply-550-5.1.1@b.example")
    good = [queued(ledger, MAIL) for _ in range(3)]
    assert run(runner, WELCOME, bad, *good) == {bad: State.SKIPPED, **dict.fromkeys(good, State.SUCCEEDED)}
    assert mails(sandbox) == 3


def test_an_operators_fault_that_only_one_job_meets_is_met_less_often_each_time(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess
) -> None:
    sandbox.set_mode("listmonk", "unauthorized")
    job = queued(ledger, NEWSLETTER)
    pauses = []
    for _ in range(4):
        ledger.execute("DELETE FROM circuits")  # as if somebody else's success had closed it
        publish(ledger, job)
        assert run(runner, SUBSCRIBE, job) == {job: State.STAGED}
        pauses.append(ceil(due_in(ledger, job)))
    assert pauses == [1, 2, 4, 8]


def refused(ledger: Connection, number: int = 0, **changes: Any) -> UUID:
    """A welcome to somebody whom the mail server refuses by policy, as it may refuse us too."""
    return queued(ledger, owed(WELCOME.name, "email", **changes), address=f"reply-554-5.7.1@b{number}.example")


def test_one_person_whom_the_mail_server_refuses_holds_up_nobody_and_ends_dead_by_their_budget(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess
) -> None:
    job = refused(ledger, max_retries=FAILURES + 1)
    ends = []
    for _ in range(FAILURES + 2):
        publish(ledger, job)
        ends += run(runner, WELCOME, job).values()
        assert not circuits.is_open(ledger, "email")
    assert ends == [State.RETRYING] * (FAILURES + 1) + [State.DEAD]
    assert row(ledger, job)["error_code"] == "email_sender_refused"
    neighbour = queued(ledger, MAIL)
    assert run(runner, WELCOME, neighbour) == {neighbour: State.SUCCEEDED}
    assert mails(sandbox) == 1


def test_a_mail_server_that_refuses_everybody_at_the_recipient_opens_the_circuit_all_the_same(
    runner: Runner, ledger: Connection
) -> None:
    for number in range(FAILURES):
        assert not circuits.is_open(ledger, "email")
        job = refused(ledger, number)
        assert run(runner, WELCOME, job) == {job: State.RETRYING}
    assert circuits.is_open(ledger, "email")


def test_a_payload_that_this_code_does_not_understand_is_the_end(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess
) -> None:
    job = queued(ledger, owed(WELCOME.name, "email", payload={"from": "a later release"}))
    assert run(runner, WELCOME, job) == {job: State.DEAD}
    assert row(ledger, job)["error_code"] == "payload_not_understood"
    assert mails(sandbox) == 0


def test_somebody_who_was_erased_meanwhile_is_left_alone(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess
) -> None:
    job = queued(ledger, MAIL)
    ledger.execute("DELETE FROM subscribers")
    assert run(runner, WELCOME, job) == {}
    assert mails(sandbox) == 0


def test_a_kind_is_handed_its_payload_the_person_and_its_own_id(runner: Runner, ledger: Connection) -> None:
    class Locale(Payload):
        locale: str

    seen: list[Job[Any]] = []

    def deliver(_email: Any, job: Job[Any]) -> Outcome:
        seen.append(job)
        return Accepted()

    job = queued(ledger, owed(WELCOME.name, "email", payload={"locale": "de"}), address=ANN)
    run(runner, kind_that(deliver, payload=Locale), job)
    assert (seen[0].id, seen[0].payload, seen[0].in_doubt) == (job, Locale(locale="de"), False)
    assert (seen[0].recipient.address, seen[0].recipient.name) == (ANN, NAME)


@pytest.mark.parametrize(
    ("error", "becomes"),
    [
        (ValueError(f"{ANN} is bad"), State.DEAD),
        (ConnectionError(f"no route for {ANN}"), State.RETRYING),
        (RecursionError(ANN), State.DEAD),
    ],
)
def test_what_a_kinds_code_raises_ends_its_job_and_its_text_is_nowhere(
    runner: Runner, ledger: Connection, caplog: pytest.LogCaptureFixture, error: Exception, becomes: State
) -> None:
    def deliver(_email: Any, _job: Job[Nothing]) -> Outcome:
        raise error

    job = queued(ledger, MAIL, address=ANN)
    with caplog.at_level(logging.DEBUG):
        assert run(runner, kind_that(deliver), job) == {job: becomes}
    assert row(ledger, job)["error_code"] == f"raised_{type(error).__name__}"
    assert "raised" in caplog.text
    assert "ann@" not in caplog.text
    for table in ("jobs", "job_events"):
        everything = ledger.execute(f"SELECT t::text FROM {table} AS t").fetchall()  # noqa: S608  # two names of ours
        assert "ann@" not in str(everything)


@pytest.mark.parametrize("error", [ValueError(), ConnectionError(), TimeoutError()])
def test_an_exception_from_beyond_the_point_of_no_return_leaves_doubt_and_no_second_mail(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess, error: Exception
) -> None:
    def deliver(email: Any, job: Job[Nothing]) -> Outcome:
        email.send(letter(job))
        raise error

    job = queued(ledger, MAIL)
    assert run(runner, kind_that(deliver), job) == {job: State.UNKNOWN}
    assert mails(sandbox) == 1


def test_doubt_of_ones_own_making_is_resolved_by_doing_it_again_where_that_was_chosen(
    runner: Runner, ledger: Connection
) -> None:
    def deliver(_email: Any, job: Job[Nothing]) -> Outcome:
        job.no_return()
        raise ConnectionError

    job = queued(ledger, owed(WELCOME.name, "email", resend=True))
    assert run(runner, kind_that(deliver), job) == {job: State.RETRYING}


def test_a_claim_that_was_given_up_meanwhile_sends_nothing(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess
) -> None:
    def deliver(email: Any, job: Job[Nothing]) -> Outcome:
        take_over(ledger, [runner.executor])
        return email.send(letter(job))

    job = queued(ledger, MAIL)
    assert run(runner, kind_that(deliver), job) == {job: State.STAGED}
    assert mails(sandbox) == 0
    assert state(ledger, job) is State.STAGED


def test_a_claim_that_was_overtaken_meanwhile_changes_nothing(
    runner: Runner, ledger: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    def deliver(_email: Any, job: Job[Nothing]) -> Outcome:
        ledger.execute("UPDATE jobs SET claim = claim + 1 WHERE id = %s", (job.id,))
        return Accepted()

    job = queued(ledger, MAIL)
    run(runner, kind_that(deliver), job)
    assert state(ledger, job) is State.RUNNING
    assert "claim 1 counts no more" in caplog.text


def test_a_provider_that_is_not_configured_harms_no_job(
    ledger: Connection, pool: Pool, sandbox: SandboxProcess
) -> None:
    job = queued(ledger, MAIL)
    runner = runner_of(enrol(ledger), pool, {})
    assert run(runner, WELCOME, job) == {job: State.STAGED}
    assert (row(ledger, job)["error_code"], row(ledger, job)["attempts"]) == ("provider_not_configured", 0)
    assert mails(sandbox) == 0


@pytest.mark.parametrize("after", ["9" * 19, "9" * 400, "31536000"])
def test_a_retry_after_of_many_years_is_capped_for_the_job_and_for_its_providers_circuit(
    ledger: Connection, pool: Pool, after: str
) -> None:
    with RudeServer(http_answer(b"{}", "429 Too Many Requests", f"Retry-After: {after}\r\n")) as server:
        adapter = connect(f"listmonk+http://u:t@127.0.0.1:{server.port}/?list=1")
        runner = runner_of(enrol(ledger), pool, {"newsletter": adapter})
        job = queued(ledger, owed(SUBSCRIBE.name, "newsletter", max_age=30 * 86_400.0))
        assert run(runner, SUBSCRIBE, job) == {job: State.RETRYING}
    held = ledger.execute("SELECT extract(epoch FROM probe_at - now()) FROM circuits").fetchone()
    due = ledger.execute("SELECT extract(epoch FROM run_at - now()) FROM jobs").fetchone()
    assert 86_000 < held[0] <= 86_400
    assert 86_000 < due[0] <= 86_400


class LosesAnAnswer:
    """Sessions of a pool, the first of which breaks when its statement has gone through and nobody knows."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._lost = False

    @contextlib.contextmanager
    def connection(self) -> Iterator[Connection]:
        with self._pool.connection() as connection:
            yield connection
        if not self._lost:
            self._lost = True
            raise psycopg.OperationalError("server closed the connection unexpectedly")


@pytest.mark.parametrize("elsewhere", [0, 4], ids=["all of it", "a part, the rest being in other hands"])
def test_what_a_claim_took_whose_answer_was_lost_is_carried_out_once_and_at_once(
    runner: Runner, ledger: Connection, pool: Pool, sandbox: SandboxProcess, elsewhere: int
) -> None:
    jobs = in_a_message(ledger, WELCOME, 10, once=True)
    run(runner, WELCOME, *jobs[:elsewhere])
    ends = run(replace(runner, pool=LosesAnAnswer(pool)), WELCOME, *jobs)
    assert ends == dict.fromkeys(jobs[elsewhere:], State.SUCCEEDED)
    assert mails(sandbox) == 10
    assert {tuple(events(ledger, job)) for job in jobs} == {("claimed", "succeeded")}
    assert batches(ledger) == {}


def test_where_a_claim_took_nothing_nothing_is_found_when_its_answer_was_lost(
    runner: Runner, ledger: Connection, pool: Pool, sandbox: SandboxProcess
) -> None:
    jobs = in_a_message(ledger, WELCOME, 2)
    run(runner, WELCOME, *jobs)
    assert run(replace(runner, pool=LosesAnAnswer(pool)), WELCOME, *jobs) == {}
    assert mails(sandbox) == 2


@pytest.fixture
def own_postgres(tmp_path_factory: pytest.TempPathFactory, postgres: EmbeddedPostgres) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL that a test may stop, because everybody else needs theirs."""
    from ledger.migrations import upgrade  # noqa: PLC0415  # as in the fixtures above this one

    bin_dir = postgres.bin_dir
    server = EmbeddedPostgres(tmp_path_factory.mktemp("stopped"), durable=False, bin_dir=bin_dir)
    server.start()
    upgrade(server.url)
    yield server
    server.stop()


def test_an_outcome_is_written_though_the_ledger_went_away_between_the_call_and_its_end(
    own_postgres: EmbeddedPostgres, providers: dict[str, Adapter], sandbox: SandboxProcess
) -> None:
    def deliver(email: Any, job: Job[Nothing]) -> Outcome:
        outcome = email.send(letter(job))
        own_postgres.restart()
        return outcome

    with open_pool(own_postgres.url, name="test", size=2, wait_s=2.0) as pool:
        with session(own_postgres.url, name="test") as before:
            runner = runner_of(enrol(before), pool, providers)
            job = queued(before, MAIL)
        assert run(runner, kind_that(deliver), job) == {job: State.SUCCEEDED}
        with session(own_postgres.url, name="test") as after:
            assert state(after, job) is State.SUCCEEDED
    assert mails(sandbox) == 1


def test_a_ledger_that_is_away_at_the_point_of_no_return_sends_nothing_and_harms_nothing(
    own_postgres: EmbeddedPostgres, providers: dict[str, Adapter], sandbox: SandboxProcess
) -> None:
    def deliver(email: Any, job: Job[Nothing]) -> Outcome:
        own_postgres.stop()
        try:
            return email.send(letter(job))
        finally:
            own_postgres.start()

    with open_pool(own_postgres.url, name="test", size=2, wait_s=0.2) as pool:
        with session(own_postgres.url, name="test") as before:
            runner = runner_of(enrol(before), pool, providers)
            job = queued(before, owed(WELCOME.name, "email", once=True, time_limit=0.3))
        assert run(runner, kind_that(deliver), job) == {job: State.STAGED}
        with session(own_postgres.url, name="test") as after:
            found = row(after, job)
            assert (found["state"], found["attempts"], found["error_code"]) == ("staged", 0, "ledger_away")
    assert mails(sandbox) == 0
