"""The page on which the API is tried out: Swagger UI, under the same strict headers as every other page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NARROW, WIDE
from tests.browser.look import overflow
from tests.integration.webapp.stand_in_worker import StandInWorker
from tests.integration.webapp.web_process import OPS_PASSWORD

DOCS = "/api/v1/docs"
OpenPage = Callable[..., Page]


@pytest.fixture
def docs(open_page: OpenPage) -> Callable[..., Page]:
    """The page, loaded. `open_page` fails the test for whatever the Content-Security-Policy had to stop."""

    def load(**options: object) -> Page:
        page = open_page(DOCS, **options)
        expect(page.locator("#operations-Sign-ups-signUp")).to_be_visible()
        return page

    return load


def try_out(page: Page, operation: str) -> None:
    block = page.locator(f"#operations-{operation}")
    block.locator(".opblock-summary button").first.click()
    block.locator("button.execute").click()


def test_a_sign_up_can_be_tried_from_the_page(docs: Callable[..., Page], worker: StandInWorker) -> None:
    page = docs()
    try_out(page, "Sign-ups-signUp")
    answer = page.locator("#operations-Sign-ups-signUp .live-responses-table")
    expect(answer.locator("tbody .response-col_status")).to_contain_text("202")
    expect(answer).to_contain_text('"status": "accepted"')
    row = worker.connection.execute("SELECT address FROM subscribers").fetchone()
    assert row == ("ada@example.org",)


def test_the_operator_can_sign_in_on_the_page(docs: Callable[..., Page]) -> None:
    page = docs()
    page.locator(".auth-wrapper button.authorize").first.click()
    page.locator("#auth-basic-username").fill("ops")
    page.locator("#auth-basic-password").fill(OPS_PASSWORD)
    page.locator(".auth-btn-wrapper button[type=submit]").click()
    page.locator(".auth-btn-wrapper button.btn-done").click()
    try_out(page, "Operations-listQueues")
    status = page.locator("#operations-Operations-listQueues .live-responses-table tbody .response-col_status")
    expect(status).to_contain_text("200")


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_follows_the_readers_colours(docs: Callable[..., Page], width: int, scheme: str) -> None:
    page = docs(width=width, scheme=scheme)
    page.locator("#operations-Sign-ups-signUp .opblock-summary button").first.click()
    expect(page.locator("#operations-Sign-ups-signUp button.execute")).to_be_visible()
    assert overflow(page) == 0  # what is too wide for a phone is scrolled inside its own frame
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(28, 32, 34)" if scheme == "dark" else "rgba(0, 0, 0, 0)")


def test_without_scripts_it_says_where_the_description_is(open_page: OpenPage) -> None:
    page = open_page(DOCS, scripts=False)
    page.get_by_role("link", name="openapi.json").click()
    assert '"openapi": "3.1.0"' in page.content()


def test_nothing_on_the_page_comes_from_anywhere_else(open_page: OpenPage) -> None:
    page = open_page("/livez")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(DOCS)
    expect(page.locator("#operations-Sign-ups-signUp")).to_be_visible()
    home = page.url.removesuffix(DOCS)
    assert len(asked) > 3
    assert [url for url in asked if not url.startswith(home)] == []
