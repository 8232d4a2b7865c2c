"""The `Prefer` header (RFC 7240) as far as it is honoured here: `wait` and `respond-async`.

Separate because it is read leniently: what a client would like and we do not know, or cannot read, is left aside and
never refused (section 2).
"""

import re
from dataclasses import dataclass

from werkzeug.http import parse_list_header

LONGEST_S = 30
MOST_READ = 500  # characters: what is left aside anyway must not cost anything

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SECONDS = re.compile(r"[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Preferences:
    """`wait`: seconds, at most LONGEST_S, or None; `respond_async`: to be told soon rather than at the end."""

    wait: int | None = None
    respond_async: bool = False

    def applied(self, *, waited: bool) -> str | None:
        """`Preference-Applied` for an answer that `waited` for as long as was asked, or was given at once."""
        honoured = ["respond-async"] if self.respond_async and not waited else []
        honoured += [f"wait={self.wait}"] if waited else []
        return ", ".join(honoured) or None


NONE = Preferences()


def preferences(sent: str | None) -> Preferences:
    """What the header asks for; several headers are joined by commas before they come here."""
    if sent is None:
        return NONE
    asked: dict[str, str] = {}
    for preference in parse_list_header(sent[:MOST_READ]):
        name, _, value = preference.partition(";")[0].partition("=")  # no parameter is known here
        if _NAME.fullmatch(name.strip()):
            asked.setdefault(name.strip().lower(), value.strip())  # the first of several counts (section 2)
    return Preferences(_seconds(asked.get("wait")), "respond-async" in asked)


def _seconds(value: str | None) -> int | None:
    digits = (value or "").strip('"')
    return min(int(digits), LONGEST_S) if _SECONDS.fullmatch(digits) else None
