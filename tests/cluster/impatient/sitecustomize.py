"""Python runs this at the start of every interpreter that finds it on its path: a watchdog that bites before Celery itself
would notice a connection on which nothing comes any more.
"""

from workers import progress

progress.STUCK_S = 3.0
