"""What cannot work does not start: one clear line that names the variable, and an exit code that is no crash."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.settings import EXIT_CONFIG
from embedded.redis import EmbeddedRedis
from tests.cluster.desk import PATIENCE_S
from tests.cluster.nodes import UsherWorkerContainer
from tests.waiting import eventually

GOOD = {
    "DATABASE_URL": "postgresql://usher:secret@127.0.0.1:1/usher",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": "a key for the length of one test",
    "NEWSLETTER_DSN": "listmonk+http://usher:secret@127.0.0.1:1/?list=1",
    "EMAIL_DSN": "smtp://127.0.0.1:1/?from=Usher <hello@example.org>",
}
REFUSED = {
    "no newsletter": ({"NEWSLETTER_DSN": ""}, "NEWSLETTER_DSN: is missing; e.g. NEWSLETTER_DSN=listmonk+"),
    "no ledger": ({"DATABASE_URL": ""}, "DATABASE_URL: is missing; e.g. DATABASE_URL=postgresql://"),
    "no key": ({"SECRET_KEY": ""}, "SECRET_KEY: is missing; e.g. SECRET_KEY="),
    "no broker": ({"REDIS_URL": ""}, "REDIS_URL: is missing; e.g. REDIS_URL=redis://"),
    "mail by ftp": ({"EMAIL_DSN": "ftp://hunter2@mail.example.org"}, "EMAIL_DSN: names a provider that is not known"),
    "mail from nobody": ({"EMAIL_DSN": "smtp://mail.example.org"}, "EMAIL_DSN: has no from=..."),
    "no list": ({"NEWSLETTER_DSN": "listmonk+http://usher:hunter2@h/"}, "NEWSLETTER_DSN: has no list=..."),
    "not a broker": ({"REDIS_URL": "http://:hunter2@localhost"}, "REDIS_URL: must begin with redis://"),
}

RunCelery = Callable[..., UsherWorkerContainer]


@pytest.fixture(scope="module")
def forgetful_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedRedis]:
    """A Redis that throws away what it likes when it is full."""
    redis = EmbeddedRedis(Path(tmp_path_factory.mktemp("redis")), args=("--maxmemory-policy", "allkeys-lru"))
    redis.start()
    yield redis
    redis.stop()


@pytest.fixture(scope="module")
def started(run_celery: RunCelery) -> dict[str, UsherWorkerContainer]:
    """Every bad worker, started side by side."""
    return {name: run_celery("worker", "-P", "threads", **GOOD | bad) for name, (bad, _) in REFUSED.items()}


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_setting_is_one_line_that_names_it_and_gives_an_example(
    name: str, started: dict[str, UsherWorkerContainer]
) -> None:
    (line,) = last_words(started[name])
    assert line.startswith(f"usher: {REFUSED[name][1]}")
    assert "; e.g. " in line
    assert started[name].exit_code == EXIT_CONFIG
    assert "hunter2" not in started[name].logs()


def test_a_queue_that_no_kind_names_is_refused_by_its_name(run_celery: RunCelery) -> None:
    worker = run_celery("worker", "-P", "threads", "-Q", "nonsense", **GOOD)
    assert last_words(worker) == ["usher: -Q: no kind of job uses the queue 'nonsense'; e.g. -Q email,newsletter"]
    assert worker.exit_code == EXIT_CONFIG


def test_a_redis_that_may_evict_is_refused_with_the_command_that_mends_it(
    run_celery: RunCelery, forgetful_redis: EmbeddedRedis
) -> None:
    worker = run_celery("worker", "-P", "threads", **GOOD | {"REDIS_URL": forgetful_redis.url})
    (line,) = last_words(worker)
    assert line.startswith("usher: REDIS_URL: this Redis may evict (maxmemory-policy is allkeys-lru)")
    assert line.endswith("redis-cli CONFIG SET maxmemory-policy noeviction")
    assert worker.exit_code == EXIT_CONFIG
    assert forgetful_redis.password not in line


def test_flower_without_a_password_is_refused(run_celery: RunCelery) -> None:
    flower = run_celery("flower", REDIS_URL=GOOD["REDIS_URL"])
    (line,) = last_words(flower)
    assert line.startswith("usher: FLOWER_BASIC_AUTH: is missing; e.g. FLOWER_BASIC_AUTH=")
    assert flower.exit_code == EXIT_CONFIG


def last_words(node: UsherWorkerContainer) -> list[str]:
    """What it said before it ended, without the warning of Celery's about being run by root."""
    eventually(node.ended, within=PATIENCE_S)
    said = node.logs()
    spoken = said.partition("_warn_or_raise_security_error(egid, euid, gid, uid,")[2] or said
    return [line for line in spoken.splitlines() if line.strip()]
