"""What the mail server sees of a replay: the same mail again, by its Message-ID, and never another."""

from collections.abc import Iterator
from functools import partial
from uuid import UUID

import pytest

from jobs import registry
from jobs.facts import SignupCompleted
from jobs.links import Links
from jobs.owing import owe
from ledger.connection import Connection, Pool, open_pool
from ledger.decisions import retry
from ledger.signups import record
from ledger.states import State
from tests.integration.ledger.owed_jobs import enrol, events, state, take_lease
from tests.sandbox_process import SandboxProcess
from workers.carrier import Carrier
from workers.providers.dsn import parse
from workers.providers.smtp import Smtp
from workers.runner import Runner, intent_of
from workers.writer import Writer

WELCOME = "notification.welcome.email"
KINDS = registry.load()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    started = SandboxProcess.start()
    yield started
    assert started.stop() == 0


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    with open_pool(database_url, name="test", size=2, wait_s=5) as pool:
        yield pool


@pytest.fixture
def smtp(sandbox: SandboxProcess) -> Iterator[Smtp]:
    sandbox.set_mode("smtp", "ok")
    sandbox.clear("smtp")
    adapter = Smtp(parse(f"smtp://127.0.0.1:{sandbox.smtp_port}/?from=hello@usher.example"))
    yield adapter
    adapter.close()


@pytest.fixture
def runner(ledger: Connection, pool: Pool, smtp: Smtp) -> Runner:
    executor = enrol(ledger, queues=["email"])
    writer = Writer(pool, executor)
    return Runner(
        executor,
        pool,
        Carrier(pool, {"email": smtp}, Links("http://usher.example", "a key for one test"), partial(intent_of, writer)),
        writer,
    )


def owe_a_welcome(ledger: Connection, *, max_retries: int | None = None) -> UUID:
    owed = [job for job in owe(SignupCompleted(), KINDS) if job.kind == WELCOME]
    fact, address = SignupCompleted.NAME, "ada@example.org"
    (job,) = record(ledger, fact=fact, address=address, name=None, locale=None, owed=owed).jobs
    ledger.execute("UPDATE jobs SET max_retries = %s", (max_retries,))
    return job.id


def run(ledger: Connection, runner: Runner) -> None:
    """Whatever is due is carried out."""
    due = take_lease(ledger, "email", kinds=[WELCOME]).messages
    assert due
    for message in due:
        runner.run(KINDS[WELCOME], message.jobs, message_id=message.id)


def mails(sandbox: SandboxProcess) -> list[str]:
    return [entry["key"] for entry in sandbox.journal("smtp", brief=True)]


def test_a_mail_in_doubt_that_is_retried_has_the_same_message_id(
    ledger: Connection,
    runner: Runner,
    sandbox: SandboxProcess,
) -> None:
    job = owe_a_welcome(ledger)
    sandbox.set_mode("smtp", "commit_then_drop")
    run(ledger, runner)
    assert state(ledger, job) is State.UNKNOWN
    sandbox.set_mode("smtp", "ok")
    assert retry(ledger, [job])[0].may_repeat
    run(ledger, runner)
    assert state(ledger, job) is State.SUCCEEDED
    assert mails(sandbox) == [f"<{job}@usher.example>"] * 2
    assert events(ledger, job) == ["claimed", "doubted", "replayed", "claimed", "succeeded"]


def test_a_dead_mail_that_is_retried_arrives_once_under_its_own_message_id(
    ledger: Connection,
    runner: Runner,
    sandbox: SandboxProcess,
) -> None:
    job = owe_a_welcome(ledger, max_retries=0)
    sandbox.set_mode("smtp", "down")
    run(ledger, runner)
    assert state(ledger, job) is State.DEAD
    sandbox.set_mode("smtp", "ok")
    retry(ledger, [job])
    run(ledger, runner)
    assert state(ledger, job) is State.SUCCEEDED
    assert mails(sandbox) == [f"<{job}@usher.example>"]


def test_a_replay_of_a_welcome_that_another_job_has_sent_meanwhile_sends_none(
    ledger: Connection,
    runner: Runner,
    sandbox: SandboxProcess,
) -> None:
    first = owe_a_welcome(ledger, max_retries=0)
    sandbox.set_mode("smtp", "down")
    run(ledger, runner)
    assert state(ledger, first) is State.DEAD
    sandbox.set_mode("smtp", "ok")
    second = owe_a_welcome(ledger)
    run(ledger, runner)
    retry(ledger, [first])
    run(ledger, runner)
    assert (state(ledger, first), state(ledger, second)) == (State.SKIPPED, State.SUCCEEDED)
    assert mails(sandbox) == [f"<{second}@usher.example>"]
