"""What a mail program does when its reader presses "unsubscribe" (RFC 8058): one POST, and no look at the answer's page.

Separate from the page, because this calls somebody. It must never call anybody but this machine and the web site whose
BASE_URL the sandbox was given: the address stands in a mail, which anyone may have sent.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import ClientError, ClientSession, ClientTimeout

BODY = {"List-Unsubscribe": "One-Click"}
PATIENCE_S = 10
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

_BRACKETED = re.compile(r"<\s*(https?://[^<>\s]+)\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OneClick:
    """The address in a mail's List-Unsubscribe; `trouble` says why it cannot be pressed here, and is empty if it can."""

    url: str
    trouble: str


def one_click_of(mail: Mapping[str, object], base_url: str) -> OneClick | None:
    """What the headers of a mail (as `Mail.as_json` gives them) offer; None where they say nothing of leaving."""
    headers = mail["headers"]
    assert isinstance(headers, list)
    given: dict[str, str] = {name.lower(): value for name, value in headers}
    found = _BRACKETED.search(given.get("list-unsubscribe", ""))
    if found is None:
        return None
    url = found[1]
    if given.get("list-unsubscribe-post", "").strip() != "List-Unsubscribe=One-Click":
        return OneClick(url, "The mail has no List-Unsubscribe-Post, so a mail program opens the page instead.")
    if not is_ours(url, base_url):
        return OneClick(url, "It leads to another machine: the sandbox calls its own and BASE_URL alone.")
    return OneClick(url, "")


def is_ours(url: str, base_url: str) -> bool:
    """Whether the address is on this machine, or at `base_url` (empty: none is)."""
    try:
        there, ours = urlsplit(url), urlsplit(base_url)
        place = (there.scheme, there.hostname, there.port)
    except ValueError:
        return False
    if there.scheme not in ("http", "https") or there.username is not None or there.password is not None:
        return False
    return there.hostname in LOOPBACK or (bool(base_url) and place == (ours.scheme, ours.hostname, ours.port))


async def press(url: str) -> int | None:
    """The status that was answered, None where nobody did. No cookie is sent, and no redirect followed."""
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=PATIENCE_S)) as session,
            session.post(url, data=BODY, allow_redirects=False) as answer,
        ):
            return answer.status
    except (ClientError, OSError, ValueError):
        return None


def meaning(status: str) -> str:
    """What an answer tells a mail program, for the page; `status` as it stands in the page's address."""
    if not re.fullmatch(r"[1-5][0-9][0-9]", status, re.ASCII):
        return "Nobody answered." if status else ""
    if status.startswith("2"):
        return f"Answered {status}: a mail program takes that for done."
    if status.startswith("3"):
        return f"Answered {status}: a redirect, which a mail program does not follow (RFC 8058)."
    known = {str(one.value): f" {one.phrase}" for one in HTTPStatus}
    return f"Answered {status}{known.get(status, '')}: a mail program takes that for a failure."
