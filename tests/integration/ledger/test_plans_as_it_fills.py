"""Leasing touches little more than it leases, at any backlog, and whatever the planner believes of it since it last looked."""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from embedded.postgres import EmbeddedPostgres
from ledger.connection import Connection
from tests.integration.ledger.many_jobs import many
from tests.integration.ledger.owed_jobs import ids_in, take_lease
from tests.integration.ledger.plans import Plans

LEASED = 100
DONE = 3_000


@pytest.fixture
def plans(ledger: Connection, database_url: str, postgres: EmbeddedPostgres) -> Iterator[Plans]:
    """Of a superuser's session on the same ledger; every statement so far was run by its owner."""
    database = {"dbname": conninfo_to_dict(database_url)["dbname"]}
    ledger.execute("SET statement_timeout = 0")
    with psycopg.connect(make_conninfo(postgres.admin_url, **database), autocommit=True) as admin:
        yield Plans(admin)


def put_in(ledger: Connection, waiting: int) -> None:
    many(ledger, waiting // 2)
    many(ledger, waiting // 2, state="retrying")


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("waiting", [600, 3_000, 12_000])
@pytest.mark.parametrize("looked", ["when all was there", "when nothing was there", "when all was done"])
def test_a_lease_touches_little_more_than_it_leases(
    ledger: Connection, plans: Plans, waiting: int, looked: str, mode: str
) -> None:
    many(ledger, DONE, state="succeeded")
    if looked == "when all was done":
        ledger.execute("VACUUM ANALYZE jobs")
    put_in(ledger, waiting)
    if looked == "when all was there":
        ledger.execute("VACUUM ANALYZE jobs")
    plans.use(mode)
    with plans.of() as scans:
        leased = take_lease(plans.connection, batch=10, window=LEASED)
        assert len(ids_in(leased.messages)) == LEASED
    # To join what was chosen back to its rows a small table may be read through, once; the lanes and the lines never.
    most = {"Seq Scan": DONE + waiting}
    assert [scan for scan in scans if scan.table == "jobs" and scan.touched > most.get(scan.how, 5 * LEASED)] == []
