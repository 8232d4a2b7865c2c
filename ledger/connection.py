"""How this package reaches PostgreSQL: a pool for those who work, a single session for those who listen.

Kept apart so that time-outs and session settings are decided once. Opening is explicit: importing connects to nothing.
"""

import select
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias, TypeVar

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

Connection: TypeAlias = psycopg.Connection[TupleRow]
Pool: TypeAlias = ConnectionPool[Connection]
Answer = TypeVar("Answer")

CONNECT_TIMEOUT_S = 3
STATEMENT_TIMEOUT_S = 5.0  # no statement of ours needs a second; one that hangs must not hold its caller for ever
POLL_S = 0.1  # psycopg's own: how often a waiting session looks at the clock and at signals
SLACK_S = 0.3  # the server's own time-out speaks first, where there is anybody to speak
# Each statement here is written to go through an index; a plan that was made when tables were small, or statistics of a time when
# nothing was waiting, must not read a million rows instead. So there is one plan for each, made once: planning a lease anew took
# longer than finding nothing to lease. Nor is any of them worth compiling.
_PLANS = (
    "-c enable_seqscan=off -c enable_bitmapscan=off -c enable_hashjoin=off -c enable_mergejoin=off "
    "-c random_page_cost=1.1 -c plan_cache_mode=force_generic_plan -c jit=off"
)

IDLE_IN_TRANSACTION_MS = 10_000  # a frozen process must not keep its row locks


def session(url: str, *, name: str) -> Connection:
    """One autocommitting session of its own, for LISTEN and for the heartbeat.

    `name` is what `pg_stat_activity.application_name` shows. Raises `psycopg.OperationalError` where none can be had.
    """
    return psycopg.connect(url, **_options(name))


def bounded_session(url: str, *, name: str, statement_s: float) -> Connection:
    """One autocommitting session of its own, in which a statement has `statement_s` seconds as in `open_pool`."""
    connection = _BoundedSession.connect(url, **_options(name, statement_s))
    connection.patience_s = statement_s + SLACK_S
    return connection


def open_pool(
    url: str,
    *,
    name: str,
    size: int,
    wait_s: float,
    statement_s: float = STATEMENT_TIMEOUT_S,
) -> Pool:
    """A pool of up to `size` autocommitting sessions, opened in the background.

    `statement_s`: how long one statement may take, waiting for somebody else's lock included. The server ends it then;
    where the server says nothing at all any more, the session is given up a moment later: `psycopg.OperationalError`.
    A caller waits at most `wait_s` seconds for one and then gets `psycopg_pool.PoolTimeout`; a session that died
    while it lay idle is replaced before it is handed out.
    """
    return _LivePool(
        url,
        connection_class=_BoundedSession,
        patience_s=statement_s + SLACK_S,
        kwargs=_options(name, statement_s),
        min_size=1,
        max_size=size,
        timeout=wait_s,
        max_waiting=0,
        reconnect_timeout=0,  # keep trying quietly: each caller has its own time-out
        name=name,
        open=True,
    )


@contextmanager
def brief_waits(connection: Connection, seconds: float) -> Iterator[None]:
    """Inside, wait no longer than this for a lock that somebody else holds: `LockNotAvailable`."""
    connection.execute("SELECT set_config('lock_timeout', %s, false)", (f"{1000 * seconds:.0f}",))
    try:
        yield
    finally:
        if not connection.closed:  # or what has cut it would be hidden by what cannot be said on it
            connection.execute("RESET lock_timeout")


def hurry(connection: Connection, seconds: float) -> None:
    """From now on wait for the server no longer than this, until the session goes back to its pool; never for longer
    than the pool allows.
    """
    assert isinstance(connection, _BoundedSession)
    connection.patience_s = min(connection.patience_s, seconds)


class _BoundedSession(psycopg.Connection[TupleRow]):
    """Waits for the server for `patience_s` seconds at a time, and then gives the session up.

    A frozen server (SIGSTOP, a hung disk) keeps its sockets open, and its kernel acknowledges what it is sent: neither its
    own statement_timeout nor TCP's notices. Only whoever waits can stop waiting.
    """

    patience_s = CONNECT_TIMEOUT_S + 0.0  # until it is handed out

    def wait(self, gen: Generator[Any, Any, Answer], interval: float = POLL_S, timeout: float | None = None) -> Answer:
        try:
            return super().wait(gen, interval, self.patience_s if timeout is None else timeout)
        except psycopg.OperationalError:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:  # the server still had the word
                self.pgconn.finish()
            raise


class _LivePool(ConnectionPool[Connection]):
    """Hands out sessions that are alive, without asking the server.

    The pool's own `check` costs a round trip each time, and after one failure it sleeps for about a second: longer than a
    visitor is asked to wait. A session that lies idle has nothing to read; one that the server has closed has.
    """

    def __init__(self, url: str, *, patience_s: float, **options: Any) -> None:
        self._patience_s = patience_s
        super().__init__(url, **options)

    def getconn(self, timeout: float | None = None) -> Connection:
        ends = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            connection = super().getconn(max(0.0, ends - time.monotonic()))
            if not _is_cut(connection):
                assert isinstance(connection, _BoundedSession)
                connection.patience_s = self._patience_s
                return connection
            connection.close()
            self.putconn(connection)  # which opens another in its place


def _is_cut(connection: Connection) -> bool:
    """Whether the server has hung up, or said anything at all, while the session lay idle."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _options(name: str, statement_s: float = STATEMENT_TIMEOUT_S) -> dict[str, Any]:
    return {
        "autocommit": True,
        "application_name": name,
        "connect_timeout": CONNECT_TIMEOUT_S,
        "options": f"-c statement_timeout={int(1000 * statement_s)} "
        f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_MS} -c timezone=UTC {_PLANS}",
        # A peer that vanished without a word (a pulled cable) is noticed in seconds, not in hours.
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 2,
        "tcp_user_timeout": 8_000,
    }
