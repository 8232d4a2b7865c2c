"""What looking for news costs PostgreSQL: index steps for those who are watched, and nothing for those who are not."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from embedded.postgres import EmbeddedPostgres
from ledger.connection import Connection, session
from ledger.live import Watched, news
from tests.databases import made_from
from tests.integration.ledger.full_ledger import fill
from tests.integration.ledger.plans import Plans
from webapp.live.story import Story

WATCHED = 300
LARGE = {"jobs", "job_events", "signups"}


@dataclass(frozen=True)
class Stage:
    """A full ledger, and some of its sign-ups."""

    ledger: Connection
    plans: Plans
    signups: list[UUID]


@pytest.fixture(scope="module")
def stage(postgres: EmbeddedPostgres, _migrated_template: str) -> Iterator[Stage]:
    with made_from(postgres, _migrated_template) as url:
        with session(url, name="test") as owner:
            fill(owner)
            found = owner.execute("SELECT signup_id FROM jobs WHERE finished_at IS NOT NULL LIMIT %s", (WATCHED,))
            signups = [row[0] for row in found]
        database = {"dbname": conninfo_to_dict(url)["dbname"]}
        with psycopg.connect(make_conninfo(postgres.admin_url, **database), autocommit=True) as admin:
            yield Stage(admin, Plans(admin), signups)


def known(stage: Stage) -> list[Watched]:
    first = news(stage.ledger, [Watched(signup) for signup in stage.signups])
    return [Story.begun(what, 0.0).watched for what in first.values() if what is not None]


@pytest.mark.parametrize("is_known", [True, False], ids=["nothing is new", "all have just come"])
def test_a_look_reads_what_is_watched_and_no_table_as_a_whole(stage: Stage, *, is_known: bool) -> None:
    watched = known(stage) if is_known else [Watched(signup) for signup in stage.signups]
    with stage.plans.of() as scans:
        found = news(stage.ledger, watched)
    assert len(watched) == WATCHED
    assert len(found) == (0 if is_known else WATCHED)
    seen = [scan for scan in scans if scan.table in LARGE]
    assert {scan.table for scan in seen} == LARGE
    for scan in seen:
        assert scan.index, scan
        assert scan.touched <= 5 * WATCHED, scan


def test_it_is_one_statement_however_many_are_watched(stage: Stage) -> None:
    watched = known(stage)
    tables = []
    for number in (1, WATCHED):
        with stage.plans.of() as scans:
            news(stage.ledger, watched[:number])
        tables.append(sorted(scan.table for scan in scans if scan.table in LARGE))
    assert tables[0] == tables[1]
    assert len(tables[0]) == len(LARGE)
