"""The provider sandbox as a process of its own, for every test that counts effects at the receiving end.

Separate from the fixtures, because other suites start it too. It must never reach into the sandbox: it says what a
person with curl could say.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parent.parent
READY = re.compile(r"sandbox ready http=(\S+):(\d+) smtp=(\S+):(\d+)\n")
PATIENCE_S = 10


class SandboxProcess:
    """A running `python -m sandbox` on free ports of the loopback address."""

    def __init__(self, process: subprocess.Popen[str], http_port: int, smtp_port: int) -> None:
        self.process = process
        self.http_port = http_port
        self.smtp_port = smtp_port
        self.http_url = f"http://127.0.0.1:{http_port}"
        self._control = requests.Session()

    @classmethod
    def start(cls, *options: str) -> "SandboxProcess":
        """Start one and return as soon as both its ports answer; RuntimeError if it does not get that far."""
        command = [sys.executable, "-m", "sandbox", "--port", "0", "--smtp-port", "0", *options]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        line = process.stdout.readline()  # ends with the process at the latest, so it cannot hang on a failed start
        ready = READY.fullmatch(line)
        if ready is None:
            process.kill()
            process.wait(PATIENCE_S)
            process.stdout.close()
            raise RuntimeError(f"the sandbox did not start: {line!r}")
        return cls(process, int(ready[2]), int(ready[4]))

    def set_mode(self, provider: str, mode: str, **settings: Any) -> dict[str, Any]:
        """Break or mend a provider; `settings` as in `PUT /_control/{provider}`."""
        return self._call("PUT", f"/_control/{provider}", json={"mode": mode, **settings}).json()

    def state(self, provider: str) -> dict[str, Any]:
        """Its settings, and how many `requests`, `connections` and `effects` it counts; over HTTP also its `limit`, and
        how many calls there are `at_once`, were `most_at_once` and were `turned_away` since the journal was cleared.
        """
        return self._call("GET", f"/_control/{provider}").json()

    def journal(self, provider: str, *, after: int = 0, brief: bool = False) -> list[dict[str, Any]]:
        """Every effect that reached it, in order; `brief` leaves out the parts of mails, which is faster by far."""
        return self._call("GET", f"/_journal/{provider}", params={"after": after, "brief": int(brief)}).json()

    def totals(self, provider: str) -> dict[str, Any]:
        """`{count, repeated, first_at, last_at, effects}` of its journal, at once however long it is."""
        return self._call("GET", f"/_journal/{provider}", params={"count": 1}).json()

    def clear(self, provider: str) -> None:
        """Empty its journal; listmonk forgets its subscribers as well, Mailchimp its members."""
        self._call("DELETE", f"/_journal/{provider}")

    def stop(self) -> int:
        """End the process and return its exit code; doing so twice is harmless."""
        self._control.close()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(PATIENCE_S)
            raise
        finally:
            if self.process.stdout is not None:
                self.process.stdout.close()

    def _call(self, method: str, path: str, **more: Any) -> requests.Response:
        # A new connection each time would be fair too; this one is reused because load tests ask often.
        answer = self._control.request(method, self.http_url + path, timeout=60, **more)
        answer.raise_for_status()
        return answer
