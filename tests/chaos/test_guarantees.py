"""docs/guarantees.md names tests that exist: a promise whose proof was renamed away is none."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
# `folder/test_file`, then the sentences that name its tests.
CITED = re.compile(r"`((?:architecture|unit|integration|cluster|chaos|browser)/[\w/]+)`|\*([a-z][a-z0-9 ]+)\*")


def cited() -> list[tuple[str, str]]:
    """Every (file, test) that the document cites."""
    found, file = [], ""
    for match in CITED.finditer((ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")):
        file = match[1] or file
        if match[2]:
            found.append((file, "test_" + match[2].replace(" ", "_")))
    return found


def test_every_test_that_the_guarantees_cite_exists() -> None:
    missing = [
        (file, test) for file, test in cited() if f"def {test}(" not in (ROOT / "tests" / f"{file}.py").read_text()
    ]
    assert missing == []


def test_every_guarantee_in_the_table_cites_a_test() -> None:
    text = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| guarantee")]
    assert len(rows) > 10
    assert [row for row in rows if not any(match[2] for match in CITED.finditer(row))] == []
