"""Jobs for the tests of the ledger: owed, leased, claimed and answered through the ledger's own verbs."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from psycopg.rows import dict_row

from ledger import messages
from ledger.claim import Claimed, claim, intend
from ledger.coalescing import Terms
from ledger.connection import Connection
from ledger.finish import finish
from ledger.ids import new_id
from ledger.lease import Lease, lease
from ledger.messages import Message
from ledger.moves import Move, Settlement
from ledger.owed import Owed
from ledger.processes import beat
from ledger.signups import record
from ledger.states import State

QUEUE = "newsletter"
KIND = "newsletter.subscribe"
NAME = "Ann Featherstone"  # with a space: no id, digest or token can hold it by chance
WINDOW = 1_000
TERMS = [Terms(KIND, QUEUE)]


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
        name=NAME,
        locale="en",
        owed=jobs or (owed(),),
    )
    return [job.id for job in taken.jobs]


def enrol(ledger: Connection, *, queues: Sequence[str] = (QUEUE,), hands: int = 0) -> UUID:
    """A new executor on the register."""
    one = uuid4()
    beat(ledger, one, role="executor", host="test", pid=1, queues=queues, kinds=[KIND], hands=hands)
    return one


def take_lease(
    ledger: Connection,
    queue: str = QUEUE,
    *,
    kinds: Sequence[str] = (KIND,),
    batch: int = 1,
    bulk: bool = False,
    window: int = WINDOW,
    connections: Mapping[str, int] | None = None,
) -> Lease:
    """One turn of a relay."""
    terms = [Terms(kind, queue, batch=batch, bulk=bulk) for kind in kinds]
    return lease(ledger, queue, terms=terms, window=window, connections=connections)


def ids_in(found: Collection[Message]) -> list[UUID]:
    """The jobs that these messages name."""
    return [job for message in found for job in message.jobs]


def leased_ids(ledger: Connection, **more: Any) -> set[UUID]:
    """The jobs that one turn of a relay leases."""
    return set(ids_in(take_lease(ledger, **more).messages))


def take(
    ledger: Connection,
    executor: UUID,
    *jobs: UUID,
    kind: str = KIND,
    message: UUID | None = None,
    batch: UUID | None = None,
) -> list[Claimed]:
    """An executor gets a message that names these jobs: where it names one, its id is the job's."""
    carried_by = message or (jobs[0] if len(jobs) == 1 else uuid4())
    return claim(ledger, jobs, kind=kind, executor=executor, message_id=carried_by, batch=batch or new_id())


def publish(ledger: Connection, *jobs: UUID) -> UUID:
    """One message that names these jobs is on the wire, whatever happened to them before; returns its id."""
    rows = ledger.execute(
        "UPDATE jobs SET state = 'queued', claimer = NULL, finished_at = NULL WHERE id = ANY(%s) RETURNING queue, kind, provider",
        (list(jobs),),
    ).fetchall()
    ((queue, kind, provider),) = set(rows)
    message = Message(jobs[0] if len(jobs) == 1 else new_id(), kind, provider, jobs)
    messages.record(ledger, queue, [message])
    return message.id


def queued(ledger: Connection, *jobs: Owed, address: str | None = None) -> UUID:
    """The one job of a new sign-up, leased."""
    (one,) = sign_up(ledger, *jobs, address=address)
    publish(ledger, one)
    return one


def running(ledger: Connection, executor: UUID, *jobs: Owed, address: str | None = None) -> Claimed:
    """The one job of a new sign-up, claimed by `executor`."""
    one = queued(ledger, *jobs, address=address)
    (taken,) = take(ledger, executor, one, kind=jobs[0].kind if jobs else KIND)
    return taken


def running_together(
    ledger: Connection, executor: UUID, number: int, *, batch: UUID | None = None, **job: Any
) -> list[Claimed]:
    """So many jobs, each of its own person, claimed by `executor` as one batch, in the order in which they were owed."""
    jobs = [sign_up(ledger, owed(**job))[0] for _ in range(number)]
    message = publish(ledger, *jobs)
    taken = {one.id: one for one in take(ledger, executor, *jobs, message=message, batch=batch)}
    return [taken[job] for job in jobs]


def intends(ledger: Connection, job: UUID, number: int) -> bool:
    """A claim wants to go past its point of no return; whether it may."""
    return intend(ledger, [(job, number)]) == {(job, number)}


def answer(ledger: Connection, job: Claimed, move: Move, *, executor: UUID) -> bool:
    """The claim answers, and its batch is done with; whether it counted."""
    closed = [batch for batch, jobs in batches(ledger).items() if job.id in jobs]
    return finish(ledger, [Settlement(job.id, job.claim, move)], executor=executor, closed=closed) == {job.id}


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


def due_in(ledger: Connection, job: UUID) -> float:
    """In how many seconds it is due, by the database's clock."""
    found = ledger.execute(
        "SELECT extract(epoch FROM run_at - now())::float8 FROM jobs WHERE id = %s", (job,)
    ).fetchone()
    assert found is not None
    return float(found[0])


def on_the_wire(ledger: Connection) -> dict[UUID, list[UUID]]:
    """The jobs of each message that is out and not claimed, by its id."""
    return dict(ledger.execute("SELECT id, jobs FROM messages").fetchall())


def batches(ledger: Connection) -> dict[UUID, list[UUID]]:
    """The jobs of each batch that is in hands, by its id."""
    return dict(ledger.execute("SELECT id, jobs FROM batches").fetchall())


ACCEPTED = Move(State.SUCCEEDED, "succeeded", spent=1, provider_id="p-1")
REJECTED = Move(State.DEAD, "died", spent=1, code="rejected")
SKIPPED = Move(State.SKIPPED, "skipped", spent=1, code="unsubscribed")
RETRIED = Move(State.RETRYING, "retried", delay=60, spent=1, code="down")
DOUBTED = Move(State.UNKNOWN, "doubted", spent=1, code="lost_after_data")
HANDED_BACK = Move(State.STAGED, "handed_back", delay=0, code="fenced_off")
ANSWERS = (ACCEPTED, REJECTED, SKIPPED, RETRIED, DOUBTED, HANDED_BACK)
