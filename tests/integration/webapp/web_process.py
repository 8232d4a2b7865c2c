"""The web process as it is deployed, on a port that is free.

Separate because a test client has no sockets: chunked bodies, header bytes and what reaches the log need the real one.
"""

import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.ports import free_port
from tests.waiting import eventually

ROOT = Path(__file__).parents[3]
OPS_PASSWORD = "open sesame, but longer"
STOP_S = 15
LINE_S = 30


@dataclass
class WebProcess:
    """One parent with its children. `url` has no slash at its end; `log` is everything it has printed so far."""

    process: subprocess.Popen[str]
    url: str = ""
    log: list[str] = field(default_factory=list)
    ops_password: str = OPS_PASSWORD
    ended: bool = False
    grew: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def wait_for_line(self, wanted: str) -> str:
        """Block until a line of the log holds `wanted`, and return it."""
        with self.grew:
            self.grew.wait_for(lambda: self._found(wanted) or self.ended, LINE_S)
        line = self._found(wanted)
        assert line, f"it did not start:\n{''.join(self.log)}"
        return line

    def _found(self, wanted: str) -> str:
        return next((line for line in self.log if wanted in line), "")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self.grew:
                self.log.append(line)
                self.grew.notify_all()
        with self.grew:
            self.ended = True
            self.grew.notify_all()

    def answers(self) -> bool:
        """Whether a child has come as far as to listen."""
        assert not self.ended, f"it did not start:\n{''.join(self.log)}"
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
            return True
        return False

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


@contextmanager
def running(database_url: str, **environment: str) -> Iterator[WebProcess]:
    """Start one, wait until it listens, and stop it with SIGTERM afterwards."""
    argv = [sys.executable, "-m", "webapp", "--host", "127.0.0.1"]
    settings = {
        "PORT": str(free_port()),
        "DATABASE_URL": database_url,
        "SECRET_KEY": "a key for one test and no longer",
        "OPS_PASSWORD": OPS_PASSWORD,
        **environment,
    }
    with subprocess.Popen(
        argv,
        cwd=ROOT,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        web = WebProcess(process)
        try:
            found = re.search(r"http://\S+", web.wait_for_line("Listening at: "))
            assert found is not None
            web.url = found[0]
            eventually(web.answers, within=LINE_S)
            yield web
        finally:
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
