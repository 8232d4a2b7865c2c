"""Runners for the tests of executing, put together as `workers.executor` does it, and kinds that do what a test says.

Separate, because one executor is what several files of tests look at from different sides. It must never stand in for any part
of it.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from jobs import registry
from jobs.channels import Letter
from jobs.facts import SignupCompleted
from jobs.kind import Job, Kind, kind
from jobs.links import Links
from jobs.outcomes import Outcome
from ledger.connection import Connection, Pool
from ledger.signups import Wanted, record_all
from ledger.states import State
from tests.integration.ledger.owed_jobs import KIND, QUEUE, owed, publish
from workers.carrier import Carrier
from workers.providers.adapter import Adapter
from workers.runner import Runner, intent_of
from workers.writer import Writer

KINDS = registry.load()
LINKS = Links("http://usher.example", "a key for the length of one test")
SUBSCRIBE, WELCOME = KINDS["newsletter.subscribe"], KINDS["notification.welcome.email"]

Deliver = Callable[[Any, Job[Any]], Outcome]
DeliverAll = Callable[[Any, Sequence[Job[Any]]], Sequence[Outcome]]


def runner_of(
    executor: UUID,
    pool: Pool,
    providers: Mapping[str, Adapter],
    *,
    stopping: Callable[[], bool] = lambda: False,
) -> Runner:
    """One executor's runner, with a writer of its own."""
    writer = Writer(pool, executor)
    return Runner(executor, pool, Carrier(pool, providers, LINKS, partial(intent_of, writer), stopping), writer)


def run(runner: Runner, which: Kind, *jobs: UUID) -> dict[UUID, State]:
    """It gets a message that names these jobs; how each of them ended."""
    return {job: move.state for job, move in runner.run(which, jobs, message_id=uuid4()).items()}


def kind_that(deliver: Deliver, *, like: Kind = WELCOME, in_bulk: DeliverAll | None = None, **options: Any) -> Kind:
    """A kind under the name and on the queue of another, that does so."""
    declare = kind(like.name, on=SignupCompleted, queue=like.queue, in_bulk=in_bulk, **options)
    return declare(deliver)


def letter(job: Job[Any]) -> Letter:
    """A mail for the job's person."""
    return Letter(job.id, job.recipient.address, "s", "t\n", "<p>t</p>\n", job.no_return)


GROUP = 64  # sign-ups in one statement, as many as the web tier ever puts into one: what it costs grows with the square


def crowd(
    ledger: Connection, number: int, *, kind: str = KIND, queue: str = QUEUE, domain: str = "b.example", **changes: Any
) -> list[UUID]:
    """So many people are owed one job each; returns the jobs, all of them due."""
    job = owed(kind, queue, **changes)
    wanted = [Wanted("signup.completed", f"{uuid4().hex}@{domain}", "Ann", "en", [job]) for _ in range(number)]
    groups = (wanted[start : start + GROUP] for start in range(0, number, GROUP))
    return [taken.jobs[0].id for group in groups for taken in record_all(ledger, group)]


def in_a_message(ledger: Connection, which: Kind, number: int, **changes: Any) -> list[UUID]:
    """So many jobs of one kind, each of its own person, named by one message that is on the wire."""
    jobs = crowd(ledger, number, kind=which.name, queue=which.queue, **changes)
    publish(ledger, *jobs)
    return jobs


def states(ledger: Connection, jobs: Collection[UUID]) -> dict[str, int]:
    """How many of these jobs stand where."""
    found = ledger.execute("SELECT state, count(*) FROM jobs WHERE id = ANY(%s) GROUP BY state", (list(jobs),))
    return dict(found.fetchall())
