"""What a name may be made of: any letters of any script, and nothing that could pose as markup or as another line.

Separate because these rules outlive any one form. They must never judge what a real name looks like.
"""

import unicodedata

from webapp.rules.complaint import Complaint

MAX_LENGTH = 200
_JOINERS_AND_MARKS = "\u200c\u200d\u200e\u200f\u061c"  # needed to write Persian, Hindi, Hebrew and Arabic names
_REFUSED_CATEGORIES = {
    "Cc",  # control characters, line breaks among them
    "Cf",  # invisible ones: overrides of the writing direction, zero-width spaces, tags
    "Cs",  # halves of a surrogate pair
    "Zl",
    "Zp",  # line and paragraph separators
}
_MOST_READ = (
    4 * MAX_LENGTH
)  # characters as typed, of which composing leaves fewer; to compose takes the square of many marks
_REFUSED = "<>\ufffd"  # markup; the sign for a character that was damaged on its way
_TOO_LONG = Complaint("This is too long for a name here: at most {most} characters.", most=MAX_LENGTH)


def normal_name(typed: str) -> str | None:
    """The name in Unicode's composed form (NFC) without spaces around it; None where nothing is left.

    Raises `Complaint` with a sentence for the person who typed it.
    """
    if len(typed) > _MOST_READ:
        raise _TOO_LONG
    if any(_is_refused(character) for character in typed):
        raise Complaint(
            "A name can have letters, spaces and punctuation, but no < or >, line breaks or invisible characters."
        )
    name = unicodedata.normalize("NFC", typed).strip()
    if len(name) > MAX_LENGTH:
        raise _TOO_LONG
    return name or None


def _is_refused(character: str) -> bool:
    if character in _JOINERS_AND_MARKS:
        return False
    return character in _REFUSED or unicodedata.category(character) in _REFUSED_CATEGORIES
