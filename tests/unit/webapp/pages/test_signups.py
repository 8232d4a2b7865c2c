import html
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config.settings import WebSettings
from webapp.app import create_app

TYPED = {"email": "ada@example", "name": "Ada"}
EXPIRED_AT_ONCE = -1


def token(client: FlaskClient) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/").text)
    assert found is not None
    return found[1]


def tag(page: str, name: str) -> str:
    found = re.search(rf'<input id="{name}"[^>]*>', page)
    assert found is not None
    return found[0]


def test_the_form_is_answered_without_a_ledger(client: FlaskClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert 'action="/signups"' in answer.text
    assert "aria-invalid" not in answer.text


def test_a_bad_field_brings_the_form_back_with_what_was_typed_and_the_error_tied_to_its_field(
    client: FlaskClient,
) -> None:
    answer = client.post("/signups", data={"csrf_token": token(client), **TYPED})
    assert answer.status_code == 422
    field = tag(answer.text, "email")
    assert 'value="ada@example"' in field
    assert 'aria-invalid="true"' in field
    assert 'aria-describedby="email-error"' in field
    assert '<p class="error" id="email-error">The part after the @-sign is missing its ending' in answer.text
    assert 'value="Ada"' in tag(answer.text, "name")
    assert "aria-invalid" not in tag(answer.text, "name")
    assert "<title>Please check: Sign up</title>" in answer.text


def test_what_is_wrong_is_listed_once_more_above_with_the_focus_and_leads_to_its_fields(client: FlaskClient) -> None:
    page = client.post("/signups", data={"csrf_token": token(client), "email": "", "name": "a<b"}).text
    assert page.count("autofocus") == 1
    assert '<div class="notice bad" id="problems" role="alert" tabindex="-1" autofocus>' in page
    assert re.findall(r'<li><a href="#(\w+)">', page) == ["email", "name"]
    assert 'aria-describedby="name-error"' in tag(page, "name")


def test_the_consent_stands_beside_the_button(client: FlaskClient) -> None:
    page = client.get("/").text
    assert '<button type="submit" aria-describedby="consent"' in page
    assert '<p class="consent" id="consent">We add you to the newsletter and send you a welcome mail.' in page


def test_the_lure_is_out_of_everybodys_way(client: FlaskClient) -> None:
    field = tag(client.get("/").text, "homepage")
    assert 'tabindex="-1"' in field
    assert 'autocomplete="off"' in field
    assert 'value=""' in field


def test_without_a_challenge_the_form_has_none_of_it(client: FlaskClient) -> None:
    page = client.get("/").text
    assert "altcha" not in page
    assert "challenge" not in page


def test_with_a_challenge_the_form_has_its_place_its_script_and_a_word_for_those_without_scripts(
    settings: WebSettings,
) -> None:
    app = create_app(settings.model_copy(update={"signup_challenge": True}))
    page = app.test_client().get("/").text
    assert '<div id="challenge" data-source="/api/v1/challenges"' in page
    assert '<input type="hidden" name="altcha" value="">' in page
    assert 'challenge.js" defer></script>' in page
    assert re.search(r"<noscript><p[^>]*>.*JavaScript.*</p></noscript>", page)


def test_a_challenge_that_was_not_solved_is_a_notice_above_what_was_typed(settings: WebSettings) -> None:
    client = create_app(settings.model_copy(update={"signup_challenge": True, "signup_limits": None})).test_client()
    typed = {"csrf_token": token(client), "email": "ada@example.org", "altcha": ""}
    answer = client.post("/signups", data=typed)
    assert answer.status_code == 422
    assert "has not solved the small puzzle" in answer.text
    assert "/api/v1" not in answer.text.partition("problems")[2].partition("</div>")[0]
    assert 'value="ada@example.org"' in tag(answer.text, "email")


def test_markup_that_was_typed_is_text_on_the_page(client: FlaskClient) -> None:
    evil = '"><script>alert(1)</script>'
    page = client.post("/signups", data={"csrf_token": token(client), "email": evil, "name": evil}).text
    assert "<script>" not in page
    assert page.count(str(html.escape(evil)).replace("&quot;", "&#34;")) == 2


def test_a_field_the_form_does_not_have_is_refused_here_too(client: FlaskClient) -> None:
    answer = client.post("/signups", data={"csrf_token": token(client), "email": "ada@example.org", "phone": "1"})
    assert answer.status_code == 422
    assert "Phone numbers cannot be taken yet." in answer.text


@pytest.mark.parametrize("sent", [{}, {"csrf_token": "made-up"}])
def test_without_a_token_the_form_comes_back_with_what_was_typed_and_a_sentence(
    client: FlaskClient,
    sent: dict[str, str],
) -> None:
    answer = client.post("/signups", data={**TYPED, **sent}, headers={"Accept": "text/html"})
    assert answer.status_code == 400
    assert "Please send it again." in answer.text
    assert 'value="ada@example"' in tag(answer.text, "email")
    assert 'value="Ada"' in tag(answer.text, "name")


def test_a_token_that_is_too_old_brings_a_fresh_one(app: Flask, client: FlaskClient) -> None:
    old = token(client)
    app.config["WTF_CSRF_TIME_LIMIT"] = EXPIRED_AT_ONCE
    answer = client.post("/signups", data={"csrf_token": old, **TYPED})
    assert answer.status_code == 400
    assert "This form was open for too long" in answer.text
    assert 'name="csrf_token"' in answer.text


def test_behind_https_the_form_works_without_a_referer_which_we_forbid_browsers_to_send(client: FlaskClient) -> None:
    there = "https://localhost"
    client.get("/", base_url=there)
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/", base_url=there).text)
    assert found is not None
    answer = client.post("/signups", data={"csrf_token": found[1], **TYPED}, base_url=there)
    assert answer.status_code == 422  # and not 400: it got as far as the rules


def test_a_program_that_takes_no_page_gets_problem_documents_from_the_form_too(client: FlaskClient) -> None:
    accept = {"Accept": "application/json"}
    refused = client.post("/signups", data={"csrf_token": token(client), **TYPED}, headers=accept)
    assert (refused.status_code, refused.mimetype) == (422, "application/problem+json")
    assert refused.json["errors"][0]["pointer"] == "#/email"
    stale = client.post("/signups", data=TYPED, headers=accept)
    assert (stale.status_code, stale.mimetype) == (400, "application/problem+json")


def test_a_form_that_is_too_large_is_413_on_a_page(client: FlaskClient) -> None:
    answer = client.post("/signups", data={"name": "x" * 20_000}, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (413, "text/html")
    assert "16 KiB" in answer.text


def test_a_body_that_is_not_utf_8_is_no_form(client: FlaskClient) -> None:
    body = f"csrf_token={token(client)}&email=ada@example.org&name=Ad".encode() + b"\xe4"
    answer = client.post("/signups", data=body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400


def test_a_control_character_in_a_form_is_refused(client: FlaskClient) -> None:
    answer = client.post("/signups", data={"csrf_token": token(client), "email": "ada@example.org", "name": "A\x00"})
    assert answer.status_code == 422
    assert "aria-invalid" in tag(answer.text, "name")
