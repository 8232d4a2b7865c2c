"""`make chaos`, or `python -m tests.chaos`: breaks everything for some minutes, and counts.

An entry point: it reads its options, plays rounds one after another, prints, and fails where something was lost, stuck,
repeated or counted twice in Usher. What becomes of plain Celery is shown and fails nothing.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.chaos import report
from tests.chaos.faults import Kind, chosen
from tests.chaos.outcome import Orders, Outcome
from tests.chaos.plain.system import PlainCelery
from tests.chaos.rounds import play
from tests.chaos.schedule import fingerprint, plan
from tests.chaos.systems import System
from tests.chaos.usher import Usher

RESULTS = Path("bench-results")
POOLS = (("threads", "threads"), ("threads", "prefork"))


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where everything that must hold has held in every round of Usher's."""
    options = _options(arguments)
    orders = rounds(options)
    ends = time.monotonic() + 60 * options.minutes
    outcomes: list[Outcome] = []
    for system, one in [(Usher(), one) for one in orders] + [(PlainCelery(), one) for one in orders[: options.plain]]:
        if time.monotonic() > ends - 30:
            _say(f"no time is left for {system.name}, seed {one.seed}: --minutes {options.minutes:g} are over")
            continue
        outcomes.append(_play(system, one, ends))
    return _conclude(outcomes, orders, options.seed)


def rounds(options: argparse.Namespace) -> list[Orders]:
    """The sign-ups in rounds, each with a seed, a plan and a cluster of its own; every second has a prefork worker."""
    count = max(1, round(options.signups / options.round))
    size = options.signups // count
    return [
        Orders(
            seed=options.seed + n,
            signups=size,
            rate=options.rate,
            faults=plan(options.seed + n, kinds=options.only, seconds=size / options.rate, gap=options.gap),
            pools=POOLS[n % len(POOLS)],
            latency_ms=options.latency_ms,
        )
        for n in range(count)
    ]


def _play(system: System, orders: Orders, ends: float) -> Outcome:
    _say(f"\n{system.name}, seed {orders.seed}: {orders.signups} sign-ups, plan {fingerprint(orders.faults)}")
    for fault in orders.faults:
        _say(f"  {fault}")
    folder = Path(tempfile.mkdtemp(prefix="usher-chaos-"))
    outcome = play(system, orders, folder, most_s=ends - time.monotonic())
    for line in outcome.missed:
        _say(f"  missed: {line}")
    _say(f"  {'clean' if outcome.is_clean else 'NOT CLEAN'}; logs in {folder}")
    for line in outcome.testimony.offences:
        _say(f"  {line}")
    return outcome


def _conclude(outcomes: list[Outcome], orders: Sequence[Orders], seed: int) -> int:
    if not outcomes:
        return 1
    path = RESULTS / f"chaos-{seed}.json"
    report.write(outcomes, path)
    own = [outcome for outcome in outcomes if outcome.system == Usher.name]
    _say("\n" + report.table(outcomes))
    _say("\nUsher: from the kill to the next claim\n" + "\n".join(report.takeover_lines(own)))
    _say(f"\nwritten to {path}")
    return 0 if len(own) == len(orders) and all(outcome.is_clean for outcome in own) else 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description="Break everything, and count.")
    parser.add_argument("--seed", type=int, default=1, help="the same seed plays the same faults (%(default)s)")
    parser.add_argument("--signups", type=int, default=10_000, help="over all rounds (%(default)s)")
    parser.add_argument("--round", type=int, default=2_500, help="sign-ups of one round (%(default)s)")
    parser.add_argument("--rate", type=float, default=25.0, help="sign-ups a second (%(default)s)")
    parser.add_argument("--gap", type=float, default=3.0, help="seconds between faults, on average (%(default)s)")
    parser.add_argument("--latency-ms", type=int, default=50, help="of a provider that is well (%(default)s)")
    parser.add_argument("--minutes", type=float, default=30.0, help="the run ends by itself within (%(default)s)")
    parser.add_argument("--only", type=_kinds, default="", help='e.g. "R3" or "R3;relay killed" (all)')
    parser.add_argument("--plain", type=int, default=4, help="so many of the rounds for plain Celery too (%(default)s)")
    return parser.parse_args(arguments)


def _kinds(text: str) -> tuple[Kind, ...]:
    try:
        return chosen(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # this is a command


if __name__ == "__main__":
    sys.exit(main())
