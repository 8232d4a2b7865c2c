"""The table of addresses that is printed once everything answers.

Separate because it is the first thing a newcomer reads, and can be tested as text.

It must never be printed before what it names answers.
"""

import shlex
from collections.abc import Mapping
from pathlib import Path


def render(values: Mapping[str, str], env_file: Path) -> str:
    """The table, from the complete settings and the two engines' URLs."""
    base = values["BASE_URL"].rstrip("/")
    rows = [
        ("form", f"{base}/", ""),
        ("API", f"{base}/api/v1/signups", 'POST {"email": "ada@example.org"}; to try it: /api/v1/docs'),
        ("operators", f"{base}/api/v1/ops/queues", _credentials(f"{values['OPS_USER']}:{values['OPS_PASSWORD']}")),
        ("Flower", f"http://localhost:{values['FLOWER_PORT']}/", _credentials(values["FLOWER_BASIC_AUTH"])),
        ("sandbox", f"http://localhost:{values['SANDBOX_PORT']}/", "break and mend the providers here"),
    ]
    exports = [export(name, values[name]) for name in ("DATABASE_URL", "REDIS_URL")]
    return "\n".join(
        (
            "Usher is up.",
            "",
            *_align(rows),
            "",
            "  For commands by hand:",
            *(f"    {line}" for line in exports),
            f"    . {shlex.quote(str(env_file))}    # these and the rest of what `celery -A workers worker` needs",
            "",
            "  Ctrl-C stops everything.",
        )
    )


def export(name: str, value: str) -> str:
    """One line that a shell takes as it stands."""
    return f"export {name}={shlex.quote(value)}"


def _credentials(pair: str) -> str:
    user, _, password = pair.split(",", maxsplit=1)[0].partition(":")
    return f"user {user}   password {password}"


def _align(rows: list[tuple[str, str, str]]) -> list[str]:
    first, second = (max(len(row[column]) for row in rows) for column in (0, 1))
    return [f"  {name:<{first}}   {url:<{second}}   {note}".rstrip() for name, url, note in rows]
