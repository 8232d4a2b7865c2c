"""The statements on hot paths find what they need by an index, and come across little else, however full the ledger is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from embedded.postgres import EmbeddedPostgres
from ledger import circuits, deadletters, reading
from ledger.claim import claimed_already, claimed_in, intend
from ledger.coalescing import Terms
from ledger.connection import Connection, session
from ledger.counts import counts
from ledger.decisions import cancel, retry
from ledger.finish import finish
from ledger.handback import hand_back
from ledger.messages import give_back, unclaimed
from ledger.moves import Settlement
from ledger.processes import beat
from ledger.pruning import prune
from ledger.quarantine import died_alone
from ledger.states import State
from ledger.takeover import take_over
from ledger.unknown_kinds import bury
from tests.databases import made_from
from tests.integration.ledger.full_ledger import LETTER, fill
from tests.integration.ledger.owed_jobs import ACCEPTED, KIND, QUEUE, enrol, owed, sign_up, take, take_lease
from tests.integration.ledger.plans import Plans, Scan

TERMS = [Terms(KIND, QUEUE, batch=50), Terms(LETTER, "email", batch=50)]
LARGE = {"jobs", "job_events", "subscribers", "signups", "effects"}
BATCH = 50
MOST = 1_000  # rows one step may come across: the smallest of the large tables has twenty times as many


@dataclass(frozen=True)
class Stage:
    """A full ledger with something in flight, and one executor that holds some of it."""

    ledger: Connection
    plans: Plans
    executor: UUID
    message: UUID  # on the wire
    jobs: list[UUID]  # of that message
    batch: UUID  # in hands
    claims: dict[UUID, int]  # of that batch

    @property
    def job(self) -> UUID:
        return next(iter(self.claims))


@pytest.fixture(scope="module")
def stage(postgres: EmbeddedPostgres, _migrated_template: str) -> Iterator[Stage]:
    with made_from(postgres, _migrated_template) as url:
        with session(url, name="test") as owner:
            fill(owner)
            executor, batch = enrol(owner), uuid4()
            beat(owner, uuid4(), role="relay", host="h", pid=1, queues=[QUEUE], kinds=["none"], broker="up")
            owner.execute("UPDATE processes SET started_at = now() - interval '1 hour' WHERE role = 'relay'")
            circuits.failed(owner, "elsewhere", code="down", job=uuid4(), at_once=True)
            first, second, *_ = take_lease(owner, batch=BATCH, bulk=True, window=10 * BATCH).messages
            taken = take(owner, executor, *first.jobs, message=first.id, batch=batch)
            owner.execute("ANALYZE")
        database = {"dbname": conninfo_to_dict(url)["dbname"]}
        with psycopg.connect(make_conninfo(postgres.admin_url, **database), autocommit=True) as admin:
            claims = {job.id: job.claim for job in taken}
            yield Stage(admin, Plans(admin), executor, second.id, list(second.jobs), batch, claims)


def close_its_circuit(stage: Stage) -> None:
    circuits.failed(stage.ledger, QUEUE, code="down", job=uuid4(), at_once=True)
    circuits.succeeded(stage.ledger, QUEUE)


def open_its_circuit(stage: Stage) -> None:
    circuits.failed(stage.ledger, QUEUE, code="down", job=uuid4(), at_once=True)
    stage.ledger.execute("UPDATE circuits SET probe_at = now()")


def let_the_batch_overrun(stage: Stage) -> None:
    stage.ledger.execute("UPDATE batches SET deadline = now() - interval '1 second'")


def answers(stage: Stage) -> set[UUID]:
    settlements = [Settlement(job, claim, ACCEPTED) for job, claim in stage.claims.items()]
    return finish(stage.ledger, settlements, executor=stage.executor, closed=[stage.batch], going_on=[uuid4()])


VERBS: dict[str, Callable[[Stage], object]] = {
    "sign up": lambda stage: sign_up(stage.ledger, owed(), owed(LETTER, "email"), address="1@b.example"),
    "lease": lambda stage: take_lease(stage.ledger, batch=BATCH, window=12 * BATCH).messages,
    "lease at a limited provider": lambda stage: (
        take_lease(stage.ledger, batch=BATCH, connections={QUEUE: 11}).messages
    ),
    "claim": lambda stage: take(stage.ledger, stage.executor, *stage.jobs, message=stage.message),
    "look a claim up again": lambda stage: claimed_already(stage.ledger, stage.claims),
    "find what a batch holds": lambda stage: claimed_in(stage.ledger, stage.batch),
    "intend": lambda stage: intend(stage.ledger, list(stage.claims.items())),
    "finish": answers,
    "give back": lambda stage: give_back(stage.ledger, [stage.message]),
    "unclaimed": lambda stage: unclaimed(stage.ledger, QUEUE, after=-60),
    "take over": lambda stage: take_over(stage.ledger, [stage.executor]),
    "hand back": lambda stage: hand_back(stage.ledger, [stage.executor]),
    "died alone": lambda stage: died_alone(stage.ledger, stage.job, stage.claims[stage.job]),
    "oldest due": lambda stage: deadletters.oldest_due(stage.ledger),
    "counts": lambda stage: counts(stage.ledger, State),
    "status of a job": lambda stage: reading.job(stage.ledger, stage.job),
    "history of a job": lambda stage: reading.history(stage.ledger, stage.job),
    "prune": lambda stage: prune(stage.ledger, after=timedelta(days=30), blocks=16),
    "cancel": lambda stage: cancel(stage.ledger, stage.jobs),
}


def check(scans: list[Scan]) -> None:
    assert [scan for scan in scans if scan.table in LARGE and scan.how == "Seq Scan"] == []
    assert [scan for scan in scans if scan.touched > MOST] == []


@pytest.mark.parametrize("verb", VERBS)
def test_it_reads_no_large_table_through(stage: Stage, verb: str) -> None:
    with stage.plans.of() as scans:
        assert VERBS[verb](stage), "it found something to do"
    check(scans)


def test_nor_does_the_status_of_a_sign_up(stage: Stage) -> None:
    found = reading.job(stage.ledger, stage.job)
    assert found is not None
    assert found.signup_id is not None
    with stage.plans.of() as scans:
        assert reading.signup(stage.ledger, found.signup_id)
    check(scans)


def test_nor_does_a_probe(stage: Stage) -> None:
    with stage.ledger.transaction(force_rollback=True):
        open_its_circuit(stage)
        with stage.plans.of() as scans:
            assert circuits.probe(stage.ledger, QUEUE, terms=[Terms(KIND, QUEUE), Terms(LETTER, QUEUE)])
    check(scans)


def test_nor_does_a_relay_for_whose_open_circuit_there_is_nothing_to_probe_with(stage: Stage) -> None:
    """It looks at every turn: with a million jobs of another provider on its queue, too."""
    with stage.ledger.transaction(force_rollback=True):
        circuits.failed(stage.ledger, "email", code="down", job=uuid4(), at_once=True)
        stage.ledger.execute("UPDATE circuits SET probe_at = now()")
        with stage.plans.of() as scans:
            assert circuits.probe(stage.ledger, QUEUE, terms=TERMS) == []
    check(scans)


def test_nor_does_taking_over_what_has_overrun(stage: Stage) -> None:
    with stage.ledger.transaction(force_rollback=True):
        let_the_batch_overrun(stage)
        with stage.plans.of() as scans:
            assert len(take_over(stage.ledger, [])) == BATCH
    check(scans)


def test_nor_does_a_warden_that_finds_nobody_to_take_over(stage: Stage) -> None:
    with stage.plans.of() as scans:
        assert take_over(stage.ledger, []) == []
    check(scans)


def test_nor_does_burying_where_all_kinds_are_known(stage: Stage) -> None:
    with stage.ledger.transaction(force_rollback=True):
        stage.ledger.execute("UPDATE processes SET kinds = %s", ([KIND, LETTER],))
        with stage.plans.of() as scans:
            assert bury(stage.ledger, QUEUE) == 0
    check(scans)


def test_nor_does_replaying_dead_letters(stage: Stage) -> None:
    dead = [job for (job,) in stage.ledger.execute("SELECT id FROM jobs WHERE state = 'dead' LIMIT 50")]
    with stage.plans.of() as scans:
        assert all(decision.moved for decision in retry(stage.ledger, dead))
    check(scans)


def test_nor_does_pulling_forward_for_what_is_due_already(stage: Stage) -> None:
    waits = "UPDATE jobs SET run_at = now() + interval '1 hour' WHERE state = 'retrying' AND seq % 50 = 0"
    with stage.ledger.transaction(force_rollback=True):
        close_its_circuit(stage)
        stage.ledger.execute(waits)
        with stage.plans.of() as scans:
            assert circuits.pull_forward(stage.ledger, QUEUE, terms=TERMS, most=100) > 0
    check(scans)


def test_the_check_would_notice_a_table_that_is_read_through(stage: Stage) -> None:
    with stage.plans.of() as scans:
        stage.ledger.execute("SELECT count(*) FROM jobs WHERE state = 'running'").fetchone()
    with pytest.raises(AssertionError, match="Seq Scan"):
        check(scans)


def test_and_an_index_that_is_read_through(stage: Stage) -> None:
    with stage.plans.of() as scans:
        stage.ledger.execute("SET LOCAL enable_seqscan = off")
        stage.ledger.execute("SELECT id FROM jobs WHERE error_code = 'none' ORDER BY id").fetchall()
    with pytest.raises(AssertionError, match="touched"):
        check(scans)
