"""The challenge in a real browser: solved while somebody types, waited for by whoever is faster, asked of everybody."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.browser.look import until
from tests.integration.webapp.web_process import WebProcess, running

CHALLENGES = "**/api/v1/challenges"


@pytest.fixture(scope="module")
def web(browser: Browser, module_database_url: str) -> Iterator[WebProcess]:
    assert browser.is_connected()  # asked for first: without one there is nothing to start
    with running(module_database_url, SIGNUP_LIMITS="off", SIGNUP_CHALLENGE="on") as process:
        yield process


@pytest.fixture
def count(module_database_url: str) -> Iterator[Callable[[str], int]]:
    with psycopg.connect(module_database_url, autocommit=True) as ledger:
        ledger.execute("TRUNCATE subscribers, signups, facts, jobs, spent_challenges CASCADE")

        def rows(table: str) -> int:
            row = ledger.execute(
                psycopg.sql.SQL("SELECT count(*) FROM {}").format(psycopg.sql.Identifier(table))
            ).fetchone()
            assert row is not None
            return int(row[0])

        yield rows


def posts_of(page: Page) -> list[Request]:
    seen: list[Request] = []
    page.on("request", lambda request: seen.append(request) if request.method == "POST" else None)
    return seen


def sign_up(page: Page, email: str) -> None:
    page.get_by_label("Email address").fill(email)
    page.get_by_role("button", name="Sign up").click()


def test_somebody_signs_up_and_never_notices_it(open_page: Callable[..., Page], count: Callable[[str], int]) -> None:
    page = open_page()
    posts = posts_of(page)
    sign_up(page, "ada@example.org")
    page.wait_for_url("**/signups/*")
    assert [count("signups"), count("spent_challenges"), len(posts)] == [1, 1, 1]


def test_whoever_is_faster_than_the_solver_waits_and_is_sent_once(
    open_page: Callable[..., Page], count: Callable[[str], int]
) -> None:
    page = open_page()
    posts, held = posts_of(page), list[Route]()
    page.route(CHALLENGES, lambda route: held.append(route))  # noqa: PLW0108  # Playwright marks what it is given
    sign_up(page, "ada@example.org")
    expect(page.get_by_role("status")).to_have_text("One moment: checking that you are not a program …")
    page.get_by_label("Email address").press("Enter")
    page.get_by_label("Email address").press("Enter")
    assert len(held) == 1
    assert posts == []
    held[0].continue_()
    page.wait_for_url("**/signups/*")
    assert [count("signups"), len(posts)] == [1, 1]


def test_the_page_goes_on_living_while_it_is_solved(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.evaluate("window.ticks = 0; setInterval(() => window.ticks++, 0)")
    with page.expect_response(CHALLENGES):
        page.get_by_label("Email address").focus()
    before = page.evaluate("window.ticks")
    until(page, "(before) => window.ticks > before + 20", before)
    sign_up(page, "ada@example.org")
    page.wait_for_url("**/signups/*")


def test_nothing_is_solved_for_somebody_who_only_looks(open_page: Callable[..., Page]) -> None:
    page = open_page()
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "challenges" in request.url else None)
    page.get_by_role("heading", level=1).hover()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert asked == []
    page.get_by_label("Email address").focus()
    until(page, "document.activeElement.id === 'email'")
    expect(page.get_by_role("button", name="Sign up")).to_be_enabled()
    assert len(asked) == 1


def test_back_and_once_more_is_another_challenge(open_page: Callable[..., Page], count: Callable[[str], int]) -> None:
    page = open_page()
    sign_up(page, "ada@example.org")
    page.wait_for_url("**/signups/*")
    page.go_back()
    sign_up(page, "bob@example.org")
    page.wait_for_url("**/signups/*")
    assert [count("signups"), count("spent_challenges")] == [2, 2]


def test_after_a_mistake_the_form_comes_with_a_challenge_again(
    open_page: Callable[..., Page], count: Callable[[str], int]
) -> None:
    page = open_page()
    sign_up(page, "no address")
    expect(page.locator("#email-error")).to_be_visible()
    sign_up(page, "ada@example.org")
    page.wait_for_url("**/signups/*")
    assert count("signups") == 1


def test_where_no_challenge_can_be_had_the_server_says_what_is_wrong(
    open_page: Callable[..., Page], count: Callable[[str], int]
) -> None:
    page = open_page()
    page.route(CHALLENGES, lambda route: route.abort())
    sign_up(page, "ada@example.org")
    expect(page.locator("#problems")).to_be_visible()
    expect(page.get_by_label("Email address")).to_have_value("ada@example.org")
    assert count("signups") == 0
    page.unroute(CHALLENGES)
    sign_up(page, "ada@example.org")
    page.wait_for_url("**/signups/*")


def test_without_scripts_the_form_says_that_it_needs_them(
    open_page: Callable[..., Page], count: Callable[[str], int]
) -> None:
    page = open_page(scripts=False)
    # Chromium shows it to people whose scripts are off, not to a test that switches them off for the page alone.
    assert "this form needs JavaScript" in page.locator("noscript").inner_html()
    sign_up(page, "ada@example.org")
    expect(page.locator("#problems")).to_be_visible()
    assert count("signups") == 0
