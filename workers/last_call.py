"""The end of a prefork worker that could not finish in time: its children's jobs are handed back on their behalf.

The children are about to die and can say nothing any more; the worker, which ends in good order, can.
"""

import logging
import os
import signal
import socket

import psycopg
from billiard import active_children

from ledger.connection import session
from ledger.handback import hand_back
from ledger.processes import leave, register

logger = logging.getLogger(__name__)


def hand_back_for_children(url: str) -> None:
    """Kill the pool's children, hand back what they held, take them off the register. Failing is harmless: others take over."""
    children = {child.pid for child in active_children() if child.pid}
    for pid in children:
        os.kill(pid, signal.SIGKILL)
    try:
        with session(url, name="usher-last-call") as connection:
            mine = [one.id for one in register(connection) if one.host == socket.gethostname() and one.pid in children]
            count = hand_back(connection, mine)
            for one in mine:
                leave(connection, one)
    except psycopg.Error as error:
        logger.warning("the ledger is away (%s); the children's jobs are taken over", type(error).__name__)
    else:
        logger.warning("handed back %d jobs of %d children", count, len(mine))
