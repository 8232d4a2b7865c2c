"""The page, as a browser without JavaScript uses it."""

import smtplib

import pytest
import requests

from tests.sandbox_process import SandboxProcess


def page(sandbox: SandboxProcess, path: str = "/") -> requests.Response:
    return requests.get(sandbox.http_url + path, timeout=5)


def submit(sandbox: SandboxProcess, path: str, **fields: str) -> requests.Response:
    return requests.post(sandbox.http_url + path, data=fields, allow_redirects=False, timeout=5)


def send(sandbox: SandboxProcess, mail: str) -> None:
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=5) as client:
        client.sendmail("hello@example.org", ["ada@example.org"], mail.encode())


def test_it_shows_every_provider_with_a_button_for_each_mode(sandbox: SandboxProcess) -> None:
    text = page(sandbox).text
    assert text.count('data-mode="') == 33
    assert text.count('aria-pressed="true"') == 3
    assert text.count("</section>") == 3


def test_a_mode_button_is_a_form_that_breaks_the_provider_and_redirects(sandbox: SandboxProcess) -> None:
    fields = {"mode": "flaky", "error_rate": "0.25", "latency_ms": "", "retry_after_s": " 5 "}
    answer = submit(sandbox, "/_page/listmonk/mode", **fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/#listmonk")
    state = sandbox.state("listmonk")
    assert (state["mode"], state["error_rate"], state["retry_after_s"]) == ("flaky", 0.25, 5)
    assert 'value="0.25"' in page(sandbox).text


def test_a_bad_number_is_refused_on_the_page_and_changes_nothing(sandbox: SandboxProcess) -> None:
    answer = submit(sandbox, "/_page/listmonk/mode", mode="down", latency_ms="soon")
    assert answer.status_code == 422
    assert "latency_ms: must be a whole number" in answer.text
    assert sandbox.state("listmonk")["mode"] == "ok"


def test_mend_everything_mends_everything(sandbox: SandboxProcess) -> None:
    sandbox.set_mode("listmonk", "hang")
    sandbox.set_mode("smtp", "refuse")
    assert submit(sandbox, "/_page/mend").status_code == 303
    assert [sandbox.state(name)["mode"] for name in ("listmonk", "smtp")] == ["ok", "ok"]


def test_the_clear_button_empties_the_journal(sandbox: SandboxProcess) -> None:
    send(sandbox, "Subject: Hi\r\n\r\nx\r\n")
    assert submit(sandbox, "/_page/smtp/clear").status_code == 303
    assert sandbox.journal("smtp") == []


@pytest.mark.parametrize("path", ["/_page/pigeon/mode", "/_page/pigeon/clear"])
def test_there_is_no_form_for_an_unknown_provider(sandbox: SandboxProcess, path: str) -> None:
    assert submit(sandbox, path, mode="ok").status_code == 404


def test_an_effect_shows_with_address_and_subject_and_leads_to_the_mail(sandbox: SandboxProcess) -> None:
    send(sandbox, "Subject: Hello & <b>welcome</b>\r\n\r\nGo to https://example.org/c?a=1&b=2 <now>\r\n")
    assert '<a class="what" href="/_page/smtp/mails/1">Hello &amp; &lt;b&gt;welcome&lt;/b&gt;</a>' in page(sandbox).text
    mail = page(sandbox, "/_page/smtp/mails/1").text
    assert '<a href="https://example.org/c?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">' in mail
    assert "&lt;now&gt;" in mail
    assert "This mail has no HTML part." in mail


def test_the_html_of_a_mail_is_served_where_it_can_do_nothing(sandbox: SandboxProcess) -> None:
    send(sandbox, "Subject: Hi\r\nContent-Type: text/html\r\n\r\n<script>alert(1)</script>\r\n")
    assert '<iframe title="The mail as HTML" sandbox="allow-popups' in page(sandbox, "/_page/smtp/mails/1").text
    html = page(sandbox, "/_page/smtp/mails/1/html")
    assert "<script>alert(1)</script>" in html.text
    policy = html.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("path", ["/_page/smtp/mails/1", "/_page/smtp/mails/1/html", "/_page/listmonk/mails/1"])
def test_a_mail_that_is_not_there_is_a_404(sandbox: SandboxProcess, path: str) -> None:
    assert page(sandbox, path).status_code == 404


def test_the_page_may_run_its_own_script_and_style_alone_and_has_them(sandbox: SandboxProcess) -> None:
    answer = page(sandbox)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "://" not in policy
    for name in ("sandbox.css", "sandbox.js", "icon.svg"):
        assert f"/_static/{name}" in answer.text
        assert page(sandbox, f"/_static/{name}").ok
    assert page(sandbox, "/_static/../page.py").status_code == 404


def test_the_state_for_the_script_is_what_the_page_shows(sandbox: SandboxProcess) -> None:
    sandbox.set_mode("smtp", "rate_limited", retry_after_s=9)
    send_refused = pytest.raises(smtplib.SMTPRecipientsRefused)
    with send_refused:
        send(sandbox, "Subject: Hi\r\n\r\nx\r\n")
    listmonk, smtp, _ = page(sandbox, "/_page/state").json()["providers"]
    assert (listmonk["mode"], listmonk["tone"]) == ("ok", "works")
    assert (smtp["mode"], smtp["tone"], smtp["latest"]) == ("rate_limited", "limps", [])
    assert smtp["behaviour"] == "latency 0 ms · retry after 9 s"
    assert smtp["explanation"] in page(sandbox).text
