"""While everybody is at work at once: limits are kept exactly, counts are right, and nothing is left unwatched."""

from collections.abc import Callable

import pytest

from ledger.coalescing import Terms
from ledger.connection import Connection
from ledger.counts import add_up, counts
from ledger.states import State
from ledger.uncovered import mend_uncovered
from tests.integration.ledger.commotion import Commotion
from tests.integration.ledger.conftest import Open
from tests.integration.ledger.invariants import miscounted, unwatched
from tests.integration.ledger.many_jobs import many

SHARED = "one account"
LIMIT = 5
JOBS = 300  # of each kind
TERMS = {
    "newsletter": [Terms("a.kind", SHARED, batch=7), Terms("a.bulk.kind", SHARED, batch=20, bulk=True)],
    "email": [Terms("a.letter", SHARED, batch=5)],
    "sms": [Terms("a.text", "another account", batch=4)],
}
KINDS = [(terms.kind, queue, terms.provider) for queue, all_terms in TERMS.items() for terms in all_terms]
EVERYTHING = 10**6


@pytest.fixture(autouse=True)
def _full_queues(ledger: Connection) -> None:
    for kind, queue, provider in KINDS:
        many(ledger, JOBS, kind, queue, provider=provider)


def commotion(another: Open, *watchers: Callable[[Connection], object], clumsy: bool = True) -> None:
    Commotion(TERMS, {SHARED: LIMIT}, watchers, clumsy=clumsy).run(another)


def everything_succeeded(ledger: Connection) -> bool:
    (state,) = ledger.execute("SELECT DISTINCT state FROM jobs").fetchall()
    return bool(state == ("succeeded",))


def test_a_providers_connections_are_counted_over_all_queues_and_relays(ledger: Connection, another: Open) -> None:
    in_use: list[int] = []

    def look(session: Connection) -> None:
        query = "SELECT (SELECT count(*) FROM messages WHERE provider = %(p)s) + (SELECT count(*) FROM batches WHERE provider = %(p)s)"
        (number,) = session.execute(query, {"p": SHARED}).fetchone() or ()
        assert number <= LIMIT
        in_use.append(number)

    commotion(another, look, look, clumsy=False)
    assert max(in_use) == LIMIT, "and all of them are used"
    assert everything_succeeded(ledger)


def test_the_net_under_the_net_never_finds_anything(ledger: Connection, another: Open) -> None:
    def look(session: Connection) -> None:
        assert mend_uncovered(session, block=0, blocks=EVERYTHING) == []
        assert unwatched(session) == set()

    commotion(another, look, look)
    assert everything_succeeded(ledger)


def test_counts_are_exact_at_every_moment_while_several_add_up(ledger: Connection, another: Open) -> None:
    def look(session: Connection) -> None:
        assert miscounted(session) == []

    commotion(another, look, add_up, add_up, add_up)
    add_up(ledger)
    assert ledger.execute("SELECT count(*) FROM job_count_changes").fetchone() == (0,)
    totals = {queue: JOBS * len(terms) for queue, terms in TERMS.items()}
    assert counts(ledger, State) == {queue: {State.SUCCEEDED: number} for queue, number in totals.items()}
