"""Taking a sign-up: all of it or nothing, one person for one address, and jobs in the order in which they commit."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from ledger import erasure
from ledger.connection import Connection
from ledger.leaving import Parting
from ledger.owed import Owed
from ledger.signups import Signup, find, record
from tests.integration.ledger.conftest import Open
from tests.integration.ledger.owed_jobs import owed, row

TABLES = ("subscribers", "signups", "facts", "jobs")


def sign_up(ledger: Connection, *jobs: Owed, address: str = "ann@b.example", name: str | None = "Ann") -> Signup:
    return record(ledger, fact="signup.completed", address=address, name=name, locale="en", owed=jobs)


def counts(ledger: Connection) -> dict[str, int]:
    counting = {table: f"SELECT count(*) FROM {table}" for table in TABLES}  # noqa: S608  # the test's own words
    return {table: ledger.execute(count).fetchone()[0] for table, count in counting.items()}


def test_person_sign_up_fact_and_jobs_are_on_disk_when_it_returns(ledger: Connection, another: Open) -> None:
    taken = sign_up(ledger, owed("a"), owed("b", "email"))
    assert counts(another()) == {"subscribers": 1, "signups": 1, "facts": 1, "jobs": 2}
    assert [(job.kind, job.queue) for job in taken.jobs] == [("a", "newsletter"), ("b", "email")]
    assert ledger.execute("SELECT name, signup_id FROM facts").fetchone() == ("signup.completed", taken.id)


def test_payload_and_policy_are_copied_onto_the_row(ledger: Connection) -> None:
    policy = {"max_retries": 4, "max_age": 120.0, "time_limit": 7.5, "resend": True}
    told = owed("a", "email", provider="mailer", payload={"n": [1, {"x": None}], "ü": "'"}, **policy)
    (job,) = sign_up(ledger, told).jobs
    found = row(ledger, job.id)
    assert (found["kind"], found["queue"], found["provider"], found["payload"]) == (
        *("a", "email", "mailer"),
        {"n": [1, {"x": None}], "ü": "'"},
    )
    assert (found["max_retries"], found["time_limit"], found["resend"]) == (4, 7.5, True)
    assert (found["give_up_at"] - found["created_at"]).total_seconds() == 120
    assert (found["state"], found["claim"], found["attempts"]) == ("staged", 0, 0)


def test_a_limit_in_whole_seconds_beside_one_in_fractions_is_stored(ledger: Connection) -> None:
    taken = sign_up(ledger, owed("a", time_limit=30, max_age=60), owed("b", time_limit=0.5, max_age=0.5))
    assert [row(ledger, job.id)["time_limit"] for job in taken.jobs] == [30, 0.5]


@pytest.mark.parametrize(
    "bad", [owed(time_limit=0), owed(max_retries=-1), owed(kind=None), owed(queue=None, provider="p")]
)
def test_a_job_that_cannot_be_stored_leaves_nothing_at_all(ledger: Connection, bad: Owed) -> None:
    with pytest.raises(psycopg.IntegrityError):
        sign_up(ledger, owed(), bad)
    assert set(counts(ledger).values()) == {0}


@pytest.mark.parametrize("address", ["x" * 255, "nul\x00@b.example"])
def test_an_address_that_cannot_be_stored_leaves_nothing_at_all(ledger: Connection, address: str) -> None:
    with pytest.raises(psycopg.Error):
        sign_up(ledger, owed(), address=address)
    assert set(counts(ledger).values()) == {0}


def test_a_sign_up_that_owes_nothing_is_a_sign_up(ledger: Connection) -> None:
    assert sign_up(ledger).jobs == ()
    assert counts(ledger) == {"subscribers": 1, "signups": 1, "facts": 1, "jobs": 0}


def test_a_known_address_is_the_same_person_and_keeps_the_name_first_given(ledger: Connection) -> None:
    sign_up(ledger, owed())
    sign_up(ledger, owed(), name="Somebody else")
    person = find(ledger, "ann@b.example")
    assert counts(ledger) == {"subscribers": 1, "signups": 2, "facts": 2, "jobs": 2}
    assert person is not None
    assert person.name == "Ann"


def test_nobody_is_found_under_an_address_that_has_not_signed_up(ledger: Connection) -> None:
    assert find(ledger, "eve@b.example") is None


def test_thirty_at_once_with_one_address_are_one_person(ledger: Connection, another: Open) -> None:
    sessions = [another() for _ in range(30)]
    with ThreadPoolExecutor(30) as threads:
        taken = list(threads.map(lambda session: sign_up(session, owed(), owed("b", "email", once=True)), sessions))
    assert len({one.id for one in taken}) == 30
    assert counts(ledger) == {"subscribers": 1, "signups": 30, "facts": 30, "jobs": 60}
    assert ledger.execute("SELECT count(DISTINCT order_key) FROM jobs").fetchone() == (2,)
    assert ledger.execute("SELECT count(DISTINCT once_key) FROM jobs").fetchone() == (1,)


def test_one_persons_jobs_are_numbered_in_the_order_in_which_they_commit(ledger: Connection, another: Open) -> None:
    sign_up(ledger)
    first, second = another(), another()
    with ThreadPoolExecutor(1) as thread, first.transaction():
        (early,) = sign_up(first, owed()).jobs
        waiting = thread.submit(sign_up, second, owed())
        (late_pid,) = (second.info.backend_pid,)
        blocked = "SELECT cardinality(pg_blocking_pids(%s))"
        while ledger.execute(blocked, (late_pid,)).fetchone() == (0,):
            assert not waiting.done(), "the second must wait for the first to commit"
        first.execute("COMMIT")
        first.execute("BEGIN")
        (late,) = waiting.result(5).jobs
    assert row(ledger, early.id)["seq"] < row(ledger, late.id)["seq"]


def test_jobs_of_one_sign_up_are_numbered_as_they_were_owed(ledger: Connection) -> None:
    taken = sign_up(ledger, *(owed(f"kind.{n}") for n in (3, 1, 2, 9, 5)))
    stored = ledger.execute("SELECT id FROM jobs ORDER BY seq").fetchall()
    assert [job.id for job in taken.jobs] == [one for (one,) in stored]


def test_order_is_kept_for_a_person_and_a_provider_and_for_nobody_else(ledger: Connection) -> None:
    jobs = [
        *sign_up(ledger, owed(provider="p"), owed(provider="p"), owed(provider="q")).jobs,
        *sign_up(ledger, owed(provider="p"), address="bob@b.example").jobs,
    ]
    ann_p, ann_p_again, ann_q, bob_p = (row(ledger, job.id)["order_key"] for job in jobs)
    assert ann_p == ann_p_again
    assert len({ann_p, ann_q, bob_p}) == 3


def test_what_must_happen_once_is_keyed_by_kind_and_person(ledger: Connection) -> None:
    for address in ("ann@b.example", "bob@b.example", "ann@b.example"):
        sign_up(ledger, owed("a", once=True), owed("b", once=True), owed("c"), address=address)
    keys = [key for (key,) in ledger.execute("SELECT once_key FROM jobs ORDER BY seq")]
    assert keys[:3] == keys[6:]
    assert [key is None for key in keys] == [False, False, True] * 3
    assert len(set(keys) - {None}) == 4


def test_erasing_a_person_takes_everything_that_is_theirs(ledger: Connection) -> None:
    sign_up(ledger, owed(once=True))
    person = find(ledger, "ann@b.example")
    ledger.execute("INSERT INTO effects (once_key, subscriber_id, job_id) VALUES ('k', %s, %s)", (person.id, uuid4()))
    parting = Parting("newsletter.unwanted", [], [])
    erasure.erase(ledger, person.id, fact="person.erasure_asked", owed=[], parting=parting, digest=b"of Ann")
    assert erasure.complete(ledger) == 1
    assert set(counts(ledger).values()) == {0}
    assert ledger.execute("SELECT count(*) FROM effects").fetchone() == (0,)
