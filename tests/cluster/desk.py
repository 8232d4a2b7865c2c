"""The desk: takes sign-ups the way the web tier does, and looks up in the ledger what became of them.

Separate from the nodes, because the ledger is the one thing that no test here breaks. It must never move a job.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID, uuid4

from jobs import registry
from jobs.facts import SignupCompleted
from jobs.owing import owe
from ledger import processes, reading, signups
from ledger.connection import session
from ledger.processes import Process
from ledger.reading import EventView, JobView
from ledger.states import FINAL, State
from ledger.wakeup import Bell
from tests.waiting import eventually

PATIENCE_S = 30  # for what takes moments; the machine may be busy with something else


@dataclass(frozen=True, slots=True)
class Signup:
    """Somebody who signed up, and the two jobs that are owed for it."""

    address: str
    newsletter: UUID
    email: UUID

    @property
    def jobs(self) -> tuple[UUID, UUID]:
        """Both."""
        return self.newsletter, self.email


class Desk:
    """Works on one database, on a session of its own."""

    def __init__(self, url: str) -> None:
        self._connection = session(url, name="test-desk")
        self._bell = Bell(url)
        self._kinds = registry.load()

    def sign_up(self, address: str = "", name: str = "Ada") -> Signup:
        """Somebody signs up; a new person unless an address is given."""
        address = address or f"ada.{uuid4().hex}@example.org"
        owed = owe(SignupCompleted(), self._kinds)
        taken = signups.record(
            self._connection, fact=SignupCompleted.NAME, address=address, name=name, locale=None, owed=owed
        )
        self._bell.ring()
        ids = {job.queue: job.id for job in taken.jobs}
        return Signup(address, newsletter=ids["newsletter"], email=ids["email"])

    def sign_up_for(self, kind: str) -> UUID:
        """Somebody new, who is owed one job alone, of that kind."""
        owed = [job for job in owe(SignupCompleted(), self._kinds) if job.kind == kind]
        wanted = signups.Wanted(SignupCompleted.NAME, f"ada.{uuid4().hex}@example.org", "Ada", None, owed)
        ((taken,),) = (one.jobs for one in signups.record_all(self._connection, [wanted]))
        self._bell.ring()
        return taken.id

    def sign_up_together(self, count: int, *, proven: bool = False) -> list[Signup]:
        """So many new people sign up, in one commit: all their jobs are due at the same moment. `proven`: or confirm it."""
        addresses = [f"ada.{uuid4().hex}@example.org" for _ in range(count)]
        owed = owe(SignupCompleted(proven=proven), self._kinds)
        wanted = [signups.Wanted(SignupCompleted.NAME, one, "Ada", None, owed) for one in addresses]
        taken = signups.record_all(self._connection, wanted)
        self._bell.ring()
        ids = [{job.queue: job.id for job in one.jobs} for one in taken]
        return [Signup(one, by["newsletter"], by["email"]) for one, by in zip(addresses, ids, strict=True)]

    def job(self, job_id: UUID) -> JobView:
        """The job as it stands."""
        found = reading.job(self._connection, job_id)
        assert found is not None
        return found

    def states(self, ids: Iterable[UUID]) -> set[State]:
        """The states these jobs are in."""
        return set(self.standings(ids))

    def standings(self, ids: Iterable[UUID]) -> Counter[State]:
        """How many of these jobs are in which state."""
        wanted = list(ids)
        rows = self._connection.execute("SELECT state FROM jobs WHERE id = ANY(%s)", (wanted,)).fetchall()
        assert len(rows) == len(set(wanted))
        return Counter(State(word) for (word,) in rows)

    def with_event(self, ids: Iterable[UUID], event: str) -> set[UUID]:
        """Those of these jobs in whose history there is such an event."""
        rows = self._connection.execute(
            "SELECT DISTINCT job_id FROM job_events WHERE job_id = ANY(%s) AND event = %s", (list(ids), event)
        )
        return {job for (job,) in rows}

    def batch_sizes(self) -> list[int]:
        """Of each batch that is in hands now, with how many jobs it was claimed."""
        return [size for (size,) in self._connection.execute("SELECT cardinality(jobs) FROM batches")]

    def wait_for(self, state: State, *ids: UUID, within: float = PATIENCE_S) -> None:
        """Return once every one of these jobs is in `state`."""
        eventually(lambda: self.states(ids) == {state}, within=within)

    def wait_until_final(self, *ids: UUID, within: float = PATIENCE_S) -> None:
        """Return once nothing will happen to these jobs any more."""
        eventually(lambda: self.states(ids) <= FINAL, within=within)

    def history(self, job_id: UUID, *events: str) -> list[EventView]:
        """What happened to a job, oldest first; only these events where some are named."""
        return [one for one in reading.history(self._connection, job_id) if one.event in events or not events]

    def register(self) -> list[Process]:
        """Everybody who says, or said, that they are alive."""
        return processes.register(self._connection)

    def executor(self, job_id: UUID) -> Process:
        """Who claimed the job last."""
        claimed = self.history(job_id, "claimed")[-1]
        return next(one for one in self.register() if one.id == claimed.worker)

    def running(self) -> int:
        """How many jobs are being worked on, by whomever."""
        return self._count("SELECT count(*) FROM jobs WHERE state = 'running'")

    def unfinished(self) -> int:
        """How many jobs are in no final state."""
        return self._count("SELECT count(*) FROM jobs WHERE finished_at IS NULL")

    def pauses(self) -> list[tuple[UUID, int, float]]:
        """Of each job that waits for its next try: id, attempts so far, and how many seconds it was told to wait."""
        rows = self._connection.execute(
            "SELECT job.id, job.attempts, extract(epoch FROM job.run_at - last.at)::float8 FROM jobs AS job, "
            "LATERAL (SELECT at, event FROM job_events WHERE job_id = job.id ORDER BY id DESC LIMIT 1) AS last "
            "WHERE job.state IN ('retrying', 'queued') AND last.event = 'retried'"
        )
        return rows.fetchall()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _count(self, statement: str) -> int:
        row = self._connection.execute(statement).fetchone()
        assert row is not None
        return int(row[0])
