"""The form on another site: a second server, on another host as browsers see it, with the form as it stands to be copied."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect

from tests.integration.webapp.web_process import WebProcess, running

Open = Callable[..., Page]


class Site(ThreadingHTTPServer):
    """Serves one page, whatever is asked for."""

    daemon_threads = True
    page = ""

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.server_address[1]}"


class Answer(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        body = f"<!doctype html><meta charset=utf-8><title>A site</title><h1>A site</h1>{self.server.page}".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def sites() -> Iterator[tuple[Site, Site]]:
    """One that is allowed and one that is not."""
    both = Site(("localhost", 0), Answer), Site(("localhost", 0), Answer)
    for site in both:
        threading.Thread(target=site.serve_forever, daemon=True).start()
    yield both
    for site in both:
        site.shutdown()
        site.server_close()


@pytest.fixture(scope="module")
def service(module_database_url: str, sites: tuple[Site, Site]) -> Iterator[WebProcess]:
    """With its limits on, and so with the traps."""
    with running(module_database_url, ALLOWED_ORIGINS=sites[0].origin) as process:
        yield process


@pytest.fixture
def embedded(open_page: Open, service: WebProcess, sites: tuple[Site, Site]) -> Callable[..., Page]:
    """The form, copied from the page that says how, on the allowed site or on the other."""
    snippet = open_page("/embed", base_url=service.url).locator("pre").first.inner_text()
    for site in sites:
        site.page = snippet.replace("http://localhost:", "http://127.0.0.1:", 1)

    def open_site(*, allowed: bool = True, **how: object) -> Page:
        return open_page(sites[0 if allowed else 1].origin, **how)

    return open_site


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_the_form_as_copied_signs_somebody_up(embedded: Callable[..., Page], scripts: bool) -> None:  # noqa: FBT001  # pytest passes it by name
    page = embedded(scripts=scripts)
    page.get_by_label("Email address").fill("ada@example.org")
    page.get_by_label("Name").fill("Ada")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", name="You are signed up")).to_be_visible()
    assert page.context.cookies() == []


def test_a_mistake_leads_to_our_own_form_and_from_there_on(embedded: Callable[..., Page]) -> None:
    page = embedded()
    page.get_by_label("Email address").fill("ada@example")
    page.get_by_label("Name").fill("Ada")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Name")).to_have_value("Ada")
    page.get_by_label("Email address").fill("ada@example.org")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", name="You are signed up")).to_be_visible()


def test_on_a_site_that_is_not_allowed_it_says_where_to_sign_up_instead(embedded: Callable[..., Page]) -> None:
    page = embedded(allowed=False)
    page.get_by_label("Email address").fill("ada@example.org")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", name="Please sign up here")).to_be_visible()
    page.get_by_role("link", name="To the sign-up").click()
    expect(page.get_by_role("heading", name="Sign up")).to_be_visible()


def test_who_is_quicker_than_people_are_presses_the_button_once_more(open_page: Open, service: WebProcess) -> None:
    page = open_page(base_url=service.url)
    page.get_by_label("Email address").fill("ada@example.org")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("alert")).to_contain_text("Please press the button once more")
    expect(page.get_by_label("Email address")).to_have_value("ada@example.org")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", name="You are signed up")).to_be_visible()
