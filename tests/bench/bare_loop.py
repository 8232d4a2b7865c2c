"""`python -m tests.bench.bare_loop URL THREADS PREFIX COUNT`: the least that can be done in Python with `requests`.

Threads that take addresses from one iterator and POST each over a kept-alive connection of their own: no queue, no
retry, nothing remembered. The yardstick of S4 for what a provider's limit allows. A process of its own, as a worker is.
"""

import sys
import threading
from collections.abc import Iterator

import requests

TIMEOUT_S = 10


def post_all(url: str, threads: int, addresses: list[str]) -> None:
    """Return when every address has been posted. Raises nothing: what fails is missing from the journal."""
    waiting = iter(addresses)
    lock = threading.Lock()
    crew = [threading.Thread(target=_work, args=(url, waiting, lock), daemon=True) for _ in range(threads)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()


def _work(url: str, waiting: Iterator[str], lock: threading.Lock) -> None:
    with requests.Session() as session:
        session.headers["Authorization"] = "token usher:sandbox"
        session.trust_env = False
        while True:
            with lock:
                address = next(waiting, None)
            if address is None:
                return
            body = {"email": address, "status": "enabled", "lists": [1], "preconfirm_subscriptions": True}
            session.post(url, json=body, timeout=TIMEOUT_S)


if __name__ == "__main__":
    prefix, count = sys.argv[3], int(sys.argv[4])
    post_all(sys.argv[1], int(sys.argv[2]), [f"{prefix}{number}@example.org" for number in range(1, count + 1)])
