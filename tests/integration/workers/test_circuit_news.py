"""What counts as news of a provider: an answer of its own, and nothing that ended before it was called."""

from dataclasses import replace
from uuid import uuid4

import pytest

from jobs.outcomes import Outcome, Rejected, Suppressed
from ledger import circuits
from ledger.connection import Connection
from tests.integration.ledger.owed_jobs import QUEUE, enrol, running
from workers.circuit import DONE_BEFORE, PAYLOAD_NOT_UNDERSTOOD, PERSON_GONE, tell


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Suppressed(DONE_BEFORE), "probing"),
        (Suppressed(PERSON_GONE), "probing"),
        (Rejected(PAYLOAD_NOT_UNDERSTOOD), "probing"),
        (Rejected("refused_by_the_provider"), "closed"),
        (Suppressed("left_the_list"), "closed"),
    ],
)
def test_a_probe_closes_the_circuit_only_by_an_answer_of_the_provider(
    ledger: Connection, outcome: Outcome, state: str
) -> None:
    probe = running(ledger, enrol(ledger))
    circuits.failed(ledger, QUEUE, code="down", job=uuid4(), at_once=True)
    ledger.execute("UPDATE circuits SET state = 'probing', probe_job = %s", (probe.id,))
    tell(ledger, provider=QUEUE, claimed=replace(probe, probing=True, awaited=True), outcome=outcome)
    assert [one.state for one in circuits.all_of_them(ledger)] == [state]
