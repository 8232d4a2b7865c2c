from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import psycopg
import pytest

from ledger import idempotency
from ledger.connection import Connection
from ledger.idempotency import Differs, InFlight, KeyTakenError, Outcome, Replayed, Taken
from ledger.ids import new_id

KEY, OTHER_KEY = b"\x00" * 32, b"\xff" * 32
REQUEST, OTHER_REQUEST = b"a request" * 4, b"another one" * 3
Record = Callable[[], tuple[UUID, str]]


@pytest.fixture
def ledger(database_url: str) -> Iterator[Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def recorder(connection: Connection, calls: list[UUID] | None = None) -> Record:
    """Records a sign-up of nobody's, on this connection."""

    def record() -> tuple[UUID, str]:
        person, signup = new_id(), new_id()
        connection.execute("INSERT INTO subscribers (id, address) VALUES (%s, %s)", (person, f"{person}@example.org"))
        connection.execute("INSERT INTO signups (id, subscriber_id) VALUES (%s, %s)", (signup, person))
        if calls is not None:
            calls.append(signup)
        return signup, f"the answer to {signup}"

    return record


def count(connection: Connection, table: str) -> int:
    row = connection.execute(
        psycopg.sql.SQL("SELECT count(*) FROM {}").format(psycopg.sql.Identifier(table))
    ).fetchone()
    assert row is not None
    number: int = row[0]
    return number


def test_the_second_time_it_is_answered_the_same_and_nothing_is_recorded(ledger: Connection) -> None:
    calls: list[UUID] = []
    first = idempotency.once(ledger, KEY, REQUEST, recorder(ledger, calls))
    second = idempotency.once(ledger, KEY, REQUEST, recorder(ledger, calls))
    assert first == Taken(calls[0], f"the answer to {calls[0]}")
    assert second == Replayed(calls[0], f"the answer to {calls[0]}")
    assert (len(calls), count(ledger, "signups")) == (1, 1)


def test_another_request_under_the_same_key_is_told_apart(ledger: Connection) -> None:
    idempotency.once(ledger, KEY, REQUEST, recorder(ledger))
    assert idempotency.once(ledger, KEY, OTHER_REQUEST, recorder(ledger)) == Differs()
    assert count(ledger, "signups") == 1


def test_the_same_request_under_another_key_is_another_one(ledger: Connection) -> None:
    assert isinstance(idempotency.once(ledger, KEY, REQUEST, recorder(ledger)), Taken)
    assert isinstance(idempotency.once(ledger, OTHER_KEY, REQUEST, recorder(ledger)), Taken)
    assert count(ledger, "signups") == 2


def test_while_the_first_is_under_way_the_second_is_told_at_once_and_another_key_does_not_wait(
    ledger: Connection, database_url: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as another:
        meanwhile: list[Outcome] = []

        def record() -> tuple[UUID, str]:
            meanwhile.append(idempotency.once(another, KEY, REQUEST, recorder(another)))
            meanwhile.append(idempotency.once(another, OTHER_KEY, REQUEST, recorder(another)))
            return recorder(ledger)()

        assert isinstance(idempotency.once(ledger, KEY, REQUEST, record), Taken)
        assert meanwhile[0] == InFlight()
        assert isinstance(meanwhile[1], Taken)
        assert isinstance(idempotency.once(another, KEY, REQUEST, recorder(another)), Replayed)


def test_what_fails_leaves_nothing_behind_and_the_key_is_free_again(ledger: Connection) -> None:
    def fail() -> tuple[UUID, str]:
        recorder(ledger)()
        raise LookupError

    with pytest.raises(LookupError):
        idempotency.once(ledger, KEY, REQUEST, fail)
    assert (count(ledger, "signups"), count(ledger, "idempotency_keys")) == (0, 0)
    assert isinstance(idempotency.once(ledger, KEY, OTHER_REQUEST, recorder(ledger)), Taken)


def test_a_session_that_is_cut_in_the_middle_leaves_no_lock(ledger: Connection, database_url: str) -> None:
    def cut() -> tuple[UUID, str]:
        recorded = recorder(doomed)()
        ledger.execute("SELECT pg_terminate_backend(%s, 10000)", (doomed.info.backend_pid,))
        return recorded

    with psycopg.connect(database_url, autocommit=True) as doomed, pytest.raises(psycopg.OperationalError):
        idempotency.once(doomed, KEY, REQUEST, cut)
    assert isinstance(idempotency.once(ledger, KEY, REQUEST, recorder(ledger)), Taken)
    assert count(ledger, "signups") == 1


def test_after_a_day_a_key_is_free_whether_or_not_it_was_forgotten_already(ledger: Connection) -> None:
    idempotency.once(ledger, KEY, REQUEST, recorder(ledger))
    ledger.execute("UPDATE idempotency_keys SET expires_at = expires_at - interval '23 hours 59 minutes'")
    assert idempotency.once(ledger, KEY, OTHER_REQUEST, recorder(ledger)) == Differs()
    ledger.execute("UPDATE idempotency_keys SET expires_at = expires_at - interval '1 minute'")
    assert isinstance(idempotency.once(ledger, KEY, OTHER_REQUEST, recorder(ledger)), Taken)
    assert isinstance(idempotency.once(ledger, KEY, OTHER_REQUEST, recorder(ledger)), Replayed)
    assert count(ledger, "idempotency_keys") == 1


def test_only_what_has_expired_is_forgotten_and_no_more_at_once_than_asked_for(ledger: Connection) -> None:
    for number in range(5):
        idempotency.once(ledger, bytes([number]) * 32, REQUEST, recorder(ledger))
    assert idempotency.forget(ledger) == 0
    ledger.execute("UPDATE idempotency_keys SET expires_at = now() - interval '1 s' WHERE key <> %s", (KEY,))
    assert [idempotency.forget(ledger, 3), idempotency.forget(ledger, 3), idempotency.forget(ledger, 3)] == [3, 1, 0]
    assert isinstance(idempotency.once(ledger, KEY, REQUEST, recorder(ledger)), Replayed)


def test_a_sign_up_that_is_erased_takes_its_answer_along(ledger: Connection) -> None:
    idempotency.once(ledger, KEY, REQUEST, recorder(ledger))
    ledger.execute("DELETE FROM signups")
    assert count(ledger, "idempotency_keys") == 0


def test_an_answer_that_was_remembered_behind_the_locks_back_is_never_overwritten(
    ledger: Connection, database_url: str
) -> None:
    def record() -> tuple[UUID, str]:
        with psycopg.connect(database_url, autocommit=True) as rude:
            signup, answer = recorder(rude)()
            rude.execute(
                "INSERT INTO idempotency_keys VALUES (%s, %s, %s, %s, now() + interval '1 h')",
                (KEY, REQUEST, signup, answer),
            )
        return recorder(ledger)()

    with pytest.raises(KeyTakenError):
        idempotency.once(ledger, KEY, REQUEST, record)
    assert (count(ledger, "signups"), count(ledger, "idempotency_keys")) == (1, 1)


def test_of_many_at_once_with_one_key_one_is_recorded(database_url: str, ledger: Connection) -> None:
    crowd = 20
    together = Barrier(crowd)

    def ask(_: int) -> Outcome:
        with psycopg.connect(database_url, autocommit=True) as connection:
            together.wait()
            return idempotency.once(connection, KEY, REQUEST, recorder(connection))

    with ThreadPoolExecutor(crowd) as threads:
        outcomes = list(threads.map(ask, range(crowd)))
    assert [type(one) for one in outcomes].count(Taken) == 1
    assert {type(one) for one in outcomes} <= {Taken, Replayed, InFlight}
    assert count(ledger, "signups") == 1
