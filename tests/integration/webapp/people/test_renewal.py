"""A fresh link for whoever has any mail of ours: mailed to the address on file, and never shown."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from config.front_door import SignupLimits
from config.settings import WebSettings
from ledger.connection import Connection
from tests.integration.webapp.people.conftest import Holder, Stored
from tests.integration.webapp.people.old_links import made_ago

LINK = "notification.link.email"
HTML = {"Accept": "text/html"}
DOORS = ("outdated", "preferences", "unsubscribe")
THROUGH_EVERY_DOOR = pytest.mark.parametrize("door", DOORS)
SAID = "If a mail can reach the address that we know, one is on its way."


def outdated(holder: Holder, settings: WebSettings, kind: str = "preferences") -> str:
    """A link as it stands in a mail of years ago."""
    return f"/{kind}/{made_ago(timedelta(days=700), settings.secret_key.get_secret_value(), kind, holder.id.hex)}"


@pytest.fixture
def way(settings: WebSettings) -> Callable[[Holder, str], str]:
    """The link by which somebody comes."""

    def find(holder: Holder, door: str) -> str:
        links = {"preferences": holder.preferences, "unsubscribe": outdated(holder, settings, "unsubscribe")}
        return links.get(door) or outdated(holder, settings)

    return find


def owed(ledger: Connection) -> list[tuple[str, bool]]:
    """Each link that is owed: to whom, and whether it belongs to a sign-up or is muted."""
    return ledger.execute(
        "SELECT address, muted OR signup_id IS NOT NULL FROM jobs JOIN subscribers AS s ON s.id = subscriber_id WHERE kind = %s",
        (LINK,),
    ).fetchall()


# A link that is too old


def test_a_link_that_is_too_old_offers_a_new_one_and_shows_nothing_of_anybody(
    client: FlaskClient, ada: Holder, settings: WebSettings, stored: Stored
) -> None:
    before = stored()
    old = outdated(ada, settings)
    for path in (old, old + "/export", old + "/erasure"):
        answer = client.get(path, headers=HTML)
        assert answer.status_code == 410
        assert "This link is too old" in answer.text
        assert answer.text.count("<form") == 1
        assert f'<form method="post" action="{old}/renewal">' in answer.text
        assert not [word for word in ("ada", "example.org", ada.id.hex, str(ada.id)) if word in answer.text.lower()]
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Cache-Control"] == "no-store"
    assert stored() == before


def test_nothing_can_be_done_by_a_link_that_is_too_old_but_to_ask_for_a_new_one(
    client: FlaskClient, ada: Holder, settings: WebSettings, stored: Stored
) -> None:
    before = stored()
    fields = {"standing": "here", "locale": "de", "address": "eve@evil.example"}
    for rest in ("", "/address", "/departure", "/erasure"):
        assert client.post(outdated(ada, settings) + rest, data=fields).status_code == 410
    assert stored() == before


def test_programs_are_told_that_it_is_gone(client: FlaskClient, ada: Holder, settings: WebSettings) -> None:
    answer = client.get(outdated(ada, settings) + "/export", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.mimetype) == (410, "application/problem+json")


def test_one_that_was_damaged_or_made_up_says_where_a_new_one_is_really_to_be_had(
    client: FlaskClient, ada: Holder, settings: WebSettings
) -> None:
    for token in ("x", outdated(ada, settings)[:-3].rpartition("/")[2]):
        for path in (f"/preferences/{token}", f"/preferences/{token}/renewal"):
            answer = client.get(path, headers=HTML)
            assert answer.status_code == 404
            assert (
                "At the foot of every mail from us there is a link by which you can leave, and by which we"
                in answer.text
            )
            assert "<form" not in answer.text
            assert client.post(f"/preferences/{token}/renewal").status_code == 404


# Asking for a new one


@THROUGH_EVERY_DOOR
def test_one_press_owes_one_mail_to_the_address_on_file_and_the_page_says_if(
    client: FlaskClient, ada: Holder, ledger: Connection, way: Any, door: str
) -> None:
    path = way(ada, door)
    answer = client.post(path + "/renewal", data={"address": "eve@evil.example", "email": "eve@evil.example"})
    assert (answer.status_code, answer.headers["Location"]) == (303, path + "/renewal?done=asked")
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200
    assert SAID in page.text
    assert "<form" not in page.text
    assert "ada@example.org" not in page.text
    assert "Set-Cookie" not in answer.headers
    assert "Set-Cookie" not in page.headers
    assert owed(ledger) == [("ada@example.org", False)]
    facts = ledger.execute("SELECT subscriber_id, signup_id FROM facts WHERE name = 'person.link_wanted'").fetchall()
    assert facts == [(ada.id, None)]


@THROUGH_EVERY_DOOR
def test_neither_a_scanner_nor_loading_a_page_again_owes_anything(
    client: FlaskClient, ada: Holder, stored: Stored, way: Any, door: str
) -> None:
    before = stored()
    path = way(ada, door)
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"):
        for rest in ("", "/renewal", "/renewal?done=asked"):
            for _ in range(2):
                assert client.open(path + rest, method=method).status_code in {200, 405, 410}
    assert stored() == before


@THROUGH_EVERY_DOOR
def test_a_mailbox_gets_one_in_an_hour_and_the_answer_is_the_same(
    client: FlaskClient, ada: Holder, ledger: Connection, way: Any, door: str
) -> None:
    path = way(ada, door)
    answers = [client.post(path + "/renewal") for _ in range(5)]
    assert {(one.status_code, one.headers["Location"]) for one in answers} == {(303, path + "/renewal?done=asked")}
    assert len({(one.data, client.get(one.headers["Location"]).data) for one in answers}) == 1
    for other in DOORS:
        assert client.post(way(ada, other) + "/renewal").status_code == 303
    assert owed(ledger) == [("ada@example.org", False)]


@pytest.mark.parametrize("address", ["kim@example.org", "Kim+news@example.org"])
def test_the_mail_of_a_sign_up_counts_too_and_the_other_way_round(
    client: FlaskClient, ada: Holder, holder_of: Callable[..., Holder], ledger: Connection, address: str
) -> None:
    assert client.post("/api/v1/signups", json={"email": address}).status_code == 202
    kim = holder_of("kim@example.org")
    assert client.post(kim.unsubscribe + "/renewal").status_code == 303
    assert client.post(ada.unsubscribe + "/renewal").status_code == 303
    assert owed(ledger) == [("ada@example.org", False)]
    client.post(kim.preferences + "/address", data={"address": "ada@example.org"})
    asked = ledger.execute("SELECT muted FROM jobs WHERE kind = 'notification.confirm.email'").fetchall()
    assert asked == [(True,)]


def test_too_many_from_one_client_are_told_so_and_use_up_nobodys_mail(
    client: FlaskClient, ada: Holder, holder_of: Callable[..., Holder], ledger: Connection
) -> None:
    for _ in range(2 * SignupLimits().client.quota):
        answer = client.post(ada.unsubscribe + "/renewal")
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers["RateLimit"]
    assert "This was tried too often." in answer.text
    assert f'action="{ada.unsubscribe}/renewal"' in answer.text
    kim = holder_of("kim@elsewhere.example")
    assert client.post(kim.preferences + "/renewal").status_code == 429
    assert owed(ledger) == [("ada@example.org", False)]
    assert client.post(kim.preferences + "/renewal", environ_base={"REMOTE_ADDR": "192.0.2.9"}).status_code == 303
    assert ("kim@elsewhere.example", False) in owed(ledger)


# Who asks


def test_whoever_has_left_or_wants_no_mail_still_gets_at_what_we_know(
    client: FlaskClient,
    ada: Holder,
    holder_of: Callable[..., Holder],
    one_click: Callable[..., Any],
    ledger: Connection,
) -> None:
    kim = holder_of("kim@example.org")
    one_click(ada.unsubscribe)
    client.post(kim.preferences, data={"standing": "here", "newsletter": "on", "locale": "en"})
    assert (ada.now().left_at is None, kim.now().unwanted) == (False, {"email"})
    for holder in (ada, kim):
        assert client.post(holder.unsubscribe + "/renewal").status_code == 303
        assert LINK in holder.jobs(state="staged")
    assert ada.now().left_at is not None, "asking is no coming back"
    assert len(owed(ledger)) == 2


def test_leaving_calls_off_no_link_that_was_asked_for(
    client: FlaskClient, ada: Holder, one_click: Callable[..., Any]
) -> None:
    client.post(ada.unsubscribe + "/renewal")
    one_click(ada.unsubscribe)
    assert ada.jobs(state="staged") == [LINK, "newsletter.unsubscribe"]


@THROUGH_EVERY_DOOR
def test_somebody_who_is_being_erased_is_sent_nothing_any_more(
    client: FlaskClient, ada: Holder, way: Any, door: str
) -> None:
    client.post(way(ada, door) + "/renewal")
    assert LINK in ada.jobs()
    ada.desk.erase(ada.id)
    assert ada.jobs() == ["newsletter.erase"], "what was owed is called off"
    for answer in (client.get(way(ada, door) + "/renewal"), client.post(way(ada, door) + "/renewal")):
        assert answer.status_code == 410
        assert "There is nothing here any more" in answer.text
        assert "<form" not in answer.text
    assert ada.jobs() == ["newsletter.erase"]
    assert "<form" not in client.get(ada.unsubscribe).text, "nor is it offered"


@THROUGH_EVERY_DOOR
def test_where_there_is_nobody_any_more_it_is_gone(
    client: FlaskClient, forgotten: Holder, stored: Stored, way: Any, door: str
) -> None:
    before = stored()
    path = way(forgotten, door)
    for answer in (client.get(path), client.get(path + "/renewal"), client.post(path + "/renewal")):
        assert answer.status_code == 410
        assert "too old" not in answer.text
        assert "<form" not in answer.text
    assert stored() == before


def test_the_copy_of_everything_has_the_mail_and_that_it_was_asked_for(client: FlaskClient, ada: Holder) -> None:
    client.post(ada.unsubscribe + "/renewal")
    known = client.get(ada.preferences + "/export").json
    assert [job["kind"] for job in known["jobs"]].count(LINK) == 1
    assert [fact["name"] for fact in known["facts"]].count("person.link_wanted") == 1


# What is offered where


def test_it_is_offered_where_one_leaves_and_after_it_and_never_given_there(
    client: FlaskClient, ada: Holder, one_click: Callable[..., Any]
) -> None:
    pages = [client.get(ada.unsubscribe), client.post(ada.unsubscribe, data={}), one_click(ada.unsubscribe)]
    for page in (*pages, client.get(ada.unsubscribe)):
        assert f'<form method="post" action="{ada.unsubscribe}/renewal">' in page.text
        assert "/preferences/" not in page.text
        assert "ada@example.org" not in page.text
    answer = client.post(ada.unsubscribe + "/renewal")
    assert "/preferences/" not in answer.text + client.get(answer.headers["Location"]).text


def test_the_pages_are_in_the_language_of_whoever_had_the_mail_and_the_switch_outranks_it(
    client: FlaskClient, holder_of: Callable[..., Holder], settings: WebSettings
) -> None:
    kim = holder_of("kim@example.org", locale="de-AT")
    english = {"Accept-Language": "en"}
    old = outdated(kim, settings)
    for path in (old, old + "/renewal", kim.unsubscribe + "/renewal"):
        for query in ({}, {"done": "asked"}):
            theirs = client.get(path, headers=english, query_string=query).text
            chosen = client.get(path, headers=english, query_string={**query, "locale": "en"}).text
            assert ('<html lang="de"' in theirs, '<html lang="en"' in chosen) == (True, True)
    page = client.get(old, headers=english).text
    assert f'action="{old}/renewal?locale=de"' in page
    answer = client.post(old + "/renewal?locale=de", headers=english)
    assert answer.headers["Location"] == old + "/renewal?done=asked&locale=de"
