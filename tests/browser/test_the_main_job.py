"""The main job, from end to end: somebody signs up in a browser, and moments later is on the newsletter and has the mail.

Everything is real: Chromium, the web process, PostgreSQL, Redis, the Procfile's own worker with its relay, HTTP and SMTP.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, expect

from embedded import procfile
from tests.browser.conftest import PATIENCE_MS
from tests.integration.deploy.program import Program
from tests.integration.webapp.web_process import WebProcess, running
from tests.sandbox_process import SandboxProcess

ROOT = Path(__file__).resolve().parents[2]
WORKER = procfile.parse((ROOT / "Procfile").read_text(encoding="utf-8"))["worker"]
SENDER = quote("Usher <hello@usher.example>")


@pytest.fixture
def sandbox() -> Iterator[SandboxProcess]:
    started = SandboxProcess.start()
    yield started
    started.stop()


@pytest.fixture
def worker(database_url: str, redis_url: str, sandbox: SandboxProcess, tmp_path: Path) -> Iterator[Program]:
    environment = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "a key for the length of one test",
        "NEWSLETTER_DSN": f"listmonk+http://usher:sandbox@127.0.0.1:{sandbox.http_port}/?list=1",
        "EMAIL_DSN": f"smtp://127.0.0.1:{sandbox.smtp_port}/?from={SENDER}",
    }
    with Program(WORKER, environment, folder=ROOT, log=tmp_path / "worker.log") as program:
        program.until_it_says("ready.")
        yield program


@pytest.fixture
def site(database_url: str) -> Iterator[WebProcess]:
    with running(database_url, SIGNUP_LIMITS="off") as process:
        yield process


def test_somebody_signs_up_and_sees_both_steps_done_and_is_on_the_list_and_has_the_mail(
    browser: Browser, site: WebProcess, sandbox: SandboxProcess, worker: Program
) -> None:
    sandbox.set_mode("listmonk", "down")
    page = browser.new_context(base_url=site.url).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/")
    page.get_by_label("Email address").fill("Zoe.Lundgren@Example.org")
    page.get_by_label("Name").fill("Zoë Lundgrén")
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("heading", name="You are signed up")).to_be_visible()
    newsletter, welcome = page.get_by_role("listitem").first, page.get_by_role("listitem").last
    expect(welcome).to_contain_text("Sending you a welcome mail — done")
    expect(newsletter).to_contain_text("we could not reach the newsletter yet")
    assert sandbox.journal("listmonk") == []
    sandbox.set_mode("listmonk", "ok")
    expect(newsletter).to_contain_text("Adding you to the newsletter — done", timeout=2 * PATIENCE_MS)
    (subscriber,) = sandbox.journal("listmonk")
    assert (subscriber["effect"], subscriber["key"], subscriber["name"]) == (
        "subscriber.created",
        "zoe.lundgren@example.org",
        "Zoë Lundgrén",
    )
    (mail,) = sandbox.journal("smtp")
    assert mail["to"] == ["zoe.lundgren@example.org"]
    assert "from now on the newsletter comes here" in mail["text"]
    assert "from now on the newsletter comes here" in mail["html"]
    assert "Lundgr" not in mail["text"] + mail["html"], "a name is text that a stranger may have typed"
    assert "example.org" not in worker.log
