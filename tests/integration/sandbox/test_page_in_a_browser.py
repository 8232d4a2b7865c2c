"""The page with its script, in a real browser: it refreshes itself and leaves a person's hands alone."""

import os
import shutil
import smtplib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.integration.sandbox.web_site import WebSite
from tests.sandbox_process import SandboxProcess

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        missing = "no Chromium on the PATH; on Debian: apt-get install chromium"
        pytest.fail(missing) if os.environ.get("CI") else pytest.skip(missing)
    arguments = ["--no-sandbox", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, sandbox: SandboxProcess) -> Iterator[Page]:
    """The page, opened; fails the test if the browser had anything to complain about."""
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        # A refused setting is a 422, and a browser reports that as an error although the page expects it.
        if message.type in ("error", "warning") and "422" not in message.text:
            complaints.append(message.text)

    page = browser.new_page()
    page.on("console", complain)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(sandbox.http_url)
    yield page
    page.close()
    assert complaints == []


def send(sandbox: SandboxProcess, subject: str) -> None:
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=5) as client:
        client.sendmail("hello@example.org", ["ada@example.org"], f"Subject: {subject}\r\n\r\nx\r\n".encode())


def refresh(page: Page) -> None:
    """Wait until the page has shown a state that it asked for after this call."""
    for _ in range(2):
        with page.expect_response("**/_page/state"):
            pass


def test_a_button_breaks_the_provider_without_a_reload(page: Page, sandbox: SandboxProcess) -> None:
    page.evaluate("window.stayed = true")
    smtp = page.locator("#smtp")
    smtp.get_by_label("Latency, ms").fill("5")
    smtp.locator('[data-mode="down"]').click()
    expect(smtp.locator(".pill")).to_have_text("down")
    expect(smtp.locator('[data-mode="down"]')).to_have_attribute("aria-pressed", "true")
    expect(smtp.locator('[data-mode="ok"]')).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("window.stayed")
    state = sandbox.state("smtp")
    assert (state["mode"], state["latency_ms"]) == ("down", 5)


def test_enter_in_a_field_applies_it_to_the_present_mode(page: Page, sandbox: SandboxProcess) -> None:
    sandbox.set_mode("listmonk", "rate_limited")
    expect(page.locator("#listmonk .pill")).to_have_text("rate_limited")
    page.locator("#listmonk").get_by_label("Retry after, s").fill("7")
    page.keyboard.press("Enter")
    expect(page.locator("#listmonk .now")).to_contain_text("retry after 7 s")
    assert sandbox.state("listmonk")["mode"] == "rate_limited"


def test_a_bad_number_is_said_and_goes_away_once_it_is_right(page: Page, sandbox: SandboxProcess) -> None:
    rate = page.locator("#listmonk").get_by_label("Error rate")
    rate.fill("lots")
    page.locator('#listmonk [data-mode="flaky"]').click()
    expect(page.get_by_role("alert")).to_contain_text("error_rate: must be a number from 0 to 1")
    assert sandbox.state("listmonk")["mode"] == "ok"
    rate.fill("0.1")
    page.locator('#listmonk [data-mode="flaky"]').click()
    expect(page.locator("#listmonk .now")).to_contain_text("error rate 0.1")
    expect(page.locator("#complaint")).to_be_hidden()


def test_what_arrives_shows_by_itself_and_takes_neither_focus_nor_text(page: Page, sandbox: SandboxProcess) -> None:
    field = page.locator("#smtp").get_by_label("Error rate")
    field.press_sequentially("0.")
    send(sandbox, "First")
    expect(page.locator("#smtp .effects")).to_contain_text("First")
    expect(field).to_be_focused()
    field.press_sequentially("25")
    expect(field).to_have_value("0.25")
    first = page.get_by_role("link", name="First")
    first.focus()
    send(sandbox, "Second")
    expect(page.locator("#smtp .effects a").first).to_have_text("Second")
    expect(first).to_be_focused()
    expect(page.locator('#smtp [data-show="effects"]')).to_have_text("2")


def test_clearing_empties_the_list_and_the_numbers_begin_again(page: Page, sandbox: SandboxProcess) -> None:
    send(sandbox, "Before")
    expect(page.locator("#smtp .effects")).to_contain_text("Before")
    page.get_by_role("button", name="Clear the journal of SMTP").click()
    expect(page.locator("#smtp .effects li")).to_have_count(0)
    expect(page.locator("#smtp [data-empty]")).to_be_visible()
    send(sandbox, "After")
    expect(page.locator("#smtp .effects")).to_contain_text("After")
    assert sandbox.journal("smtp")[0]["n"] == 1


def test_mend_everything_mends_everything(page: Page, sandbox: SandboxProcess) -> None:
    sandbox.set_mode("smtp", "refuse")
    page.get_by_role("button", name="Mend everything").click()
    expect(page.locator("#smtp .pill")).to_have_text("ok")
    assert sandbox.state("smtp")["mode"] == "ok"


@pytest.mark.parametrize("width", [320, 1280])
def test_nothing_sticks_out_at_either_width(page: Page, sandbox: SandboxProcess, width: int) -> None:
    send(sandbox, "A-subject-without-a-single-space-" * 5)
    page.set_viewport_size({"width": width, "height": 800})
    refresh(page)
    expect(page.locator("#smtp .effects li")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.goto(f"{sandbox.http_url}/_page/smtp/mails/1")
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_every_field_and_button_has_a_name(page: Page) -> None:
    for role in ("textbox", "button"):
        for control in page.get_by_role(role).all():
            name = control.evaluate("e => e.ariaLabel || (e.labels && e.labels[0]?.textContent) || e.textContent")
            assert name.strip()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_person_leaves_by_one_click_and_breaks_a_provider_with_and_without_javascript(
    browser: Browser, sandbox: SandboxProcess, site: WebSite, *, javascript: bool
) -> None:
    """A form sent by the browser itself is no stranger's, whatever its page says of referrers."""
    leave = f"<{site.url}/unsubscribe/t>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click"
    send(sandbox, f"Hi\r\nList-Unsubscribe: {leave}\r\nX-Rest: yes\r\n\r\n{site.url}/unsubscribe/t")
    opened = browser.new_context(java_script_enabled=javascript, viewport={"width": 320, "height": 800}).new_page()
    opened.goto(f"{sandbox.http_url}/_page/smtp/mails/1")
    link = opened.get_by_role("region", name="Links").get_by_role("link", name="Unsubscribe")
    expect(link).to_have_attribute("href", f"{site.url}/unsubscribe/t")
    opened.get_by_role("button", name="One click: leave").click()
    expect(opened.get_by_role("status")).to_contain_text("Answered 200")
    assert opened.get_by_role("main").bounding_box()["width"] <= 320
    opened.goto(sandbox.http_url)
    opened.locator('#smtp [data-mode="down"]').click()
    expect(opened.locator("#smtp .pill")).to_have_text("down")
    opened.context.close()
    assert [command for command, *_ in site.heard] == ["POST"]
