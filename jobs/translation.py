"""Sentences in the reader's language: for pages and for mails alike. English is the source; every other is one .po file.

Separate because both doors speak to the same people. A language is added by adding its file to `jobs/translations`,
named after its tag (`de.po`, `pt_BR.po`); nothing is compiled beforehand, so that no build can forget to. It must never
fail for a sentence that nobody has translated: that one is said in English.
"""

import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

TRANSLATIONS = Path(__file__).parent / "translations"
SOURCE = "en"

LONGEST_TAG = (
    35  # characters: what a tag without extensions can need (RFC 5646, 4.4.1); anybody may send us more of them
)
_LONGEST_HEADER = 500  # characters of an Accept-Language; whoever sends more wants something else
_RANGE = re.compile(
    r"\s*([a-z]{1,8}(?:-[a-z0-9]{1,8})*|\*)\s*(?:;\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Translation:
    """One language. `tag`: BCP 47, for `lang` attributes; `name`: what those who speak it call it."""

    tag: str
    name: str
    direction: str  # ltr or rtl
    _catalogue: NullTranslations = field(repr=False, compare=False)

    def gettext(self, text: str) -> str:
        """The sentence in this language; as it is where there is none."""
        return self._catalogue.gettext(text)

    def ngettext(self, one: str, many: str, number: int) -> str:
        """The one of the two that goes with the number, in this language, which may have more than two."""
        return self._catalogue.ngettext(one, many, number)


def sentence(text: str) -> str:
    """Marks a text to be translated later, where it is shown. Returns it as it is."""
    return text


def known_languages() -> tuple[Translation, ...]:
    """English, and every language that has a file, by tag."""
    return _known(TRANSLATIONS)


def find(tag: str) -> Translation | None:
    """The language of a BCP 47 tag, or the nearest we have (`de` for `de-AT`); None where we have none."""
    if len(tag) > LONGEST_TAG:
        return None
    known = _by_tag(TRANSLATIONS)
    parts = tag.replace("_", "-").lower().split("-")
    return next((known[tag] for end in range(len(parts), 0, -1) if (tag := "-".join(parts[:end])) in known), None)


def for_locale(tag: str | None) -> Translation:
    """What to write to somebody in whose language is `tag`; English where that is unknown, or none of ours."""
    return (find(tag) if tag else None) or _by_tag(TRANSLATIONS)[SOURCE]


def negotiate(accept_language: str) -> Translation:
    """The best of ours for a browser's `Accept-Language` (RFC 9110, 12.5.4); English for one that is no such header."""
    return _negotiated(TRANSLATIONS, accept_language[:_LONGEST_HEADER])


@lru_cache(maxsize=256)
def _negotiated(_folder: Path, header: str) -> Translation:
    ranges = [found for part in header.split(",") if (found := _RANGE.fullmatch(part))]
    liked = sorted(
        ranges, key=lambda found: -float(found[2] or 1)
    )  # stable: as they were listed where all are liked alike
    wanted = (for_locale(SOURCE) if found[1] == "*" else find(found[1]) for found in liked if float(found[2] or 1) > 0)
    return next(filter(None, wanted), for_locale(SOURCE))


@cache
def _known(folder: Path) -> tuple[Translation, ...]:
    source = _described(SOURCE, NullTranslations())
    return (source, *(_described(file.stem, _compiled(file)) for file in sorted(folder.glob("*.po"))))


@cache
def _by_tag(folder: Path) -> dict[str, Translation]:
    known = {language.tag.lower(): language for language in _known(folder)}
    for language in _known(folder):  # a `pt` is better served by our `pt-BR` than by English
        known.setdefault(language.tag.lower().split("-")[0], language)
    return known


def _compiled(file: Path) -> GNUTranslations:
    with file.open("rb") as opened:
        catalogue = read_po(opened, locale=file.stem)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


def _described(name: str, catalogue: NullTranslations) -> Translation:
    locale = Locale.parse(name)
    own_name = str(locale.display_name)
    return Translation(name.replace("_", "-"), own_name[:1].upper() + own_name[1:], locale.text_direction, catalogue)
