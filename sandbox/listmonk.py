"""listmonk's HTTP API, as far as Usher uses it.

Separate, because it is one provider. What it answers was read from listmonk's source; it must never be kinder than
listmonk is (200 and not 201, unknown lists dropped without a word, one unknown id failing a whole bulk call).
"""

from collections.abc import Mapping
from types import MappingProxyType

from aiohttp import web

from sandbox.answer import Answer, json_answer
from sandbox.http_provider import Call, HttpProvider
from sandbox.journal import Entry
from sandbox.listmonk_refusals import (
    DUPLICATE,
    KNOWN_ADDRESS,
    UNKNOWN_ENDPOINT,
    UNKNOWN_ID,
    UNKNOWN_STATUS,
    checked,
    failed,
    refusal,
)
from sandbox.lookup import address_in
from sandbox.modes import Mode
from sandbox.record import BadInputError, Record, name_from
from sandbox.subscribers import ConflictError, Subscribers, UnknownSubscriberError

DONE = json_answer(200, {"data": True})


class Listmonk(HttpProvider):
    """One listmonk with the lists 1 and 2."""

    name = "listmonk"
    title = "listmonk"
    about = "The newsletter: an HTTP API that adds people to lists."
    partings = MappingProxyType({"lists.unsubscribed": "left", "subscriber.deleted": "erased"})

    def __init__(self) -> None:
        super().__init__()
        self.subscribers = Subscribers(self.journal)

    def clear(self) -> None:
        """Forget the subscribers too, so that the same address can sign up again."""
        super().clear()
        self.subscribers.clear()

    def line(self, entry: Entry) -> tuple[str, str]:
        """The address, and the lists it is on now."""
        lists = entry.details["lists"]
        on = [f"{row['id']} {row['status']}" for row in lists] if isinstance(lists, list) else []
        if entry.effect == "subscriber.deleted":
            return entry.key, f"{entry.effect} · nothing is left of them"
        return entry.key, f"{entry.effect} · {'list ' + ', '.join(on) if on else 'on no list'}"

    def people(self) -> Mapping[str, int]:
        """As the page shows them."""
        return self.subscribers.headcount.as_json()

    def routes(self) -> list[web.RouteDef]:
        """Under listmonk's own paths, because the adapter must not know that it talks to a sandbox."""
        one = r"/api/subscribers/{id:\d{1,9}}"
        table: tuple[tuple[str, str, Call, str], ...] = (
            ("POST", "/api/subscribers", self._create, "creating subscriber"),
            ("GET", "/api/subscribers", self._look_up, "fetching subscribers"),
            ("PUT", "/api/subscribers/lists", self._manage_lists, "updating subscribers"),
            ("PUT", one, self._update, "updating subscriber"),
            ("DELETE", one, self._delete, "deleting subscribers"),
            ("PUT", one + "/blocklist", self._blocklist, "blocklisting subscribers"),
            ("*", "/api{rest:(/.*)?}", _unknown, "finding the endpoint"),
        )
        health = self.breakable(lambda _request, _body: DONE, "checking health", signed_in=False)
        return [
            web.route("GET", "/health", health),
            *(web.route(method, path, self.breakable(checked(call), doing)) for method, path, call, doing in table),
        ]

    def refusal(self, mode: Mode, doing: str) -> Answer:
        """In listmonk's words."""
        return refusal(mode, doing, self.settings.retry_after_s)

    def _create(self, _request: web.Request, body: bytes) -> Answer:
        record = Record(body)
        email = record.address()
        try:
            subscriber = self.subscribers.create(
                email=email,
                name=record.name() or name_from(email),
                status=record.text("status") or "enabled",
                attribs=record.attributes() or {},
                lists=record.ids("lists"),
                preconfirm=record.preconfirms(),
            )
        except ConflictError:
            return KNOWN_ADDRESS
        return json_answer(200, {"data": subscriber.as_json()})

    def _look_up(self, request: web.Request, _body: bytes) -> Answer:
        query = request.query.get("query", "")
        address = address_in(query)
        if address is None:
            raise BadInputError("Error preparing query: the sandbox understands subscribers.email='...' alone")
        found = self.subscribers.find(address)
        results = [found.as_json()] if found else []
        per_page = request.query.get("per_page", "")
        page = {"query": query, "total": len(results), "per_page": int(per_page) if per_page.isdecimal() else 20}
        return json_answer(200, {"data": {"results": results, "page": 1, **page}})

    def _manage_lists(self, _request: web.Request, body: bytes) -> Answer:
        record = Record(body)
        ids, lists = record.ids("ids"), record.ids("target_list_ids")
        if not ids:
            raise BadInputError("No IDs given.")
        if not lists:
            raise BadInputError("No lists given.")
        match record.text("action"):
            case "add":
                return self._add(ids, lists, record.text("status"))
            case "remove":
                self.subscribers.remove(ids, lists)
            case "unsubscribe":
                self.subscribers.unsubscribe(ids, lists)
            case _:
                raise BadInputError("Invalid action.")
        return DONE

    def _add(self, ids: list[int], lists: list[int], status: str) -> Answer:
        if status not in ("", "confirmed", "unconfirmed", "unsubscribed"):
            return failed("updating subscribers", UNKNOWN_STATUS)
        try:
            self.subscribers.add(ids, lists, status)
        except UnknownSubscriberError:
            return failed("updating subscribers", UNKNOWN_ID)
        return DONE

    def _update(self, request: web.Request, body: bytes) -> Answer:
        record = Record(body)
        subscriber_id = int(request.match_info["id"])
        try:
            subscriber = self.subscribers.update(
                subscriber_id,
                email=record.address(),
                name=record.name(),
                status=record.text("status"),
                attribs=record.attributes(),
                lists=record.ids("lists"),
                preconfirm=record.preconfirms(),
            )
        except UnknownSubscriberError:
            raise BadInputError(f"Subscriber ({subscriber_id}: ) not found") from None
        except ConflictError:
            return failed("updating subscriber", DUPLICATE)
        return json_answer(200, {"data": subscriber.as_json()})

    def _delete(self, request: web.Request, _body: bytes) -> Answer:
        self.subscribers.delete(int(request.match_info["id"]))
        return DONE

    def _blocklist(self, request: web.Request, _body: bytes) -> Answer:
        self.subscribers.blocklist(int(request.match_info["id"]))
        return DONE


def _unknown(_request: web.Request, _body: bytes) -> Answer:
    return UNKNOWN_ENDPOINT
