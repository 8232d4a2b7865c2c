"""Revoking while the ledger goes away: what was cancelled before stays so, and whoever asked is told how many were."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import UUID

from ledger.connection import Connection, session
from ledger.states import State
from tests.integration.ledger.owed_jobs import sign_up, state
from tests.waiting import eventually
from workers import revocation

NOWHERE = "postgresql://usher:none@127.0.0.1:9/usher"  # discard: nothing listens there


def test_where_the_ledger_goes_away_in_the_middle_it_says_how_many_were_cancelled(
    ledger: Connection, database_url: str
) -> None:
    first, second, third = (sign_up(ledger)[0] for _ in range(3))
    jobs = [str(job) for job in (first, second, third)]
    remote = partial(session, database_url, name="test-remote-control")
    with (
        session(database_url, name="test-holder") as holder,
        ThreadPoolExecutor(1) as thread,
        holder.transaction(),
    ):
        holder.execute("SELECT FROM jobs WHERE id = %s FOR UPDATE", (second,))
        asked = thread.submit(revocation._cancel, remote, jobs)
        cut_off(ledger, eventually(lambda: held_up(ledger)))
        assert asked.result(10) == {
            "error": "the ledger is away (AdminShutdown); 1 of 3 jobs are known to be cancelled, the rest must be revoked again"
        }
    assert [state(ledger, job) for job in (first, second, third)] == [State.CANCELLED, State.STAGED, State.STAGED]
    assert revocation._cancel(remote, jobs) == {"ok": "2 of 3 jobs cancelled"}


def held_up(ledger: Connection) -> int | None:
    """The server process of the remote control, where it waits for a row that somebody holds."""
    found = ledger.execute(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'test-remote-control' AND cardinality(pg_blocking_pids(pid)) > 0"
    ).fetchone()
    return None if found is None else int(found[0])


def cut_off(ledger: Connection, pid: int | None) -> None:
    """Its connection is gone."""
    assert ledger.execute("SELECT pg_terminate_backend(%s)", (pid,)).fetchone() == (True,)


def test_where_it_was_away_from_the_start_none_were() -> None:
    answer = revocation._cancel(partial(session, NOWHERE, name="test-remote-control"), [str(UUID(int=1))])
    assert "0 of 1 jobs are known to be cancelled" in answer["error"]
