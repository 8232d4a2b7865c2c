"""The status page while it listens: told and not asked, and what it falls back on."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.look import until
from tests.integration.webapp.stand_in_worker import DONE, NEWSLETTER, RETRIED, WELCOME, StandInWorker

Open = Callable[..., Page]
EVENTS = "**/api/v1/signups/*/events*"


@pytest.fixture
def asked() -> list[str]:
    """The paths of every request the page has made of the API."""
    return []


@pytest.fixture
def signed_up(open_page: Open, worker: StandInWorker, asked: list[str]) -> Iterator[Callable[..., Page]]:
    assert worker  # asked for first: it clears away what other tests have left

    def note(request: Request) -> None:
        if "/api/" in request.url:
            asked.append(request.url.partition("?")[0].rpartition("/")[2])

    def sign_up(prepare: Callable[[Page], object] = lambda _page: None) -> Page:
        page = open_page()
        page.on("request", note)
        prepare(page)
        page.get_by_label("Email address").fill("ada@example.org")
        page.get_by_role("button", name="Sign up").click()
        expect(page.locator("#steps")).to_be_visible()
        return page

    return sign_up


def listens(page: Page) -> None:
    until(page, "typeof source !== 'undefined' && source?.readyState === EventSource.OPEN")


def test_it_listens_and_never_asks_and_closes_when_all_is_done(
    signed_up: Callable[..., Page], worker: StandInWorker, asked: list[str]
) -> None:
    page = signed_up()
    listens(page)
    worker.carry_out(NEWSLETTER, DONE)
    expect(page.get_by_role("listitem").first).to_contain_text("done")
    worker.carry_out(WELCOME, DONE)
    expect(page.get_by_text("Everything is done.", exact=True)).to_be_visible()
    assert page.evaluate("source === undefined && timer === undefined && over")
    assert asked == ["events"]


def test_what_the_page_said_already_is_not_read_out_again(
    signed_up: Callable[..., Page], worker: StandInWorker
) -> None:
    page = signed_up()
    worker.carry_out(NEWSLETTER, DONE)
    expect(page.get_by_role("listitem").first).to_contain_text("done")
    page.reload()
    listens(page)  # and is told the whole history
    worker.carry_out(WELCOME, RETRIED)
    expect(page.get_by_role("status")).to_have_text(
        "Sending you a welcome mail: we could not reach the mail service yet."
    )


def test_the_pause_until_the_next_try_counts_down_by_itself(
    signed_up: Callable[..., Page], worker: StandInWorker, asked: list[str]
) -> None:
    page = signed_up()
    worker.carry_out(NEWSLETTER, RETRIED)
    pause = page.get_by_role("listitem").first.locator(".next")
    expect(pause).to_contain_text("next try in 3")
    before = pause.inner_text()
    expect(pause).not_to_have_text(before)
    expect(pause).to_contain_text("next try in 3")
    assert asked == ["events"]


@pytest.mark.parametrize("status", [503, 404])
def test_a_stream_that_is_refused_is_replaced_by_asking(
    signed_up: Callable[..., Page], worker: StandInWorker, asked: list[str], status: int
) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=status)

    page = signed_up(lambda page: page.route(EVENTS, refuse))
    worker.carry_out(NEWSLETTER, DONE)
    worker.carry_out(WELCOME, DONE)
    expect(page.get_by_text("Everything is done.", exact=True)).to_be_visible()
    assert asked.count("events") == 1
    assert len(asked) > 1


def test_a_stream_that_keeps_breaking_is_given_up(
    signed_up: Callable[..., Page], worker: StandInWorker, asked: list[str]
) -> None:
    page = signed_up(lambda page: page.route(EVENTS, lambda route: route.abort("connectionreset")))
    worker.carry_out(NEWSLETTER, DONE)
    worker.carry_out(WELCOME, DONE)
    expect(page.get_by_text("Everything is done.", exact=True)).to_be_visible()
    expect(page.get_by_text("We cannot be reached right now.")).to_be_hidden()
    assert asked.count("events") <= 4


def test_a_hidden_page_does_not_listen_and_a_shown_one_goes_on_where_it_was(
    signed_up: Callable[..., Page], worker: StandInWorker
) -> None:
    page = signed_up()
    listens(page)
    worker.carry_out(NEWSLETTER, DONE)
    expect(page.get_by_role("listitem").first).to_contain_text("done")
    hide = (
        "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });"
        " document.dispatchEvent(new Event('visibilitychange')); }"
    )
    page.evaluate(hide, True)  # noqa: FBT003  # it is a value for the page
    assert page.evaluate("source === undefined && timer === undefined")
    worker.carry_out(WELCOME, DONE)
    with page.expect_request(EVENTS) as request:
        page.evaluate(hide, False)  # noqa: FBT003  # the same
    assert request.value.url.endswith("last_event_id=2.0")
    expect(page.get_by_text("Everything is done.", exact=True)).to_be_visible()


def test_a_page_that_has_no_line_for_what_is_owed_now_loads_itself_anew(
    signed_up: Callable[..., Page], worker: StandInWorker
) -> None:
    page = signed_up()
    listens(page)
    page.evaluate(
        "window.marked = true; steps.lastElementChild.remove()"
    )  # as if it had been owed after the page was made
    worker.carry_out(WELCOME, DONE)
    expect(page.get_by_role("listitem").last).to_contain_text("Sending you a welcome mail — done")
    assert page.evaluate("window.marked") is None
