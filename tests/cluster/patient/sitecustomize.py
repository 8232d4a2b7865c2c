"""Python runs this at the start of every interpreter that finds it on its path: a newsletter whose calls may hang for as long as
a test needs, so that nothing else on a slow machine is mistaken for having waited for one of them.
"""

from workers.providers import clock, listmonk

listmonk.TOTAL_S = clock.ALL_S = 300.0
