"""Of those who stay, the sign-up that proves their consent stays, and the others go."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from ledger import export, facts
from ledger.connection import Connection
from ledger.forgetting import Forgotten
from ledger.pruning import prune
from tests.integration.ledger.ageing import ENDED, HOUR, YEARS, end_jobs, everything, forget, grow_old
from tests.integration.ledger.person import Someone
from tests.integration.ledger.test_asking import came_back_by_preferring

ANN = Someone("ann@b.example")
NOTHING = Forgotten(people=0, signups=0)


def subscribed(ledger: Connection) -> None:
    ANN.sign_up(ledger)


def asked(ledger: Connection) -> None:
    ANN.sign_up(ledger, asks=True)


def confirmed(ledger: Connection) -> None:
    ANN.confirm(ledger, ANN.sign_up(ledger, asks=True))


def kept(ledger: Connection) -> list[int]:
    """Which of Ann's sign-ups are still there, counted from her first: each is a day younger than the one before."""
    rows = ledger.execute("SELECT shown FROM signups ORDER BY created_at").fetchall()
    return [int(shown) for (shown,) in rows]


def sign_ups(ledger: Connection, *doings: Callable[[Connection], object]) -> None:
    """One after another, a day apart; then their jobs end, are pruned, and years pass."""
    for number, doing in enumerate(doings):
        grow_old(ledger, timedelta(days=1))
        doing(ledger)
        ledger.execute("UPDATE signups SET shown = %s WHERE shown !~ '^[0-9]+$'", (str(number),))
    end_jobs(ledger)
    grow_old(ledger, YEARS)
    prune(ledger, after=ENDED)


@pytest.mark.parametrize(
    ("doings", "proof"),
    [
        ([subscribed] * 4, [0]),
        ([subscribed, confirmed, subscribed], [1]),
        ([confirmed, confirmed, subscribed, asked], [1]),
        ([asked, asked, subscribed, subscribed, asked], [2]),
        ([subscribed, ANN.leave, subscribed, subscribed], [0]),
        ([asked, ANN.leave, subscribed, asked], []),
        ([confirmed, ANN.leave, asked, confirmed], [3]),
        ([subscribed, ANN.leave, came_back_by_preferring, subscribed], [0, 2]),
        ([confirmed, ANN.leave, came_back_by_preferring, ANN.leave, came_back_by_preferring], [0, 4]),
    ],
)
def test_what_proves_the_consent_stays_and_the_rest_goes(
    ledger: Connection, doings: list[Callable[[Connection], object]], proof: list[int]
) -> None:
    sign_ups(ledger, *doings)
    person = ANN.now(ledger)
    forget(ledger)
    assert kept(ledger) == proof
    assert ANN.now(ledger) == person
    exported = export.export(ledger, person.id)
    assert [int(one["shown"]) for one in exported["signups"]] == proof
    assert {one["signup_id"] for one in exported["jobs"]} <= {one["id"] for one in exported["signups"]} | {None}
    assert forget(ledger) == NOTHING


def test_a_sign_up_that_proves_nothing_stays_for_as_long_as_its_jobs(ledger: Connection) -> None:
    for _ in range(2):
        ANN.sign_up(ledger)
    end_jobs(ledger)
    grow_old(ledger, ENDED - HOUR)
    before = everything(ledger)
    assert forget(ledger) == NOTHING
    assert everything(ledger) == before
    grow_old(ledger, 2 * HOUR)
    assert forget(ledger) == Forgotten(people=0, signups=1)
    kept = everything(ledger)
    assert [len(kept[table]) for table in ("signups", "jobs", "job_events", "facts")] == [1, 2, 2, 1]


@pytest.mark.parametrize("state", ["dead", "unknown"])
def test_a_sign_up_with_a_job_that_waits_for_a_decision_stays(ledger: Connection, state: str) -> None:
    for _ in range(2):
        ANN.sign_up(ledger)
    end_jobs(ledger, state)
    grow_old(ledger, YEARS)
    before = everything(ledger)
    assert forget(ledger) == NOTHING
    assert everything(ledger) == before


def test_a_welcome_is_not_sent_again_however_much_is_forgotten(ledger: Connection) -> None:
    sign_ups(ledger, subscribed, subscribed)
    ledger.execute(
        "INSERT INTO effects (once_key, subscriber_id, job_id) SELECT 'welcome ' || id, id, id FROM subscribers"
    )
    forget(ledger)
    while facts.forget(ledger, after=ENDED):
        pass
    assert len(everything(ledger)["effects"]) == 1
