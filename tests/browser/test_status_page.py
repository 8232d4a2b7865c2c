from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW
from tests.browser.look import faint_texts, overflow
from tests.integration.webapp.stand_in_worker import (
    DIED,
    DONE,
    DOUBTED,
    NEWSLETTER,
    RETRIED,
    SKIPPED,
    WELCOME,
    StandInWorker,
)

Open = Callable[..., Page]
MARK = "window.marked = true"


@pytest.fixture
def signed_up(open_page: Open, worker: StandInWorker) -> Callable[..., Page]:
    """Signs somebody up by the form and returns the status page."""
    assert worker  # asked for first: it clears away what other tests have left

    def sign_up(**how: object) -> Page:
        page = open_page(**how)
        page.get_by_label("Email address").fill("ada@example.org")
        page.get_by_role("button", name="Sign up").click()
        expect(page.get_by_role("heading", name="You are signed up")).to_be_visible()
        return page

    return sign_up


def test_the_page_follows_the_jobs_without_a_reload(signed_up: Callable[..., Page], worker: StandInWorker) -> None:
    page = signed_up()
    page.evaluate(MARK)
    steps = page.get_by_role("listitem")
    expect(steps.first).to_contain_text("Adding you to the newsletter — next in line")
    claimed = worker.claim(NEWSLETTER)
    expect(steps.first).to_contain_text("under way")
    worker.finish(claimed, RETRIED)
    expect(steps.first).to_contain_text("we could not reach the newsletter yet")
    expect(steps.first).to_contain_text("next try in")
    worker.carry_out(WELCOME, DONE)
    expect(steps.last).to_contain_text("Sending you a welcome mail — done")
    assert page.evaluate("window.marked") is True


def test_a_screen_reader_is_told_what_moved_and_not_every_second(
    signed_up: Callable[..., Page],
    worker: StandInWorker,
) -> None:
    page = signed_up()
    news = page.get_by_role("status")
    expect(news).to_have_text("")
    expect(news).to_have_attribute("aria-live", "polite")
    worker.carry_out(NEWSLETTER, RETRIED)
    expect(news).to_have_text("Adding you to the newsletter: we could not reach the newsletter yet.")
    with page.expect_response("**/api/v1/signups/*"):
        pass  # the next look finds nothing new but a smaller number of seconds
    expect(news).to_have_text("Adding you to the newsletter: we could not reach the newsletter yet.")


def test_when_all_is_done_the_page_says_so_and_asks_no_more(
    signed_up: Callable[..., Page], worker: StandInWorker
) -> None:
    page = signed_up()
    worker.carry_out(NEWSLETTER, DONE)
    worker.carry_out(WELCOME, SKIPPED)
    expect(page.get_by_text("Everything is done.", exact=True)).to_be_visible()
    expect(page.get_by_role("listitem").last).to_contain_text("Sending you a welcome mail — done")
    assert page.evaluate("timer === undefined")


@pytest.mark.parametrize(("trouble", "words"), [(DIED, "this did not work"), (DOUBTED, "we cannot tell")])
def test_what_went_wrong_for_good_is_said_plainly(
    signed_up: Callable[..., Page],
    worker: StandInWorker,
    trouble: object,
    words: str,
) -> None:
    page = signed_up()
    worker.carry_out(NEWSLETTER, DONE)
    worker.carry_out(WELCOME, trouble)
    expect(page.get_by_role("listitem").last).to_contain_text(words)
    expect(page.locator("#summary")).to_contain_text("you need not sign up again")
    assert page.evaluate("timer === undefined")


def test_without_scripts_the_page_reloads_itself_until_all_is_done(
    signed_up: Callable[..., Page],
    worker: StandInWorker,
) -> None:
    page = signed_up(scripts=False)
    worker.carry_out(NEWSLETTER, DONE)
    expect(page.get_by_role("listitem").first).to_contain_text("done")
    worker.carry_out(WELCOME, DONE)
    expect(page.get_by_text("Everything is done.")).to_be_visible()
    assert "refresh" not in page.content()


def test_an_outage_is_told_and_the_page_goes_on_by_itself_afterwards(
    signed_up: Callable[..., Page],
    worker: StandInWorker,
) -> None:
    page = signed_up()
    page.context.set_offline(True)
    expect(page.get_by_text("We cannot be reached right now.")).to_be_visible()
    page.context.set_offline(False)
    worker.carry_out(NEWSLETTER, DONE)
    expect(page.get_by_role("listitem").first).to_contain_text("done")
    expect(page.get_by_text("We cannot be reached right now.")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_at_320_pixels_in_the_light_and_in_the_dark(
    signed_up: Callable[..., Page],
    worker: StandInWorker,
    scheme: str,
) -> None:
    page = signed_up(width=NARROW, scheme=scheme)
    worker.carry_out(NEWSLETTER, RETRIED)
    worker.carry_out(WELCOME, DIED)
    expect(page.get_by_role("listitem").first).to_contain_text("next try in")
    expect(page.get_by_role("listitem").last).to_contain_text("this did not work")
    assert faint_texts(page) == []
    assert overflow(page) == 0
