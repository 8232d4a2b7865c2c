"""`python -m tests.bench --publish`: the last full run, put into docs/benchmarks.md and docs/benchmarks.svg.

Separate from measuring, so that no run changes the documents by itself. It must never touch what people wrote there:
only what stands between its two marks is its own.
"""

from pathlib import Path

from tests.bench.plot import draw
from tests.bench.report import Report
from tests.bench.stack import RESULTS, ROOT

FULL = "full"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


class PublicationError(Exception):
    """It cannot be published; the text says why, in one line."""


def publish(results: Path = RESULTS, documents: Path = ROOT / "docs") -> list[Path]:
    """Write both documents; returns their paths. Raises `PublicationError`."""
    source = results / f"{FULL}.json"
    try:
        report = Report.read(source)
    except FileNotFoundError:
        raise PublicationError(f"there is no {source.name} in {results.name}: `make bench` writes it") from None
    except (ValueError, KeyError, TypeError) as error:
        raise PublicationError(f"{source.name} cannot be understood ({type(error).__name__}): measure again") from None
    text, plot = documents / "benchmarks.md", documents / "benchmarks.svg"
    text.write_text(placed(text.read_text(encoding="utf-8"), "\n".join(_lines(report))), encoding="utf-8")
    plot.write_text(draw(report.tables), encoding="utf-8")
    return [text, plot]


def placed(document: str, figures: str) -> str:
    """The document with these figures between the marks. Raises `PublicationError` unless each mark is there once."""
    if document.count(BEGIN) != 1 or document.count(END) != 1 or document.index(BEGIN) > document.index(END):
        raise PublicationError(f"docs/benchmarks.md must hold {BEGIN} and {END}, once each and in this order")
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{figures}\n{END}{after}"


def _lines(report: Report) -> list[str]:
    lines = [f"Run of {report.started_at}, {report.took_s / 60:.0f} minutes.", ""]
    lines += [f"* {name}: {value}" for name, value in report.machine.items()]
    lines += ["", "![Medians, with the range over the rounds](benchmarks.svg)", "", "### Goal by goal", ""]
    lines += _grid(["", "goal", "found", ""], list(_verdicts(report)))
    for table in report.tables:
        lines += ["", f"### {table.name}", "", f"{_sentence(table.what)} Rounds: {table.rounds}.", ""]
        lines += _grid(["", *table.columns()], [[row, *table.cells(row)] for row in table.rows()])
        lines += ["", *(f"* {_inline(note)}" for note in table.notes)] if table.notes else []
    return lines


def _verdicts(report: Report) -> list[list[str]]:
    return [
        [table.name, verdict.goal, verdict.found, "met" if verdict.met else "**not met**"]
        for table in report.tables
        for verdict in table.verdicts
    ]


def _grid(head: list[str], rows: list[list[str]]) -> list[str]:
    return [_row(head), _row(["---"] * len(head)), *map(_row, rows)]


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(_inline(cell).replace('|', chr(92) + '|') for cell in cells)} |"


def _inline(text: str) -> str:
    """One line, whatever was in it."""
    return " ".join(text.split())


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
