"""A ledger in full flight is migrated to messages and batches: what was on the wire and in hands is carried on."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from embedded.postgres import EmbeddedPostgres
from ledger.claim import claim
from ledger.connection import Connection, session
from ledger.deadletters import groups
from ledger.finish import finish
from ledger.messages import give_back, unclaimed
from ledger.migrations import upgrade
from ledger.moves import Settlement
from ledger.revision import is_current
from ledger.selection import Selection
from ledger.states import FINAL, State
from ledger.takeover import take_over
from tests.databases import made_from
from tests.integration.ledger.invariants import miscounted, unwatched
from tests.integration.ledger.owed_jobs import (
    ACCEPTED,
    KIND,
    QUEUE,
    batches,
    enrol,
    on_the_wire,
    row,
    state,
    take,
    take_lease,
)

ALIVE, GONE = uuid4(), uuid4()

# As the release before would have left them: one job each, named by what is the matter with it.
_JOB = """
INSERT INTO jobs (id, order_key, fact_id, signup_id, subscriber_id, kind, queue, provider, payload, give_up_at, time_limit,
                  resend, state, run_at, claim, intent, settled, leased_at, claimer, deadline, error_code, finished_at)
SELECT %(id)s, hashtextextended(%(id)s::text, 0), gen_random_uuid(), signups.id, signups.subscriber_id, %(kind)s, %(queue)s,
       %(queue)s, '{}', now() + interval '3 days', 30, false, %(state)s, now() + make_interval(secs => %(due_in)s),
       %(claim)s, %(intent)s, 0, now() - make_interval(secs => %(leased_ago)s), %(claimer)s,
       now() + make_interval(secs => %(left)s), %(code)s, CASE WHEN %(final)s THEN now() END
