"""What is deployed, from either file: for each role the command, what it is told, and where it runs.

Separate because both files must be held to the same tests. The addresses of the machine at hand take the place of those
that only a platform or a container has; everything else is as it is written there.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from embedded import procfile
from tests.unit.deploy import recipes
from tests.unit.deploy.compose_file import ROOT, ComposeFile

PASSWORDS = {"OPS_PASSWORD": "open sesame, but longer", "FLOWER_BASIC_AUTH": "ops:a password for one test"}


@dataclass(frozen=True)
class Local:
    """The addresses of the engines and the sandbox that a test has, and the ports it may use."""

    database_url: str
    redis_url: str
    newsletter_dsn: str
    email_dsn: str
    port: int
    flower_port: int


@dataclass(frozen=True)
class Service:
    """A command, ready to be started. `health` is the health check's argument list, where there is one."""

    name: str
    command: str
    environment: Mapping[str, str]
    folder: Path
    health: tuple[str, ...] = ()


@dataclass(frozen=True)
class Deployment:
    """All of it. Between them the workers serve every queue."""

    release: Service
    web: Service
    workers: list[Service]
    flower: Service


def from_procfile(local: Local) -> Deployment:
    """As a platform runs it: one environment for everything."""
    commands = procfile.read(ROOT / "Procfile", required=("release", "web", "worker", "flower"))
    environment = {
        **PASSWORDS,
        "SECRET_KEY": "a key for one test and no longer",
        "DATABASE_URL": local.database_url,
        "REDIS_URL": local.redis_url,
        "NEWSLETTER_DSN": local.newsletter_dsn,
        "EMAIL_DSN": local.email_dsn,
        "PORT": str(local.port),
        "FLOWER_PORT": str(local.flower_port),
        "SIGNUP_LIMITS": "off",
    }
    services = {name: Service(name, command, environment, ROOT) for name, command in commands.items()}
    return Deployment(services["release"], services["web"], [services["worker"]], services["flower"])


def from_compose(local: Local, image: Path) -> Deployment:
    """As Compose runs it, with `.env` as the documents write it, out of a folder that holds what the image holds."""
    values = {
        **recipes.dotenv("deploying.md", 0),
        **recipes.dotenv("deploying.md", 1),
        **PASSWORDS,
        "PORT": str(local.port),
        "FLOWER_PORT": str(local.flower_port),
    }
    described = ComposeFile.read().filled(values).services
    services = {
        name: Service(
            name,
            described[name]["command"],
            {key: _here(value, values, local) for key, value in described[name]["environment"].items()},
            image,
            tuple(described[name].get("healthcheck", {}).get("test", ())[1:]),
        )
        for name in ("release", "web", "worker-newsletter", "worker-email", "flower")
    }
    workers = [service for name, service in services.items() if name.startswith("worker")]
    return Deployment(services["release"], services["web"], workers, services["flower"])


def image_folder(folder: Path) -> Path:
    """Copy to `folder` what the Dockerfile copies from the build context, and nothing else; returns it."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").partition("WORKDIR /app")[2].splitlines()
    for source, target in (line.split()[1:] for line in lines if line.startswith("COPY ")):
        shutil.copytree(ROOT / source, folder / target, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def _here(value: str, values: Mapping[str, str], local: Local) -> str:
    """A value of the Compose file's with this machine's address in the place of a container's."""
    containers = {
        f"postgresql://usher:{values['POSTGRES_PASSWORD']}@postgres:5432/usher": local.database_url,
        "redis://redis:6379/0": local.redis_url,
        values["NEWSLETTER_DSN"]: local.newsletter_dsn,
        values["EMAIL_DSN"]: local.email_dsn,
    }
    found = containers.get(value, value)
    assert urlsplit(found).hostname in {None, "127.0.0.1", "localhost"}, f"an address that is not known here: {value}"
    return found
