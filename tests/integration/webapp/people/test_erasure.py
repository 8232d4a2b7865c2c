"""The copy of everything, and the end of everything."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from ledger.connection import Connection
from tests.integration.ledger.person import everywhere
from tests.integration.webapp.people.conftest import Holder, Stored
from tests.integration.webapp.stand_in_worker import DIED, DONE, NEWSLETTER, RETRIED, WELCOME, StandInWorker

CLIENT = "192.0.2.1"


def export_of(client: FlaskClient, holder: Holder) -> dict[str, Any]:
    answer = client.get(holder.preferences + "/export")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json
    return found


# Export


def test_the_export_is_a_file_that_nobody_keeps(client: FlaskClient, ada: Holder) -> None:
    answer = client.get(ada.preferences + "/export")
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="what-we-know-about-you.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in answer.headers


def test_the_export_has_everything_the_ledger_has_about_the_person(
    client: FlaskClient, ada: Holder, worker: StandInWorker, stored: Stored
) -> None:
    worker.carry_out(NEWSLETTER, DIED)
    worker.carry_out(WELCOME, DONE)
    text = json.dumps(export_of(client, ada))
    for expected in (
        "ada@example.org",
        "Ada",
        str(ada.signup_id),
        CLIENT,
        "address_rejected",
        "the words beside the button",
    ):
        assert expected in text
    for table in ("signups", "jobs", "facts", "job_events", "effects"):
        part = "events" if table == "job_events" else table
        assert len(export_of(client, ada)[part]) == len(stored()[table]), table


def test_the_export_has_nothing_of_anybody_else(
    client: FlaskClient, ada: Holder, holder_of: Callable[..., Holder], worker: StandInWorker
) -> None:
    bob = holder_of("bob@elsewhere.example", name="Bob the Builder")
    worker.carry_out(NEWSLETTER, DONE)
    ours, theirs = json.dumps(export_of(client, ada)), json.dumps(export_of(client, bob))
    for mine, other, holder in ((ours, theirs, ada), (theirs, ours, bob)):
        assert str(holder.signup_id) in mine
        assert str(holder.signup_id) not in other
        assert str(holder.id) not in other
    assert "elsewhere" not in ours
    assert "Bob the Builder" not in ours


# Erasure


def test_the_page_says_what_happens_and_changes_nothing(client: FlaskClient, ada: Holder, stored: Stored) -> None:
    before = stored()
    page = client.get(ada.preferences + "/erasure").text
    assert "ada@example.org" in page
    assert "It cannot be turned back into the address." in page
    assert "cannot be undone" in page
    assert stored() == before


def test_erasing_is_under_way_at_once_and_the_links_are_dead(client: FlaskClient, ada: Holder) -> None:
    answer = client.post(ada.preferences + "/erasure")
    assert (answer.status_code, answer.headers["Location"]) == (303, ada.preferences + "/erasure")
    assert "We are erasing everything" in client.get(answer.headers["Location"]).text
    for path in ("", "/export"):
        assert client.get(ada.preferences + path).status_code == 410
    for path in ("", "/address", "/departure"):
        assert client.post(ada.preferences + path, data={"address": "a@example.org"}).status_code == 410
    assert client.post(ada.preferences + "/erasure").status_code == 303, "asked twice"
    assert ada.jobs() == ["newsletter.erase"]


def test_the_page_that_says_so_is_in_the_language_that_was_just_forgotten(
    client: FlaskClient, holder_of: Callable[..., Holder]
) -> None:
    kim = holder_of("kim@example.org", locale="de-AT")
    answer = client.post(kim.preferences + "/erasure", headers={"Accept-Language": "en"})
    assert kim.now().locale is None
    assert '<html lang="de"' in client.get(answer.headers["Location"], headers={"Accept-Language": "en"}).text


@pytest.mark.parametrize("move", [DONE, DIED, RETRIED], ids=lambda move: move.event)
def test_after_it_nothing_of_the_person_is_anywhere_but_in_what_tells_the_provider(
    client: FlaskClient, ada: Holder, worker: StandInWorker, ledger: Connection, move: Any
) -> None:
    worker.carry_out(NEWSLETTER, move)
    worker.carry_out(WELCOME, DONE)
    client.post(ada.preferences + "/erasure")
    assert list(everywhere(ledger, "ada@example.org")) == ["jobs"]
    assert everywhere(ledger, "Ada") == everywhere(ledger, CLIENT) == everywhere(ledger, "address_rejected") == {}


def test_when_the_provider_has_forgotten_them_only_the_fingerprint_is_left(
    client: FlaskClient, forgotten: Holder, ledger: Connection
) -> None:
    assert everywhere(ledger, "ada@example.org") == everywhere(ledger, str(forgotten.id)) == {}
    assert everywhere(ledger, str(forgotten.signup_id)) == {}
    assert list(everywhere(ledger, forgotten.desk.digest("ada@example.org").hex())) == ["suppressions"]
    assert forgotten.desk.digest("ada@example.org") != forgotten.desk.digest("bob@example.org")
    for path in ("", "/erasure", "/export"):
        answer = client.get(forgotten.preferences + path)
        assert answer.status_code == 410
        assert "There is nothing here any more" in answer.text
    assert client.post(forgotten.preferences + "/erasure").status_code == 410
    assert client.get(f"/signups/{forgotten.signup_id}").status_code == 404


def test_nobody_else_is_touched(
    client: FlaskClient, ada: Holder, holder_of: Callable[..., Holder], stored: Stored
) -> None:
    bob = holder_of("bob@elsewhere.example", name="Bob")
    before = {table: [row for row in rows if str(bob.id) in row] for table, rows in stored().items()}
    client.post(ada.preferences + "/erasure")
    after = {table: [row for row in rows if str(bob.id) in row] for table, rows in stored().items()}
    assert after == before
    assert client.get(bob.preferences).status_code == 200


def test_somebody_who_was_erased_and_is_signed_up_again_is_only_asked(
    client: FlaskClient, forgotten: Holder, holder_of: Callable[..., Holder]
) -> None:
    again = holder_of("ada@example.org")
    assert again.id != forgotten.id
    assert again.now().left_at is not None
    assert "notification.confirm.email" in again.jobs()
    shown = client.get(f"/api/v1/signups/{again.signup_id}").json
    assert [job["kind"] for job in shown["jobs"]] == ["newsletter.subscribe", "notification.welcome.email"]
