"""A project of tiny programs that `embedded.run` can run in place of Usher, and the handle to such a run.

So that starting, dying and stopping can be tried by the second, whatever the real programs do. Each stand-in says who
it is in its log, does what its role's readiness asks for, and can be told by a file to misbehave.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Self

import psutil

from tests.integration.embedded.watching import command_of, eventually, processes_with
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[3]

# As `python -m embedded.run`, for the project in another folder.
SCRIPT = "import sys; from pathlib import Path; from embedded import run; sys.exit(run.main(Path(sys.argv[1])))"

# Answers every GET with 200, after leaving its pid; with a file `NAME.dies` beside it, it ends at once with code 3.
_SERVER = """
import os, pathlib, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
name, port = sys.argv[1], int(os.environ[sys.argv[2]])
if pathlib.Path(name + ".dies").exists():
    print("this is the reason")
    sys.exit(3)
class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
HTTPServer(("127.0.0.1", port), Page).serve_forever()
"""

# Says that it is ready, and has a child in a session of its own, where no signal to its group reaches.
_WORKER = """
import os, signal, subprocess, sys
subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"], start_new_session=True)
if os.path.exists("worker.is_deaf"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("celery@here ready.")
while True:
    signal.pause()
"""

_PROCFILE = """
release: test ! -e release.fails || { echo no such table; exit 5; }
web: python server.py web PORT
worker: python worker.py
flower: python server.py flower FLOWER_PORT
"""


class StandIns:
    """The project in `folder`, and one run of it at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data_dir = folder / "data"
        names = ("PORT", "FLOWER_PORT", "SANDBOX_PORT", "SANDBOX_SMTP_PORT")
        self.env = {name: str(free_port()) for name in names} | {"DATA_DIR": str(self.data_dir)}
        # The engines are another file's subject, and cost a second each time.
        self.env |= {"DATABASE_URL": "postgresql://none", "REDIS_URL": "redis://none", "STAND_IN": str(folder)}
        self.output: list[str] = []
        self.errors = ""
        self._write()

    def with_engines(self) -> Self:
        """Let it start PostgreSQL and Redis as well."""
        del self.env["DATABASE_URL"], self.env["REDIS_URL"]
        return self

    def start(self, *, under_nohup: bool = False) -> Self:
        """Start it; `output` fills with its lines.

        As from a terminal, where a hang-up is heard, whatever the tests themselves inherited; or as nohup would.
        """
        self.output = []
        self._stderr = (self.folder / "stderr").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(self.folder)],
            env={**os.environ, **self.env, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            # Nothing but one system call happens in there, so the reader of an earlier run does no harm.
            preexec_fn=partial(signal.signal, signal.SIGHUP, signal.SIG_IGN if under_nohup else signal.SIG_DFL),  # noqa: PLW1509
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def ready(self) -> Self:
        """Return when the table of addresses has been printed."""
        eventually(lambda: self.says("Ctrl-C stops everything.") or self.process.poll() is not None)
        assert self.process.poll() is None, self.finish()
        return self

    def says(self, text: str) -> bool:
        """Whether a line of its output so far holds `text`."""
        return any(text in line for line in list(self.output))

    def stop(self, signum: signal.Signals = signal.SIGTERM, seconds: float = 10) -> int:
        """Ask it to stop, and return its exit code; fails when that takes longer than `seconds`."""
        self.process.send_signal(signum)
        return self.finish(seconds)

    def finish(self, seconds: float = 15) -> int:
        """Wait for its end; the exit code. `errors` then holds what it wrote to stderr."""
        code = self.process.wait(seconds)
        self._reader.join(5)
        self._stderr.seek(0)
        self.errors = self._stderr.read()
        self._stderr.close()
        return code

    def own(self) -> list[psutil.Process]:
        """The processes it has started itself and that run now."""
        return psutil.Process(self.process.pid).children()

    def left(self) -> list[psutil.Process]:
        """Everything of this project that is still alive, by the mark in its environment or command line."""
        return processes_with(str(self.folder))

    def end_strays(self) -> None:
        """End what a kill -9 leaves: a program's child in a session of its own is that program's to take along."""
        for process in self.left():
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def running(self, words: str) -> list[psutil.Process]:
        """The live processes whose command line ends with `words`."""
        return [process for process in self.left() if command_of(process).endswith(words)]

    def tell(self, name: str) -> None:
        """Leave the file by which a stand-in is told to misbehave."""
        (self.folder / name).touch()

    def untell(self, name: str) -> None:
        """Take it away again."""
        (self.folder / name).unlink()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line)  # extend() would hand them over only at the end

    def _write(self) -> None:
        (self.folder / "server.py").write_text(_SERVER)
        (self.folder / "worker.py").write_text(_WORKER)
        (self.folder / "sandbox.py").write_text("import sys\nsys.argv[1:] = ['sandbox', 'SANDBOX_PORT']\n" + _SERVER)
        (self.folder / "Procfile").write_text(_PROCFILE)
