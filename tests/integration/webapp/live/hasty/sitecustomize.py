"""Python runs this at the start of every interpreter that finds it on its path: a live view whose heart beats fast, and in
whose house there is little room.
"""

from functools import partial

from webapp.live import live
from webapp.live.pace import Pace

live.Pace = partial(Pace, tick=0.05, heartbeat=0.1, rest=0.1, most=6)
