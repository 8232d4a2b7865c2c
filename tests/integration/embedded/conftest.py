"""A project of stand-ins for the tests of `make run`, and the end of whatever a test leaves of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.embedded.stand_ins import StandIns


@pytest.fixture
def project(tmp_path: Path) -> Iterator[StandIns]:
    """A project of its own, not yet running."""
    stand_ins = StandIns(tmp_path)
    yield stand_ins
    stand_ins.end_strays()
