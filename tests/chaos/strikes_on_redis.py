"""What can happen to the broker.

Separate, because it is one engine. It must never look at what is in there.
"""

from dataclasses import dataclass

from redis import Redis

from embedded.redis import EmbeddedRedis

FULL = 1  # byte of maxmemory: whatever is written is refused
UNBOUNDED = 0


@dataclass(frozen=True, slots=True)
class OnRedis:
    """Strikes at one Redis. They raise `redis.RedisError` where it does not answer."""

    server: EmbeddedRedis

    def flush(self, _target: str) -> None:
        """Everything in it is gone."""
        with self._client() as client:
            client.flushall()

    def restart(self, _target: str) -> None:
        """It is killed, and at once there again, empty."""
        self.server.kill()
        self.server.start()

    def kill(self, _target: str) -> None:
        """Nobody listens any more."""
        self.server.kill()

    def start(self, _target: str) -> None:
        """It is there again, empty."""
        self.server.start()

    def freeze(self, _target: str) -> None:
        """Connections stay open, and nothing is answered."""
        self.server.pause()

    def thaw(self, _target: str) -> None:
        """It answers whatever was asked meanwhile."""
        self.server.resume()

    def fill(self, _target: str) -> None:
        """It refuses every write."""
        with self._client() as client:
            client.config_set("maxmemory", FULL)

    def empty(self, _target: str) -> None:
        """It takes writes again."""
        with self._client() as client:
            client.config_set("maxmemory", UNBOUNDED)

    def _client(self) -> "Redis[bytes]":
        return Redis.from_url(self.server.url, socket_timeout=2, retry=None)
