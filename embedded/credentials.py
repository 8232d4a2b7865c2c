"""Passwords and keys that are made up once and kept in the data directory.

Separate because each of them is a file that only its owner may read, written in one step, and that rule must hold
in one place.

It must never print a secret, and never replace one that is there: sessions, links and data hang on it.
"""

import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from embedded.errors import SettingError


def write_private(path: Path, text: str) -> None:
    """Write `path` with mode 0600, whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    # The mode is given at creation: a chmod afterwards would leave a moment in which anybody could read.
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def kept_password(path: Path) -> str:
    """The password in `path`, made up and written there the first time."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        password = secrets.token_hex(16)
        write_private(path, password + "\n")
        return password


def kept_secrets(path: Path, makers: Mapping[str, Callable[[], str]]) -> dict[str, str]:
    """The values of `makers` from the JSON object in `path`; those that are not there yet are made and added."""
    known = _read(path)
    missing = {name: make() for name, make in makers.items() if name not in known}
    if missing:
        known |= missing
        write_private(path, json.dumps(known, indent=2) + "\n")
    return {name: known[name] for name in makers}


def _read(path: Path) -> dict[str, str]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SettingError(
            "DATA_DIR", f"{path} cannot be read ({type(error).__name__}); mend it or remove it"
        ) from None
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise SettingError("DATA_DIR", f"{path} is not an object of strings; mend it or remove it")
    return content
