"""Calls to one list of Mailchimp's.

Separate from what is asked for, because the one thing every call shares is how it can fail. It must never take a list
that is not there for a person who is not: Mailchimp answers both with the same 404.
"""

import base64
from collections.abc import Callable
from typing import Any, TypeAlias

import requests

from jobs.outcomes import Outcome
from workers.http import NoAnswerError, NotSentError, Session
from workers.providers import mailchimp_answers as answers
from workers.providers.unanswered import unanswered

Bound: TypeAlias = Callable[[], float]
"""The total for the next call, in seconds: to be asked anew for each, since it is what is left."""


class AnswerError(Exception):
    """An outcome found half-way: the call's answer was not the one it gives when all is well."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


class TurnedAwayError(AnswerError):
    """By the edge in front of Mailchimp, which does not say whether for the number of calls or for what stands in this one."""


class Calls:
    """What can be asked of the list at `url`. Every call ends within its `total`, in seconds."""

    def __init__(self, url: str, *, user: str, key: str, connections: int) -> None:
        self.url = url
        credentials = base64.b64encode(f"{user}:{key}".encode()).decode()
        self._session = Session(headers={"Authorization": f"Basic {credentials}"}, connections=connections)

    def ask(self, method: str, path: str, total: float, body: Any = None) -> requests.Response:
        """Whatever was answered. Raises `AnswerError` where nothing was."""
        try:
            return self._session.call(method, self.url + path, total=total, json=body)
        except (NotSentError, NoAnswerError) as error:
            raise AnswerError(unanswered(error)) from None

    def call(self, method: str, path: str, total: float, body: Any = None) -> dict[str, Any]:
        """The decoded body of a good answer. Raises `AnswerError` for any other."""
        return _good(self.ask(method, path, total, body))

    def about(self, method: str, path: str, bound: Bound, body: Any = None) -> dict[str, Any] | None:
        """The same about one member, or None where there is no such member on the list."""
        response = self.ask(method, path, bound(), body)
        return None if self.says_nobody(response, bound) else _good(response)

    def says_nobody(self, response: requests.Response, bound: Bound) -> bool:
        """Whether this answer means that there is no such member. Raises `AnswerError` where there is no such list."""
        if response.status_code != requests.codes.not_found:
            return False
        if not self._has_the_list(bound()):
            raise AnswerError(answers.UNEXPECTED)
        return True

    def lets_us_in(self, total: float) -> bool:
        """Whether a call in which nobody stands is answered as it should be."""
        try:
            return self._has_the_list(total)
        except AnswerError:
            return False

    def _has_the_list(self, total: float) -> bool:
        return isinstance(self.call("GET", "?fields=id", total).get("id"), str)


def _good(response: requests.Response) -> dict[str, Any]:
    if answers.is_from_the_edge(response):
        raise TurnedAwayError(answers.fault(response))
    if response.status_code != requests.codes.ok:
        raise AnswerError(answers.fault(response))
    if (decoded := answers.decoded(response)) is None:
        raise AnswerError(answers.UNEXPECTED)
    return decoded
