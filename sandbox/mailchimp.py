"""Mailchimp's Marketing API 3.0, as far as Usher uses it.

Separate, because it is one provider. It must never be kinder than Mailchimp is: 200 for a bulk call of which every row
failed, no `Retry-After`, ten calls at a time for the whole account and a 429 for the eleventh.
"""

import base64
import binascii
import json
from collections import Counter
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import cycle
from types import MappingProxyType

from aiohttp import web

from sandbox.answer import Answer, json_answer
from sandbox.audience import Audience
from sandbox.bulk_answers import BulkAnswer, Row, told
from sandbox.explanations import MAILCHIMP_EFFECTS
from sandbox.http_provider import PROXY_PAGE, Call, HttpProvider
from sandbox.journal import Entry
from sandbox.mailchimp_refusals import (
    FAILED,
    KEY_INVALID,
    LIMITED,
    NOT_FOUND,
    NOT_REMOVABLE,
    TOO_MANY,
    UNREADABLE,
    NotRemovableError,
    RefusedError,
    wrong_field,
)
from sandbox.modes import Mode

LISTS = ("a1b2c3d4e5", "f6a7b8c9d0")
MOST_MEMBERS = 500
HEALTHY = json_answer(200, {"health_status": "Everything's Chimpy!"})
A_PAGE = Answer(200, PROXY_PAGE.body, "text/html")


class Mailchimp(HttpProvider):
    """One account with two lists."""

    name = "mailchimp"
    title = "Mailchimp"
    about = f"The newsletter, in bulk: up to {MOST_MEMBERS} people in a call. Its lists: {', '.join(LISTS)}."
    effects_of = MAILCHIMP_EFFECTS
    partings = MappingProxyType({"member.unsubscribed": "left", "member.erased": "erased"})
    knobs = HttpProvider.knobs | {"bulk_answer"}
    names_a_pause = False
    own_limit = 10

    def __init__(self) -> None:
        super().__init__()
        self._audiences = {list_id: Audience(list_id, self.journal) for list_id in LISTS}
        self._limited = cycle(LIMITED)

    def clear(self) -> None:
        """Forget the members too, so that the same address can sign up again."""
        super().clear()
        for audience in self._audiences.values():
            audience.clear()

    def line(self, entry: Entry) -> tuple[str, str]:
        """The address, and where it stands now."""
        if entry.effect == "member.erased":
            return entry.key, f"{entry.effect} · from {entry.details['list']}, for good"
        return entry.key, f"{entry.effect} · {entry.details['status']} on {entry.details['list']}"

    def people(self) -> Mapping[str, int]:
        """On both lists together, as the page shows them."""
        counts: Counter[str] = Counter()
        for audience in self._audiences.values():
            counts.update(audience.headcount.as_json())
        return counts

    def routes(self) -> list[web.RouteDef]:
        """Under Mailchimp's own paths, because the adapter must not know that it talks to a sandbox."""
        lists, one = r"/3.0/lists/{list:\w+}", r"/3.0/lists/{list:\w+}/members/{member:\w+}"
        table: tuple[tuple[str, str, Call], ...] = (
            ("POST", lists, self._bulk),
            ("GET", lists, self._about),
            ("PUT", one, self._put),
            ("GET", one, self._show),
            ("PATCH", one, self._patch),
            ("DELETE", one, self._archive),
            ("POST", one + "/actions/delete-permanent", self._erase),
            ("GET", "/3.0/ping", lambda _request, _body: HEALTHY),
            ("*", "/3.0{rest:(/.*)?}", lambda _request, _body: NOT_FOUND),
        )
        return [web.route(method, path, self.breakable(_checked(call), path)) for method, path, call in table]

    def refusal(self, mode: Mode, doing: str) -> Answer:  # noqa: ARG002 - Mailchimp's words name no call
        """In Mailchimp's words, or in those of what stands before it."""
        if mode is Mode.UNAUTHORIZED:
            return KEY_INVALID
        return next(self._limited) if mode is Mode.RATE_LIMITED else FAILED

    def too_many(self) -> Answer:
        """What the eleventh call is told."""
        return TOO_MANY

    def _bulk(self, request: web.Request, body: bytes) -> Answer:
        audience, given = self._audience(request), _object(body)
        members = given.get("members")
        if not isinstance(members, list) or not all(isinstance(row, dict) for row in members):
            raise wrong_field("members", "Schema describes array")
        if len(members) > MOST_MEMBERS:
            raise wrong_field("members", f"Schema describes at most {MOST_MEMBERS} items, {len(members)} found")
        result = audience.add(members, update_existing=given.get("update_existing") is True)
        how = self.settings.bulk_answer
        return A_PAGE if how is BulkAnswer.HTML else json_answer(200, told(how, result).as_json())

    def _about(self, request: web.Request, _body: bytes) -> Answer:
        people = self._audience(request).headcount.as_json()
        stats = {"member_count": people["on_list"], "unsubscribe_count": people["left"]}
        return json_answer(200, {"id": request.match_info["list"], "name": "Newsletter", "stats": stats})

    def _put(self, request: web.Request, body: bytes) -> Answer:
        return json_answer(200, self._audience(request).put(request.match_info["member"], _object(body)))

    def _show(self, request: web.Request, _body: bytes) -> Answer:
        return _found(self._audience(request).find(request.match_info["member"]))

    def _patch(self, request: web.Request, body: bytes) -> Answer:
        return _found(self._audience(request).patch(request.match_info["member"], _object(body)))

    def _archive(self, request: web.Request, _body: bytes) -> Answer:
        return Answer(204, b"") if self._audience(request).archive(request.match_info["member"]) else NOT_FOUND

    def _erase(self, request: web.Request, _body: bytes) -> Answer:
        return Answer(204, b"") if self._audience(request).erase(request.match_info["member"]) else NOT_FOUND

    def _audience(self, request: web.Request) -> Audience:
        audience = self._audiences.get(request.match_info["list"])
        if audience is None:
            raise _NotFoundError
        return audience


class _NotFoundError(Exception):
    """There is no such list."""


class _UnreadableError(Exception):
    """The body is not JSON."""


@lru_cache(maxsize=64)
def has_key(authorization: str) -> bool:
    """Whether the header is Basic with a key as its password: any user and any key will do."""
    scheme, _, rest = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        _, _, key = base64.b64decode(rest.strip(), validate=True).partition(b":")
    except binascii.Error:
        return False
    return bool(key)


def _checked(call: Call) -> Callable[[web.Request, bytes], Answer]:
    """`call` behind what Mailchimp checks for every route: the key before it, what it was given after."""

    def checked(request: web.Request, body: bytes) -> Answer:
        if not has_key(request.headers.get("Authorization", "")):
            return KEY_INVALID
        try:
            return call(request, body)
        except _NotFoundError:
            return NOT_FOUND
        except _UnreadableError:
            return UNREADABLE
        except NotRemovableError:
            return NOT_REMOVABLE
        except RefusedError as refused:
            return refused.answer()

    return checked


def _object(body: bytes) -> Row:
    try:
        given = json.loads(body)
    except ValueError:
        raise _UnreadableError from None
    if not isinstance(given, dict):
        raise wrong_field("", "Schema describes object")
    return given


def _found(member: Row | None) -> Answer:
    return NOT_FOUND if member is None else json_answer(200, member)
