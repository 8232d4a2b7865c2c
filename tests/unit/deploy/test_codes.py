"""Every code that an outcome can carry is explained, and what docs/providers.md explains is what the code says.

Read from the sources and not from a list, because a list is what gets forgotten. It must never pass over an outcome whose code it
cannot read.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.modes import Mode
from sandbox.settings import _READERS
from tests.unit.deploy import recipes

ROOT = Path(__file__).resolve().parents[3]
PROVIDERS = (recipes.DOCS / "providers.md").read_text(encoding="utf-8")
OPERATIONS = (recipes.DOCS / "operations.md").read_text(encoding="utf-8")

OUTCOMES = {"Retry", "Rejected", "Suppressed", "Unknown"}
UNANSWERED = {"NotSentError", "NotTrustedError", "NoAnswerError"}
"""Exceptions whose text becomes the end of a code."""
HANDED_ON = {"code", "reason"}
"""What a code is called that was read out of another outcome, which is read where it is made."""
VARIES = "…"


class Sources:
    """All modules of workers/ and jobs/, and what is given a name in them."""

    def __init__(self) -> None:
        files = [file for package in ("workers", "jobs") for file in sorted((ROOT / package).rglob("*.py"))]
        self.nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]
        self.named: dict[str, list[ast.expr]] = defaultdict(list)
        for node in self.nodes:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    if isinstance(target, ast.Name):
                        self.named[target.id].append(node.value)

    def calls(self, names: set[str]) -> Iterator[ast.Call]:
        for node in self.nodes:
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                yield node

    def texts(self, given: ast.expr) -> Iterator[str]:
        """What the expression can come to, with … for what varies. AssertionError where nobody can say."""
        match given:
            case ast.Constant(value=str(text)):
                yield text
            case ast.JoinedStr(values=parts):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else VARIES for part in parts)
            case ast.IfExp(body=one, orelse=other):
                yield from self.texts(one)
                yield from self.texts(other)
            case ast.Subscript(value=ast.Name(id=name)):
                for table in self.named[name]:
                    assert isinstance(table, ast.Dict), ast.unparse(given)
                    for value in table.values:
                        yield from self.texts(value)
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in HANDED_ON:
                pass
            case ast.Name(id=name) if self.named[name]:
                for value in self.named[name]:
                    yield from self.texts(value)
            case _:
                raise AssertionError(f"no test can read this code: {ast.unparse(given)}")


def every_code() -> set[str]:
    """Every code of an outcome or a move, with … for what varies."""
    sources = Sources()
    given = [call.args[0] for call in sources.calls(OUTCOMES)]
    given += [word.value for call in sources.calls({"Move"}) for word in call.keywords if word.arg == "code"]
    given += [value for name in HANDED_ON for value in sources.named[name] if isinstance(value, ast.JoinedStr)]
    found = {text for one in given for text in sources.texts(one)}
    endings = {text for call in sources.calls(UNANSWERED) for one in call.args for text in sources.texts(one)}
    assert f"newsletter_{VARIES}" in found
    return found - {f"newsletter_{VARIES}"} | {f"newsletter_{ending}" for ending in endings}


CODES = sorted(every_code())
EXPLAINED = set(re.findall(r"`([^`\n]+)`", PROVIDERS + OPERATIONS))


def fits(code: str, word: str) -> bool:
    return re.fullmatch(re.escape(code).replace(VARIES, ".+"), word) is not None


@pytest.mark.parametrize("code", CODES)
def test_every_code_is_explained(code: str) -> None:
    assert [word for word in EXPLAINED if fits(code, word)]


def test_the_codes_are_found_wherever_they_are_made() -> None:
    assert {
        "circuit_open",
        "person_gone",
        "raised_…",
        "worker_lost",
        "email_refused_…",
        "email_address_rejected",
        "newsletter_certificate_invalid",
        "newsletter_unauthorized",
        "newsletter_not_reached",
    } <= set(CODES)


def test_every_providers_code_that_is_explained_can_come() -> None:
    words = {word for word in EXPLAINED if re.fullmatch(r"(?:email|newsletter)_[a-z0-9_]+", word)}
    assert {word for word in words if not any(fits(code, word) for code in CODES)} == set()


def first_cells(heading: str) -> list[str]:
    """What stands in the first cell of each row of the table that begins so."""
    table = PROVIDERS.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    return re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)


def test_everything_the_sandbox_can_be_told_is_explained() -> None:
    assert first_cells("mode | listmonk, Mailchimp") == list(Mode)
    assert first_cells("setting | of") == list(_READERS)
