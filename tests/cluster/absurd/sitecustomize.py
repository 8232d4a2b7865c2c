"""Python runs this at the start of every interpreter that finds it on its path: one more folder of kinds, in which there is
one that cannot be meant.
"""

from pathlib import Path

from jobs import kinds

kinds.__path__.append(str(Path(__file__).parent / "kinds"))
