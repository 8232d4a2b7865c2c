"""A whole deployment on loopback ports: engines, breakable providers, and the system's programs on a platform.

Separate from the faults, so that what runs can be read without what is done to it. It must never leave anything
running: engines, sandbox and programs all follow the driver into death (see `embedded.child`).
"""

import contextlib
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE

from embedded.child import Child
from embedded.ports import is_free
from embedded.postgres import EmbeddedPostgres
from embedded.redis import EmbeddedRedis
from tests.chaos.platform import Platform
from tests.chaos.systems import Addresses, System, environment
from tests.sandbox_process import ROOT, SandboxProcess

# Below the ports that the system hands out for outgoing connections: who calls a port nobody listens on from the same
# port by chance is connected to itself, and the server that wants it back finds it taken.
PORTS = range(20_000, 30_000)
READY = re.compile(rb"sandbox ready http=\S+:(\d+) smtp=\S+:(\d+)\n")


@dataclass(frozen=True, slots=True)
class Cluster:
    """Everything that runs in a round."""

    system: System
    pools: tuple[str, ...]
    postgres: EmbeddedPostgres
    redis: EmbeddedRedis
    sandbox: SandboxProcess
    platform: Platform
    at: Addresses
    folder: Path  # of its logs


@contextlib.contextmanager
def running(system: System, pools: tuple[str, ...], folder: Path) -> Iterator[Cluster]:
    """Start a cluster whose programs are being started; all of it is gone when the block is left."""
    with contextlib.ExitStack() as stack:
        postgres = EmbeddedPostgres(folder / "postgres", port=_port(), durable=False)
        stack.callback(lambda: postgres.stop(hurry=True))
        postgres.start()
        redis = EmbeddedRedis(folder / "redis", port=_port())
        stack.callback(redis.kill)
        redis.start()
        sandbox = _sandbox(stack)
        at = Addresses(postgres.url, redis.url, _port(), sandbox.http_port, sandbox.smtp_port)
        system.prepare(at)
        platform = Platform(folder, ROOT)
        stack.callback(platform.stop)
        platform.keep(system.programs(at, pools))
        yield Cluster(system, pools, postgres, redis, sandbox, platform, at, folder)


def _sandbox(stack: contextlib.ExitStack) -> SandboxProcess:
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--smtp-port", "0"]
    child = Child.start(command, env=environment(), output=PIPE, cwd=ROOT)
    stack.callback(child.kill)
    assert child.process.stdout is not None
    line = child.process.stdout.readline()  # ends with the process at the latest
    ready = READY.fullmatch(line)
    if ready is None:
        raise RuntimeError(f"the sandbox did not start: {line!r}")
    return SandboxProcess(child.process, int(ready[1]), int(ready[2]))


def _port() -> int:
    return next(port for port in random.sample(PORTS, 200) if is_free(port))
