from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, WIDE
from tests.browser.look import barriers, faint_texts, overflow
from tests.integration.webapp.stand_in_worker import StandInWorker

Open = Callable[..., Page]
SUBMIT = "Sign up"
WITH_AND_WITHOUT_SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])


def submit(page: Page, email: str, name: str = "") -> None:
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name=SUBMIT).click()


@WITH_AND_WITHOUT_SCRIPTS
def test_signing_up_leads_to_a_status_page(open_page: Open, scripts: bool) -> None:  # noqa: FBT001  # pytest passes it by name
    page = open_page(scripts=scripts)
    submit(page, "ada.lovelace@example.org", "Ada Lovelace")
    expect(page.get_by_role("heading", name="You are signed up")).to_be_visible()
    assert "/signups/" in page.url
    expect(page.get_by_role("listitem")).to_have_count(2)
    assert "lovelace" not in page.content().lower(), "and not `ada`, which may stand in any id"


@WITH_AND_WITHOUT_SCRIPTS
def test_a_mistake_is_shown_beside_its_field_and_what_was_typed_is_kept(open_page: Open, scripts: bool) -> None:  # noqa: FBT001  # pytest passes it by name
    page = open_page(scripts=scripts)
    submit(page, "ada@example", "Ada Lovelace")
    field = page.get_by_label("Email address")
    expect(field).to_have_value("ada@example")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(
        "The part after the @-sign is missing its ending, such as .com or .org."
    )
    expect(page.get_by_label("Name")).to_have_value("Ada Lovelace")
    expect(page.get_by_label("Name")).not_to_have_attribute("aria-invalid", "true")
    field.fill("ada@example.org")
    page.get_by_role("button", name=SUBMIT).click()
    expect(page.get_by_role("heading", name="You are signed up")).to_be_visible()


