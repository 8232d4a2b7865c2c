"""The plot: for each table a panel, for each row a bar of its headline, with the range over the rounds as a whisker.

Written by hand as SVG, because that is what a document shows without help. It follows the reader's light or dark
scheme. It must never begin a bar anywhere but at zero.
"""

import math
from collections.abc import Iterator, Sequence
from html import escape

from tests.bench.spread import Spread
from tests.bench.table import Table

WIDTH, NAMES, FIGURES = 860, 260, 190  # the whole; left of the bars; right of them
BARS = WIDTH - NAMES - FIGURES
ROW, BAR, HEAD, GAP = 22, 13, 44, 20
OURS = "Usher"

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1c2430; }
.title { font-weight: 600; }
.what, .figure { fill: #5a6675; font-size: 12px; }
.bar { fill: #aab4c0; }
.ours { fill: #2f6fde; }
.whisker { stroke: #1c2430; stroke-width: 1.5; }
.zero { stroke: #c3cad3; }
@media (prefers-color-scheme: dark) {
  text { fill: #e4e9f0; }
  .what, .figure { fill: #9aa7b6; }
  .bar { fill: #566372; }
  .ours { fill: #6aa3ff; }
  .whisker { stroke: #e4e9f0; }
  .zero { stroke: #3c4754; }
}
"""


def draw(tables: Sequence[Table]) -> str:
    """The SVG document."""
    body: list[str] = []
    top = 0.0
    for table in tables:
        body += _panel(table, top)
        top += HEAD + ROW * len(table.rows()) + GAP
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top:.0f}" width="{WIDTH}" height="{top:.0f}" '
        'role="img" aria-label="Benchmark results: medians, with the range over the rounds">'
    )
    return "\n".join([head, f"<style>{STYLE}</style>", *body, "</svg>", ""])


def _panel(table: Table, top: float) -> Iterator[str]:
    cells = {row: cell for row in table.rows() if (cell := table.spread(row, table.headline)) is not None}
    longest = max((cell.most for cell in cells.values() if math.isfinite(cell.most)), default=0.0)
    scale = BARS / longest if longest > 0 else 0.0
    yield f'<text class="title" x="0" y="{top + 16:.0f}">{escape(table.name)}: {escape(table.headline)}</text>'
    yield f'<text class="what" x="0" y="{top + 33:.0f}">{escape(table.what)}</text>'
    top += HEAD
    for place, (row, cell) in enumerate(cells.items()):
        yield from _bar(row, cell, top + place * ROW, scale)
    bottom = top + ROW * len(cells)
    yield f'<line class="zero" x1="{NAMES}" y1="{top:.0f}" x2="{NAMES}" y2="{bottom:.0f}"/>'


def _bar(row: str, cell: Spread, top: float, scale: float) -> Iterator[str]:
    middle = top + ROW / 2
    kind = "bar ours" if row.startswith(OURS) else "bar"
    length = cell.median * scale if math.isfinite(cell.median) else 0.0
    end = NAMES + length
    yield f'<text x="{NAMES - 8}" y="{middle + 4:.1f}" text-anchor="end">{escape(row)}</text>'
    yield f'<rect class="{kind}" x="{NAMES}" y="{middle - BAR / 2:.1f}" width="{length:.1f}" height="{BAR}" rx="2"/>'
    if math.isfinite(cell.most):
        left, end = NAMES + cell.least * scale, NAMES + cell.most * scale
        yield f'<line class="whisker" x1="{left:.1f}" y1="{middle:.1f}" x2="{end:.1f}" y2="{middle:.1f}"/>'
    yield f'<text class="figure" x="{end + 8:.1f}" y="{middle + 4:.1f}">{escape(_figure(cell))}</text>'


def _figure(cell: Spread) -> str:
    return str(cell) if math.isfinite(cell.median) else "not measured"
