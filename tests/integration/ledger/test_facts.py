"""Facts go when there is nothing left that they explain."""

from dataclasses import replace

from ledger import facts
from ledger.connection import Connection
from ledger.pruning import prune
from tests.integration.ledger.ageing import ENDED, HOUR, YEARS, end_jobs, everything, grow_old
from tests.integration.ledger.person import SUBSCRIBE, Someone

ANN, NEW = Someone("ann@b.example"), Someone("ann@new.example")


def test_a_fact_goes_when_its_jobs_are_gone(ledger: Connection) -> None:
    ANN.sign_up(ledger)
    ANN.leave(ledger)
    end_jobs(ledger)
    grow_old(ledger, ENDED + HOUR)
    assert facts.forget(ledger, after=ENDED) == 0
    prune(ledger, after=ENDED)
    assert facts.forget(ledger, after=ENDED) == 2
    assert everything(ledger)["facts"] == []


def test_a_young_fact_stays_and_so_does_one_with_an_open_job(ledger: Connection) -> None:
    ANN.sign_up(ledger)
    ledger.execute("DELETE FROM jobs WHERE kind <> %s", (SUBSCRIBE.kind,))
    replace(NEW, owes=()).sign_up(ledger)
    assert facts.forget(ledger, after=ENDED) == 0
    grow_old(ledger, ENDED + HOUR)
    assert facts.forget(ledger, after=ENDED) == 1
    assert len(everything(ledger)["facts"]) == 1


def test_facts_go_in_batches_and_none_is_missed(ledger: Connection) -> None:
    for number in range(40):
        replace(Someone(f"n{number}@b.example"), owes=()).sign_up(ledger)
    grow_old(ledger, YEARS)
    assert [facts.forget(ledger, after=ENDED, most=16) for _ in range(4)] == [16, 16, 8, 0]
