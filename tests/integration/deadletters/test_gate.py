"""The gate in front of `/api/v1/ops`: who is kept out, and that nothing is beside it."""

from base64 import b64encode

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ledger.connection import Connection
from tests.integration.deadletters.standing import dead

OPS = "/api/v1/ops"
SOME_ID = "00000000-0000-4000-8000-000000000000"
NOUNS = ("retries", "discards", "cancellations")
READS = ["jobs", "errors", "queues", "circuits", "audit", "limits", "bulk-operations", f"bulk-operations/{SOME_ID}"]
WRITES = [
    *(f"jobs/{SOME_ID}/{noun}" for noun in NOUNS),
    *("bulk-retries", "bulk-discards", "bulk-cancellations"),
    f"bulk-operations/{SOME_ID}/cancellations",
]


def test_every_address_of_the_operators_is_behind_the_gate(app: Flask) -> None:
    served = {
        (method, rule.rule.replace("<uuid:job_id>", SOME_ID).replace("<uuid:operation_id>", SOME_ID))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(OPS)
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}
    }
    assert served == {("GET", f"{OPS}/{path}") for path in READS} | {("POST", f"{OPS}/{path}") for path in WRITES}


@pytest.mark.parametrize("path", READS)
def test_nobody_looks_without_signing_in(stranger: FlaskClient, path: str) -> None:
    answer = stranger.get(f"{OPS}/{path}")
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize("login", ["", "Basic " + b64encode(b"ada:wrong").decode(), "Bearer ada"])
def test_nobody_decides_without_signing_in(stranger: FlaskClient, path: str, login: str) -> None:
    answer = stranger.post(f"{OPS}/{path}", json={}, headers={"Authorization": login} if login else {})
    assert answer.status_code == 401


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""])
def test_a_form_on_another_site_cannot_decide_in_the_operators_name(
    operator: FlaskClient, path: str, kind: str
) -> None:
    assert operator.post(f"{OPS}/{path}", data=b"{}", content_type=kind).status_code == 415


@pytest.mark.parametrize("path", WRITES)
def test_nor_can_a_script_on_another_site(operator: FlaskClient, path: str) -> None:
    answer = operator.post(f"{OPS}/{path}", json={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_a_page_of_ours_can(operator: FlaskClient, ledger: Connection, site: str) -> None:
    job = dead(ledger)
    answer = operator.post(f"{OPS}/jobs/{job}/retries", json={}, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == 202
