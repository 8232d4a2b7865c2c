"""`python -m embedded.run`, which is `make run`.

Separate from the session it begins because loading that takes a few tenths of a second, and a Ctrl-C must be a clean
stop from the first moment on, not a traceback from the middle of an import.

It must never import more than it needs for that before the signals are set.
"""

import os
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(root: Path = ROOT) -> int:
    """Run the project in `root` until told to stop; the exit code."""
    for wish in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if wish == signal.SIGINT or signal.getsignal(wish) != signal.SIG_IGN:
            signal.signal(wish, lambda *_: os._exit(0))  # nothing has been started yet, so there is nothing to end
    from embedded import session  # noqa: PLC0415  # after the signals: see above

    return session.run(root)


if __name__ == "__main__":
    sys.exit(main())
