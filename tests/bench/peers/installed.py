"""An environment that is made once from a lock, and made anew when the lock is another.

Separate, because the Python peers' environment and the Node one differ in how they are made and in nothing else. It
must never touch Usher's own environment.
"""

import hashlib
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from tests.bench.contender import ContenderError

STAMP = "installed-from"
WITHIN_S = 900.0


class Installed(ABC):
    """What stands in `folder`, made from the files `locks`."""

    def __init__(self, folder: Path, locks: Sequence[Path]) -> None:
        self.folder = folder
        self._locks = locks

    def install(self) -> None:
        """Make it, unless it stands already. Raises ContenderError."""
        stamp = self.folder / STAMP
        if stamp.exists() and stamp.read_text() == self._fingerprint():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._make()
        stamp.write_text(self._fingerprint())  # last, so that a broken attempt is no environment

    def _fingerprint(self) -> str:
        digest = hashlib.sha256(sys.version.encode())
        for lock in self._locks:
            digest.update(lock.read_bytes())
        return digest.hexdigest()

    @abstractmethod
    def _make(self) -> None:
        """Fill the empty folder. Raises ContenderError."""

    def _run(self, *command: str) -> None:
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=WITHIN_S,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode != 0:
            raise ContenderError(f"{' '.join(command[:4])} ... failed: {done.stderr.strip()[-2000:]}")
