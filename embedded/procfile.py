"""The Procfile: what is deployed, and so also what `make run` starts.

Read rather than repeated, because a command written twice differs sooner or later.

It must never interpret a command: that is the shell's, as on every platform that runs a Procfile.
"""

import re
from pathlib import Path

from embedded.errors import StartError

_LINE = re.compile(r"^([A-Za-z0-9_-]+):\s*(\S.*)$")


def parse(text: str) -> dict[str, str]:
    """Process name to command, in the file's order; lines that declare nothing (blank, comments) are passed over."""
    found = (_LINE.match(line) for line in text.splitlines() if not line.lstrip().startswith("#"))
    return {match[1]: match[2].strip() for match in found if match}


def read(path: Path, required: tuple[str, ...]) -> dict[str, str]:
    """The commands of the file at `path`; StartError if one that is required is not there."""
    try:
        commands = parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StartError("Procfile", f"cannot be read ({error.strerror})") from None
    missing = [name for name in required if name not in commands]
    if missing:
        raise StartError("Procfile", f"has no line for {', '.join(missing)}")
    return commands


def as_argv(command: str) -> tuple[str, ...]:
    """The command as a shell would run it, with the shell replaced by the program so that signals reach it."""
    return ("/bin/sh", "-c", f"exec {command}")
