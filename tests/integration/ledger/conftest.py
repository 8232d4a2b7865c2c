"""Sessions on a fresh ledger."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import pytest

from ledger.connection import Connection, session
from tests.integration.ledger.owed_jobs import enrol

Open = Callable[[], Connection]
InThread = Callable[..., Future[Any]]


@pytest.fixture
def another(database_url: str) -> Iterator[Open]:
    """Opens one more session on the same ledger each time; all are closed afterwards."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(session(database_url, name="test"))


@pytest.fixture
def ledger(another: Open) -> Connection:
    """A session on a fresh ledger."""
    return another()


@pytest.fixture
def executor(ledger: Connection) -> UUID:
    """An executor that is on the register."""
    return enrol(ledger)


@pytest.fixture
def in_thread() -> Iterator[InThread]:
    """Does something in a thread of its own."""
    with ThreadPoolExecutor(8) as pool:
        yield pool.submit
