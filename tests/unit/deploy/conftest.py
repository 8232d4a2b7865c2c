"""The files under test, read once for each test."""

from pathlib import Path

import pytest

from embedded import procfile
from tests.unit.deploy.compose_file import ComposeFile

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def commands() -> dict[str, str]:
    """The Procfile."""
    return procfile.read(ROOT / "Procfile", required=("release", "web", "worker", "flower"))


@pytest.fixture
def compose() -> ComposeFile:
    """docker-compose.yml."""
    return ComposeFile.read()
