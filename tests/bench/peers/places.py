"""Where everything of the peers stands. Separate, because both environments and what runs in them are found from here."""

from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
ENVIRONMENTS = ROOT / "bench-results" / "peers"
LOGS = ENVIRONMENTS / "logs"
