"""The table that is printed when everything answers."""

import shlex
from pathlib import Path

from embedded import banner

VALUES = {
    "BASE_URL": "http://localhost:8000",
    "FLOWER_PORT": "5555",
    "SANDBOX_PORT": "8025",
    "OPS_USER": "ops",
    "OPS_PASSWORD": "p:1",
    "FLOWER_BASIC_AUTH": "ops:flower-pw,second:pw",
    "DATABASE_URL": "postgresql://usher:a'b@127.0.0.1:1/usher",
    "REDIS_URL": "redis://:x@127.0.0.1:2/0",
}


def lines() -> list[str]:
    return banner.render(VALUES, Path("/srv/data dir/env")).splitlines()


def test_every_address_is_there_with_its_login() -> None:
    rows = [line.split(maxsplit=2) for line in lines() if "http://" in line]
    assert rows == [
        ["form", "http://localhost:8000/"],
        ["API", "http://localhost:8000/api/v1/signups", 'POST {"email": "ada@example.org"}; to try it: /api/v1/docs'],
        ["operators", "http://localhost:8000/api/v1/ops/queues", "user ops   password p:1"],
        ["Flower", "http://localhost:5555/", "user ops   password flower-pw"],
        ["sandbox", "http://localhost:8025/", "break and mend the providers here"],
    ]


def test_the_addresses_stand_in_one_column() -> None:
    assert len({line.index("http://") for line in lines() if "http://" in line}) == 1


def test_the_exports_can_be_copied_into_a_shell() -> None:
    exports = [shlex.split(line, comments=True) for line in lines() if "export " in line]
    assert exports == [["export", f"{name}={VALUES[name]}"] for name in ("DATABASE_URL", "REDIS_URL")]
    sourced = next(line for line in lines() if line.strip().startswith(". "))
    assert shlex.split(sourced, comments=True) == [".", "/srv/data dir/env"]


def test_it_says_how_to_stop() -> None:
    assert lines()[-1].strip() == "Ctrl-C stops everything."
