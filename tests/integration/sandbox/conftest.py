"""One sandbox for the module, mended and emptied for each test."""

import smtplib
from collections.abc import Iterator

import pytest
import requests

from tests.integration.sandbox.web_site import WebSite, web_site
from tests.sandbox_process import SandboxProcess


@pytest.fixture(scope="module")
def process() -> Iterator[SandboxProcess]:
    started = SandboxProcess.start()
    yield started
    assert started.stop() == 0


@pytest.fixture
def sandbox(process: SandboxProcess) -> SandboxProcess:
    for provider in ("listmonk", "smtp", "mailchimp"):
        process.set_mode(provider, "ok")
        process.clear(provider)
    return process


@pytest.fixture
def listmonk(sandbox: SandboxProcess) -> Iterator[requests.Session]:
    """A client of listmonk's API that is signed in and gives up after five seconds."""

    class Client(requests.Session):
        def request(self, method: str, url: str, **more: object) -> requests.Response:
            return super().request(method, sandbox.http_url + url, **{"timeout": 5, **more})

    with Client() as client:
        client.headers["Authorization"] = "token usher:secret"
        yield client


@pytest.fixture
def mailer(sandbox: SandboxProcess) -> Iterator[smtplib.SMTP]:
    """A connection to the SMTP server that has not said a word yet."""
    client = smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=5)
    yield client
    client.close()


@pytest.fixture
def site() -> Iterator[WebSite]:
    """Where a mail's links lead."""
    with web_site() as running:
        yield running
