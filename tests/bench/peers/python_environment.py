"""The environment of all Python peers: one, since their versions go together, and none of it is Usher's.

What is in it is `peers.lock`, with hashes; `uv pip compile --universal --python-version 3.11 --generate-hashes
--no-emit-index-url --no-header peers.in -o peers.lock` writes that.
"""

import subprocess
import sys
from pathlib import Path

from tests.bench.peers.installed import Installed
from tests.bench.peers.places import ENVIRONMENTS, HERE


class PythonEnvironment(Installed):
    """A virtual environment from `peers.lock`."""

    def __init__(self) -> None:
        super().__init__(ENVIRONMENTS / "python", [HERE / "peers.lock"])

    @property
    def bin(self) -> Path:
        """Where its programs are."""
        return self.folder / "bin"

    @property
    def python(self) -> str:
        """Its interpreter."""
        return str(self.bin / "python")

    def version_of(self, package: str) -> str:
        """As `celery 5.7.0`."""
        program = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
        done = subprocess.run([self.python, "-c", program, package], capture_output=True, text=True, check=True)
        return f"{package} {done.stdout.strip()}"

    def _make(self) -> None:
        self._run(sys.executable, "-m", "venv", str(self.folder))
        install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes")
        self._run(self.python, *install, "--no-deps", "-r", str(HERE / "peers.lock"))
