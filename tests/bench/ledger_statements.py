"""The ledger's statements, each through the function that the web, a worker, a relay or its warden calls, one at a time.

Separate from `ledger_size`, which says in what ledgers they are timed. It must know no SQL: what is measured is what runs.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Protocol, TypeVar
from uuid import UUID, uuid4

from jobs import registry
from jobs.facts import SignupCompleted
from jobs.owing import owe
from ledger import circuits, counts, deadletters, messages, processes, pruning, reading, takeover, unknown_kinds
from ledger.claim import claim
from ledger.coalescing import Terms
from ledger.connection import Connection
from ledger.finish import finish
from ledger.ids import new_id
from ledger.lease import lease
from ledger.messages import Message
from ledger.moves import Move, Settlement
from ledger.signups import Signup, record
from ledger.states import State

KIND, PROVIDER, OTHER = "newsletter.subscribe", "newsletter", "email"
QUEUE, NO_QUEUE = "newsletter", "empty"
WINDOW = 2_000
DRAINED = {1: 800, 50: 4_000, 500: 4_000}  # jobs, by the size of their messages
ROUNDS = 25

_OWED = owe(SignupCompleted(locale=None), registry.load())
_DONE = Move(State.SUCCEEDED, "succeeded", provider_id="1")
_YEARS = timedelta(days=3650)

T = TypeVar("T")


class Timer(Protocol):
    """Calls, and times the call."""

    def __call__(self, what: str, call: Callable[[], T], *, jobs: int = 1) -> T:
        """What it took counts for `what`, shared out over so many jobs."""


def visit(connection: Connection, timer: Timer) -> None:
    """What the web does: sign-ups, and looks at them."""
    for _ in range(4 * ROUNDS):
        signup = timer("sign-up", partial(_sign_up, connection))
        timer("status", partial(reading.signup, connection, signup.id))


def _sign_up(connection: Connection) -> Signup:
    address = f"{uuid4().hex}@example.org"
    return record(connection, fact=SignupCompleted.NAME, address=address, name=None, locale=None, owed=_OWED)


def drain(connection: Connection, timer: Timer) -> None:
    """Lease, claim and finish, at each size of message."""
    executor = uuid4()
    for batch, most in DRAINED.items():
        window = min(WINDOW, 40 * batch)
        for _ in range(most // window):
            turn = partial(lease, connection, QUEUE, terms=_terms(batch), window=window)
            for message in timer(f"lease, batch {batch}", turn, jobs=window).messages:
                _carry_out(connection, timer, message, batch, executor)


def _carry_out(connection: Connection, timer: Timer, message: Message, batch: int, executor: UUID) -> None:
    assert len(message.jobs) == batch, "there was less to do than this measures"
    name = new_id()
    take = partial(claim, connection, message.jobs, kind=KIND, executor=executor, message_id=message.id, batch=name)
    claimed = timer(f"claim, batch {batch}", take, jobs=batch)
    settlements = [Settlement(job.id, job.claim, _DONE) for job in claimed]
    counted = timer(
        f"finish, batch {batch}",
        partial(finish, connection, settlements, executor=executor, closed=[name]),
        jobs=batch,
    )
    assert len(counted) == batch


def idle(connection: Connection, timer: Timer) -> None:
    """What a relay does when there is nothing to lease, and its warden once a second."""
    terms = _terms(500)
    _register(connection, [one.kind for one in terms])
    for _ in range(ROUNDS):
        timer("counts, never added up", partial(counts.counts, connection, list(State)))
    counts.add_up(connection)
    for _ in range(ROUNDS):
        timer("lease of an empty queue", partial(lease, connection, NO_QUEUE, terms=terms, window=WINDOW))
        timer("probe", partial(circuits.probe, connection, QUEUE, terms=terms))
        timer("register", partial(processes.register, connection))
        timer("take_over", partial(takeover.take_over, connection, []))
        timer("unclaimed", partial(messages.unclaimed, connection, QUEUE, after=4.0))
        timer("pull_forward", partial(circuits.pull_forward, connection, QUEUE, terms=terms))
        timer("bury", partial(unknown_kinds.bury, connection, QUEUE))
        timer("counts", partial(counts.counts, connection, list(State)))
        timer("add_up", partial(counts.add_up, connection))
        timer("prune, a slice", partial(pruning.prune, connection, after=_YEARS))
        timer("oldest_due", partial(deadletters.oldest_due, connection))


def refused(connection: Connection, timer: Timer) -> None:
    """A relay's turn at a queue whose provider's circuit is open."""
    for _ in range(2 * ROUNDS):
        turn = timer("lease, circuit open", partial(lease, connection, QUEUE, terms=_terms(500), window=WINDOW))
        assert not turn.messages


def break_circuit(connection: Connection) -> None:
    """Open the provider's circuit for longer than this takes."""
    circuits.failed(connection, PROVIDER, code="unreachable", job=uuid4(), at_once=True, hold=3600.0)


def _register(connection: Connection, kinds: list[str]) -> None:
    processes.beat(connection, uuid4(), role="relay", host="here", pid=1, queues=[QUEUE], kinds=kinds)
    # Always due for a probe, and with nothing on this queue that could be one.
    circuits.failed(connection, OTHER, code="unreachable", job=uuid4(), at_once=True, hold=0.0)


def _terms(batch: int) -> list[Terms]:
    other = next(job.kind for job in _OWED if job.kind != KIND)
    return [Terms(KIND, PROVIDER, batch, bulk=True), Terms(other, OTHER, min(batch, 50))]
