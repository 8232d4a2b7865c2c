"""Can it be told from the time of an answer who is known here? Sign-ups of five kinds of people, in turn, and their medians.

A script and no test: a difference of a few microseconds is there or not, but no machine that is busy with other things could
be asked to show it. The ledger need not reach the disk here, because waiting for it would cover what is looked for.

    python -m tests.bench.uniform_answers [TURNS]
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

from flask import Flask

from config.front_door import Limit, SignupLimits
from config.settings import WebSettings
from embedded.postgres import EmbeddedPostgres
from ledger.connection import Connection, session
from ledger.ids import new_ids
from ledger.migrations import upgrade
from webapp.app import create_app
from webapp.desk import EXTENSION

TURNS = 400
WARM = 50
URL = "/api/v1/signups"
MANY = Limit(1_000_000, 3_600)
LIMITS = SignupLimits(client=MANY, recipient=Limit(1, 3_600), domain=MANY)


def _new(_: "Scene", turn: int) -> str:
    return f"new{turn}@example.org"


def _known(scene: "Scene", turn: int) -> str:
    return scene.person(f"known{turn}@example.org")


def _left(scene: "Scene", turn: int) -> str:
    address = scene.person(f"left{turn}@example.org")
    scene.ledger.execute("UPDATE subscribers SET left_at = now() WHERE address = %s", (address,))
    return address


def _erased(scene: "Scene", turn: int) -> str:
    address = f"erased{turn}@example.org"
    digest = scene.app.extensions[EXTENSION].digest(address)
    scene.ledger.execute("INSERT INTO suppressions (digest) VALUES (%s)", (digest,))
    return address


def _braked(scene: "Scene", turn: int) -> str:
    scene.sign_up(f"braked{turn}+before@example.org")
    return f"braked{turn}@example.org"


KINDS: dict[str, Callable[["Scene", int], str]] = {
    "new": _new, "known": _known, "left": _left, "erased": _erased, "braked": _braked,
}  # fmt: skip


class Scene:
    """One application, one client, and a session beside them."""

    def __init__(self, app: Flask, ledger: Connection) -> None:
        self.app = app
        self.ledger = ledger
        self.client = app.test_client()

    def person(self, address: str) -> str:
        """Somebody who was signed up some other time."""
        person_id = next(new_ids(1))
        self.ledger.execute("INSERT INTO subscribers (id, address) VALUES (%s, %s)", (person_id, address))
        return address

    def sign_up(self, address: str) -> float:
        """Microseconds until the answer."""
        began = time.perf_counter()
        answer = self.client.post(URL, json={"email": address})
        took = time.perf_counter() - began
        assert answer.status_code == 202, answer.text
        return 1e6 * took


def measure(scene: Scene, turns: int) -> dict[str, list[float]]:
    """Each kind once in each turn, in an order of chance, so that none has the better moments."""
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for turn in range(WARM + turns):
        people = [(kind, prepare(scene, turn)) for kind, prepare in KINDS.items()]
        random.shuffle(people)
        for kind, address in people:
            took = scene.sign_up(address)
            if turn >= WARM:
                times[kind].append(took)
    return times


def report(times: dict[str, list[float]]) -> str:
    """A line for each kind, against the new ones."""
    base = median(times["new"])
    lines = [f"{'':8} {'median µs':>10} {'p90 µs':>10} {'against new':>12}"]
    for kind, taken in times.items():
        p90 = quantiles(taken, n=10)[-1]
        lines.append(f"{kind:8} {median(taken):10.0f} {p90:10.0f} {100 * (median(taken) / base - 1):+11.1f} %")
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else TURNS
    with tempfile.TemporaryDirectory(prefix="usher-bench-") as folder:
        server = EmbeddedPostgres(Path(folder), durable=False)
        server.start()
        try:
            upgrade(server.url)
            settings = WebSettings(
                database_url=server.url, secret_key="a key for one run", ops_password="none", signup_limits=LIMITS
            )
            app = create_app(settings)
            with session(server.url, name="bench") as ledger:
                sys.stdout.write(report(measure(Scene(app, ledger), turns)) + "\n")
            app.extensions[EXTENSION].close()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
