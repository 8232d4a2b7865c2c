"""What somebody wants, by a link of their own."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.front_door import SignupLimits
from ledger.connection import Connection
from tests.integration.webapp.people.conftest import Holder, Stored
from webapp.pages.preferences import CONSENT, NEW_ADDRESS

ALL = {"standing": "here", "newsletter": "on", "email": "on", "locale": "en"}


def save(client: FlaskClient, holder: Holder, **fields: str) -> Any:
    return client.post(holder.preferences, data=fields)


def ticked(page: str) -> list[str]:
    return re.findall(r'type="checkbox" name="(\w+)" checked', page)


def test_the_page_shows_what_we_know_and_how_it_is_set(client: FlaskClient, ada: Holder) -> None:
    answer = client.get(ada.preferences)
    assert answer.status_code == 200
    assert "<dd>ada@example.org</dd>" in answer.text
    assert "<dd>Ada</dd>" in answer.text
    assert ticked(answer.text) == ["newsletter", "email"]
    assert re.search(r'<option value="en" lang="en" selected>', answer.text)


def test_saving_what_stands_already_owes_nothing(client: FlaskClient, ada: Holder) -> None:
    before = ada.jobs()
    answer = save(client, ada, **ALL)
    assert (answer.status_code, answer.headers["Location"]) == (303, ada.preferences + "?done=saved")
    assert ada.jobs() == before
    assert "Saved." in client.get(answer.headers["Location"]).text


def test_turning_the_newsletter_off_tells_the_provider_once_and_keeps_the_mails(
    client: FlaskClient, ada: Holder
) -> None:
    for _ in range(2):
        save(client, ada, standing="here", email="on", locale="en")
    assert ada.now().unwanted == {"newsletter"}
    assert ada.now().left_at is None
    assert ada.jobs(state="staged") == ["notification.welcome.email", "newsletter.unsubscribe"]
    assert ticked(client.get(ada.preferences).text) == ["email"]


def test_turning_it_on_again_is_a_fresh_consent_that_is_owed_with_its_proof_and_recorded(
    client: FlaskClient, ada: Holder, ledger: Connection
) -> None:
    save(client, ada, standing="here", email="on", locale="en")
    save(client, ada, **ALL)
    assert ada.jobs(state="staged")[-1] == "newsletter.subscribe"
    last = ledger.execute("SELECT payload FROM jobs WHERE kind = 'newsletter.subscribe' ORDER BY seq DESC LIMIT 1")
    assert last.fetchone() == ({"proven": True},)
    consent = ledger.execute("SELECT shown, host(client) FROM signups WHERE door = 'preferences'").fetchall()
    assert consent == [(CONSENT, "127.0.0.1")]
    assert CONSENT in client.get(ada.preferences).text


def test_leaving_altogether_is_one_press_and_twice_is_once(client: FlaskClient, ada: Holder) -> None:
    for _ in range(2):
        answer = client.post(ada.preferences + "/departure")
        assert (answer.status_code, answer.headers["Location"]) == (303, ada.preferences + "?done=left")
    page = client.get(answer.headers["Location"]).text
    assert "You have left. We write to you no more." in page
    assert ticked(page) == []
    assert "Leave altogether" not in page
    assert ada.jobs(state="staged") == ["newsletter.unsubscribe"]


def test_somebody_who_has_left_can_come_back(client: FlaskClient, ada: Holder) -> None:
    client.post(ada.preferences + "/departure")
    assert save(client, ada, **{**ALL, "standing": "left"}).status_code == 303
    assert ada.now().left_at is None
    assert ada.now().unwanted == frozenset()
    assert ada.jobs(state="staged") == ["newsletter.unsubscribe", "newsletter.subscribe"]


def test_a_page_that_was_open_while_they_left_elsewhere_does_not_bring_them_back(
    client: FlaskClient, ada: Holder, one_click: Callable[..., Any], stored: Stored
) -> None:
    one_click(ada.unsubscribe)
    before = stored()
    answer = save(client, ada, **{**ALL, "locale": "de"})
    assert answer.status_code == 409
    assert "since this page was opened" in answer.text
    assert ticked(answer.text) == []
    assert 'value="left"' in answer.text
    assert stored() == before


def test_changing_the_language_changes_the_page_and_nothing_else(client: FlaskClient, ada: Holder) -> None:
    before = ada.jobs()
    answer = save(client, ada, **{**ALL, "locale": "de"})
    page = client.get(answer.headers["Location"])
    assert '<html lang="de"' in page.text
    assert page.headers["Content-Language"] == "de"
    assert ada.now().locale == "de"
    assert ada.jobs() == before


def test_the_language_that_is_saved_is_the_one_in_the_box_whatever_the_page_was_in(
    client: FlaskClient, ada: Holder, holder_of: Callable[..., Holder]
) -> None:
    """The switch at the foot is for the page, the box is for the person."""
    page = client.get(ada.preferences + "?locale=de").text
    assert '<html lang="de"' in page
    assert '<option value="en" lang="en" selected>' in page
    answer = client.post(ada.preferences + "?locale=de", data=ALL)
    assert ada.now().locale == "en"
    assert '<html lang="en"' in client.get(answer.headers["Location"]).text
    nobodys = holder_of("kim@example.org")
    assert '<option value="de" lang="de" selected>' in client.get(nobodys.preferences + "?locale=de").text
    save(client, nobodys, **{**ALL, "locale": "de"})
    assert nobodys.now().locale == "de"


def test_a_locale_that_we_know_only_in_part_is_kept_where_it_was_not_changed(
    client: FlaskClient, holder_of: Callable[..., Holder]
) -> None:
    holder = holder_of("kim@example.org", locale="de-AT")
    assert re.search(r'<option value="de" lang="de" selected>', client.get(holder.preferences).text)
    save(client, holder, **{**ALL, "locale": "de"})
    assert holder.now().locale == "de-AT"
    save(client, holder, **ALL)
    assert holder.now().locale == "en"


def test_the_page_is_in_the_persons_language_else_the_browsers_and_the_switch_outranks_both(
    client: FlaskClient, ada: Holder, holder_of: Callable[..., Holder]
) -> None:
    nobodys = holder_of("kim@example.org")
    german = {"Accept-Language": "de"}
    assert '<html lang="en"' in client.get(ada.preferences, headers=german).text
    assert '<html lang="de"' in client.get(nobodys.preferences, headers=german).text
    assert '<html lang="de"' in client.get(ada.preferences + "?locale=de").text
    answer = client.post(ada.preferences + "/departure?locale=de")
    assert '<html lang="de"' in client.get(answer.headers["Location"]).text


@pytest.mark.parametrize("fields", [{}, {"newsletter": "on"}, {"standing": "here", "locale": "xx"}, {"locale": "de"}])
def test_a_body_that_is_not_the_whole_form_changes_nothing(
    client: FlaskClient, ada: Holder, stored: Stored, fields: dict[str, str]
) -> None:
    before = stored()
    answer = save(client, ada, **fields)
    assert answer.status_code in {409, 422}
    assert 'role="alert"' in answer.text
    assert stored() == before


def test_only_what_was_really_done_is_said_to_be_done(client: FlaskClient, ada: Holder) -> None:
    for done in ("", "left", "nonsense", "incomplete", "too_often", "https://elsewhere.example", "<script>"):
        page = client.get(ada.preferences, query_string={"done": done}).text
        assert 'class="notice' not in page
        assert "elsewhere" not in page.replace("elsewhere.example&amp;locale", "").replace(
            "elsewhere.example&locale", ""
        )
        assert "<script>" not in page


# Another address


def test_a_new_address_is_asked_by_mail_and_nothing_changes_before(
    client: FlaskClient, ada: Holder, ledger: Connection
) -> None:
    before = ada.jobs()
    answer = client.post(ada.preferences + "/address", data={"address": "Ada@New.example"})
    assert (answer.status_code, answer.headers["Location"]) == (303, ada.preferences + "?done=asked")
    assert ada.now().address == "ada@example.org"
    assert ada.jobs() == before
    owed = ledger.execute(
        "SELECT kind, hidden, muted FROM jobs JOIN subscribers AS s ON s.id = subscriber_id WHERE address = 'ada@new.example'"
    ).fetchall()
    assert owed == [("notification.confirm.email", True, False)]
    row = ledger.execute(
        "SELECT door, shown, host(client), replaces FROM signups WHERE door = 'preferences'"
    ).fetchone()
    assert row == ("preferences", NEW_ADDRESS, "127.0.0.1", ada.id)


def test_a_name_comes_along_once_the_new_address_has_said_yes_and_never_before(
    client: FlaskClient, ada: Holder, ledger: Connection
) -> None:
    client.post(ada.preferences + "/address", data={"address": "ada@new.example"})
    signup_id, new = ledger.execute("SELECT id, subscriber_id FROM signups WHERE replaces IS NOT NULL").fetchone()
    theirs = Holder(ada.desk, new, signup_id)
    assert theirs.now().name is None
    client.post(theirs.confirm)
    assert theirs.now().name == "Ada"


def test_whoever_is_erased_leaves_no_name_at_an_address_that_never_said_yes(
    client: FlaskClient, holder_of: Callable[..., Holder], stored: Stored
) -> None:
    grace = holder_of("grace@example.org", name="Grace Brewster Hopper")
    client.post(grace.preferences + "/address", data={"address": "somebody@new.example"})
    assert "Brewster" in str(stored())
    grace.desk.erase(grace.id)
    assert "Brewster" not in str(stored())


def test_when_the_new_address_says_yes_the_old_one_leaves(client: FlaskClient, ada: Holder, ledger: Connection) -> None:
    client.post(ada.preferences + "/address", data={"address": "ada@new.example"})
    signup_id, new = ledger.execute("SELECT id, subscriber_id FROM signups WHERE replaces IS NOT NULL").fetchone()
    theirs = Holder(ada.desk, new, signup_id)
    assert client.post(theirs.confirm).status_code == 303
    assert ada.now().left_at is not None
    assert ada.jobs(state="staged") == ["newsletter.unsubscribe"]
    assert theirs.now().left_at is None
    assert theirs.now().confirmed_at is not None
    assert theirs.jobs()[-2:] == ["newsletter.subscribe", "notification.welcome.email"]


def test_the_answer_is_the_same_whether_the_address_is_known_unknown_left_or_erased(
    client: FlaskClient, ada: Holder, holder_of: Callable[..., Holder]
) -> None:
    known, left, erased = (holder_of(f"{name}@known.example") for name in ("known", "left", "erased"))
    left.desk.leave(left.id)
    erased.desk.erase(erased.id)
    assert known.now().left_at is None
    answers = [
        client.post(ada.preferences + "/address", data={"address": f"{name}@known.example"})
        for name in ("unknown", "known", "left", "erased", "known")
    ]
    assert len({(one.status_code, one.headers["Location"], one.data) for one in answers}) == 1
    assert len({client.get(one.headers["Location"]).text for one in answers}) == 1


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ("", "Please enter your email address."),
        ("ada@new", "is missing its ending"),
        ("ada@example.org", "This is the address we have already."),
        ("ADA@Example.org", "This is the address we have already."),
        ("a@b.example\r\nBcc: eve@evil.example", "email address"),
        ("a@b.example,eve@evil.example", "only one @-sign"),
        ("x" * 5_000 + "@b.example", "too long"),
    ],
)
def test_a_mistake_is_told_beside_the_field_and_what_was_typed_is_kept(
    client: FlaskClient, ada: Holder, stored: Stored, typed: str, complaint: str
) -> None:
    before = stored()
    answer = client.post(ada.preferences + "/address", data={"address": typed})
    assert answer.status_code == 422
    assert complaint in answer.text
    assert 'aria-invalid="true" aria-describedby="address-error address-hint"' in answer.text
    assert f'value="{typed[:50].partition(chr(13))[0]}' in answer.text
    assert stored() == before


def test_somebody_with_a_link_cannot_fill_a_strangers_mailbox(
    client: FlaskClient, ada: Holder, ledger: Connection
) -> None:
    answers = [client.post(ada.preferences + "/address", data={"address": "eve@victim.example"}) for _ in range(5)]
    assert {one.headers["Location"] for one in answers} == {ada.preferences + "?done=asked"}
    muted = ledger.execute(
        "SELECT muted FROM jobs JOIN subscribers AS s ON s.id = subscriber_id WHERE address = 'eve@victim.example' ORDER BY seq"
    ).fetchall()
    assert muted == [(False,)] + [(True,)] * 4


def test_too_many_from_one_client_are_told_so_with_what_was_typed(client: FlaskClient, ada: Holder) -> None:
    for number in range(2 * SignupLimits().client.quota):
        answer = client.post(ada.preferences + "/address", data={"address": f"n{number}@b{number}.example"})
        if answer.status_code == 429:
            break
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.headers.getlist("Content-Type") == ["text/html; charset=utf-8"]
    assert "This was tried too often." in answer.text
    assert f'value="n{number}@b{number}.example"' in answer.text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(address=st.text(max_size=80) | st.emails(), standing=st.text(max_size=10), locale=st.text(max_size=10))
def test_no_field_whatever_is_a_fault_of_ours_or_a_header(
    client: FlaskClient, ada: Holder, address: str, standing: str, locale: str
) -> None:
    answers = [
        client.post(ada.preferences + "/address", data={"address": address}),
        save(client, ada, standing=standing, locale=locale, newsletter="on", email="on"),
    ]
    for answer in answers:
        assert answer.status_code in {303, 409, 422, 429}
        assert "\n" not in str(answer.headers.get("Location", ""))
        assert "Set-Cookie" not in answer.headers


def test_loading_the_answer_to_a_form_again_leads_back(client: FlaskClient, ada: Holder, stored: Stored) -> None:
    before = stored()
    for path in ("/address", "/departure"):
        answer = client.get(ada.preferences + path + "?locale=de")
        assert answer.headers["Location"] == ada.preferences + "?locale=de"
    assert stored() == before
