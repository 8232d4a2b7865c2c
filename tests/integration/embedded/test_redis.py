"""The embedded Redis is a real one, forgets everything, and can be broken on purpose."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from redis import Redis
from redis.exceptions import AuthenticationError
from redis.exceptions import TimeoutError as RedisTimeoutError

from embedded.redis import EmbeddedRedis, find_redis_server
from tests.integration.embedded.watching import eventually, processes_with


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    engine = EmbeddedRedis(tmp_path / "redis")
    yield engine
    engine.stop()
    assert not processes_with(str(tmp_path))


def client(server: EmbeddedRedis, timeout: float = 5) -> Redis:
    return Redis.from_url(server.url, socket_timeout=timeout, retry=None, decode_responses=True)


def test_it_answers_and_never_evicts(server: EmbeddedRedis) -> None:
    server.start()
    with client(server) as redis:
        assert redis.ping() is True
        options = ("maxmemory-policy", "save", "appendonly", "bind")
        values = [redis.config_get(option)[option] for option in options]
    assert values == ["noeviction", "", "no", "127.0.0.1"]


def test_nobody_comes_in_without_the_password_which_no_command_line_shows(server: EmbeddedRedis) -> None:
    server.start()
    with Redis(port=server.port, retry=None) as stranger, pytest.raises(AuthenticationError):
        stranger.ping()
    assert server.child is not None
    assert server.password not in " ".join(psutil.Process(server.child.pid).cmdline())
    for name in ("password", "redis.conf"):
        assert stat.S_IMODE((server.data_dir / name).stat().st_mode) == 0o600


def test_a_kill_and_a_start_bring_back_the_same_address_without_what_it_held(server: EmbeddedRedis) -> None:
    server.start()
    address = server.url
    with client(server) as redis:
        redis.set("job", "1")
    server.kill()
    assert not processes_with(str(server.data_dir))
    server.start()
    with client(server) as redis:
        assert (server.url, redis.get("job")) == (address, None)


def test_paused_it_holds_connections_and_answers_nothing_until_it_is_resumed(server: EmbeddedRedis) -> None:
    server.start()
    server.pause()
    with client(server, timeout=0.3) as redis, pytest.raises(RedisTimeoutError):
        redis.ping()
    server.resume()
    with client(server) as redis:
        assert redis.ping() is True


def test_a_paused_one_can_be_stopped(server: EmbeddedRedis) -> None:
    server.start()
    server.pause()
    server.stop()
    assert not processes_with(str(server.data_dir))


def test_two_run_beside_each_other_with_options_of_their_own(tmp_path: Path, server: EmbeddedRedis) -> None:
    server.start()
    other = EmbeddedRedis(tmp_path / "other", args=("--maxmemory", "5mb"))
    other.start()
    try:
        with client(server) as first, client(other) as second:
            first.set("who", "first")
            assert second.get("who") is None
            assert second.config_get("maxmemory") == {"maxmemory": str(5 * 1024 * 1024)}
    finally:
        other.stop()


def test_a_server_on_the_path_is_preferred_if_it_is_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundled = find_redis_server()
    found = tmp_path / "redis-server"
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    shutil.copy(bundled, found)
    assert find_redis_server() == found
    found.write_text("#!/bin/sh\necho Redis server v=5.0.14 sha=0\n")
    assert find_redis_server() != found


def test_when_it_dies_everybody_can_see_it(server: EmbeddedRedis) -> None:
    server.start()
    assert server.is_running
    with client(server) as redis:
        redis.shutdown(nosave=True)
    eventually(lambda: not server.is_running)
    assert server.end == "exit code 0"
