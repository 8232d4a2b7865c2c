"""Python runs this at the start of every interpreter that finds it on its path: one more folder of kinds, as if it were
part of `jobs/kinds`. So that a worker under test knows a kind that no production code should have.
"""

from pathlib import Path

from jobs import kinds

kinds.__path__.append(str(Path(__file__).parent / "kinds"))
