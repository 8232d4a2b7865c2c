"""Dying with one's parent: a relay or a pool child must not outlive a worker that was killed.

Watched by polling, since a thread that polls works everywhere, while PR_SET_PDEATHSIG is Linux's and fires on the
death of a thread. It ends the process without clean-up: whatever it held is taken over.
"""

import os
import threading

POLL_S = 0.25
EXIT_ORPHANED = 70  # EX_SOFTWARE; nobody is left to read it


def tie(parent: int) -> None:
    """End this process within half a second once `parent` is not its parent any more."""
    threading.Thread(target=_watch, args=(parent,), name="usher-tether", daemon=True).start()


def _watch(parent: int) -> None:
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(POLL_S)
    os._exit(EXIT_ORPHANED)
