"""`python -m tests.bench.peers.apps.feed APP VERB [ARGUMENT]`: hands the addresses on standard input to a peer's program.

A process of its own, in the peers' environment, for as long as it takes. VERB is a function of `APP_app`: `enqueue`
takes the addresses; `send`, after a `warm_up`, calls `owe` for each at a rate, and prints one line `UNIX_TIME ADDRESS` for each; `prepare` takes none.
"""

import importlib
import sys
import time
from collections.abc import Callable


def paced(addresses: list[str], per_second: float, owe: Callable[[str], object]) -> None:
    """Call `owe` for each address when its moment has come, late or not, and print when that was."""
    lines = []
    begins = time.monotonic()
    for number, address in enumerate(addresses):
        time.sleep(max(0.0, begins + number / per_second - time.monotonic()))
        lines.append(f"{time.time():.6f} {address}")
        owe(address)
    sys.stdout.write("\n".join([*lines, ""]))


def main() -> None:
    """Read, import, call."""
    app, verb, *argument = sys.argv[1:]
    module = importlib.import_module(f"tests.bench.peers.apps.{app}_app")
    addresses = sys.stdin.read().split()
    if verb == "send":
        module.warm_up()
        paced(addresses, float(argument[0]), module.owe)
    elif verb == "enqueue":
        module.enqueue(addresses)
    else:
        module.prepare()


if __name__ == "__main__":
    main()
