"""The pages behind personal links in a real browser: confirming, leaving, preferences, erasure."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from jobs.links import Links
from ledger.connection import Connection
from tests.browser.conftest import NARROW, WIDE
from tests.browser.look import faint_texts, overflow
from tests.browser.people_pages import PAGES, Person, show_dead_link, show_erased
from tests.integration.ledger.person import Someone
from tests.integration.webapp.people.old_links import made_ago
from tests.integration.webapp.web_process import WebProcess, running

Open = Callable[..., Page]
SECRET_KEY = "a key that these tests sign links with"
ADA = Someone("ada@example.org")
LONG = Someone("a" * 60 + "@" + "b" * 60 + ".example")
WITH_AND_WITHOUT_SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


@pytest.fixture(scope="module")
def web(browser: Browser, module_database_url: str) -> Iterator[WebProcess]:
    """As in conftest.py, but that its key is known here."""
    assert browser.is_connected()
    with running(module_database_url, SECRET_KEY=SECRET_KEY) as process:
        yield process


@pytest.fixture
def ledger(module_database_url: str) -> Iterator[Connection]:
    """A session on a ledger in which nobody is left from other tests."""
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        connection.execute("TRUNCATE subscribers, facts, suppressions, limits CASCADE")
        yield connection


@pytest.fixture
def person_of(web: WebProcess, ledger: Connection) -> Callable[[Someone], Person]:
    links = Links(web.url, SECRET_KEY)

    def sign_up(one: Someone) -> Person:
        signup = one.sign_up(ledger, asks=True)
        known = one.now(ledger).id
        return Person(
            ledger,
            links.confirm(signup.id),
            links.unsubscribe(known),
            links.preferences(known),
            f"{web.url}/preferences/{made_ago(timedelta(days=700), SECRET_KEY, 'preferences', known.hex)}",
            known,
        )

    return sign_up


@pytest.fixture
def ada(person_of: Callable[[Someone], Person]) -> Person:
    return person_of(ADA)


EVERY_PAGE = pytest.mark.parametrize("show", PAGES, ids=lambda show: show.__name__.removeprefix("show_"))


@EVERY_PAGE
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_every_text_can_be_read(
    open_page: Open, ada: Person, show: Callable[[Page, Person], None], scheme: str
) -> None:
    page = open_page(scheme=scheme)
    show(page, ada)
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
    assert faint_texts(page) == []


@EVERY_PAGE
@pytest.mark.parametrize("width", [NARROW, WIDE // 2, WIDE])
def test_nothing_is_wider_than_the_window_even_in_german_with_a_long_address(
    open_page: Open, person_of: Callable[[Someone], Person], show: Callable[[Page, Person], None], width: int
) -> None:
    one = person_of(LONG)
    one.ledger.execute("UPDATE subscribers SET name = %s, locale = 'de'", ("Wolfeschlegelsteinhausenbergerdorff" * 3,))
    page = open_page(width=width)
    show(page, one)
    assert overflow(page) == 0
    expect(page.locator("html")).to_have_attribute("lang", "en" if show in {show_dead_link, show_erased} else "de")  # fmt: skip


@WITH_AND_WITHOUT_SCRIPTS
def test_confirming_is_one_press_and_sets_no_cookie(open_page: Open, ada: Person, scripts: bool) -> None:  # noqa: FBT001  # pytest passes it by name
    page = open_page(ada.confirm, scripts=scripts)
    expect(page.get_by_text("ada@example.org")).to_be_visible()
    page.get_by_role("button", name="Yes, confirm").click()
    expect(page.get_by_role("heading", name="Thank you, that is confirmed")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Thank you, that is confirmed")).to_be_visible()
    assert page.context.cookies() == []
    assert ada.ledger.execute("SELECT count(confirmed_at) FROM signups").fetchone() == (1,)


@WITH_AND_WITHOUT_SCRIPTS
def test_unsubscribing_by_the_page_is_one_press(open_page: Open, ada: Person, scripts: bool) -> None:  # noqa: FBT001  # pytest passes it by name
    page = open_page(ada.unsubscribe, scripts=scripts)
    assert not ada.left()
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You have left")).to_be_visible()
    assert ada.left()
    assert page.context.cookies() == []


@WITH_AND_WITHOUT_SCRIPTS
def test_a_new_link_is_one_press_away_from_one_that_is_too_old(
    open_page: Open,
    person_of: Callable[[Someone], Person],
    scripts: bool,  # noqa: FBT001  # pytest passes it by name
) -> None:
    old = person_of(Someone(f"old.{int(scripts)}@example.org"))  # a mailbox that had no mail within this hour
    page = open_page(old.outdated, scripts=scripts)
    expect(page.get_by_role("heading", name="This link is too old")).to_be_visible()
    assert old.links() == 0
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", name="Please look into your mailbox")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Please look into your mailbox")).to_be_visible()
    assert old.links() == 1
    assert page.context.cookies() == []
    assert "@example.org" not in page.content()


@WITH_AND_WITHOUT_SCRIPTS
def test_a_link_can_be_had_after_leaving_and_leaving_is_still_the_first_button(
    open_page: Open,
    person_of: Callable[[Someone], Person],
    scripts: bool,  # noqa: FBT001  # pytest passes it by name
) -> None:
    leaving = person_of(Someone(f"leaving.{int(scripts)}@example.org"))
    page = open_page(leaving.unsubscribe, scripts=scripts)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Unsubscribe")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You have left")).to_be_visible()
    assert leaving.left()
    page.get_by_role("button", name="Send me a link").click()
    expect(page.get_by_role("heading", name="Please look into your mailbox")).to_be_visible()
    assert (leaving.left(), leaving.links()) == (True, 1)


@WITH_AND_WITHOUT_SCRIPTS
def test_choices_are_kept_and_shown_again(open_page: Open, ada: Person, scripts: bool) -> None:  # noqa: FBT001  # pytest passes it by name
    page = open_page(ada.preferences, scripts=scripts)
    newsletter, mails = page.get_by_role("checkbox").first, page.get_by_role("checkbox").last
    expect(newsletter).to_be_checked()
    newsletter.uncheck()
    page.get_by_label("Language", exact=True).and_(page.locator("select")).select_option("de")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(newsletter).not_to_be_checked()
    expect(mails).to_be_checked()
    expect(page.locator("select")).to_have_value("de")
    assert page.context.cookies() == []


@WITH_AND_WITHOUT_SCRIPTS
def test_a_mistake_in_the_address_is_beside_it_with_what_was_typed_and_the_focus(
    open_page: Open,
    ada: Person,
    scripts: bool,  # noqa: FBT001  # pytest passes it by name
) -> None:
    page = open_page(ada.preferences, scripts=scripts)
    field = page.get_by_label("New email address")
    field.fill("ada@nowhere")
    page.get_by_role("button", name="Send the mail").click()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("ada@nowhere")
    expect(field).to_be_focused()
    assert "missing its ending" in page.locator("#address-error").inner_text()
    assert field.get_attribute("aria-describedby") == "address-error address-hint"
    field.fill("ada@new.example")
    page.get_by_role("button", name="Send the mail").click()
    expect(page.get_by_role("status")).to_contain_text("If a mail can reach the new address, one is on its way.")


@WITH_AND_WITHOUT_SCRIPTS
def test_leaving_and_coming_back(open_page: Open, ada: Person, scripts: bool) -> None:  # noqa: FBT001  # pytest passes it by name
    page = open_page(ada.preferences, scripts=scripts)
    page.get_by_role("button", name="Leave altogether").click()
    expect(page.get_by_role("status")).to_contain_text("You have left.")
    assert ada.left()
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    assert not ada.left()


def test_going_back_to_a_page_from_before_the_leaving_and_saving_it_does_not_bring_anybody_back(
    open_page: Open, ada: Person
) -> None:
    page = open_page(ada.preferences)
    other = page.context.new_page()
    other.goto(ada.unsubscribe)
    other.get_by_role("button", name="Unsubscribe").click()
    expect(other.get_by_role("heading", name="You have left")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("since this page was opened")
    assert ada.left()


def test_the_copy_of_everything_is_a_file(open_page: Open, ada: Person, tmp_path: Path) -> None:
    page = open_page(ada.preferences)
    with page.expect_download() as started:
        page.get_by_role("link", name="Download what you know about me").click()
    file = tmp_path / started.value.suggested_filename
    started.value.save_as(file)
    assert file.name == "what-we-know-about-you.json"
    assert json.loads(file.read_text(encoding="utf-8"))["person"][0]["address"] == "ada@example.org"


@WITH_AND_WITHOUT_SCRIPTS
def test_erasing_asks_first_and_then_says_that_it_is_under_way(open_page: Open, ada: Person, scripts: bool) -> None:  # noqa: FBT001  # pytest passes it by name
    page = open_page(ada.preferences, scripts=scripts)
    page.get_by_role("link", name="Erase everything").click()
    expect(page.get_by_text("It cannot be turned back into the address.")).to_be_visible()
    page.get_by_role("link", name="Back to your preferences").click()
    page.get_by_role("link", name="Erase everything").click()
    page.get_by_role("button", name="Erase everything").click()
    expect(page.get_by_role("heading", name="We are erasing everything")).to_be_visible()
    assert "ada@example.org" not in page.content()
    page.goto(ada.preferences)
    expect(page.get_by_role("heading", name="There is nothing here any more")).to_be_visible()


def test_the_language_at_the_foot_changes_the_page_and_stays_through_a_form(open_page: Open, ada: Person) -> None:
    page = open_page(ada.preferences)
    page.get_by_role("navigation").get_by_role("link", name="Deutsch").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.locator("#address").fill("ada@nowhere")
    page.locator("#address").press("Enter")
    expect(page.locator("#address-error")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.get_by_role("navigation").get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="Your preferences")).to_be_visible()


def test_the_keyboard_alone_is_enough_and_the_focus_can_be_seen(open_page: Open, ada: Person) -> None:
    page = open_page(ada.preferences)
    order = [
        page.get_by_role("checkbox").first,
        page.get_by_role("checkbox").last,
        page.locator("select"),
        page.get_by_role("button", name="Save"),
        page.get_by_label("New email address"),
        page.get_by_role("button", name="Send the mail"),
        page.get_by_role("button", name="Leave altogether"),
        page.get_by_role("link", name="Download what you know about me"),
        page.get_by_role("link", name="Erase everything"),
    ]
    for expected in order:
        page.keyboard.press("Tab")
        expect(expected).to_be_focused()
        assert expected.evaluate("element => getComputedStyle(element).outlineWidth") == "3px"
    order[0].press("Space")
    order[3].press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    expect(order[0]).not_to_be_checked()
