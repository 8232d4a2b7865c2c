"""Publishing: the last full run goes into the document, between the marks, and nowhere else."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.publication import BEGIN, END, ROOT, PublicationError, placed, publish
from tests.bench.report import Report
from tests.bench.table import Figure, Table

PROSE = st.text().filter(lambda text: BEGIN not in text and END not in text)


def report() -> Report:
    table = Table("S2", "sign-ups accepted per second", 2)
    for value in (500.0, 600.0):
        table.add(Figure("Usher | ours", "sign-ups/s", value))
    table.judge("at least something", "550", met=True)
    return Report("2026-01-02T03:04:05+00:00", 620.0, {"processor": "a fast one"}, [table])


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "benchmarks.md").write_text(f"# Before\n\n{BEGIN}\nold figures\n{END}\n\nAfter.\n", encoding="utf-8")
    return folder


def test_the_last_full_run_replaces_the_figures_and_leaves_the_prose(tmp_path: Path, documents: Path) -> None:
    report().save(tmp_path / "results", "full")
    written = publish(tmp_path / "results", documents)
    text = (documents / "benchmarks.md").read_text(encoding="utf-8")
    assert written == [documents / "benchmarks.md", documents / "benchmarks.svg"]
    assert text.startswith(f"# Before\n\n{BEGIN}\n")
    assert text.endswith(f"{END}\n\nAfter.\n")
    assert "old figures" not in text
    assert "| Usher \\| ours | 550 (500 to 600) |" in text
    assert "| S2 | at least something | 550 | met |" in text
    assert "* processor: a fast one" in text
    assert (documents / "benchmarks.svg").read_text(encoding="utf-8").startswith("<svg ")


def test_publishing_twice_changes_nothing_more(tmp_path: Path, documents: Path) -> None:
    report().save(tmp_path / "results", "full")
    publish(tmp_path / "results", documents)
    once = (documents / "benchmarks.md").read_text(encoding="utf-8")
    publish(tmp_path / "results", documents)
    assert (documents / "benchmarks.md").read_text(encoding="utf-8") == once


def test_without_a_full_run_nothing_is_touched(tmp_path: Path, documents: Path) -> None:
    report().save(tmp_path / "results", "last")
    before = (documents / "benchmarks.md").read_text(encoding="utf-8")
    with pytest.raises(PublicationError, match=r"there is no full\.json"):
        publish(tmp_path / "results", documents)
    assert (documents / "benchmarks.md").read_text(encoding="utf-8") == before


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"started_at": 1}'])
def test_a_report_that_cannot_be_understood_is_one_line(tmp_path: Path, documents: Path, content: str) -> None:
    (tmp_path / "full.json").write_text(content, encoding="utf-8")
    with pytest.raises(PublicationError, match="cannot be understood") as caught:
        publish(tmp_path, documents)
    assert "\n" not in str(caught.value)


@given(PROSE, PROSE, PROSE)
def test_only_what_is_between_the_marks_is_replaced(before: str, old: str, after: str) -> None:
    assert placed(f"{before}{BEGIN}{old}{END}{after}", "new") == f"{before}{BEGIN}\nnew\n{END}{after}"


@pytest.mark.parametrize("document", ["", BEGIN, END, END + BEGIN, BEGIN + BEGIN + END, BEGIN + END + END])
def test_a_document_without_its_two_marks_is_refused(document: str) -> None:
    with pytest.raises(PublicationError, match="must hold"):
        placed(document, "new")


def test_the_document_that_is_there_has_its_marks() -> None:
    document = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert "figures" in placed(document, "figures")
