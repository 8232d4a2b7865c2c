"""A crowd that signs one address up through a real web process, by every door at once."""

import itertools
import re
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import requests

from tests.integration.webapp.web_process import WebProcess

TIMEOUT_S = 30
HANDS = 48
TOO_QUICK = 422
SPELLINGS = ("victim@example.org", "Victim@Example.ORG", " victim@example.org ")


@dataclass
class Crowd:
    """`client_of(turn)`: the address that a trusted proxy says a request comes from; None where there is no proxy."""

    web: WebProcess
    client_of: Callable[[int], str | None] = lambda _turn: None
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    _counting: threading.Lock = field(default_factory=threading.Lock)

    def come(self, count: int, hands: int = HANDS) -> None:
        """So many sign-ups, from `hands` threads; every door's answers are counted in `statuses`."""
        doors = itertools.cycle((self._by_api, self._by_keyed_api, self._by_form))
        with ThreadPoolExecutor(hands) as threads:
            list(threads.map(lambda door, turn: door(turn), doors, range(count)))

    def codes(self) -> set[int]:
        return {code for _, code in self.statuses}

    def _by_api(self, turn: int) -> None:
        self._note("api", self._post(turn, json={"email": SPELLINGS[0]}))

    def _by_keyed_api(self, turn: int) -> None:
        key = f'"click-{turn // 6}"'  # two of each, which may be under way at once
        self._note("keyed", self._post(turn, json={"email": SPELLINGS[0]}, headers={"Idempotency-Key": key}))

    def _by_form(self, turn: int) -> None:
        with requests.Session() as browser:
            page = browser.get(f"{self.web.url}/", timeout=TIMEOUT_S)
            fields = hidden(page.text) | {"email": SPELLINGS[turn % len(SPELLINGS)]}
            # Too quick for a person: asked to press once more, which it does.
            asked = self._post(turn, browser, "/signups", data=fields)
            if asked.status_code == TOO_QUICK:
                fields |= hidden(asked.text)
                asked = self._post(turn, browser, "/signups", data=fields)
            self._note("form", asked)
            if turn % 2:  # every other is a double click
                self._note("form", self._post(turn, browser, "/signups", data=fields))

    def _post(
        self, turn: int, browser: requests.Session | None = None, path: str = "/api/v1/signups", **sent: object
    ) -> requests.Response:
        client = self.client_of(turn)
        headers = {"Accept": "text/html"} if browser else {}
        headers |= sent.pop("headers", {}) | ({"X-Forwarded-For": client} if client else {})
        how = {"headers": headers, "timeout": TIMEOUT_S, "allow_redirects": False, **sent}
        return (browser or requests).post(f"{self.web.url}{path}", **how)

    def _note(self, door: str, answer: requests.Response) -> None:
        with self._counting:
            self.statuses[door, answer.status_code] += 1


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's form."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


def many_clients() -> Callable[[int], str]:
    """Another client for every request."""

    def client_of(turn: int) -> str:
        return f"2001:db8:{turn:x}::1"

    return client_of
