"""Python runs this at the start of every interpreter that finds it on its path: a newsletter whose calls may hang for as long as
a test needs, so that nothing else on a slow machine is mistaken for having waited for one of them.
"""

from workers.providers import listmonk

listmonk.TOTAL_S = 300.0
