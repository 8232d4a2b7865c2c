"""What the documents tell people to paste: the fenced blocks of docs/deploying.md, so that tests can try them.

Separate because unit tests read them and integration tests run with them. It must never mend what is written there.
"""

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[3] / "docs"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_RANDOM = re.compile(r"\$\(openssl rand -hex (\d+)\)")
_ASSIGNMENT = re.compile(r"^([A-Z_]+)=(.*)$", re.MULTILINE)


def blocks(name: str, language: str) -> list[str]:
    """The bodies of the fenced blocks of that language in docs/`name`, in order."""
    return [body for tongue, body in _BLOCK.findall((DOCS / name).read_text(encoding="utf-8")) if tongue == language]


def dotenv(name: str, which: int) -> dict[str, str]:
    """The variables that the `which`th `.env` recipe of docs/`name` sets, its random parts made up."""
    recipes = [body for body in blocks(name, "sh") if ".env <<" in body]
    text = _RANDOM.sub(lambda found: "ab" * int(found[1]), recipes[which])
    return dict(_ASSIGNMENT.findall(text))
