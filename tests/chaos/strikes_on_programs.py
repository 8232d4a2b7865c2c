"""Killing, freezing and stopping the programs of a cluster: workers, their relays and pool children, the web.

Separate from the strikes on the engines, because here it matters which process of a group is hit. It must never start
anything again: that is the platform's.
"""

import os
import signal
import time
from dataclasses import dataclass, field

from tests.chaos import kin
from tests.chaos.blows import Blow
from tests.chaos.platform import Platform


@dataclass(slots=True)
class OnPrograms:
    """Strikes at programs; `blows` are those that left work in dead or frozen hands."""

    platform: Platform
    blows: list[Blow] = field(default_factory=list)
    frozen: set[int] = field(default_factory=set)

    def kill_worker_group(self, target: str) -> None:
        """Everything at once, as a machine dies."""
        pid = self._worker(target)
        self._struck(pid, *kin.descendants(pid))
        os.killpg(pid, signal.SIGKILL)

    def kill_worker_parent(self, target: str) -> None:
        """The parent alone, as the OOM killer does: the others must follow it by themselves."""
        pid = self._worker(target)
        self._struck(pid, *kin.descendants(pid))
        os.kill(pid, signal.SIGKILL)

    def kill_pool_child(self, target: str) -> None:
        """One child of a prefork pool. LookupError where there is none: threads have no children."""
        child = kin.pool_children_of(self._worker(target))[0]
        self._struck(child)
        os.kill(child, signal.SIGKILL)

    def kill_relay(self, target: str) -> None:
        """The relay of one worker."""
        relay = kin.relay_of(self._worker(target))
        if relay is None:
            raise ProcessLookupError(target)
        os.kill(relay, signal.SIGKILL)

    def stop_worker(self, target: str) -> None:
        """As a deployment does: SIGTERM, and SIGKILL where it takes too long."""
        worker = self.platform[f"worker-{target}"]
        pid = self._worker(target)
        self._struck(pid, *kin.descendants(pid))
        worker.ask_to_stop()

    def freeze_worker(self, target: str) -> None:
        """Stop it in the middle of whatever it does, relay and children included."""
        pid = self._worker(target)
        self._struck(pid, *kin.descendants(pid), frozen=True)
        self.frozen.add(pid)
        os.killpg(pid, signal.SIGSTOP)

    def thaw_worker(self, target: str) -> None:
        """Let it go on, unless it is another one by now."""
        pid = self._worker(target)
        if pid in self.frozen:
            self.frozen.discard(pid)
            os.killpg(pid, signal.SIGCONT)

    def kill_web_group(self, _target: str) -> None:
        """Everything at once."""
        os.killpg(self._pid("web"), signal.SIGKILL)

    def kill_web_child(self, _target: str) -> None:
        """One of the processes that answer."""
        os.kill(kin.children(self._pid("web"))[0], signal.SIGKILL)

    def stop_web(self, _target: str) -> None:
        """As a deployment does."""
        self._pid("web")
        self.platform["web"].ask_to_stop()

    def _worker(self, target: str) -> int:
        return self._pid(f"worker-{target}")

    def _pid(self, name: str) -> int:
        pid = self.platform[name].pid
        if pid is None:
            raise ProcessLookupError(name)
        return pid

    def _struck(self, *pids: int, frozen: bool = False) -> None:
        self.blows.append(Blow(time.time(), frozenset(pids), frozen))
