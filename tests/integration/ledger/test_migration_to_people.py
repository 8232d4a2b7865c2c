"""A ledger of the release before is migrated: what was owed then and what is owed now stand in one line."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from embedded.postgres import EmbeddedPostgres
from ledger import leaving
from ledger.connection import Connection, session
from ledger.migrations import upgrade
from ledger.states import State
from tests.databases import made_from
from tests.integration.ledger.owed_jobs import row, take_lease
from tests.integration.ledger.person import NEWSLETTER, PARTING, SUBSCRIBE, UNSUBSCRIBE, Someone

BEFORE = "0003"
OPEN = {State.STAGED: None, State.RUNNING: None, State.DEAD: "down", State.UNKNOWN: "down"}
ENDED = {State.SUCCEEDED: None}

# As the release before would have left it: in line by the person's id.
_JOB = """
INSERT INTO jobs (id, order_key, fact_id, signup_id, subscriber_id, kind, queue, provider, payload, give_up_at, time_limit,
                  resend, state, claim, settled, claimer, error_code, finished_at)
SELECT %(id)s, hashtextextended(subscriber_id::text || %(queue)s, 0), gen_random_uuid(), id, subscriber_id, %(kind)s, %(queue)s,
       %(queue)s, '{}', now() + interval '3 days', 30, false, %(state)s, 1, %(settled)s, %(claimer)s, %(code)s,
       CASE WHEN %(settled)s = 1 THEN now() END
FROM signups WHERE subscriber_id = %(person)s
"""


def put_in(ledger: Connection, state: State, code: str | None) -> UUID:
    """Somebody and their one job, put there by the release before."""
    job, person = uuid4(), uuid4()
    ledger.execute("INSERT INTO subscribers (id, address) VALUES (%s, %s)", (person, f"{state}@b.example"))
    ledger.execute("INSERT INTO signups (id, subscriber_id) VALUES (gen_random_uuid(), %s)", (person,))
    values = {"id": job, "person": person, "kind": SUBSCRIBE.kind, "queue": NEWSLETTER, "state": state, "code": code}
    is_open = state in {State.STAGED, State.RUNNING}
    ledger.execute(
        _JOB, {**values, "settled": int(not is_open), "claimer": uuid4() if state == State.RUNNING else None}
    )
    return job


Migrated = tuple[Connection, dict[State, UUID]]


@pytest.fixture
def migrated(postgres: EmbeddedPostgres) -> Iterator[Migrated]:
    with made_from(postgres) as url:
        upgrade(url, BEFORE)
        with session(url, name="test") as ledger:
            jobs = {state: put_in(ledger, state, code) for state, code in (OPEN | ENDED).items()}
        upgrade(url)
        with session(url, name="test") as ledger:
            yield ledger, jobs


def key_of_another(ledger: Connection, state: State) -> int:
    """The place in line of a job that is owed to the same person now."""
    signup = Someone(f"{state}@b.example").sign_up(ledger)
    (job,) = [job for job in signup.jobs if job.kind == SUBSCRIBE.kind]
    return int(row(ledger, job.id)["order_key"])


def test_what_is_open_is_in_line_with_what_is_owed_from_now_on(migrated: Migrated) -> None:
    ledger, jobs = migrated
    for state in OPEN:
        assert row(ledger, jobs[state])["order_key"] == key_of_another(ledger, state), state
    assert row(ledger, jobs[State.SUCCEEDED])["order_key"] != key_of_another(ledger, State.SUCCEEDED)


def test_the_provider_is_not_told_of_a_leaving_while_an_older_job_is_in_hands(migrated: Migrated) -> None:
    ledger, jobs = migrated
    ledger.execute("DELETE FROM jobs WHERE id <> %s", (jobs[State.RUNNING],))
    person = Someone(f"{State.RUNNING}@b.example").now(ledger)
    assert leaving.leave(ledger, person.id, PARTING)
    states = ledger.execute("SELECT kind, state FROM jobs ORDER BY seq").fetchall()
    assert states == [(SUBSCRIBE.kind, State.RUNNING), (UNSUBSCRIBE.kind, State.STAGED)]
    assert take_lease(ledger, kinds=[UNSUBSCRIBE.kind], queue=NEWSLETTER).messages == []
    ledger.execute("DELETE FROM jobs WHERE id = %s", (jobs[State.RUNNING],))
    assert len(take_lease(ledger, kinds=[UNSUBSCRIBE.kind], queue=NEWSLETTER).messages) == 1
