"""Letters: what is missing is an error and not a blank, and what somebody typed is text and not markup."""

from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest

from jobs import letters
from jobs.links import PREFERENCES_FOR


@pytest.fixture
def _templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for part, text in {"subject": "Dear\n  {{ name }}\n", "txt": "Hi {{ name }}", "html": "<p>{{ name }}</p>"}.items():
        (tmp_path / f"note.{part}").write_text(text)
    monkeypatch.setattr(letters, "TEMPLATES", tmp_path)
    letters._environment.cache_clear()
    yield
    letters._environment.cache_clear()


@pytest.mark.usefixtures("_templates")
def test_a_value_is_escaped_in_html_and_only_there() -> None:
    text = letters.render("note", name="<b>")
    assert (text.text, text.html) == ("Hi <b>", "<p>&lt;b&gt;</p>")


@pytest.mark.usefixtures("_templates")
def test_a_subject_is_one_line_whatever_is_put_into_it() -> None:
    assert letters.render("note", name="A\r\nBcc: b@c.example").subject == "Dear A Bcc: b@c.example"


@pytest.mark.usefixtures("_templates")
def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="name"):
        letters.render("note")


LINKS = {"unsubscribe": "https://u.example/leave?a=1&b=2", "preferences": "https://u.example/preferences"}


@pytest.mark.parametrize(
    ("locale", "language", "words"),
    [(None, "en", "signed up"), ("fr", "en", "signed up"), ("de-AT", "de", "angemeldet"), ("en-GB", "en", "signed up")],
)
def test_the_welcome_has_three_parts_in_the_readers_language(locale: str | None, language: str, words: str) -> None:
    text = letters.render("welcome", locale, **LINKS)
    assert words in text.subject
    assert words in text.text
    assert words in text.html
    assert f'<html lang="{language}" dir="ltr">' in text.html
    assert LINKS["unsubscribe"] in text.text
    assert "leave?a=1&amp;b=2" in text.html


@pytest.mark.parametrize("locale", ["en", "de"])
@pytest.mark.parametrize(("letter", "link"), [("confirm", "confirm"), ("link", "preferences")])
def test_no_sentence_of_a_letter_is_left_without_its_end_or_begins_with_a_blank(
    letter: str, link: str, locale: str
) -> None:
    links = {link: "https://c.example", "unsubscribe": "https://u.example"}
    lines = letters.render(letter, locale, **links).text.splitlines()
    assert [line for line in lines if line != line.strip() and line != "-- "] == []
    assert "https://c.example" in lines


@pytest.mark.parametrize(
    ("locale", "words"), [("en", f"{PREFERENCES_FOR.days} days"), ("de", f"{PREFERENCES_FOR.days} Tage")]
)
def test_the_letter_with_a_link_says_how_long_that_is_good_and_what_to_do_if_nobody_asked(
    locale: str, words: str
) -> None:
    letter = letters.render("link", locale, **LINKS)
    nothing = {"en": "there is nothing you need to do", "de": "müssen Sie nichts tun"}[locale]
    for half in (letter.text, letter.html):
        assert words in half
        assert nothing in half
        assert LINKS["preferences"] in half
        assert LINKS["unsubscribe"] in half.replace("&amp;", "&")
    assert letter.subject


@pytest.mark.usefixtures("_templates")
def test_a_letter_that_says_the_same_to_everybody_is_rendered_once_in_each_language(tmp_path: Path) -> None:
    for part in ("subject", "txt", "html"):
        (tmp_path / f"plain.{part}").write_text("{% trans %}Hello,{% endtrans %}")
    assert letters.render("plain") is letters.render("plain")
    assert letters.render("plain", "de") is letters.render("plain", "de-CH")
    assert letters.render("plain").text == "Hello,"
    assert letters.render("plain", "de").text == "Guten Tag,"


@pytest.mark.usefixtures("_templates")
def test_of_a_letter_with_somebodys_values_only_the_blank_is_kept() -> None:
    assert letters.render("note", name="Ann").text == "Hi Ann"
    before = letters._blank.cache_info()
    assert letters.render("note", name="Bob").text == "Hi Bob"
    after = letters._blank.cache_info()
    assert (after.currsize, after.misses, after.hits) == (before.currsize, before.misses, before.hits + 1)
