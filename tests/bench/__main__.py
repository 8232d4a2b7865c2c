"""`make bench`: measures, prints, and writes JSON and a plot to bench-results/. `ONLY=S3`, `QUICK=1`.

Everything it starts is ended with it, when it is done as well as after Ctrl-C or SIGTERM.
"""

import argparse
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from types import FrameType

from tests.bench import (
    answering,
    bulk_drain,
    growth,
    intake,
    latency,
    machine,
    pools,
    publication,
    servers,
    single_drain,
    watching,
)
from tests.bench.progress import Progress
from tests.bench.report import Report
from tests.bench.scene import Scene
from tests.bench.stack import RESULTS, started
from tests.bench.table import Table

BENCHMARKS: dict[str, Callable[[Scene], Table]] = {
    "S1": answering.run,
    "S2": intake.run,
    "S3": bulk_drain.run,
    "S4": single_drain.run,
    "S5": latency.run,
    "S6": growth.run,
    "S7": watching.run,
}
COMPARISONS: dict[str, Callable[[Scene], Table]] = {"pools": pools.run}  # for one decision: measured when asked for
MINUTES = {
    "pools": 8.0,
    "S1": 5.5,
    "S2": 1.5,
    "S3": 8.0,
    "S4": 7.5,
    "S5": 4.5,
    "S6": 5.0,
    "S7": 10.0,
}  # of a full run, for the bar alone
ALIASES = {"latency": "S5"}
SERVERS = "servers"  # a comparison for one decision, not a goal: measured when asked for


def main() -> int:
    """Run what was asked for; 1 where one of them failed, 130 where somebody stopped it."""
    arguments = _arguments()
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, _stop)
    try:
        if arguments.publish:
            return _publish()
        if arguments.only == [SERVERS]:
            return _compare_servers(quick=arguments.quick)
        return _measure(arguments.only or list(BENCHMARKS), quick=arguments.quick)
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped; what was finished is in bench-results/\n")
        return 130


def _measure(names: list[str], *, quick: bool) -> int:
    begun = time.monotonic()
    report = Report(datetime.now(UTC).isoformat(timespec="seconds"))
    progress = Progress({name: MINUTES[name] for name in names})
    with started() as stack:
        for name in names:
            progress.begin(name)
            table = _one(Scene(name, stack, quick, progress))
            if table is None:
                continue
            report.tables.append(table)
            report.machine = machine.describe(stack) | {"load average at the end": f"{machine.load():.1f}"}
            report.took_s = time.monotonic() - begun
            report.save(RESULTS, "last")
            Report(report.started_at, report.took_s, report.machine, [table]).save(RESULTS, name)
    written = "last.json, last.svg"
    if len(report.tables) == len(BENCHMARKS) and not quick:
        report.save(RESULTS, publication.FULL)
        written = "full.json, full.svg; `python -m tests.bench --publish` puts them into docs/"
    missing = len(names) - len(report.tables)
    _show([f"took {report.took_s / 60:.1f} minutes; written to {RESULTS.name}/: {written}"])
    return 1 if missing else 0


def _one(scene: Scene) -> Table | None:
    """Run one benchmark and show it. One that fails must not take with it what the others take minutes to measure."""
    try:
        table = (BENCHMARKS | COMPARISONS)[scene.name](scene)
    except Exception:  # noqa: BLE001  # whatever it was, the next one has nothing to do with it
        scene.progress.clear()
        sys.stderr.write(f"{scene.name} failed, and has no figures:\n{traceback.format_exc()}\n")
        return None
    scene.progress.clear()
    _show(table.lines())
    return table


def _compare_servers(*, quick: bool) -> int:
    table = servers.run(quick=quick)
    report = Report(datetime.now(UTC).isoformat(timespec="seconds"), tables=[table])
    _show([*table.lines(), *(f"written to {path.name}" for path in report.save(RESULTS, SERVERS))])
    return 0


def _publish() -> int:
    try:
        _show(f"wrote {path.parent.name}/{path.name}" for path in publication.publish())
    except publication.PublicationError as error:
        sys.stderr.write(f"usher: {error}\n")
        return 1
    return 0


def _show(lines: Iterable[str]) -> None:
    sys.stdout.write("\n".join([*lines, "", ""]))
    sys.stdout.flush()


def _stop(_signum: int, _frame: FrameType | None) -> None:
    # Once: what is being ended then must not be cut short by somebody who is in a hurry. Each stop is bounded.
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, signal.SIG_IGN)
    raise KeyboardInterrupt


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--only", type=_names, default=None, help=f"one or several of {_known()}, e.g. S3 or S1,S2")
    parser.add_argument("--quick", action="store_true", help="a first answer: one round, shorter, the slowest left out")
    parser.add_argument("--publish", action="store_true", help="put the last full run into docs/; measures nothing")
    return parser.parse_args()


def _names(text: str) -> list[str]:
    known = {name.lower(): name for name in (*BENCHMARKS, *COMPARISONS, SERVERS)} | ALIASES
    try:
        found = [known[name.strip().lower()] for name in text.split(",")]
    except KeyError as error:
        raise argparse.ArgumentTypeError(f"there is no {error.args[0]!r}; there are {_known()}") from None
    if SERVERS in found and found != [SERVERS]:
        raise argparse.ArgumentTypeError(f"{SERVERS} is measured alone")
    return [name for name in (*BENCHMARKS, *COMPARISONS, SERVERS) if name in found]


def _known() -> str:
    return ", ".join((*BENCHMARKS, *COMPARISONS, SERVERS))


if __name__ == "__main__":
    sys.exit(main())
