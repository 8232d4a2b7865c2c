"""`/api/v1/ops`: what the operator sees and decides."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from ledger import bulk
from ledger.connection import Connection
from ledger.states import State
from tests.integration.deadletters.standing import dead, many_dead, standing
from tests.integration.ledger.owed_jobs import NAME, events, row, sign_up, state

OPS = "/api/v1/ops"
NOUNS = {"retries": State.STAGED, "discards": State.DISCARDED, "cancellations": State.CANCELLED}
MAY = {
    "retries": {State.DEAD, State.UNKNOWN},
    "discards": {State.DEAD, State.UNKNOWN},
    "cancellations": {State.STAGED, State.QUEUED, State.RETRYING},
}


def audit(operator: FlaskClient, query: str = "") -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = operator.get(f"{OPS}/audit{query}").json["entries"]
    return entries


def complaints(answer: Any) -> dict[str, str]:
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    return {one["pointer"]: one["detail"] for one in answer.json["errors"]}


@pytest.mark.parametrize("before", State)
@pytest.mark.parametrize("noun", NOUNS)
def test_a_decision_is_202_where_the_state_allows_it_and_409_with_the_state_where_not(
    operator: FlaskClient,
    ledger: Connection,
    noun: str,
    before: State,
) -> None:
    job = standing(ledger, before)
    answer = operator.post(f"{OPS}/jobs/{job}/{noun}", json={})
    if before in MAY[noun]:
        repeats = noun == "retries" and before is State.UNKNOWN
        assert (answer.status_code, answer.headers["Location"]) == (202, f"/api/v1/jobs/{job}")
        assert answer.json == {"id": str(job), "state": NOUNS[noun], "effect_may_be_repeated": repeats}
        assert [(one["actor"], one["job_id"], one["count"]) for one in audit(operator)] == [("ada", str(job), 1)]
        assert state(ledger, job) is NOUNS[noun]
    else:
        assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
        assert (answer.json["status"], answer.json["state"]) == (409, before)
        assert f"is {before}" in answer.json["detail"]
        assert audit(operator) == []
        assert state(ledger, job) is before


@pytest.mark.parametrize("noun", NOUNS)
def test_a_job_that_nobody_has_is_404_and_leaves_no_entry(operator: FlaskClient, noun: str) -> None:
    assert operator.post(f"{OPS}/jobs/{uuid4()}/{noun}", json={}).status_code == 404
    assert operator.post(f"{OPS}/jobs/not-an-id/{noun}", json={}).status_code == 404
    assert audit(operator) == []


@pytest.mark.parametrize("body", [b"", b"{}"])
def test_a_decision_needs_no_body(operator: FlaskClient, ledger: Connection, body: bytes) -> None:
    path = f"{OPS}/jobs/{dead(ledger)}/retries"
    assert operator.post(path, data=body, content_type="application/json").status_code == 202


@pytest.mark.parametrize(("body", "status"), [(b'{"at": "once"}', 422), (b"[]", 422), (b"null", 422), (b"{", 400)])
def test_a_decision_ignores_no_option_that_it_does_not_know(
    operator: FlaskClient,
    ledger: Connection,
    body: bytes,
    status: int,
) -> None:
    job = dead(ledger)
    answer = operator.post(f"{OPS}/jobs/{job}/retries", data=body, content_type="application/json")
    assert answer.status_code == status
    assert state(ledger, job) is State.DEAD


def test_the_whole_history_of_one_job_is_there_with_who_decided(operator: FlaskClient, ledger: Connection) -> None:
    job = dead(ledger)
    operator.post(f"{OPS}/jobs/{job}/retries", json={})
    operator.post(f"{OPS}/jobs/{job}/cancellations", json={})
    shown = operator.get(f"/api/v1/jobs/{job}").json
    assert [line["event"] for line in shown["events"]] == ["claimed", "died", "replayed", "cancelled"]
    assert [line["code"] for line in shown["events"]] == [None, "rejected", "rejected", None]
    other = dead(ledger)
    operator.post(f"{OPS}/jobs/{other}/discards", json={})
    assert [(one["action"], one["actor"]) for one in audit(operator, f"?job={job}")] == [
        ("cancel", "ada"),
        ("retry", "ada"),
    ]


def test_jobs_are_listed_newest_first_a_page_at_a_time_and_show_nobodys_data(
    operator: FlaskClient,
    ledger: Connection,
) -> None:
    jobs = [str(dead(ledger)) for _ in range(5)]
    seen, query = [], "?state=dead&kind=&limit=2"
    while query:
        answer = operator.get(f"{OPS}/jobs{query}")
        assert answer.status_code == 200
        assert "example" not in answer.text
        assert NAME not in answer.text
        seen += [job["id"] for job in answer.json["jobs"]]
        dead(ledger)
        query = f"?state=dead&limit=2&cursor={answer.json['next']}" if answer.json["next"] else ""
    assert seen == jobs[::-1]


def test_a_listed_job_says_how_it_stands(operator: FlaskClient, ledger: Connection) -> None:
    job = dead(ledger, code="email_refused_550")
    (listed,) = operator.get(f"{OPS}/jobs").json["jobs"]
    assert listed == {
        "id": str(job),
        "kind": "newsletter.subscribe",
        "queue": "newsletter",
        "provider": "newsletter",
        "state": "dead",
        "attempt": 1,
        "crashes": 0,
        "error": {"code": "email_refused_550"},
        "provider_id": None,
        **{name: listed[name] for name in ("run_at", "created_at", "finished_at")},
    }


@pytest.mark.parametrize(
    ("query", "pointer", "words"),
    [
        ("state=failed", "#/state", ["'failed'", *State]),
        ("kind=welcome", "#/kind", ["newsletter.subscribe", "notification.welcome.email"]),
        ("queue=letters", "#/queue", ["email", "newsletter"]),
        ("before=yesterday", "#/before", ["ISO 8601"]),
        ("error=a%20b", "#/error", ["error code"]),
        ("limit=0", "#/limit", ["from 1 to 200"]),
        ("limit=many", "#/limit", []),
        ("cursor=nonsense", "#/cursor", ["not a cursor"]),
        ("states=dead", "#/states", []),
        ("state=dead&state=unknown", "#/state", ["more than once"]),
    ],
)
def test_a_word_that_is_in_no_vocabulary_is_422_with_the_vocabulary(
    operator: FlaskClient,
    query: str,
    pointer: str,
    words: list[str],
) -> None:
    found = complaints(operator.get(f"{OPS}/jobs?{query}"))
    assert list(found) == [pointer]
    assert all(word in found[pointer] for word in words)


def test_a_cursor_of_another_query_is_422(operator: FlaskClient, ledger: Connection) -> None:
    for _ in range(2):
        dead(ledger)
    cursor = operator.get(f"{OPS}/jobs?state=dead&limit=1").json["next"]
    assert "#/cursor" in complaints(operator.get(f"{OPS}/jobs?state=unknown&limit=1&cursor={cursor}"))
    assert "#/cursor" in complaints(operator.get(f"{OPS}/audit?cursor={cursor}"))


def test_a_kind_that_no_code_knows_any_more_can_be_found_and_decided_on(
    operator: FlaskClient, ledger: Connection
) -> None:
    job = dead(ledger, kind="gone.kind", queue="gone", code="kind_unknown")
    (listed,) = operator.get(f"{OPS}/jobs?kind=gone.kind&queue=gone").json["jobs"]
    assert listed["id"] == str(job)
    body = {"state": "dead", "kind": "gone.kind", "dry_run": True}
    assert operator.post(f"{OPS}/bulk-discards", json=body).json["count"] == 1


@pytest.mark.parametrize("noun", ["bulk-retries", "bulk-discards", "bulk-cancellations"])
@pytest.mark.parametrize("body", [{}, {"all": True}, {"dry_run": True}, {"rate": 5}])
def test_a_bulk_operation_without_a_filter_is_refused(operator: FlaskClient, noun: str, body: dict[str, Any]) -> None:
    assert "Say which jobs you mean" in complaints(operator.post(f"{OPS}/{noun}", json=body))["#"]


@pytest.mark.parametrize("body", [b"[]", b"null", b'"dead"', b"7"])
def test_a_bulk_operation_is_an_object(operator: FlaskClient, body: bytes) -> None:
    answer = operator.post(f"{OPS}/bulk-retries", data=body, content_type="application/json")
    assert complaints(answer) == {"#": "The body must be a JSON object."}


def test_a_misspelt_filter_is_refused_because_it_would_mean_more_jobs(
    operator: FlaskClient, ledger: Connection
) -> None:
    many_dead(ledger, 3)
    body = {"state": "dead", "queue": "newsletter", "eror": "rejected"}
    assert list(complaints(operator.post(f"{OPS}/bulk-retries", json=body))) == ["#/eror"]


def test_a_dry_run_counts_and_writes_nothing(operator: FlaskClient, ledger: Connection) -> None:
    many_dead(ledger, 7)
    answer = operator.post(f"{OPS}/bulk-retries", json={"state": "dead", "error": "rejected", "dry_run": True})
    assert (answer.status_code, answer.json) == (200, {"dry_run": True, "count": 7, "effect_may_be_repeated": False})
    assert operator.get(f"{OPS}/bulk-operations").json == {"operations": []}
    assert audit(operator) == []
    assert bulk.advance(ledger) == 0


def test_a_bulk_retry_is_202_with_the_count_an_address_and_an_entry(operator: FlaskClient, ledger: Connection) -> None:
    many_dead(ledger, 7)
    answer = operator.post(f"{OPS}/bulk-retries", json={"state": "dead", "error": "rejected"})
    assert (answer.status_code, answer.json["count"], answer.json["rate"]) == (202, 7, 100)
    assert (answer.json["moved"], answer.json["finished_at"]) == (0, None)
    (entry,) = audit(operator)
    assert {name: entry[name] for name in ("actor", "action", "filter", "count", "job_id", "bulk_id")} == {
        "actor": "ada",
        "action": "retry",
        "filter": {"state": "dead", "error": "rejected"},
        "count": 7,
        "job_id": None,
        "bulk_id": answer.json["id"],
    }
    ledger.execute("UPDATE bulk_operations SET paced_until = now() - interval '1 second'")
    assert bulk.advance(ledger) == 7
    progress = operator.get(answer.headers["Location"]).json
    assert progress["moved"] == 7
    assert progress["finished_at"] is not None
    assert operator.get(f"{OPS}/bulk-operations").json == {"operations": [progress]}


def test_a_bulk_retry_out_of_doubt_says_that_effects_may_be_repeated(operator: FlaskClient, ledger: Connection) -> None:
    standing(ledger, State.UNKNOWN)
    for more in ({}, {"dry_run": True}):
        answer = operator.post(f"{OPS}/bulk-retries", json={"state": "unknown", "all": True, **more})
        assert (answer.json["count"], answer.json["effect_may_be_repeated"]) == (1, True)
    discards = operator.post(f"{OPS}/bulk-discards", json={"state": "unknown", "all": True})
    assert discards.json["effect_may_be_repeated"] is False


def test_an_operation_that_was_called_off_is_409_the_second_time_and_in_the_audit(
    operator: FlaskClient,
    ledger: Connection,
) -> None:
    many_dead(ledger, 7)
    location = operator.post(f"{OPS}/bulk-discards", json={"state": "dead", "all": True}).headers["Location"]
    answer = operator.post(f"{location}/cancellations", json={})
    assert (answer.status_code, answer.json["cancelled_at"]) == (202, operator.get(location).json["finished_at"])
    assert operator.post(f"{location}/cancellations", json={}).status_code == 409
    assert [(one["action"], one["count"]) for one in audit(operator)] == [("stop", 7), ("discard", 7)]
    assert operator.post(f"{OPS}/bulk-operations/{uuid4()}/cancellations", json={}).status_code == 404
    assert operator.get(f"{OPS}/bulk-operations/{uuid4()}").status_code == 404


@pytest.mark.parametrize("body", [{"rate": 1}, [], "now"])
def test_whoever_calls_an_operation_off_can_say_no_more_than_that(
    operator: FlaskClient, ledger: Connection, body: object
) -> None:
    many_dead(ledger, 1)
    location = operator.post(f"{OPS}/bulk-discards", json={"state": "dead", "all": True}).headers["Location"]
    answer = operator.post(f"{location}/cancellations", json=body)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "#")
    assert operator.get(location).json["cancelled_at"] is None
    assert operator.post(f"{location}/cancellations", json={}).status_code == 202


def test_errors_are_grouped_by_why(operator: FlaskClient, ledger: Connection) -> None:
    many_dead(ledger, 3, code="down")
    standing(ledger, State.UNKNOWN)
    first, second = operator.get(f"{OPS}/errors").json["errors"]
    assert (first["state"], first["kind"], first["error"], first["count"]) == (
        "dead",
        "newsletter.subscribe",
        "down",
        3,
    )
    assert (second["state"], second["error"], second["count"]) == ("unknown", "lost_after_data", 1)
    assert first["oldest"] <= first["newest"]
    assert operator.get(f"{OPS}/errors?state=unknown").json["errors"] == [second]
    assert "#/state" in complaints(operator.get(f"{OPS}/errors?state=failed"))


def test_queues_show_their_depth_their_oldest_and_their_providers_circuit(
    operator: FlaskClient,
    ledger: Connection,
) -> None:
    for one in State:
        standing(ledger, one)
    ledger.execute("UPDATE jobs SET run_at = now() - interval '1 hour' WHERE state = 'staged'")
    ledger.execute(
        "INSERT INTO circuits (provider, state, reason, probe_at) VALUES ('newsletter', 'open', 'newsletter_down', now())",
    )
    email, newsletter = operator.get(f"{OPS}/queues").json["queues"]
    assert (email["name"], email["depth"], email["oldest_due"]) == ("email", {}, None)
    assert [(one["provider"], one["state"]) for one in email["circuits"]] == [("email", "closed")]
    assert newsletter["depth"] == dict.fromkeys(("staged", "queued", "running", "retrying", "dead", "unknown"), 1)
    assert newsletter["oldest_due"] < newsletter["circuits"][0]["changed_at"]
    assert [(one["state"], one["reason"]) for one in newsletter["circuits"]] == [("open", "newsletter_down")]
    shown = operator.get(f"{OPS}/circuits").json["circuits"]
    assert shown == [email["circuits"][0], newsletter["circuits"][0]]


def test_the_audit_is_turned_page_by_page(operator: FlaskClient, ledger: Connection) -> None:
    jobs = [str(dead(ledger)) for _ in range(5)]
    for job in jobs:
        operator.post(f"{OPS}/jobs/{job}/retries", json={})
    seen, query = [], "?limit=2"
    while query:
        page = operator.get(f"{OPS}/audit{query}").json
        seen += [one["job_id"] for one in page["entries"]]
        query = f"?limit=2&cursor={page['next']}" if page["next"] else ""
    assert seen == jobs[::-1]


def test_two_who_retry_the_same_job_get_202_and_409_and_leave_one_entry(
    operator: FlaskClient, ledger: Connection
) -> None:
    job = dead(ledger)
    answers = [operator.post(f"{OPS}/jobs/{job}/retries", json={}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 409]
    assert len(audit(operator)) == 1
    assert events(ledger, job).count("replayed") == 1


def test_a_decision_whose_entry_cannot_be_written_is_not_taken(operator: FlaskClient, ledger: Connection) -> None:
    job = dead(ledger)
    was = row(ledger, job)
    ledger.execute("ALTER TABLE audit ADD CONSTRAINT full_up CHECK (false) NOT VALID")
    try:
        assert operator.post(f"{OPS}/jobs/{job}/retries", json={}).status_code == 500
        body = {"state": "dead", "all": True}
        assert operator.post(f"{OPS}/bulk-retries", json=body).status_code == 500
    finally:
        ledger.execute("ALTER TABLE audit DROP CONSTRAINT full_up")
    assert row(ledger, job) == was
    assert operator.get(f"{OPS}/bulk-operations").json == {"operations": []}


def test_the_public_page_of_a_replayed_job_goes_on_as_if_it_were_new(
    stranger: FlaskClient,
    operator: FlaskClient,
    ledger: Connection,
) -> None:
    job = dead(ledger)
    assert operator.post(f"{OPS}/jobs/{job}/retries", json={}).status_code == 202
    shown = stranger.get(f"/api/v1/jobs/{job}").json
    assert (shown["state"], shown["error"], shown["finished_at"]) == ("staged", None, None)
    assert UUID(shown["id"]) == job
    assert {field for event in shown["events"] for field in event} == {"at", "event", "attempt"}, "and not who decided"


def test_what_is_listed_is_in_no_way_limited_to_dead_letters(operator: FlaskClient, ledger: Connection) -> None:
    ids = [str(sign_up(ledger)[0]) for _ in range(2)]
    assert [job["id"] for job in operator.get(f"{OPS}/jobs?state=staged").json["jobs"]] == ids[::-1]