FROM signups WHERE id = %(signup)s
"""
_NOTHING = {"due_in": -60, "claim": 0, "intent": 0, "leased_ago": None, "claimer": None, "left": None, "code": None}
_RUNNING = {"state": "running", "claim": 1, "left": 20.0}
JOBS = {
    "staged": {"state": "staged"},
    "retrying": {"state": "retrying", "claim": 1},
    "retrying later": {"state": "retrying", "claim": 1, "due_in": 3_600},
    "queued": {"state": "queued", "leased_ago": 1.0},
    "lost on the wire": {"state": "queued", "leased_ago": 60.0},
    "in good hands": {**_RUNNING, "claimer": ALIVE},
    "overrun": {**_RUNNING, "claimer": ALIVE, "left": -20.0},
    "lost": {**_RUNNING, "claimer": GONE},
    "lost in doubt": {**_RUNNING, "claimer": GONE, "intent": 1},
    **{final.value: {"state": final.value, "claim": 1, "code": "why"} for final in FINAL},
}


def put_in(ledger: Connection, what: str) -> UUID:
    """One sign-up and its one job, as the release before wrote them."""
    job, signup, person = uuid4(), uuid4(), uuid4()
    ledger.execute("INSERT INTO subscribers (id, address) VALUES (%s, %s)", (person, f"{person}@b.example"))
    ledger.execute("INSERT INTO signups (id, subscriber_id) VALUES (%s, %s)", (signup, person))
    values = {**_NOTHING, **JOBS[what], "id": job, "signup": signup, "kind": KIND, "queue": QUEUE}
    ledger.execute(_JOB, {**values, "final": values["state"] in FINAL})
    return job


@pytest.fixture
def migrated(postgres: EmbeddedPostgres) -> Iterator[tuple[Connection, dict[str, UUID]]]:
    """A ledger that was at the migration before with jobs in every state, and has been migrated; and those jobs."""
    with made_from(postgres) as url:
        upgrade(url, "0002")
        with session(url, name="test") as ledger:
            ledger.execute(
                "INSERT INTO processes (id, role, host, pid, queues, kinds, broker) VALUES (%s, 'executor', 'h', 1, %s, %s, 'unasked')",
                (ALIVE, [QUEUE], [KIND]),
            )
            jobs = {what: put_in(ledger, what) for what in JOBS}
        upgrade(url)
        with session(url, name="test") as ledger:
            yield ledger, jobs


Migrated = tuple[Connection, dict[str, UUID]]


def test_nothing_has_moved_and_everything_in_flight_is_watched(migrated: Migrated) -> None:
    ledger, jobs = migrated
    assert is_current(ledger)
    assert {what: state(ledger, job) for what, job in jobs.items()} == {
        what: job["state"] for what, job in JOBS.items()
    }
    assert (unwatched(ledger), miscounted(ledger)) == (set(), [])
    on_it = {"queued", "lost on the wire"}
    assert on_the_wire(ledger) == {jobs[what]: [jobs[what]] for what in on_it}
    in_hands = {"in good hands", "overrun", "lost", "lost in doubt"}
    assert batches(ledger) == {jobs[what]: [jobs[what]] for what in in_hands}


def test_what_waits_for_another_try_is_in_the_lane_of_those(migrated: Migrated) -> None:
    ledger, jobs = migrated
    tried = {what for what, job in jobs.items() if row(ledger, job)["tried"]}
    assert tried == {"retrying", "retrying later"}


def test_dead_letters_are_still_listed(migrated: Migrated) -> None:
    ledger, jobs = migrated
    assert {(group.state, group.count) for group in groups(ledger, Selection())} == {
        (State.DEAD, 1),
        (State.UNKNOWN, 1),
    }
    assert row(ledger, jobs["dead"])["awaits_decision"]


def test_a_message_from_before_claims_its_job_and_an_answer_from_before_counts(migrated: Migrated) -> None:
    ledger, jobs = migrated
    assert [job.id for job in take(ledger, ALIVE, jobs["queued"])] == [jobs["queued"]]
    late = Settlement(jobs["in good hands"], 1, ACCEPTED)
    assert finish(ledger, [late], executor=ALIVE, closed=[jobs["in good hands"]]) == {jobs["in good hands"]}
    in_hands = {"queued", "overrun", "lost", "lost in doubt"}
    assert sorted(batches(ledger).values()) == sorted([jobs[what]] for what in in_hands)


def test_what_was_lost_is_found_by_the_age_it_had(migrated: Migrated) -> None:
    ledger, jobs = migrated
    assert unclaimed(ledger, QUEUE, after=30) == [jobs["lost on the wire"]]
    assert give_back(ledger, [jobs["lost on the wire"]]) == 1
    taken = {found.id: (found.state, found.event) for found in take_over(ledger, [])}
    assert taken == {
        jobs["overrun"]: (State.STAGED, "overran"),
        jobs["lost"]: (State.STAGED, "lost"),
        jobs["lost in doubt"]: (State.UNKNOWN, "lost"),
    }
    assert state(ledger, jobs["in good hands"]) is State.RUNNING


def test_everything_that_is_due_or_in_flight_comes_to_its_end(migrated: Migrated) -> None:
    ledger, jobs = migrated
    executor = enrol(ledger)
    for _ in range(3):
        give_back(ledger, unclaimed(ledger, QUEUE, after=0))
        take_over(ledger, [ALIVE])
        for message in take_lease(ledger, batch=10).messages:
            batch = uuid4()
            taken = claim(ledger, message.jobs, kind=KIND, executor=executor, message_id=message.id, batch=batch)
            answers = [Settlement(job.id, job.claim, ACCEPTED) for job in taken]
            assert len(finish(ledger, answers, executor=executor, closed=[batch])) == len(message.jobs)
    ends = {what: state(ledger, job) for what, job in jobs.items() if what not in FINAL}
    by_person = {"lost in doubt": State.UNKNOWN, "retrying later": State.RETRYING}
    assert ends == {what: by_person.get(what, State.SUCCEEDED) for what in ends}
    assert (on_the_wire(ledger), batches(ledger), miscounted(ledger)) == ({}, {}, [])


def test_erasing_a_person_still_takes_their_jobs(migrated: Migrated) -> None:
    ledger, _ = migrated
    ledger.execute("DELETE FROM subscribers")
    assert ledger.execute("SELECT count(*) FROM jobs").fetchone() == (0,)
    assert miscounted(ledger) == []
