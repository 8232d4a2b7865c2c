"""Moves jobs along by the ledger's own verbs, as a worker would, where a test needs a job in a certain state."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

import psycopg

from ledger.claim import Claimed, claim
from ledger.coalescing import Terms
from ledger.connection import Connection
from ledger.finish import finish
from ledger.lease import lease
from ledger.messages import Message
from ledger.moves import Move, Settlement
from ledger.states import State

NEWSLETTER = "newsletter.subscribe"
WELCOME = "notification.welcome.email"
QUEUES = {NEWSLETTER: "newsletter", WELCOME: "email"}

DONE = Move(State.SUCCEEDED, "succeeded", spent=1, provider_id="the provider's own name for it")
SKIPPED = Move(State.SKIPPED, "skipped", spent=1, code="unsubscribed")
RETRIED = Move(State.RETRYING, "retried", spent=1, delay=40, code="provider_unavailable")
DUE_AGAIN = Move(State.RETRYING, "retried", spent=1, delay=0, code="provider_unavailable")
DIED = Move(State.DEAD, "died", spent=1, code="address_rejected")
DOUBTED = Move(State.UNKNOWN, "doubted", spent=1, code="no_answer")


@dataclass
class StandInWorker:
    """One executor with a session of its own."""

    connection: Connection
    id: UUID = field(default_factory=uuid4)
    last_message: UUID = field(default_factory=uuid4)
    batches: dict[UUID, UUID] = field(default_factory=dict)  # by job

    def lease(self, kind: str) -> list[Message]:
        terms = [Terms(kind, provider=QUEUES[kind])]
        return list(lease(self.connection, QUEUES[kind], terms=terms, window=500).messages)

    def claim(self, kind: str) -> list[Claimed]:
        """Everything that is due of the kind, as one batch each message."""
        return [job for message in self.lease(kind) for job in self._claim(message)]

    def _claim(self, message: Message) -> list[Claimed]:
        # Any message may claim: one with an id of its own can be told from the job it carries.
        self.last_message, batch = uuid4(), uuid4()
        claimed = claim(
            self.connection,
            message.jobs,
            kind=message.kind,
            executor=self.id,
            message_id=self.last_message,
            batch=batch,
        )
        self.batches.update({job.id: batch for job in claimed})
        return claimed

    def finish(self, claimed: list[Claimed], move: Move) -> None:
        settlements = [Settlement(job.id, job.claim, move) for job in claimed]
        closed = {self.batches[job.id] for job in claimed}
        settled = finish(self.connection, settlements, executor=self.id, closed=closed)
        assert settled == {job.id for job in claimed}

    def carry_out(self, kind: str, move: Move) -> list[UUID]:
        """Lease, claim and finish everything that is due of one kind; returns the jobs, of which there must be some."""
        claimed = self.claim(kind)
        assert claimed, f"nothing of {kind} is due"
        self.finish(claimed, move)
        return [job.id for job in claimed]


def open_worker(url: str) -> StandInWorker:
    return StandInWorker(psycopg.connect(url, autocommit=True))
