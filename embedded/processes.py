"""The table of what `make run` keeps alive: a name, a command, an environment, a sign of readiness. Data, no deeds.

Separate so that one can read at a glance what runs and who is told what. The commands are the Procfile's.

It must never hand a process more of the contract's variables than it needs: the web tier does not learn where the
broker is, Flower not the key that signs sessions.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from embedded import procfile
from embedded.readiness import Answers, Readiness, Says
from embedded.settings import CONTRACT_NAMES

NEEDED_LINES = ("release", "web", "worker", "flower")

_WEB = (
    *("DATABASE_URL", "SECRET_KEY", "SUPPRESSION_KEY", "BASE_URL", "PORT", "OPS_USER", "OPS_PASSWORD"),
    *("DOUBLE_OPT_IN", "SIGNUP_LIMITS", "SIGNUP_CHALLENGE", "TRUSTED_PROXIES", "ALLOWED_ORIGINS"),
)
_WORKER = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "BASE_URL")
_CHANNELS = ("NEWSLETTER_DSN", "EMAIL_DSN", "SMS_DSN", "PUSH_DSN")
_FLOWER = ("REDIS_URL", "FLOWER_PORT", "FLOWER_BASIC_AUTH")
_SANDBOX = ("SANDBOX_PORT", "SANDBOX_SMTP_PORT")

# What a worker, or any command of the project, needs when it is started by hand.
BY_HAND = tuple(dict.fromkeys((*_WEB, *_WORKER, *_CHANNELS, *_FLOWER)))


@dataclass(frozen=True)
class Process:
    """One program to run. `ready` is None for one that does its task and ends."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    ready: Readiness | None = None


def release(commands: Mapping[str, str], values: Mapping[str, str], inherited: Mapping[str, str]) -> Process:
    """What must have ended well before anything else starts: the migrations."""
    return Process("release", procfile.as_argv(commands["release"]), _environment(inherited, values, _WEB))


def table(commands: Mapping[str, str], values: Mapping[str, str], inherited: Mapping[str, str]) -> list[Process]:
    """The long-running processes, from the Procfile's `commands`, the complete settings and the caller's environment."""
    local = "http://127.0.0.1:"
    return [
        Process(
            "web",
            procfile.as_argv(commands["web"]),
            _environment(inherited, values, _WEB),
            Answers(f"{local}{values['PORT']}/readyz", frozenset({200})),
        ),
        Process(
            "worker",
            procfile.as_argv(commands["worker"]),
            _environment(inherited, values, (*_WORKER, *_CHANNELS)),
            Says(" ready."),
        ),
        Process(
            "flower",
            procfile.as_argv(commands["flower"]),
            # Flower takes its options from variables of this form; it shows and steers workers, so nobody else's machine.
            _environment({"FLOWER_ADDRESS": "127.0.0.1"} | dict(inherited), values, _FLOWER),
            Answers(f"{local}{values['FLOWER_PORT']}/"),
        ),
        Process(
            "sandbox",
            (sys.executable, "-m", "sandbox", "--host", "127.0.0.1"),
            _environment(inherited, values, _SANDBOX),
            Answers(f"{local}{values['SANDBOX_PORT']}/_control", frozenset({200})),
        ),
    ]


def _environment(inherited: Mapping[str, str], values: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """The surroundings (PATH, HOME, proxies, a tool's own options) and, of the contract's variables, `names` alone."""
    around = {
        key: value for key, value in inherited.items() if key not in CONTRACT_NAMES and not key.startswith("MAKE")
    }
    around["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)))
    around["PYTHONUNBUFFERED"] = "1"  # a line that is printed is shown at once
    return around | {name: values[name] for name in names if name in values}