@WITH_AND_WITHOUT_SCRIPTS
def test_the_list_of_mistakes_has_the_focus_and_leads_to_the_fields(open_page: Open, scripts: bool) -> None:  # noqa: FBT001  # pytest passes it by name
    page = open_page(scripts=scripts)
    submit(page, "ada@example", "<")
    expect(page.get_by_role("alert")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name")).to_be_focused()
    page.get_by_role("link", name="The part after the @-sign").click()
    expect(page.get_by_label("Email address")).to_be_focused()


def test_two_mistakes_are_both_shown(open_page: Open) -> None:
    page = open_page()
    submit(page, "", "<b>Ada</b>")
    expect(page.get_by_label("Email address")).to_have_accessible_description("Please enter your email address.")
    expect(page.get_by_label("Name")).to_have_value("<b>Ada</b>")
    expect(page.locator(".error")).to_have_count(2)


def test_a_form_whose_cookie_was_lost_comes_back_filled_in_and_can_be_sent_again(open_page: Open) -> None:
    page = open_page()
    page.context.clear_cookies()
    submit(page, "ada@example.org", "Ada")
    expect(page.get_by_role("alert")).to_contain_text("Please send it again.")
    expect(page.get_by_label("Email address")).to_have_value("ada@example.org")
    page.get_by_role("button", name=SUBMIT).click()
    expect(page.get_by_role("heading", name="You are signed up")).to_be_visible()


def test_a_double_click_signs_up_once(open_page: Open, worker: StandInWorker) -> None:
    page = open_page()
    page.get_by_label("Email address").fill("ada@example.org")
    page.get_by_role("button", name=SUBMIT).dblclick()
    expect(page.get_by_role("heading", name="You are signed up")).to_be_visible()
    assert worker.connection.execute("SELECT count(*) FROM signups").fetchone() == (1,)


def test_without_scripts_a_double_click_signs_up_once_too(open_page: Open, worker: StandInWorker) -> None:
    page = open_page(scripts=False)
    page.get_by_label("Email address").fill("ada@example.org")
    page.get_by_role("button", name=SUBMIT).dblclick()
    expect(page.get_by_role("heading", name="You are signed up")).to_be_visible()
    assert worker.connection.execute("SELECT count(*) FROM signups").fetchone() == (1,)


def test_a_second_click_sends_nothing_until_the_page_is_shown_again(open_page: Open) -> None:
    page = open_page()
    # Counted instead of sent: this browser may drop a second submission by itself, others do not.
    page.evaluate(
        "window.sent = 0; document.forms[0].addEventListener('submit', (event) => { event.preventDefault(); sent += 1; })",
    )
    page.get_by_role("button", name=SUBMIT).dblclick()
    assert page.evaluate("window.sent") == 1
    expect(page.get_by_role("button", name="One moment …")).to_be_disabled()
    # As when Back brings the page as it was left; whether this browser keeps it depends on its memory.
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    page.get_by_role("button", name=SUBMIT).click()
    assert page.evaluate("window.sent") == 2


def test_after_going_back_the_form_can_be_sent_again(open_page: Open) -> None:
    page = open_page()
    submit(page, "ada@example.org", "Ada")
    expect(page.get_by_role("heading", name="You are signed up")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("button", name=SUBMIT)).to_be_enabled()
    expect(page.get_by_label("Email address")).to_have_value("ada@example.org")
    expect(page.get_by_label("Name")).to_have_value("Ada")
    submit(page, "bob@example.org")
    expect(page.get_by_role("heading", name="You are signed up")).to_be_visible()


def test_the_keyboard_alone_is_enough_and_the_focus_can_be_seen(open_page: Open) -> None:
    page = open_page()
    for expected in (page.get_by_label("Email address"), page.get_by_label("Name"), page.get_by_role("button")):
        page.keyboard.press("Tab")
        expect(expected).to_be_focused()
        assert expected.evaluate("element => getComputedStyle(element).outlineWidth") == "3px"
    page.get_by_label("Email address").fill("ada@example.org")
    page.get_by_label("Email address").press("Enter")
    expect(page.get_by_role("heading", name="You are signed up")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_the_light_and_in_the_dark(open_page: Open, scheme: str) -> None:
    page = open_page(scheme=scheme)
    assert faint_texts(page) == []
    page.context.clear_cookies()
    submit(page, "ada", "<")
    expect(page.get_by_role("alert")).to_contain_text("Please send it again.")
    assert faint_texts(page) == []
    submit(page, "ada", "<")
    expect(page.locator(".error")).to_have_count(2)
    assert faint_texts(page) == []


@pytest.mark.parametrize("language", ["en-GB", "de-DE"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_axe_finds_nothing_in_the_form_as_it_comes_and_with_mistakes(
    open_page: Open, width: int, scheme: str, language: str
) -> None:
    page = open_page(width=width, scheme=scheme, language=language)
    assert barriers(page) == []
    page.locator("#email").fill("ada")
    page.locator("#name").fill("<")
    page.locator("#signup button").click()
    expect(page.locator(".error")).to_have_count(2)
    assert barriers(page) == []


@pytest.mark.parametrize("path", ["/nowhere", "/embed"])
@pytest.mark.parametrize("language", ["en-GB", "de-DE"])
def test_axe_finds_nothing_on_the_other_pages(open_page: Open, path: str, language: str) -> None:
    for width, scheme in ((WIDE, "light"), (NARROW, "dark")):
        page = open_page(path, width=width, scheme=scheme, language=language)
        assert barriers(page) == []
        assert overflow(page) == 0


def test_the_dark_is_dark(open_page: Open) -> None:
    grounds = [
        open_page(scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        for scheme in ("light", "dark")
    ]
    assert min(grounds[0]) > 200
    assert max(grounds[1]) < 60


@pytest.mark.parametrize("width", [NARROW, WIDE // 2, WIDE])
def test_nothing_is_wider_than_the_window(open_page: Open, width: int) -> None:
    page = open_page(width=width)
    assert overflow(page) == 0
    submit(page, "a" * 250 + "@" + "münchen" * 20 + ".de", "x" * 300)
    expect(page.locator(".error")).to_have_count(2)
    assert overflow(page) == 0


def test_at_twice_the_size_nothing_is_cut_off_and_the_form_works(open_page: Open) -> None:
    page = open_page(width=WIDE // 2, device_scale_factor=2)  # what a browser does at a zoom of 200 %
    submit(page, "ada@example", "<")
    expect(page.locator(".error")).to_have_count(2)
    assert overflow(page) == 0
    submit(page, "ada@example.org")
    expect(page.get_by_role("heading", name="You are signed up")).to_be_visible()
    assert overflow(page) == 0


def test_larger_letters_are_enough_of_a_zoom(open_page: Open) -> None:
    page = open_page(width=NARROW)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert overflow(page) == 0


def test_where_the_system_sets_the_colours_everything_still_has_an_edge(open_page: Open) -> None:
    page = open_page(forced_colors="active")
    submit(page, "ada@example", "<")
    expect(page.locator(".error")).to_have_count(2)
    for locator in (page.get_by_role("button", name=SUBMIT), page.get_by_label("Email address")):
        style = locator.evaluate(
            "element => { const s = getComputedStyle(element); return [s.borderTopStyle, s.borderTopColor, s.backgroundColor] }"
        )
        assert style[0] == "solid"
        assert style[1] != style[2]
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")


def test_nothing_moves_for_whoever_wants_no_motion(open_page: Open) -> None:
    page = open_page(reduced_motion="reduce")
    assert page.evaluate("getComputedStyle(document.querySelector('button')).transitionDuration") == "0s"


def test_the_language_can_be_switched_without_scripts_and_stays_through_mistakes_to_the_end(open_page: Open) -> None:
    page = open_page(scripts=False)
    expect(page.get_by_role("navigation", name="Language")).to_be_visible()
    page.get_by_role("link", name="Deutsch").click()
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    page.get_by_label("E-Mail-Adresse").fill("ada@example")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_label("E-Mail-Adresse")).to_have_accessible_description(
        "Nach dem @ fehlt die Endung, zum Beispiel .de oder .com."
    )
    page.get_by_label("E-Mail-Adresse").fill("ada@example.org")
    page.get_by_role("button", name="Anmelden").click()
    expect(page.get_by_role("heading", name="Sie sind angemeldet")).to_be_visible()
    page.get_by_role("link", name="Eine weitere Adresse anmelden").click()
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", name="Sign up")).to_be_visible()


def test_a_browser_that_reads_german_gets_german(open_page: Open) -> None:
    page = open_page(language="de-AT")
    expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
    expect(page.get_by_role("navigation", name="Sprache")).to_contain_text("Deutsch")


def test_the_lure_is_neither_seen_nor_reached_nor_heard_of(open_page: Open) -> None:
    page = open_page()
    lure = page.locator("input[name=homepage]")
    box = lure.bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= 0
    assert "Leave this empty" not in page.locator("main").aria_snapshot()
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.name") != "homepage"


def test_a_page_that_does_not_exist_says_so_and_leads_on(open_page: Open) -> None:
    page = open_page("/nowhere", width=NARROW)
    expect(page.get_by_role("heading", name="Not found")).to_be_visible()
    assert overflow(page) == 0
    page.get_by_role("link", name="To the sign-up").click()
    expect(page.get_by_role("heading", name="Sign up")).to_be_visible()
