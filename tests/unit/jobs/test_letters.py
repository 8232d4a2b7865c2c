"""Letters: what is missing is an error and not a blank, and what somebody typed is text and not markup."""

from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest

from jobs import letters


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


def test_the_welcome_has_three_parts_and_names_nobody() -> None:
    text = letters.render("welcome")
    assert text.subject
    assert "signed up" in text.text
    assert "signed up" in text.html


def test_a_letter_that_says_the_same_to_everybody_is_rendered_once() -> None:
    assert letters.render("welcome") is letters.render("welcome")


@pytest.mark.usefixtures("_templates")
def test_a_letter_with_somebodys_values_is_not_kept() -> None:
    before = letters._for_everybody.cache_info().currsize
    assert letters.render("note", name="Ann").text == "Hi Ann"
    assert letters.render("note", name="Bob").text == "Hi Bob"
    assert letters._for_everybody.cache_info().currsize == before
