"""Every page behind a personal link, by how one gets there, and the person who does."""

from dataclasses import dataclass
from uuid import UUID

from playwright.sync_api import Page, expect

from ledger.connection import Connection
from tests.browser.look import PATIENCE_S
from tests.waiting import eventually


@dataclass
class Person:
    """Somebody who has signed up and not confirmed it, with the links that are theirs."""

    ledger: Connection
    confirm: str
    unsubscribe: str
    preferences: str
    outdated: str  # a link to the preferences from a mail of years ago
    id: UUID

    def left(self) -> bool:
        return self.ledger.execute("SELECT left_at IS NOT NULL FROM subscribers WHERE id = %s", (self.id,)).fetchone() == (True,)  # fmt: skip

    def links(self) -> int:
        """How many mails with a fresh link are owed to them."""
        found = self.ledger.execute("SELECT count(*) FROM jobs WHERE subscriber_id = %s AND kind = 'notification.link.email'", (self.id,)).fetchone()  # fmt: skip
        assert found is not None
        return int(found[0])


def show_confirmation(page: Page, one: Person) -> None:
    page.goto(one.confirm)


def show_confirmed(page: Page, one: Person) -> None:
    show_confirmation(page, one)
    page.get_by_role("button").click()
    expect(page.get_by_role("button")).to_have_count(0)


def show_unsubscribe(page: Page, one: Person) -> None:
    page.goto(one.unsubscribe)


def show_unsubscribed(page: Page, one: Person) -> None:
    show_unsubscribe(page, one)
    page.locator("form:not([action]) button").click()
    expect(page.locator("form:not([action])")).to_have_count(0)


def show_outdated(page: Page, one: Person) -> None:
    page.goto(one.outdated)


def show_offered(page: Page, one: Person) -> None:
    page.goto(one.unsubscribe + "/renewal")


def show_asked(page: Page, one: Person) -> None:
    show_outdated(page, one)
    page.get_by_role("button").click()
    expect(page.get_by_role("button")).to_have_count(0)


def show_asked_too_often(page: Page, one: Person) -> None:
    show_asked(page, one)
    one.ledger.execute("UPDATE limits SET used_until = now() + interval '1 day'")
    eventually(lambda: _is_refused(page, one), within=PATIENCE_S)  # limits let through what is not judged in time


def _is_refused(page: Page, one: Person) -> bool:
    show_offered(page, one)
    page.get_by_role("button").click()
    expect(page.locator("[role=alert], .aside")).to_be_visible()
    return page.get_by_role("alert").count() == 1


def show_preferences(page: Page, one: Person) -> None:
    page.goto(one.preferences)


def show_saved(page: Page, one: Person) -> None:
    show_preferences(page, one)
    page.locator("button[type=submit]").first.click()
    expect(page.get_by_role("status")).to_be_visible()


def show_mistake(page: Page, one: Person) -> None:
    show_preferences(page, one)
    page.locator("#address").fill("ada@nowhere")
    page.locator("#address").press("Enter")
    expect(page.locator("#address-error")).to_be_visible()


def show_left(page: Page, one: Person) -> None:
    show_preferences(page, one)
    page.locator("form[action*=departure] button").click()
    expect(page.get_by_role("status")).to_be_visible()


def show_erasure(page: Page, one: Person) -> None:
    page.goto(one.preferences + "/erasure")


def show_erasing(page: Page, one: Person) -> None:
    show_erasure(page, one)
    page.get_by_role("button").click()
    expect(page.get_by_role("button")).to_have_count(0)


def show_erased(page: Page, one: Person) -> None:
    show_erasing(page, one)
    page.goto(one.preferences)


def show_dead_link(page: Page, one: Person) -> None:
    page.goto(one.confirm + "x")


PAGES = [
    show_confirmation,
    show_confirmed,
    show_unsubscribe,
    show_unsubscribed,
    show_outdated,
    show_offered,
    show_asked,
    show_asked_too_often,
    show_preferences,
    show_saved,
    show_mistake,
    show_left,
    show_erasure,
    show_erasing,
    show_erased,
    show_dead_link,
]
