"""A real Chromium before a real web process. Without one these tests say so and are skipped; with CI set they fail."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, expect, sync_playwright

from tests.browser.look import PATIENCE_S
from tests.integration.webapp.stand_in_worker import StandInWorker
from tests.integration.webapp.web_process import WebProcess, running

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDE, NARROW = 1280, 320
PATIENCE_MS = PATIENCE_S * 1_000


def no_browser(reason: str) -> None:
    """End the test: a skip where somebody works without a browser, a failure where nobody would read the skip."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(f"the browser tests need a Chromium: {reason}")


# For a module and no longer: while it lasts this thread has a running event loop, and no other test could start one.
@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        no_browser(f"there is none of {', '.join(NAMES)} on the PATH")
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses its sandbox to root
    try:
        started = playwright.chromium.launch(executable_path=path, args=arguments)
    except Error as error:
        no_browser(f"{path} does not start: {error.message.splitlines()[0]}")
    yield started
    started.close()


@pytest.fixture(scope="module")
def web(browser: Browser, module_database_url: str) -> Iterator[WebProcess]:
    assert browser.is_connected()  # asked for first: without one there is nothing to start
    # Scripts type faster than people; the time that those take has a test of its own.
    with running(module_database_url, SIGNUP_LIMITS="off") as process:
        yield process


@pytest.fixture
def worker(module_database_url: str) -> Iterator[StandInWorker]:
    """Moves every job that is due; so what other tests have left lying is cleared away first."""
    with psycopg.connect(module_database_url, autocommit=True) as connection:
        connection.execute("TRUNCATE subscribers, signups, facts, jobs, job_events, effects CASCADE")
        yield StandInWorker(connection)


@pytest.fixture
def open_page(browser: Browser, web: WebProcess) -> Iterator[Callable[..., Page]]:
    """Opens a page in a browser profile of its own, at `/` unless told otherwise; every script error fails the test."""
    contexts = []
    errors: list[str] = []

    def open_one(
        path: str = "/",
        *,
        width: int = WIDE,
        scripts: bool = True,
        scheme: str = "light",
        language: str = "en-GB",
        **more: Any,
    ) -> Page:
        context = browser.new_context(
            **{"base_url": web.url, **more},
            viewport={"width": width, "height": 800},
            java_script_enabled=scripts,
            color_scheme=scheme,
            locale=language,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
        page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert errors == []
