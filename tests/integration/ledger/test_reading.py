"""Looking: what is shown is what is there, and looking moves nothing."""

from uuid import UUID, uuid4

from ledger import reading
from ledger.connection import Connection
from ledger.revision import is_current, newest
from ledger.signups import record
from ledger.states import State
from tests.integration.ledger.owed_jobs import ACCEPTED, RETRIED, answer, owed, running


def test_a_sign_up_is_shown_with_its_jobs_in_the_order_in_which_they_were_owed(ledger: Connection) -> None:
    jobs = [owed("b"), owed("a", "email")]
    taken = record(ledger, fact="f", address="ann@b.example", name=None, locale=None, owed=jobs)
    found = reading.signup(ledger, taken.id)
    assert found is not None
    assert (found.id, found.created_at) == (taken.id, taken.created_at)
    assert [(job.id, job.kind, job.state) for job in found.jobs] == [
        (taken.jobs[0].id, "b", State.STAGED),
        (taken.jobs[1].id, "a", State.STAGED),
    ]


def test_what_is_not_there_is_none_and_not_an_error(ledger: Connection) -> None:
    assert reading.signup(ledger, uuid4()) is None
    assert reading.job(ledger, uuid4()) is None
    assert reading.history(ledger, uuid4()) == []


def test_a_job_is_shown_without_the_person(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor, owed(payload={"secret": "s"}), address="featherstone@b.example")
    answer(ledger, job, RETRIED, executor=executor)
    found = reading.job(ledger, job.id)
    assert found is not None
    assert (found.state, found.attempts, found.claim, found.error_code) == (State.RETRYING, 1, 1, "down")
    assert 55 < found.due_in <= 60
    assert "featherstone" not in repr(found)
    assert "secret" not in repr(found)


def test_history_is_told_oldest_first(ledger: Connection, executor: UUID) -> None:
    job = running(ledger, executor)
    answer(ledger, job, ACCEPTED, executor=executor)
    claimed, succeeded = reading.history(ledger, job.id)
    assert (claimed.event, succeeded.event, succeeded.provider_id) == ("claimed", "succeeded", "p-1")
    assert claimed.at <= succeeded.at


def test_a_migrated_ledger_has_the_shape_this_code_needs(ledger: Connection) -> None:
    assert is_current(ledger)
    ledger.execute("UPDATE alembic_version SET version_num = '0000'")
    assert not is_current(ledger)
    ledger.execute("UPDATE alembic_version SET version_num = '9999'")
    assert is_current(ledger), "a newer one is fine: releases migrate first"
    ledger.execute("UPDATE alembic_version SET version_num = %s", (newest(),))
