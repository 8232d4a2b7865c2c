"""A mail as the page shows it.

Separate, because it turns somebody else's text into links: it must never let a piece of that text become markup.
"""

import re

from sandbox.provider import Provider

_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")


def mail_of(provider: Provider, n: int) -> dict[str, object] | None:
    """The journal's entry for mail number `n`, with its parts; None if it is not there any more."""
    entry = provider.journal.find(n)
    if entry is None or entry.body is None:
        return None
    return entry.as_json()


def linked(text: str) -> list[tuple[str, str | None]]:
    """The text in pieces `(piece, address)`; the address is None where the piece is no link."""
    pieces: list[tuple[str, str | None]] = []
    end = 0
    for found in _LINK.finditer(text):
        pieces += [(text[end : found.start()], None), (found[0], found[0])]
        end = found.end()
    return [*pieces, (text[end:], None)]
