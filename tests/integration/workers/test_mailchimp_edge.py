"""A firewall in front of Mailchimp that dislikes what one person typed turns away that person, and nobody who stood in the same call."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from jobs.kind import Recipient
from jobs.outcomes import Accepted, Blame, Outcome, Retry
from tests.integration.workers.rude_server import RudeServer, lines_and_bodies
from workers.providers.clock import NOT_REACHED
from workers.providers.dsn import parse
from workers.providers.mailchimp import Mailchimp

FORBIDDEN = Retry("newsletter_forbidden", blame=Blame.EITHER)
LIMITED = Retry("newsletter_rate_limited", blame=Blame.LIMIT)
DISLIKED = "Robert'); DROP TABLE students"
PAGE = b"<HTML><TITLE>Access Denied</TITLE></HTML>"


class Edge:
    """Mailchimp behind a firewall. `heard`: how many stood in each call that came, 0 for a call about the list."""

    def __init__(self, *, lets_in: bool = True, takes_people: bool = True) -> None:
        self.heard: list[int] = []
        self._lets_in = lets_in
        self._takes_people = takes_people

    def __call__(self, caller: socket.socket) -> None:
        length = 0
        for line in lines_and_bodies(caller):
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
            elif line == b"\r\n":
                status, body = self._answer(read(caller, length))
                head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n"
                caller.sendall(head.encode() + body)
                length = 0

    def _answer(self, asked: bytes) -> tuple[str, bytes]:
        members = json.loads(asked)["members"] if asked else []
        self.heard.append(len(members))
        if (
            not self._lets_in
            or (members and not self._takes_people)
            or any(DISLIKED in str(one.get("merge_fields")) for one in members)
        ):
            return "403 Forbidden", PAGE
        if not members:
            return "200 OK", b'{"id": "a1b2c3d4e5"}'
        new = [{"email_address": one["email_address"], "status": "subscribed", "contact_id": "c"} for one in members]
        return "200 OK", json.dumps({"new_members": new}).encode()


def read(caller: socket.socket, length: int) -> bytes:
    found = b""
    while len(found) < length:
        found += caller.recv(length - len(found))
    return found


@pytest.fixture
def subscribe() -> Iterator[Callable[[Edge, list[Recipient]], list[Outcome]]]:
    with ExitStack() as started:

        def many(edge: Edge, people: list[Recipient]) -> list[Outcome]:
            server = started.enter_context(RudeServer(edge))
            return list(
                Mailchimp(parse(f"mailchimp+http://any:key@127.0.0.1:{server.port}/?list=a1b2c3d4e5")).subscribe_many(
                    people
                )
            )

        yield many


Subscribe = Callable[[Edge, list[Recipient]], list[Outcome]]


def crowd(number: int, *disliked: int) -> list[Recipient]:
    return [Recipient(f"p{n}@b.example", DISLIKED if n in disliked else "Ann", None) for n in range(number)]


@pytest.mark.parametrize("disliked", [(0,), (199,), (3, 140, 141)])
def test_one_name_that_a_firewall_dislikes_does_not_turn_away_those_in_the_same_call(
    subscribe: Subscribe, disliked: tuple[int, ...]
) -> None:
    edge = Edge()
    outcomes = subscribe(edge, crowd(200, *disliked))
    assert outcomes == [FORBIDDEN if n in disliked else Accepted("c") for n in range(200)]
    assert len(edge.heard) < 30 * len(disliked), "in halves, and not one by one"


def test_somebody_alone_whose_name_is_disliked_spends_their_own_budget(subscribe: Subscribe) -> None:
    edge = Edge()
    assert subscribe(edge, crowd(1, 0)) == [FORBIDDEN]
    assert edge.heard == [1, 0]


def test_an_edge_that_is_tired_of_us_is_asked_once_more_and_not_in_halves(subscribe: Subscribe) -> None:
    edge = Edge(lets_in=False)
    assert subscribe(edge, crowd(200)) == [LIMITED] * 200
    assert edge.heard == [200, 0]


def test_an_edge_that_lets_everything_through_but_people_is_not_asked_about_each_of_them(subscribe: Subscribe) -> None:
    edge = Edge(takes_people=False)
    outcomes = subscribe(edge, crowd(400))
    assert set(outcomes) == {FORBIDDEN, LIMITED, NOT_REACHED}
    assert outcomes.count(FORBIDDEN) < 20
    assert len(edge.heard) <= 2 * 21


def test_after_a_call_for_many_was_halved_a_failure_that_is_about_all_still_ends_it(subscribe: Subscribe) -> None:
    heard: list[int] = []

    class Limiting(Edge):
        def _answer(self, asked: bytes) -> tuple[str, bytes]:
            heard.append(len(json.loads(asked)["members"]))
            return ("400 Bad Request", b'{"title": "Invalid Resource"}') if len(heard) == 1 else ("429 Wait", b"{}")

    outcomes = subscribe(Limiting(), crowd(40))
    assert outcomes == [LIMITED] * 20 + [NOT_REACHED] * 20
    assert heard == [40, 20]
