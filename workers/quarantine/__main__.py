"""`python -m workers.quarantine JOB CLAIM`: carries out one claimed job and prints the move it came to.

Started by `workers.quarantine.cell`, never by hand; ends with its parent.
"""

import argparse
import os
import sys
from uuid import UUID

from config.logging import configure
from config.settings import WorkerSettings, load_or_exit
from jobs import registry
from ledger.claim import claimed_already
from ledger.connection import open_pool
from workers import tether
from workers.carrier import Carrier
from workers.executor import POOL_WAIT_S, providers
from workers.persistence import AWAY
from workers.quarantine.cell import EXIT_CLAIM_GONE, EXIT_LEDGER_AWAY, to_line


def main() -> int:
    """Do the one job; 0 where it came to a move, whatever the move."""
    try:
        return _carry_out()
    except AWAY:
        return EXIT_LEDGER_AWAY


def _carry_out() -> int:
    tether.tie(os.getppid())
    configure("quarantine")
    parser = argparse.ArgumentParser(prog="workers.quarantine")
    parser.add_argument("job", type=UUID)
    parser.add_argument("claim", type=int)
    arguments = parser.parse_args()
    settings = load_or_exit(WorkerSettings)
    url = settings.database_url.get_secret_value()
    with open_pool(url, name="usher-quarantine", size=1, wait_s=POOL_WAIT_S) as pool:
        with pool.connection() as connection:
            suspect = claimed_already(connection, arguments.job, arguments.claim)
        if suspect is None:
            return EXIT_CLAIM_GONE
        move = Carrier(pool, providers(settings)).carry_out(registry.load()[suspect.kind], suspect)
    sys.stdout.write(to_line(move) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
