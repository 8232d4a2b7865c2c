"""Several things at the same moment, and who waits for whom meanwhile."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Barrier
from typing import Any

from ledger.connection import Connection

PATIENCE_S = 10


def waiting(ledger: Connection) -> int:
    """How many sessions wait for somebody's lock."""
    row = ledger.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    ).fetchone()
    assert row is not None
    return int(row[0])


def at_once(in_thread: Callable[..., Future[Any]], *doings: Callable[[], object]) -> list[object]:
    """What each of them returned, begun at the same moment."""
    together = Barrier(len(doings))

    def begin(doing: Callable[[], object]) -> object:
        together.wait(PATIENCE_S)
        return doing()

    return [one.result(PATIENCE_S) for one in [in_thread(begin, doing) for doing in doings]]
