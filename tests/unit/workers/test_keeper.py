"""The relay's keeper outlives what its machine cannot give it just now."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from celery import Celery

from tests.waiting import eventually
from workers.keeper import RelayKeeper

RELAY = """#!/bin/sh
echo "$@" > "$0.started.part"
mv "$0.started.part" "$0.started"
exec tail -f /dev/null
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the keeper finds what it starts; there is nothing yet."""
    path = tmp_path / "python"
    monkeypatch.setattr(sys, "executable", str(path))
    return path


@pytest.fixture
def _kept(program: Path) -> Iterator[None]:  # noqa: ARG001  # nothing must be started but what lies there
    worker = SimpleNamespace(app=Celery(broker="memory://"))
    keeper = RelayKeeper(worker)
    keeper.start(worker)
    yield
    keeper.stop(worker)


@pytest.mark.usefixtures("_kept")
def test_a_relay_that_cannot_be_started_is_tried_again_until_it_can(
    program: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        eventually(lambda: caplog.text.count("the relay cannot be started (No such file or directory)") > 1)
    made = program.with_suffix(".made")
    made.write_text(RELAY)
    made.chmod(0o755)
    made.rename(program)
    started = Path(f"{program}.started")
    assert "-m workers.relay --queues celery --parent" in eventually(lambda: started.exists() and started.read_text())
