"""Languages: which there are, which is meant, and that adding one is adding a file."""

from pathlib import Path

import pytest

from jobs import translation
from jobs.translation import find, for_locale, known_languages, negotiate

PORTUGUESE = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

msgid "Sign up"
msgstr "Inscrever-se"

msgid "%(n)s day"
msgid_plural "%(n)s days"
msgstr[0] "%(n)s dia"
msgstr[1] "%(n)s dias"
"""


@pytest.fixture
def _one_more_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in translation.TRANSLATIONS.glob("*.po"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "pt_BR.po").write_text(PORTUGUESE, encoding="utf-8")
    monkeypatch.setattr(translation, "TRANSLATIONS", tmp_path)


def test_english_is_the_source_and_german_has_a_file() -> None:
    assert [(one.tag, one.name) for one in known_languages()] == [("en", "English"), ("de", "Deutsch")]


@pytest.mark.usefixtures("_one_more_file")
def test_a_language_is_added_by_adding_its_file() -> None:
    assert [one.tag for one in known_languages()] == ["en", "de", "pt-BR"]
    found = for_locale("pt-BR")
    assert (found.tag, found.name, found.direction) == ("pt-BR", "Português (Brasil)", "ltr")
    assert found.gettext("Sign up") == "Inscrever-se"
    assert [found.ngettext("%(n)s day", "%(n)s days", number) for number in (0, 1, 2)] == [
        "%(n)s dia",
        "%(n)s dia",
        "%(n)s dias",
    ]
    assert negotiate("pt-PT, de;q=0.5") == found


@pytest.mark.parametrize(
    ("tag", "expected"),
    [("de", "de"), ("DE", "de"), ("de-AT", "de"), ("de_CH", "de"), ("de-Latn-DE-1996", "de"), ("en-GB", "en")],
)
def test_the_nearest_language_to_a_tag_is_found(tag: str, expected: str) -> None:
    found = find(tag)
    assert found is not None
    assert found.tag == expected


@pytest.mark.parametrize("tag", ["fr", "", "x-private", "deutsch", "../de", "d", "de" + "-a" * 17])
def test_for_a_tag_that_is_none_of_ours_there_is_english(tag: str) -> None:
    assert find(tag) is None
    assert for_locale(tag).tag == "en"


def test_for_no_tag_there_is_english() -> None:
    assert for_locale(None).tag == "en"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en;q=0.3, de;q=0.7", "de"),
        ("fr, de;q=0.2", "de"),
        ("fr, *;q=0.5, de;q=0.2", "en"),
        ("de;q=0", "en"),
        ("de;q=0, en", "en"),
        ("en-US,en;q=0.9,de;q=0.8", "en"),
        ("", "en"),
        ("fr", "en"),
        ("de;q=2", "en"),
        (";;;,,q=,de;", "en"),
        ("x" * 100_000 + ",de", "en"),
        ("*", "en"),
    ],
)
def test_what_a_browser_would_like_best_is_chosen(header: str, expected: str) -> None:
    assert negotiate(header).tag == expected


def test_what_nobody_has_translated_is_said_in_english() -> None:
    assert for_locale("de").gettext("A sentence of tomorrow.") == "A sentence of tomorrow."
