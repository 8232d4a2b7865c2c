"""A hang-up stops a run that a terminal started, and no run that was started under nohup.

Which of the two it is, a process inherits. So a suite that is itself run under nohup, as a build server's often is, hands
the ignored signal down to what it starts unless it says otherwise: that failed a test of `make run` that was right.
"""

import signal
from collections.abc import Iterator

import pytest

from tests.integration.embedded.stand_ins import StandIns
from tests.integration.embedded.watching import eventually


@pytest.fixture
def _suite_under_nohup() -> Iterator[None]:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("_suite_under_nohup")
def test_a_hang_up_is_heard_however_these_tests_were_started(project: StandIns) -> None:
    project.start().ready()
    assert project.stop(signal.SIGHUP) == 0
    assert project.left() == []


def test_under_nohup_a_hang_up_stops_nothing_and_other_wishes_are_heard(project: StandIns) -> None:
    project.start(under_nohup=True).ready()
    project.process.send_signal(signal.SIGHUP)
    project.running("server.py web PORT")[0].kill()
    eventually(lambda: project.says("web is back"))  # it goes on looking after everything
    assert not project.says("stopping")
    assert project.stop(signal.SIGTERM) == 0
    assert project.left() == []
