"""`make bench`: measures, prints, and writes JSON to bench-results/. `ONLY=latency`, `QUICK=1`."""

import argparse
import sys

from tests.bench import latency, servers

BENCHMARKS = {"latency": latency.run, "servers": servers.run}


def main() -> None:
    """Run what was asked for, one after the other."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--only", choices=sorted(BENCHMARKS), default=None, help="one of them")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    arguments = parser.parse_args()
    for name, run in BENCHMARKS.items():
        if arguments.only in {None, name}:
            table = run(quick=arguments.quick)
            sys.stdout.write("\n".join([*table.lines(), f"  written to {table.save().name}", ""]))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
