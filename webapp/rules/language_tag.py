"""Whether a language tag is well-formed (RFC 5646, section 2.2.9).

Separate because it is one regular expression that needs its grammar beside it. It must never ask whether a language
exists: that list changes, and an unknown one simply gets the default text.
"""

import re

from jobs.translation import LONGEST_TAG
from webapp.rules.complaint import Complaint

_LANGUAGE = r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})"
_SCRIPT = r"(?:-[a-z]{4})?"
_REGION = r"(?:-(?:[a-z]{2}|[0-9]{3}))?"
_VARIANTS = r"(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*"
_EXTENSIONS = r"(?:-[0-9a-wy-z](?:-[a-z0-9]{2,8})+)*"
_PRIVATE = r"x(?:-[a-z0-9]{1,8})+"
_TAG = re.compile(
    rf"{_LANGUAGE}{_SCRIPT}{_REGION}{_VARIANTS}{_EXTENSIONS}(?:-{_PRIVATE})?|{_PRIVATE}", re.IGNORECASE | re.ASCII
)


def well_formed(tag: str) -> str:
    """The tag as it was given. Raises `Complaint` with a sentence for the developer who sent it."""
    if len(tag) > LONGEST_TAG or not _TAG.fullmatch(tag):
        raise Complaint(
            "This is no language tag of at most {most} characters (BCP 47), such as en or pt-BR.", most=LONGEST_TAG
        )
    return tag
