"""What strangers and their links can ask of the ledger is found by an index too, however many people it knows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from config.front_door import SignupLimits
from embedded.postgres import EmbeddedPostgres
from ledger import (
    challenges,
    confirmations,
    erasure,
    export,
    facts,
    forgetting,
    idempotency,
    leaving,
    limits,
    people,
    preferences,
)
from ledger.connection import Connection, session
from ledger.ids import new_id
from ledger.limits import Ask
from ledger.preferences import Preferred, Record
from tests.databases import made_from
from tests.integration.ledger.full_ledger import PEOPLE, fill
from tests.integration.ledger.person import CLIENT, NEWSLETTER, PARTING, SUBSCRIBE, Someone
from tests.integration.ledger.plans import Plans, Scan

LARGE = {
    *("jobs", "job_events", "facts", "effects", "subscribers", "signups"),
    *("suppressions", "limits", "spent_challenges", "idempotency_keys"),
}
MOST = 200  # rows one step may come across; of those that forget, as many as are forgotten at a time
FORGOTTEN = 100
BEING_ERASED = 20  # see _MORE

_MORE = (
    "INSERT INTO facts (id, name, subscriber_id, signup_id) SELECT fact_id, 'signup.completed', subscriber_id, signup_id FROM jobs",
    "UPDATE effects SET subscriber_id = jobs.subscriber_id FROM jobs WHERE jobs.id = effects.job_id",
    "INSERT INTO suppressions (digest) SELECT sha256(id::text::bytea) FROM subscribers",
    "INSERT INTO limits (key, used_until) SELECT sha256(id::text::bytea), now() - interval '1 h' FROM subscribers",
    "INSERT INTO spent_challenges (digest, expires_at) SELECT sha256(id::text::bytea), now() - interval '1 h' FROM subscribers",
    """INSERT INTO idempotency_keys (key, fingerprint, signup_id, answer, expires_at)
       SELECT sha256(id::text::bytea), '', id, '', now() - interval '1 h' FROM signups""",
    """UPDATE subscribers SET erasing_at = now() WHERE id IN (
        SELECT subscriber_id FROM jobs GROUP BY subscriber_id
        HAVING bool_and(finished_at IS NOT NULL AND NOT awaits_decision) LIMIT 20
    )""",
    """UPDATE signups SET asks = true WHERE id IN (
        SELECT signup_id FROM jobs GROUP BY signup_id HAVING bool_and(finished_at IS NOT NULL AND NOT awaits_decision) LIMIT 300
    )""",
    "DELETE FROM jobs WHERE ctid < '(60,0)'::tid AND finished_at IS NOT NULL",
    "VACUUM ANALYZE",
)


_SOMEBODY = """
SELECT person.id, signups.id, person.address FROM subscribers AS person JOIN signups ON signups.subscriber_id = person.id
WHERE person.erasing_at IS NULL AND EXISTS (SELECT FROM jobs WHERE signup_id = signups.id AND finished_at IS NOT NULL) LIMIT 1
"""


@dataclass(frozen=True)
class Stage:
    """A full ledger, and somebody in it with a sign-up that is done."""

    ledger: Connection
    plans: Plans
    person: UUID
    signup: UUID
    someone: Someone
    keys: list[bytes]  # of limits that were reached


@pytest.fixture(scope="module")
def database(postgres: EmbeddedPostgres, _migrated_template: str) -> Iterator[str]:
    with made_from(postgres, _migrated_template) as url:
        with session(url, name="test") as owner:
            fill(owner)
            for statement in _MORE:
                owner.execute(statement)
        yield make_conninfo(postgres.admin_url, dbname=conninfo_to_dict(url)["dbname"])


@pytest.fixture(params=["as our sessions are", "with PostgreSQL's own settings"])
def stage(database: str, request: pytest.FixtureRequest) -> Iterator[Stage]:
    ours = request.param == "as our sessions are"
    connecting = session(database, name="test") if ours else psycopg.connect(database, autocommit=True)
    with connecting as ledger:
        keys = [row[0] for row in ledger.execute("SELECT key FROM limits LIMIT 62")]
        found = ledger.execute(_SOMEBODY).fetchone()
        assert found is not None
        person, signup, address = found
        plans = Plans(ledger)
        ledger.execute("SET auto_explain.log_nested_statements = on")  # what foreign keys and triggers ask for
        yield Stage(ledger, plans, person, signup, Someone(address), keys)


def prefer(stage: Stage) -> bool:
    return preferences.prefer(
        stage.ledger,
        stage.person,
        Preferred("de", frozenset({NEWSLETTER}), nothing=False),
        watched=NEWSLETTER,
        wanted_again=("newsletter.wanted", [SUBSCRIBE]),
        unwanted_now=PARTING,
        digest=stage.someone.digest,
        record=Record(new_id(), CLIENT, "the words"),
    )


def judge(stage: Stage) -> list[limits.Verdict]:
    known = [Ask(key, other, None) for key, other in zip(stage.keys[::2], stage.keys[1::2], strict=True)]
    return limits.judge(stage.ledger, [*known, Ask(b"1" * 16, b"2" * 16, b"3" * 16)], SignupLimits(), wait_s=10)


def give_back(stage: Stage) -> bool:
    limits.give_back(stage.ledger, [(key, SignupLimits().client) for key in stage.keys], wait_s=10)
    return True


def answer_once(stage: Stage) -> idempotency.Outcome:
    return idempotency.once(stage.ledger, b"k" * 32, b"f" * 32, lambda: (stage.signup, "{}"))


def forget_people(stage: Stage) -> int:
    return forgetting.forget(stage.ledger, unanswered=timedelta(0), ended=timedelta(0), blocks=1).people


def forget_facts(stage: Stage) -> int:
    return facts.forget(stage.ledger, after=timedelta(0), most=50, blocks=1)


VERBS: dict[str, Callable[[Stage], object]] = {
    "sign up": lambda stage: stage.someone.sign_up(stage.ledger),
    "judge": judge,
    "give back": give_back,
    "answer once": answer_once,
    "what is to be confirmed": lambda stage: confirmations.confirmation(stage.ledger, stage.signup),
    "confirm": lambda stage: stage.someone.confirm(stage.ledger, stage.someone.sign_up(stage.ledger, asks=True)),
    "correct an address": lambda stage: stage.someone.confirm(
        stage.ledger, Someone("new@b.example").sign_up(stage.ledger, asks=True, replaces=stage.person)
    ),
    "look somebody up": lambda stage: people.person(stage.ledger, stage.person),
    "leave": lambda stage: leaving.leave(stage.ledger, stage.person, PARTING),
    "prefer": prefer,
    "erase": lambda stage: stage.someone.erase(stage.ledger),
    "complete an erasure": lambda stage: erasure.complete(stage.ledger, most=BEING_ERASED),
    "forget challenges": lambda stage: challenges.forget(stage.ledger, most=FORGOTTEN),
    "forget answers": lambda stage: idempotency.forget(stage.ledger, FORGOTTEN),
}


def check(scans: list[Scan]) -> None:
    seen = [scan for scan in scans if scan.table in LARGE]
    assert seen
    assert [scan for scan in seen if scan.how == "Seq Scan" or scan.touched > MOST] == []


@pytest.mark.parametrize("verb", VERBS)
def test_it_goes_by_an_index_and_comes_across_little_else(stage: Stage, verb: str) -> None:
    with stage.plans.of() as scans:
        assert VERBS[verb](stage)
    check(scans)


def test_what_is_known_of_somebody_is_found_by_an_index(stage: Stage) -> None:
    with stage.plans.of(rolled_back=False) as scans:
        assert export.export(stage.ledger, stage.person)["jobs"]
    check(scans)


def test_forgetting_limits_looks_through_a_slice_of_them_alone(stage: Stage) -> None:
    with stage.plans.of() as scans:
        assert limits.forget(stage.ledger, blocks=8) >= 0
    assert {scan.how for scan in scans} <= {"Tid Range Scan", "Tid Scan"}
    assert max(scan.touched for scan in scans) < PEOPLE / 4


SLICES = {"signups": forget_people, "facts": forget_facts}


@pytest.mark.parametrize("table", SLICES)
def test_forgetting_people_and_facts_looks_through_a_slice_and_finds_the_rest_by_an_index(
    stage: Stage, table: str
) -> None:
    last = "UPDATE pruning SET signups_block = pg_relation_size('signups') / 8192 - 1"  # where those are who never answered
    with stage.plans.of() as scans:
        stage.ledger.execute(last)
        assert SLICES[table](stage)
    assert "Tid Range Scan" in {scan.how for scan in scans if scan.table == table}
    check(scans)
