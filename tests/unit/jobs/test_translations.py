"""Every language says everything that pages and mails say: nothing missing, nothing left over, the same placeholders."""

import re
from configparser import ConfigParser
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from jobs.translation import TRANSLATIONS

ROOT = Path(__file__).resolve().parents[3]
KEYWORDS = {**DEFAULT_KEYWORDS, "sentence": None, "Complaint": None}
PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")
TAGS = re.compile(r"</?\w+[^>]*>")
LANGUAGES = [pytest.param(file, id=file.stem) for file in sorted(TRANSLATIONS.glob("*.po"))]


def settings() -> tuple[list[tuple[str, str]], dict[str, dict[str, str]]]:
    """What `make translations` extracts by."""
    parser = ConfigParser()
    parser.read(TRANSLATIONS / "babel.cfg")
    methods = [tuple(section.split(": ", 1)) for section in parser.sections()]
    options = {pattern: dict(parser[f"{method}: {pattern}"]) for method, pattern in methods}
    return [(pattern, method) for method, pattern in methods], options


@cache
def used() -> frozenset[str]:
    methods, options = settings()
    found: set[str] = set()
    for folder in ("jobs", "webapp"):
        for _, _, message, *_ in extract_from_dir(ROOT / folder, methods, options, keywords=KEYWORDS):
            found.update([message] if isinstance(message, str) else message)
    return frozenset(found)


def catalogue(file: Path) -> Catalog:
    with file.open("rb") as opened:
        return read_po(opened, locale=file.stem)


def sentences(file: Path) -> dict[str, str]:
    return {message.id: message.string for message in catalogue(file) if message.id}


def test_sentences_are_found_in_templates_of_both_kinds_and_in_the_code() -> None:
    a_page, a_mail, a_rule = "Sign up", "Hello,", "An email address has only one @-sign."
    assert {a_page, a_mail, a_rule} <= used()


@pytest.mark.parametrize("file", LANGUAGES)
def test_nothing_is_missing_and_nothing_is_left_over(file: Path) -> None:
    assert set(sentences(file)) == used()
    assert not catalogue(file).obsolete


@pytest.mark.parametrize("file", LANGUAGES)
def test_nothing_is_empty_or_only_guessed(file: Path) -> None:
    assert [message.id for message in catalogue(file) if message.id and (message.fuzzy or not message.string)] == []


@pytest.mark.parametrize("file", LANGUAGES)
def test_every_sentence_has_the_placeholders_and_the_markup_of_its_source(file: Path) -> None:
    for source, text in sentences(file).items():
        assert sorted(PLACEHOLDER.findall(text)) == sorted(PLACEHOLDER.findall(source)), source
        assert sorted(TAGS.findall(text)) == sorted(TAGS.findall(source)), source


@pytest.mark.parametrize("file", LANGUAGES)
def test_a_sentence_ends_as_its_source_does_and_has_no_space_around_it(file: Path) -> None:
    for source, text in sentences(file).items():
        assert text == text.strip(), source
        assert (text[-1] in ".?:…,") == (source[-1] in ".?:…,"), source
