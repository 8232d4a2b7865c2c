"""Jobs for the tests of the ledger: owed, leased, claimed and answered through the ledger's own verbs."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from psycopg.rows import dict_row

from ledger.claim import Claimed, claim
from ledger.connection import Connection
from ledger.finish import finish
from ledger.lease import Lease, lease
from ledger.moves import Move, Settlement
from ledger.processes import beat
from ledger.signups import Owed, record
from ledger.states import State

QUEUE = "newsletter"
KIND = "newsletter.subscribe"


def owed(kind: str = KIND, queue: str = QUEUE, **changes: Any) -> Owed:
    """What a sign-up owes, with anything about it changed."""
    usual: dict[str, Any] = {
        "provider": queue,
        "payload": {},
        "once": False,
        "max_retries": None,
        "max_age": 3_600.0,
        "time_limit": 30.0,
        "resend": False,
    }
    return Owed(kind=kind, queue=queue, **{**usual, **changes})


def sign_up(ledger: Connection, *jobs: Owed, address: str | None = None) -> list[UUID]:
    """Somebody signs up and is owed these jobs (one, where none is named); returns the jobs' ids in order."""
    taken = record(
        ledger,
        fact="signup.completed",
        address=address or f"{uuid4().hex}@b.example",
        name="Ann",
        locale="en",
        owed=jobs or (owed(),),
    )
    return [job.id for job in taken.jobs]


def enrol(ledger: Connection, *, queues: Sequence[str] = (QUEUE,)) -> UUID:
    """A new executor on the register."""
    one = uuid4()
    beat(ledger, one, role="executor", host="test", pid=1, queues=queues, kinds=[KIND])
    return one


def take_lease(ledger: Connection, queue: str = QUEUE, *, kinds: Sequence[str] = (KIND,), window: int = 1_000) -> Lease:
    """One turn of a relay."""
    return lease(ledger, queue, kinds=kinds, window=window)


def leased_ids(ledger: Connection, **more: Any) -> set[UUID]:
    """The jobs that one turn of a relay leases."""
    return {job.id for job in take_lease(ledger, **more).jobs}


def take(ledger: Connection, executor: UUID, *jobs: UUID, kind: str = KIND) -> list[Claimed]:
    """An executor gets a message that names these jobs."""
    return claim(ledger, jobs, kind=kind, executor=executor, message_id=uuid4())


def queued(ledger: Connection, *jobs: Owed, address: str | None = None) -> UUID:
    """The one job of a new sign-up, leased."""
    (one,) = sign_up(ledger, *jobs, address=address)
    ledger.execute("UPDATE jobs SET state = 'queued' WHERE id = %s", (one,))
    return one


def running(ledger: Connection, executor: UUID, *jobs: Owed, address: str | None = None) -> Claimed:
    """The one job of a new sign-up, claimed by `executor`."""
    one = queued(ledger, *jobs, address=address)
    (taken,) = take(ledger, executor, one, kind=jobs[0].kind if jobs else KIND)
    return taken


def answer(ledger: Connection, job: Claimed, move: Move, *, executor: UUID) -> bool:
    """The claim answers; whether it counted."""
    return finish(ledger, [Settlement(job.id, job.claim, move)], executor=executor) == {job.id}


def row(ledger: Connection, job: UUID) -> dict[str, Any]:
    """The job as it stands in the table."""
    with ledger.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute("SELECT * FROM jobs WHERE id = %s", (job,)).fetchone()
    assert found is not None
    return found


def state(ledger: Connection, job: UUID) -> State:
    """Where the job stands."""
    return State(row(ledger, job)["state"])


def events(ledger: Connection, job: UUID) -> list[str]:
    """What has happened to it, oldest first."""
    found = ledger.execute("SELECT event FROM job_events WHERE job_id = %s ORDER BY id", (job,))
    return [event for (event,) in found]


ACCEPTED = Move(State.SUCCEEDED, "succeeded", spent=1, provider_id="p-1")
REJECTED = Move(State.DEAD, "died", spent=1, code="rejected")
SKIPPED = Move(State.SKIPPED, "skipped", spent=1, code="unsubscribed")
RETRIED = Move(State.RETRYING, "retried", delay=60, spent=1, code="down")
DOUBTED = Move(State.UNKNOWN, "doubted", spent=1, code="lost_after_data")
HANDED_BACK = Move(State.STAGED, "handed_back", delay=0, code="fenced_off")
ANSWERS = (ACCEPTED, REJECTED, SKIPPED, RETRIED, DOUBTED, HANDED_BACK)
