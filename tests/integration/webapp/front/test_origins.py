"""Which pages of other sites may use the API: the configured ones, and only the part of it that is for them."""

import pytest
from flask.testing import FlaskClient

from tests.integration.webapp.front.conftest import URL, Open, by_api

SITE = "https://www.example.org"
STRANGER = "https://evil.example"
ASKING = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}


@pytest.fixture
def client(opened: Open) -> FlaskClient:
    return opened(allowed_origins=(SITE,), signup_challenge=True).test_client()


def cors(answer: object) -> list[str]:
    return sorted(name for name, _ in answer.headers if name.startswith("Access-Control"))  # type: ignore[attr-defined]


@pytest.mark.parametrize("path", [URL, f"{URL}/1", f"{URL}/1/events", "/api/v1/jobs/1", "/api/v1/challenges"])
def test_a_preflight_of_an_allowed_site_is_granted(client: FlaskClient, path: str) -> None:
    answer = client.options(path, headers={"Origin": SITE, **ASKING})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    sent = answer.headers["Access-Control-Allow-Headers"].lower()
    assert all(name in sent for name in ("content-type", "idempotency-key", "prefer"))
    assert "authorization" not in sent
    assert answer.headers["Vary"] == "Origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_allowed_site_may_read_the_answer_and_its_headers_without_credentials(client: FlaskClient) -> None:
    answer = client.get("/api/v1/challenges", headers={"Origin": SITE})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == SITE
    exposed = answer.headers["Access-Control-Expose-Headers"]
    wanted = (
        "Location",
        "Retry-After",
        "ETag",
        "RateLimit",
        "RateLimit-Policy",
        "Idempotent-Replayed",
        "Preference-Applied",
    )
    assert exposed.split(", ") == list(wanted)
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Origin" in answer.headers["Vary"]


def test_so_may_it_read_what_went_wrong(client: FlaskClient) -> None:
    answer = client.post(URL, json={"email": "no address"}, headers={"Origin": SITE})
    assert answer.status_code == 422
    assert answer.headers["Access-Control-Allow-Origin"] == SITE


@pytest.mark.parametrize(
    "origin", [STRANGER, "null", "https://www.example.org:444", "http://www.example.org", f"{SITE}.evil.example", ""]
)
def test_any_other_origin_is_told_nothing(client: FlaskClient, origin: str) -> None:
    for answer in (
        client.options(URL, headers={"Origin": origin, **ASKING}),
        client.get("/api/v1/challenges", headers={"Origin": origin}),
    ):
        assert cors(answer) == []
        assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize("path", ["/api/v1/ops/queues", "/api/v1/ops/limits", "/", "/livez", "/api/v1/signupsx"])
def test_nothing_else_is_open_to_any_site(client: FlaskClient, path: str) -> None:
    for answer in (
        client.options(path, headers={"Origin": SITE, **ASKING}),
        client.get(path, headers={"Origin": SITE}),
    ):
        assert cors(answer) == []


def test_what_has_no_origin_is_answered_as_ever(client: FlaskClient) -> None:
    answer = client.get("/api/v1/challenges")
    assert (answer.status_code, cors(answer)) == (200, [])


def test_a_program_that_names_a_strange_origin_is_taken_as_the_program_it_is(opened: Open) -> None:
    client = opened(allowed_origins=(SITE,)).test_client()
    answer = client.post(URL, json={"email": "ada@example.org"}, headers={"Origin": STRANGER})
    assert (answer.status_code, cors(answer)) == (202, [])


def test_without_a_list_nobody_is_allowed(opened: Open) -> None:
    client = opened().test_client()
    answer = client.options(URL, headers={"Origin": SITE, **ASKING})
    assert cors(answer) == []
    assert by_api(client, "ada@example.org").status_code == 202
