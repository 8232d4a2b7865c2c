"""An environment is made once, made anew when its lock has changed, and never taken for one when it was not finished."""

from pathlib import Path

import pytest

from tests.bench.contender import ContenderError
from tests.bench.peers.installed import Installed


class Folder(Installed):
    """An environment that counts how often it is made, by a real command."""

    def __init__(self, folder: Path, lock: Path, command: str) -> None:
        super().__init__(folder / "made", [lock])
        self.log = folder / "log"
        self._command = command

    def _make(self) -> None:
        self._run("sh", "-c", f"echo made >> {self.log}; {self._command}")

    def times(self) -> int:
        return self.log.read_text().count("made")


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "a.lock"
    path.write_text("one==1\n")
    return path


def test_a_second_installation_makes_nothing(tmp_path: Path, lock: Path) -> None:
    for _ in range(2):
        environment = Folder(tmp_path, lock, "true")
        environment.install()
    assert environment.times() == 1


def test_another_lock_makes_it_anew_and_leaves_nothing_of_the_old(tmp_path: Path, lock: Path) -> None:
    Folder(tmp_path, lock, "touch old").install()
    lock.write_text("one==2\n")
    environment = Folder(tmp_path, lock, "touch new")
    environment.install()
    assert environment.times() == 2
    assert (environment.folder / "new").exists()
    assert not (environment.folder / "old").exists()


def test_a_failed_installation_says_why_and_is_tried_again(tmp_path: Path, lock: Path) -> None:
    with pytest.raises(ContenderError, match="no such package"):
        Folder(tmp_path, lock, "echo no such package >&2; exit 1").install()
    environment = Folder(tmp_path, lock, "true")
    environment.install()
    assert environment.times() == 2
