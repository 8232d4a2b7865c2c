"""`python -m workers.quarantine KIND`: carries out claimed jobs, named on stdin, and prints the move each came to.

Started by `workers.quarantine.cell`, never by hand; ends with its parent.
"""

import argparse
import json
import os
import sys
from functools import partial
from uuid import UUID

from config.logging import configure
from config.settings import WorkerSettings, load_or_exit
from jobs import registry
from ledger.claim import Claimed, claimed_already, intend
from ledger.connection import Pool, open_pool
from workers import tether
from workers.carrier import Carrier
from workers.executor import POOL_WAIT_S, links, providers
from workers.persistence import AWAY, insist
from workers.quarantine.cell import EXIT_CLAIM_GONE, EXIT_LEDGER_AWAY, to_line


def main() -> int:
    """Do the jobs; 0 where each came to a move, whatever the move."""
    try:
        return _carry_out()
    except AWAY:
        return EXIT_LEDGER_AWAY


def _carry_out() -> int:
    tether.tie(os.getppid())
    configure("quarantine")
    parser = argparse.ArgumentParser(prog="workers.quarantine")
    parser.add_argument("kind")
    kind = registry.load()[parser.parse_args().kind]
    claims = {UUID(job): int(claim) for job, claim in json.load(sys.stdin).items()}
    settings = load_or_exit(WorkerSettings)
    url = settings.database_url.get_secret_value()
    with open_pool(url, name="usher-quarantine", size=2, wait_s=POOL_WAIT_S) as pool:
        with pool.connection() as connection:
            suspects = claimed_already(connection, claims)
        if not suspects:
            return EXIT_CLAIM_GONE
        carrier = Carrier(pool, providers(settings), links(settings), partial(_intend, pool))
        for settlements in carrier.carry_out(kind, suspects):
            for settlement in settlements:
                sys.stdout.write(to_line(settlement) + "\n")
            sys.stdout.flush()
    return 0


def _intend(pool: Pool, claimed: Claimed) -> bool:
    """Record the point of no return. What was settled before it has been printed, and whoever reads that writes it."""
    return bool(
        insist(pool, lambda connection: intend(connection, [(claimed.id, claimed.claim)]), seconds=claimed.time_limit)
    )


if __name__ == "__main__":
    sys.exit(main())
