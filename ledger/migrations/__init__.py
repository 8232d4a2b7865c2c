"""Brings a database to the newest shape. `flask --app webapp.app db upgrade` and the tests call `upgrade`."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import URL, make_url


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate the database at `url` (a libpq URL) up to `revision`; two at once wait for each other."""
    command.upgrade(_config(url), revision)


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = _driver(make_url(url))
    return config


def _driver(url: URL) -> URL:
    """The same address, reached through psycopg 3, the one driver the project has."""
    return url.set(drivername="postgresql+psycopg")
