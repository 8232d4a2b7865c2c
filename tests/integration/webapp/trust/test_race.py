"""A thousand sign-ups for one address, through every door of a real web process at once."""

import psycopg
import pytest

from tests.integration.webapp.trust.crowd import Crowd, many_clients
from tests.integration.webapp.web_process import running

CROWD = 1_000
OWED = "SELECT kind, count(*) FROM jobs WHERE queue = 'email' AND NOT muted GROUP BY kind"
FINE = {202, 303, 409}
BUSY = 503  # an answer to a flood that is no fault: nothing was recorded, and it says when to try again


def one(database_url: str, query: str) -> tuple[object, ...] | None:
    with psycopg.connect(database_url) as ledger:
        return ledger.execute(query).fetchone()


def test_with_the_limits_off_it_is_one_person(database_url: str) -> None:
    with running(database_url, SIGNUP_LIMITS="off") as web:
        crowd = Crowd(web)
        crowd.come(CROWD)
    assert crowd.codes() <= FINE, crowd.statuses
    assert one(database_url, "SELECT count(*) FROM subscribers") == (1,)
    assert one(database_url, "SELECT count(DISTINCT once_key) FROM jobs WHERE once_key IS NOT NULL") == (1,)


@pytest.mark.parametrize("hands", [48, 200], ids=["a rush", "more than it can hold"])
@pytest.mark.parametrize(
    ("opt_in", "kind"), [("true", "notification.confirm.email"), ("false", "notification.welcome.email")]
)
def test_with_the_limits_on_it_is_one_person_who_is_owed_one_mail_even_where_the_flood_makes_limits_fail(
    database_url: str, opt_in: str, kind: str, hands: int
) -> None:
    with running(database_url, DOUBLE_OPT_IN=opt_in, TRUSTED_PROXIES="1") as web:
        crowd = Crowd(web, many_clients())
        crowd.come(CROWD, hands)
    assert crowd.codes() <= FINE | {BUSY}, crowd.statuses
    assert one(database_url, "SELECT count(*) FROM subscribers") == (1,)
    assert one(database_url, OWED) == (kind, 1)


def test_a_client_that_says_it_is_many_is_one_where_no_proxy_is_trusted(database_url: str) -> None:
    with running(database_url) as web:
        crowd = Crowd(web, many_clients())
        crowd.come(400, hands=2)
    taken = sum(count for (_, code), count in crowd.statuses.items() if code in {202, 303})
    assert crowd.codes() <= FINE | {429}, crowd.statuses
    assert taken < 300, crowd.statuses  # 120, double clicks that are answered again, and what is earned back meanwhile
    assert one(database_url, "SELECT count(*) FROM limits") == (3,)
