"""The links in a mail, each with a name by which a person knows it.

Separate from the page, because it reads somebody else's HTML. It must never give a link that is not to the web.
"""

from collections.abc import Mapping
from html.parser import HTMLParser
from urllib.parse import urlsplit

from sandbox.mail_page import linked

NAMES = {
    "confirmations": "Confirm",
    "unsubscribe": "Unsubscribe",
    "preferences": "Preferences",
    "signups": "Status",
}
"""By the first part of the path."""


def links_of(mail: Mapping[str, object]) -> list[tuple[str, str]]:
    """`(name, address)` of every link in the text and in the HTML, in the order of the text, each once."""
    in_html = _Links()
    in_html.feed(str(mail["html"] or ""))
    in_text = [address for _, address in linked(str(mail["text"] or "")) if address]
    return [(_name(address), address) for address in dict.fromkeys([*in_text, *in_html.found])]


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if tag == "a" and name == "href" and value and value.lower().startswith(("http://", "https://")):
                self.found.append(value)


def _name(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return "Link"
    return NAMES.get(parts.path.strip("/").partition("/")[0], parts.netloc or "Link")
