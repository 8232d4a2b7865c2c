from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, WIDE
from tests.browser.look import barriers, faint_texts, overflow
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
from tests.integration.webapp.web_process import running

Open = Callable[..., Page]
MARK = "window.marked = true"


@pytest.fixture
def signed_up(open_page: Open, worker: StandInWorker) -> Callable[..., Page]:
    """Signs somebody up by the form and returns the status page."""
    assert worker  # asked for first: it clears away what other tests have left

    def sign_up(heading: str = "You are signed up", **how: object) -> Page:
        page = open_page(**how)
        page.locator("#email").fill("ada@example.org")
        page.locator("#signup button").click()
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
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
    shown = page.locator(".next").first.inner_text()
    expect(page.locator(".next").first).not_to_have_text(shown)  # a second has passed, and nothing has moved
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


def cancelled(worker: StandInWorker) -> None:
    worker.connection.execute("UPDATE jobs SET state = 'cancelled', finished_at = now()")


STATES: dict[str, tuple[Callable[[StandInWorker], object], str, str]] = {
    "accepted": (lambda worker: worker.connection, "next in line", "ist als Nächstes dran"),
    "under way": (lambda worker: worker.claim(NEWSLETTER), "under way", "läuft"),
    "retrying": (lambda worker: worker.carry_out(NEWSLETTER, RETRIED), "could not reach", "noch nicht erreichbar"),
    "done": (lambda worker: worker.carry_out(NEWSLETTER, DONE), "done", "erledigt"),
    "skipped": (lambda worker: worker.carry_out(NEWSLETTER, SKIPPED), "done", "erledigt"),
    "dead": (lambda worker: worker.carry_out(NEWSLETTER, DIED), "did not work", "das hat nicht geklappt"),
    "unknown": (lambda worker: worker.carry_out(NEWSLETTER, DOUBTED), "cannot tell", "wir wissen nicht"),
    "cancelled": (cancelled, "called off", "abgebrochen"),
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_words_in_both_languages_and_axe_finds_nothing(
    signed_up: Callable[..., Page], worker: StandInWorker, state: str
) -> None:
    page = signed_up()
    reach, english, german = STATES[state]
    reach(worker)
    page.reload()
    expect(page.get_by_role("listitem").first).to_contain_text(english)
    assert barriers(page) == []
    page.get_by_role("link", name="Deutsch").click()
    expect(page.get_by_role("listitem").first).to_contain_text(german)
    assert barriers(page) == []
    page.set_viewport_size({"width": NARROW, "height": 800})
    page.emulate_media(color_scheme="dark")
    assert barriers(page) == []
    assert overflow(page) == 0


@pytest.mark.parametrize(("language", "heading"), [("en-GB", "Please look into your inbox"), ("de-DE", "Postfach")])
def test_who_has_to_confirm_is_told_so(
    open_page: Callable[..., Page], module_database_url: str, language: str, heading: str
) -> None:
    with running(module_database_url, SIGNUP_LIMITS="off", DOUBLE_OPT_IN="true") as asking:
        page = open_page(base_url=asking.url, language=language)
        page.locator("#email").fill("ada@example.org")
        page.locator("#signup button").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        expect(page.get_by_role("listitem")).to_have_count(1)
        for width, scheme in ((WIDE, "light"), (NARROW, "dark")):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            assert barriers(page) == []
            assert overflow(page) == 0


def test_the_script_finds_its_phrases_and_its_stream_on_the_page(signed_up: Callable[..., Page]) -> None:
    steps = signed_up(language="de-DE", heading="Sie sind angemeldet").locator("#steps")
    assert steps.evaluate("element => JSON.parse(element.dataset.phrases).next_try") == "nächster Versuch {when}"
    assert steps.evaluate("element => element.dataset.events").endswith("/events")
