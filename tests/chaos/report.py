"""What a run says at its end: a table for people, JSON for whoever compares runs.

Separate from the playing. It must never leave out a line because it looks bad.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.chaos.load import Answer
from tests.chaos.outcome import Outcome
from tests.chaos.schedule import fingerprint
from tests.chaos.takeovers import Takeover, percentile
from tests.chaos.verdict import MAIL, NEWSLETTER, Verdict

NAMES = {NEWSLETTER: "newsletter", MAIL: "mail"}
SHOWN = [verdict for verdict in Verdict if verdict is not Verdict.NONE]


def figures(outcome: Outcome) -> dict[str, float | str]:
    """One column of the table, by the names of its lines."""
    found: dict[str, float | str] = {
        "seed": outcome.orders.seed,
        "workers": "+".join(outcome.orders.pools),
        "faults struck": len(outcome.orders.faults) - len(outcome.missed),
        "sign-ups": len(outcome.visits),
        **{f"told: {answer}": outcome.answered(answer) for answer in Answer},
    }
    for provider, name in NAMES.items():
        for verdict in SHOWN:
            found[f"{name}: {_loud(verdict)}"] = outcome.judgement.counts[provider, verdict]
    return {
        **found,
        "claims counted twice": outcome.testimony.doubles,
        "programs started": outcome.starts,
        "orphans after a second": outcome.orphans,
        "last repair to last job, s": round(outcome.drained_s, 1),
    }


def _loud(verdict: Verdict) -> str:
    wrong = (Verdict.UNFINISHED, Verdict.LOST, Verdict.REPEATED, Verdict.UNASKED)
    return verdict.upper() if verdict in wrong else str(verdict)


def table(outcomes: Sequence[Outcome]) -> str:
    """A line for each figure, a column for each round, and the sum of each system's rounds."""
    columns = [(f"{outcome.system} #{outcome.orders.seed}", figures(outcome)) for outcome in outcomes]
    for system in dict.fromkeys(outcome.system for outcome in outcomes):
        own = [figures(outcome) for outcome in outcomes if outcome.system == system]
        if len(own) > 1:
            columns.append((f"{system}, all", _sum(own)))
    lines = [["", *(head for head, _ in columns)]]
    lines += [[name, *(str(column[name]) for _, column in columns)] for name in columns[0][1]]
    widths = [max(len(line[n]) for line in lines) for n in range(len(lines[0]))]
    aligned = ["  ".join(_aligned(line, widths)).rstrip() for line in lines]
    return "\n".join([aligned[0], "-" * len(aligned[0]), *aligned[1:]])


def _sum(columns: Sequence[dict[str, float | str]]) -> dict[str, float | str]:
    total: dict[str, float | str] = {}
    for name, first in columns[0].items():
        values = [column[name] for column in columns]
        if isinstance(first, str) or name == "seed":
            total[name] = ""
        else:
            total[name] = round(sum(float(value) for value in values), 1)
            total[name] = int(total[name]) if total[name] == int(total[name]) else total[name]
    return total


def _aligned(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [line[0].ljust(widths[0]), *(word.rjust(width) for word, width in zip(line[1:], widths[1:], strict=True))]


def takeover_lines(outcomes: Sequence[Outcome]) -> list[str]:
    """Kill to the next claim, of all and of those in whose time nothing else was broken."""
    every = [one for outcome in outcomes for one in outcome.testimony.takeovers]
    killed = [one for one in every if not one.frozen]
    return [
        _line("killed or stopped, all", killed),
        _line("killed or stopped, nothing else broken", [one for one in killed if one.undisturbed]),
        _line("frozen, all", [one for one in every if one.frozen]),
    ]


def _line(title: str, found: Sequence[Takeover]) -> str:
    times = [one.again for one in found if one.again is not None]
    shares = "  ".join(f"p{share * 100:.0f} {percentile(times, share):5.2f}" for share in (0.5, 0.95, 0.99))
    rest = len(found) - len(times)
    return f"{title:40} {len(times):5} claimed again  {shares}  max {max(times, default=0.0):5.2f} s   {rest} in doubt or answered late"


def as_json(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Everything, plans and takeover times included."""
    return [
        {
            "system": outcome.system,
            "figures": figures(outcome),
            "plan": fingerprint(outcome.orders.faults),
            "faults": [str(fault) for fault in outcome.orders.faults],
            "missed": outcome.missed,
            "takeovers_s": [one.again for one in outcome.testimony.takeovers],
            "signup_p50_ms": round(1000 * percentile([visit.seconds for visit in outcome.visits], 0.5), 1),
            "signup_p99_ms": round(1000 * percentile([visit.seconds for visit in outcome.visits], 0.99), 1),
        }
        for outcome in outcomes
    ]


def write(outcomes: Sequence[Outcome], path: Path) -> None:
    """As JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(as_json(outcomes), indent=1) + "\n", encoding="utf-8")
