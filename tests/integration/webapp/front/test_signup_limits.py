"""The limits as a caller meets them: what is said, what is sent, and what nobody can learn."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from config.front_door import Limit, SignupLimits, TrustedProxies
from ledger.connection import Connection
from tests.integration.webapp.front.conftest import Open, by_api, by_form
from tests.integration.webapp.web_process import OPS_PASSWORD

HOUR = 3_600
FEW = SignupLimits(client=Limit(2, HOUR))
MAILS = "SELECT count(*) FROM jobs WHERE queue = 'email' AND NOT muted AND NOT hidden"


def mails(ledger: Connection) -> int:
    row = ledger.execute(MAILS).fetchone()
    assert row is not None
    return int(row[0])


def standing(answer: TestResponse) -> tuple[int, int]:
    found = re.fullmatch(r'"client";r=(\d+);t=(\d+)', answer.headers["RateLimit"])
    assert found is not None
    return int(found[1]), int(found[2])


def addresses() -> Callable[[], str]:
    numbers = iter(range(1, 65_000))
    return lambda: f"10.1.{(number := next(numbers)) // 250}.{number % 250 + 1}"


def test_every_answer_says_how_often_its_client_may_come(client: FlaskClient) -> None:
    first, second = (by_api(client, email) for email in ("ada@example.org", "bob@example.org"))
    assert first.headers["RateLimit-Policy"] == second.headers["RateLimit-Policy"] == '"client";q=120;w=3600'
    assert first.headers["RateLimit"] == '"client";r=119;t=30'
    left, whole_in = standing(second)
    assert left == 118
    assert 30 < whole_in <= 60


def test_beyond_its_limit_a_client_is_refused_and_told_when_to_come_again(opened: Open) -> None:
    client = opened(signup_limits=FEW).test_client()
    answers = [by_api(client, f"ada{n}@example.org") for n in range(4)]
    assert [one.status_code for one in answers] == [202, 202, 429, 429]
    refused = answers[-1]
    assert refused.mimetype == "application/problem+json"
    assert 0 < int(refused.headers["Retry-After"]) <= HOUR / 2
    assert refused.headers["RateLimit-Policy"] == '"client";q=2;w=3600'
    left, whole_in = standing(refused)
    assert left == 0
    assert HOUR / 2 < whole_in <= HOUR
    assert by_api(client, "ada9@example.org", "192.0.2.2").status_code == 202


def test_the_form_is_under_the_same_limit_and_keeps_what_was_typed(opened: Open) -> None:
    client = opened(signup_limits=FEW).test_client()
    by_api(client, "ada@example.org")
    assert by_form(client, "bob@example.org").status_code == 303
    refused = by_form(client, "eve@example.org")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "eve@example.org" in refused.text


def test_a_whole_household_of_ipv6_is_one_client(opened: Open) -> None:
    client = opened(signup_limits=FEW).test_client()
    statuses = [by_api(client, f"ada{n}@example.org", f"2001:db8:7::{n}").status_code for n in range(1, 4)]
    assert statuses == [202, 202, 429]
    assert by_api(client, "bob@example.org", "2001:db8:8::1").status_code == 202


def test_a_mailbox_gets_one_mail_an_hour_and_every_sign_up_is_taken(client: FlaskClient, ledger: Connection) -> None:
    answers = [by_api(client, email) for email in ("ada@example.org", "ada+1@example.org", "ada@example.org")]
    assert [one.status_code for one in answers] == [202] * 3
    assert ledger.execute("SELECT count(*) FROM signups").fetchone() == (3,)
    assert mails(ledger) == 1
    newsletter = "SELECT count(*) FROM jobs WHERE kind = 'newsletter.subscribe'"
    assert ledger.execute(newsletter).fetchone() == (3,)


def test_a_domain_is_braked_and_a_large_one_is_not(opened: Open, ledger: Connection) -> None:
    client = opened(signup_limits=SignupLimits(domain=Limit(3, HOUR))).test_client()
    assert {by_api(client, f"ada{n}@small.example.org").status_code for n in range(6)} == {202}
    assert mails(ledger) == 3
    assert {by_api(client, f"ada{n}@gmail.com").status_code for n in range(6)} == {202}
    assert mails(ledger) == 3 + 6


def test_whoever_is_refused_uses_up_nobodys_mail(opened: Open, ledger: Connection) -> None:
    client = opened(signup_limits=FEW).test_client()
    attacker = "192.0.2.66"
    statuses = [by_api(client, f"x{n}@elsewhere.example.org", attacker).status_code for n in range(2)]
    statuses += [by_api(client, "ada@example.org", attacker).status_code for _ in range(5)]
    assert statuses == [202] * 2 + [429] * 5
    by_api(client, "ada@example.org")
    assert mails(ledger) == 2 + 1


def test_a_sign_up_that_is_not_valid_is_not_counted(opened: Open) -> None:
    client = opened(signup_limits=FEW).test_client()
    assert {by_api(client, "no address").status_code for _ in range(5)} == {422}
    assert by_api(client, "ada@example.org").headers["RateLimit"].startswith('"client";r=1;')


def test_the_answer_to_a_braked_sign_up_is_like_any_other(client: FlaskClient) -> None:
    address = addresses()
    fresh, braked = (by_api(client, "ada@example.org", address()) for _ in range(2))
    assert fresh.status_code == braked.status_code
    assert [name for name, _ in fresh.headers] == [name for name, _ in braked.headers]
    same = ("RateLimit", "RateLimit-Policy", "Retry-After", "Content-Type", "Content-Length")
    assert [fresh.headers[name] for name in same] == [braked.headers[name] for name in same]
    assert _shape(fresh.json) == _shape(braked.json)
    seen = [client.get(one.json["links"]["self"]) for one in (fresh, braked)]
    assert _shape(seen[0].json) == _shape(seen[1].json)
    pages = [by_form(client, "bob@example.org", address()) for _ in range(2)]
    assert [one.status_code for one in pages] == [303, 303]
    assert [name for name, _ in pages[0].headers] == [name for name, _ in pages[1].headers]


def _shape(body: object) -> object:
    """The body without what differs for any two sign-ups: ids, times, and links, which hold ids."""
    if isinstance(body, dict):
        differs = ("id", "links", "created_at", "run_at")
        return {name: name in differs or _shape(value) for name, value in body.items()}
    return [_shape(one) for one in body] if isinstance(body, list) else body


def test_where_limits_are_off_nothing_is_asked_and_nothing_said(opened: Open, ledger: Connection) -> None:
    client = opened(signup_limits=None).test_client()
    ledger.execute("DROP TABLE limits")
    answers = [by_api(client, "ada@example.org") for _ in range(5)]
    assert {one.status_code for one in answers} == {202}
    assert not any(name.startswith("RateLimit") for one in answers for name, _ in one.headers)
    assert mails(ledger) == 5
    assert _ops(client) == {"enabled": False, "policies": [], "since": None, "counts": None}


def test_the_ledger_cannot_be_asked_whom_its_keys_stand_for(client: FlaskClient, ledger: Connection) -> None:
    by_api(client, "ada@example.org")
    rows = ledger.execute("SELECT key FROM limits").fetchall()
    assert [len(key) for (key,) in rows] == [16, 16, 16]


def test_the_operator_sees_the_limits_and_how_often_they_spoke(opened: Open) -> None:
    client = opened(signup_limits=SignupLimits(client=Limit(4, HOUR), domain=Limit(2, HOUR))).test_client()
    for email in ("ada@example.org", "ada@example.org", "bob@example.org", "eve@example.org", "joe@example.org"):
        by_api(client, email)
    seen = _ops(client)
    assert seen["counts"] == {
        "judged": 5, "refused": 1, "muted_for_recipient": 1, "muted_for_domain": 1, "open_failures": 0,
    }  # fmt: skip
    assert [(one["name"], one["quota"], one["seconds"]) for one in seen["policies"]] == [
        ("client", 4, HOUR), ("recipient", 1, HOUR), ("domain", 2, HOUR),
    ]  # fmt: skip


def test_nobody_else_sees_them(client: FlaskClient) -> None:
    assert client.get("/api/v1/ops/limits").status_code == 401


def _ops(client: FlaskClient) -> dict[str, object]:
    answer = client.get("/api/v1/ops/limits", auth=("ops", OPS_PASSWORD))
    assert answer.status_code == 200
    assert answer.json is not None
    return {name: value for name, value in answer.json.items() if name != "process"}


@pytest.mark.parametrize("forged", ["192.0.2.250", "junk", "192.0.2.1, 192.0.2.2"])
def test_without_a_trusted_proxy_the_header_is_not_believed(opened: Open, forged: str) -> None:
    client = opened(signup_limits=FEW, trusted_proxies=TrustedProxies()).test_client()
    statuses = [by_api(client, f"ada{n}@example.org", f"192.0.2.{n}").status_code for n in range(2)]
    assert [*statuses, by_api(client, "eve@example.org", forged).status_code] == [202, 202, 429]
