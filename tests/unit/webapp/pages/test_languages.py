import re

import pytest
from flask.testing import FlaskClient

HTML = {"Accept": "text/html"}
GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5", **HTML}


def token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def switch(page: str) -> list[str]:
    return re.findall(r'<a href="([^"]+)" lang="\w+" hreflang=', page)


@pytest.mark.parametrize(
    ("header", "tag", "heading"),
    [("de", "de", "Anmelden"), ("en", "en", "Sign up"), ("fr", "en", "Sign up"), ("fr, de;q=0.1", "de", "Anmelden")],
)
def test_the_form_is_in_the_language_that_the_browser_asks_for_and_says_so(
    client: FlaskClient, header: str, tag: str, heading: str
) -> None:
    answer = client.get("/", headers={"Accept-Language": header})
    assert f'<html lang="{tag}" dir="ltr">' in answer.text
    assert f"<h1>{heading}</h1>" in answer.text
    assert answer.headers["Content-Language"] == tag
    assert "Accept-Language" in answer.headers["Vary"]
    assert f'name="locale" value="{tag}"' in answer.text


def test_the_address_outranks_the_browser(client: FlaskClient) -> None:
    assert '<html lang="de"' in client.get("/?locale=de", headers={"Accept-Language": "en"}).text
    assert '<html lang="en"' in client.get("/?locale=en-GB", headers=GERMAN).text


@pytest.mark.parametrize("chosen", ["fr", "xx-nonsense", "", "%00", "de%0d%0aSet-Cookie:x"])
def test_a_language_that_we_have_not_is_as_if_none_was_chosen(client: FlaskClient, chosen: str) -> None:
    answer = client.get(f"/?locale={chosen}", headers=GERMAN)
    assert '<html lang="de"' in answer.text
    assert answer.headers["Content-Language"] == "de"


def test_the_switch_leads_to_the_same_page_in_the_other_language(client: FlaskClient) -> None:
    assert switch(client.get("/").text) == ["?locale=de"]
    assert switch(client.get("/?locale=de").text) == ["?locale=en"]
    assert switch(client.get("/nowhere?a=1", headers=HTML).text) == ["?a=1&amp;locale=de"]


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example", "/%2F%2Fevil.example"])
def test_no_switch_leads_to_another_site(client: FlaskClient, path: str) -> None:
    links = switch(client.get(path, headers=HTML).text)
    assert links == ["?locale=de"]


def test_the_switch_survives_the_post_and_the_mistake(client: FlaskClient) -> None:
    form = client.get("/?locale=de", headers=HTML).text
    typed = {"csrf_token": token(form), "locale": "de", "email": "ada@example"}
    answer = client.post("/signups", data=typed, headers={"Accept-Language": "en", **HTML})
    assert answer.status_code == 422
    assert '<html lang="de"' in answer.text
    assert "Nach dem @ fehlt die Endung" in answer.text
    assert switch(answer.text) == ["/?locale=en"], "this address cannot be fetched, so the switch leads to the form"


def test_a_program_that_reads_german_still_gets_english_from_the_api(client: FlaskClient) -> None:
    answer = client.post("/api/v1/signups", json={"email": "ada@example"}, headers=GERMAN)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["detail"].startswith("The part after the @-sign is missing its ending")
    assert "Content-Language" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "code", "words"),
    [
        ("GET", "/nowhere", 404, "Nicht gefunden"),
        ("GET", "/signups", 405, "Nicht möglich"),
        ("GET", "/signups/6f1f4c4e-5a59-4d1e-9a6e-111111111111", 503, "Einen Moment bitte"),
    ],
)
def test_error_pages_are_translated_too(client: FlaskClient, method: str, path: str, code: int, words: str) -> None:
    answer = client.open(path, method=method, headers=GERMAN)
    assert answer.status_code == code
    assert words in answer.text
    assert answer.headers["Content-Language"] == "de"


def test_a_form_that_is_too_large_is_refused_in_the_browsers_language(client: FlaskClient) -> None:
    answer = client.post("/signups", data={"name": "x" * 20_000}, headers=GERMAN)
    assert answer.status_code == 413
    assert "höchstens 16 KiB" in answer.text


def test_a_link_to_another_page_keeps_a_language_that_was_chosen_and_says_nothing_of_one_that_was_not(
    client: FlaskClient,
) -> None:
    chosen = client.get("/nowhere?locale=de", headers=HTML).text
    assert 'href="/?locale=de">Zur Anmeldung' in chosen
    assert 'href="/">To the sign-up' in client.get("/nowhere", headers=HTML).text
