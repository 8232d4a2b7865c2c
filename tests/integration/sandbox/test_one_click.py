"""The mail's page does what a mail program does with List-Unsubscribe, and to nobody but us."""

import smtplib

import pytest
import requests

from tests.integration.sandbox.web_site import WebSite
from tests.sandbox_process import SandboxProcess


def send(sandbox: SandboxProcess, url: str, *, post: str = "List-Unsubscribe=One-Click") -> None:
    mail = f"Subject: Hi\r\nList-Unsubscribe: <{url}>\r\nList-Unsubscribe-Post: {post}\r\n\r\nLeave: {url}\r\n"
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=5) as client:
        client.sendmail("hello@example.org", ["ada@example.org"], mail.encode())


def page(sandbox: SandboxProcess, query: str = "") -> str:
    return requests.get(f"{sandbox.http_url}/_page/smtp/mails/1{query}", timeout=5).text


def press(sandbox: SandboxProcess, **headers: str) -> requests.Response:
    url = f"{sandbox.http_url}/_page/smtp/mails/1/one-click"
    return requests.post(url, headers=headers, allow_redirects=False, timeout=5)


@pytest.mark.parametrize(
    ("status", "words"), [(200, "takes that for done"), (302, "does not follow"), (500, "Internal Server Error")]
)
def test_one_click_is_one_post_as_rfc_8058_has_it(
    sandbox: SandboxProcess, site: WebSite, status: int, words: str
) -> None:
    site.status = status
    send(sandbox, f"{site.url}/unsubscribe/t.o-k_en")
    assert "One click: leave</button>" in page(sandbox)
    answer = press(sandbox)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/_page/smtp/mails/1?answered={status}")
    ((command, path, headers, body),) = site.heard
    assert (command, path, body) == ("POST", "/unsubscribe/t.o-k_en", b"List-Unsubscribe=One-Click")
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert not {"Cookie", "Origin", "Referer"} & set(headers)
    assert words in page(sandbox, f"?answered={status}")


def test_nobody_there_is_said_as_such(sandbox: SandboxProcess) -> None:
    send(sandbox, "http://127.0.0.1:1/unsubscribe/t")
    assert press(sandbox).headers["Location"] == "/_page/smtp/mails/1?answered=nobody"
    assert "Nobody answered." in page(sandbox, "?answered=nobody")


def test_another_machine_is_shown_and_never_called(sandbox: SandboxProcess) -> None:
    send(sandbox, "https://elsewhere.example/unsubscribe/t")
    text = page(sandbox)
    assert "It leads to another machine" in text
    assert "One click: leave</button>" not in text
    assert press(sandbox).status_code == 409


def test_without_its_second_header_a_mail_is_left_on_the_page_alone(sandbox: SandboxProcess, site: WebSite) -> None:
    send(sandbox, f"{site.url}/unsubscribe/t", post="no")
    assert "no List-Unsubscribe-Post" in page(sandbox)
    assert press(sandbox).status_code == 409
    assert site.heard == []


def test_another_site_cannot_press_it_through_the_developers_browser(sandbox: SandboxProcess, site: WebSite) -> None:
    send(sandbox, f"{site.url}/unsubscribe/t")
    assert press(sandbox, Origin="https://eve.example").status_code == 403
    assert press(sandbox, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert site.heard == []


def test_a_mail_that_was_cleared_cannot_be_left(sandbox: SandboxProcess) -> None:
    assert press(sandbox).status_code == 409


def test_at_its_own_web_site_it_is_pressed_too() -> None:
    """A name that nobody has, so that the call itself comes to nothing: it was made, and not refused."""
    own = SandboxProcess.start("--base-url", "http://signup.invalid")
    try:
        send(own, "http://signup.invalid/unsubscribe/t")
        assert press(own).headers["Location"] == "/_page/smtp/mails/1?answered=nobody"
        own.clear("smtp")
        send(own, "http://other.invalid/unsubscribe/t")
        assert press(own).status_code == 409
    finally:
        assert own.stop() == 0
