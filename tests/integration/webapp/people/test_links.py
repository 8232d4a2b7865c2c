"""Personal links: each for one thing, for its time, and for nobody else. What holds for all of those pages."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from itsdangerous import URLSafeTimedSerializer

from config.settings import WebSettings
from tests.integration.webapp.people.conftest import Holder, Stored
from tests.integration.webapp.people.old_links import made_ago

KINDS = ("confirmations", "unsubscribe", "preferences")
UNDER_PREFERENCES = ("", "/erasure", "/export", "/address", "/departure", "/renewal")
UNDER = {"preferences": UNDER_PREFERENCES, "unsubscribe": ("", "/renewal"), "confirmations": ("",)}
PAIR = {"List-Unsubscribe": "One-Click"}
HTML = {"Accept": "text/html"}


def token_in(path: str) -> str:
    return path.rpartition("/")[2]


def every_path(kind: str, token: str) -> list[str]:
    return [f"/{kind}/{token}{rest}" for rest in UNDER[kind]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_for_one_thing_is_good_for_no_other(
    client: FlaskClient, ada: Holder, stored: Stored, kind: str
) -> None:
    before = stored()
    for other in {ada.confirm, ada.unsubscribe, ada.preferences}:
        if other.startswith(f"/{kind}/"):
            continue
        for path in every_path(kind, token_in(other)):
            assert client.get(path).status_code in {404, 303}
            assert client.post(path, data={**PAIR, "address": "a@b.example"}).status_code == (
                405 if path.endswith("/export") else 404
            )
    assert stored() == before


def test_an_unsubscribe_link_that_was_passed_on_with_its_mail_opens_no_preferences(
    client: FlaskClient, ada: Holder
) -> None:
    answer = client.get(f"/preferences/{token_in(ada.unsubscribe)}/export", headers=HTML)
    assert answer.status_code == 404
    assert "ada@" not in answer.text


@pytest.mark.parametrize("kind", KINDS)
def test_a_link_that_was_made_up_is_answered_like_one_to_nobody(client: FlaskClient, ada: Holder, kind: str) -> None:
    good = token_in(
        {"confirmations": ada.confirm, "unsubscribe": ada.unsubscribe, "preferences": ada.preferences}[kind]
    )
    middle = len(good) - 10
    tampered = good[:middle] + ("A" if good[middle] != "A" else "B") + good[middle + 1 :]
    anothers_key = URLSafeTimedSerializer("another key altogether", salt=f"usher {kind}").dumps(ada.id.hex)
    cut, longer, empty = good[:-5], good + "AAAA", "."
    made_up = [tampered, anothers_key, cut, longer, empty, ada.id.hex, str(ada.signup_id), "null"]
    for path in every_path(kind, "{}"):
        if path.endswith(("/address", "/departure")):
            continue
        answers = [client.get(path.format(token), headers=HTML) for token in made_up]
        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.text for answer in answers}) == 1, "nothing tells one from another"


@pytest.mark.parametrize(
    ("kind", "age", "code"),
    [
        ("confirmations", timedelta(days=6.9), 200),
        ("confirmations", timedelta(days=7.1), 404),
        ("preferences", timedelta(days=89.9), 200),
        ("preferences", timedelta(days=90.1), 410),
        ("unsubscribe", timedelta(days=3650), 200),
    ],
)
def test_links_are_good_for_their_time(
    client: FlaskClient, ada: Holder, settings: WebSettings, kind: str, age: timedelta, code: int
) -> None:
    content = (ada.signup_id if kind == "confirmations" else ada.id).hex
    path = f"/{kind}/{made_ago(age, settings.secret_key.get_secret_value(), kind, content)}"
    answer = client.get(path, headers=HTML)
    assert answer.status_code == code
    if code != 200:
        assert client.post(path).status_code == code
        assert ("This link is too old" if kind == "preferences" else "This link does not work") in answer.text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("content", ["6f1f4c4e5a594d1e9a6e111111111111", "", "nobody", ["a"], {"a": 1}, 7, None])
def test_even_a_signed_token_for_nobody_is_no_fault_of_ours(
    client: FlaskClient, ada: Holder, settings: WebSettings, kind: str, content: object
) -> None:
    assert ada.id
    token = made_ago(timedelta(0), settings.secret_key.get_secret_value(), kind, content)
    for path in every_path(kind, token):
        assert client.get(path).status_code in {404, 410, 303}
        assert client.post(path, data={**PAIR, "address": "a@b.example"}).status_code in {404, 405, 410}


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(KINDS),
    token=st.text(st.characters(exclude_characters="/?#\\", exclude_categories=["Cs"]), min_size=1, max_size=80),
)
def test_no_token_whatever_is_a_fault_of_ours(client: FlaskClient, kind: str, token: str) -> None:
    for method in ("GET", "POST"):
        assert client.open(f"/{kind}/{token}", method=method, data=PAIR).status_code in {303, 308, 404, 405}


def test_getting_everything_changes_nothing_and_sets_no_cookie(
    client: FlaskClient, ada: Holder, stored: Stored
) -> None:
    before = stored()
    own = {"confirmations": ada.confirm, "unsubscribe": ada.unsubscribe, "preferences": ada.preferences}
    paths = [own[kind] + rest for kind, all_of_it in UNDER.items() for rest in all_of_it]
    for path in paths:
        for method in ("GET", "HEAD", "OPTIONS"):
            answer = client.open(path, method=method, query_string={"done": "left", "List-Unsubscribe": "One-Click"})
            assert answer.status_code in {200, 303}
            assert "Set-Cookie" not in answer.headers
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            if method != "OPTIONS":
                assert answer.headers["X-Robots-Tag"] == "noindex"
    assert stored() == before


ELSEWHERE = [
    {"Origin": "https://evil.example"},
    {"Origin": "https://localhost.evil.example"},
    {"Origin": "http://localhost:8001"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"},
]
HERE = [
    {},
    {"Origin": "null"},  # our own Referrer-Policy makes browsers say so
    {"Origin": "http://localhost:8000"},
    {"Origin": "http://localhost"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Sec-Fetch-Site": "none"},
]


@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
def test_forms_of_other_sites_are_refused_even_with_a_good_link(
    client: FlaskClient, ada: Holder, stored: Stored, headers: dict[str, str]
) -> None:
    before = stored()
    under_preferences = [ada.preferences + rest for rest in ("", "/erasure", "/address", "/departure", "/renewal")]
    for path in (ada.confirm, ada.unsubscribe + "/renewal", *under_preferences):
        answer = client.post(path, headers=headers, data={"address": "a@b.example", "standing": "here", "locale": "en"})
        assert answer.status_code == 403
    assert stored() == before


@pytest.mark.parametrize("headers", HERE, ids=str)
def test_our_own_forms_are_taken_whatever_the_browser_says_of_itself(
    client: FlaskClient, ada: Holder, headers: dict[str, str]
) -> None:
    assert client.post(ada.preferences + "/departure", headers=headers).status_code == 303
    assert ada.now().left_at is not None


def test_no_redirect_leads_to_another_site(client: FlaskClient, ada: Holder) -> None:
    evil = {
        "next": "//evil.example",
        "locale": "//evil.example",
        "done": "//evil.example",
        "url": "https://evil.example",
    }
    sent = [
        client.post(ada.confirm, query_string=evil, data=evil),
        client.post(ada.preferences, query_string=evil, data={**evil, "standing": "here", "locale": "en"}),
        client.post(ada.preferences + "/address", query_string=evil, data={**evil, "address": "a@b.example"}),
        client.get(ada.preferences + "/address", query_string=evil),
        client.post(ada.preferences + "/departure", query_string=evil, data=evil),
        client.post(ada.preferences + "/renewal", query_string=evil, data=evil),
        client.post(ada.unsubscribe + "/renewal", query_string=evil, data=evil),
        client.post(ada.preferences + "/erasure", query_string=evil, data=evil),
        client.post(ada.preferences + "/departure", headers={"Host": "evil.example", "Sec-Fetch-Site": "same-origin"}),
    ]
    for answer in sent[:-1]:
        assert answer.status_code == 303
    for answer in sent:
        assert answer.headers.get("Location", "/").startswith(
            ("/confirmations/", "/preferences/", "/unsubscribe/", "/")
        )
        assert "evil.example" not in answer.headers.get("Location", "")


def test_programs_get_a_problem_instead_of_a_page(client: FlaskClient) -> None:
    for path in (
        "/confirmations/x",
        "/unsubscribe/x",
        "/preferences/x",
        "/preferences/x/export",
        "/unsubscribe/x/renewal",
    ):
        answer = client.get(path, headers={"Accept": "application/json"})
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_a_name_is_text_wherever_it_stands(client: FlaskClient, holder_of: Callable[..., Holder]) -> None:
    holder = holder_of("kim@example.org", name="Kim & 'Co' \"{{ 7*7 }}\"")
    page = client.get(holder.preferences).text
    assert "Kim &amp; &#39;Co&#39; &#34;{{ 7*7 }}&#34;" in page
