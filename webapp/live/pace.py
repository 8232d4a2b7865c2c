"""How often, how long and how many: the figures of the live view, each with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Times in seconds."""

    tick: float = 0.2  # the ledger is asked so often, and so a move is on the page in a quarter of a second
    gather: float = 0.01  # whoever comes within it is looked up together: a page that everybody opens at once
    rest: float = 1.0  # after the ledger could not be reached
    first_look: float = 1.5  # how long somebody who comes waits to be told whether there is such a sign-up
    heartbeat: float = 12.0  # promised is 15; a proxy gives up a silent connection after 30 to 60
    lifetime: float = (
        900.0  # then a stream ends and the reader comes back: a half-dead connection holds its place no longer
    )
    most: int = 2_000  # who may watch at once, each on a thread of the server that sleeps (some 90 kB); others are asked to poll
