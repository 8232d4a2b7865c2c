"""What every peer has to keep to, whatever it is: the provider's limit, the rules for locks, and nobody's password shown."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.contender import SCENARIOS, Ground
from tests.bench.peers.celery_peer import PlainCelery
from tests.bench.peers.peer import Peer, sent_at, spread
from tests.bench.peers.places import HERE
from tests.bench.peers.roster import contenders

PASSWORD = "not-to-be-seen"
PEERS = [one for one in contenders() if isinstance(one, Peer)]
LOCKS = sorted(HERE.glob("*.lock"))


def ground(connections: int, provider: str = "mailchimp") -> Ground:
    redis, postgres = f"redis://:{PASSWORD}@127.0.0.1:1/0", f"postgresql://u:{PASSWORD}@127.0.0.1:1/d"
    return Ground(redis, postgres, provider, "http://127.0.0.1:1", connections)


@given(st.integers(1, 500), st.integers(1, 64))
def test_connections_are_shared_out_evenly_and_completely(connections: int, over: int) -> None:
    shares = spread(connections, over)
    assert sum(shares) == connections
    assert min(shares) >= 1
    assert max(shares) - min(shares) <= 1
    assert len(shares) <= over


def test_what_a_producer_prints_is_read_as_moments_by_address() -> None:
    assert sent_at("12.500000 a@example.org\n13.25 b@example.org\n") == {"a@example.org": 12.5, "b@example.org": 13.25}


def test_everybody_asked_for_takes_part() -> None:
    names = [one.name for one in contenders("S3")]
    peers = ("plain Celery", "Dramatiq", "Huey", "RQ", "Taskiq", "Procrastinate", "BullMQ")
    assert all(any(name.startswith(peer) for name in names) for peer in peers)
    assert {one.name for one in contenders("S4")} >= {"plain Celery, threads", "plain Celery, gevent"}
    assert all(isinstance(one, PlainCelery) for one in contenders("S5"))


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_peer_introduces_itself(peer: Peer) -> None:
    assert peer.scenarios <= SCENARIOS
    assert peer.scenarios
    assert peer.settings
    assert "\n" not in peer.settings


def test_no_two_have_one_name() -> None:
    names = [one.name for one in contenders()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("connections", [1, 2, 3, 10, 32])
@pytest.mark.parametrize("provider", ["mailchimp", "listmonk"])
@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_peer_has_no_more_processes_than_the_provider_takes_calls(
    peer: Peer, provider: str, connections: int
) -> None:
    place = ground(connections, provider)
    assert 1 <= len(peer.commands(place)) <= connections
    assert 1 <= peer.workers(place) <= connections


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_no_command_line_shows_a_password(peer: Peer) -> None:
    shown = json.dumps(peer.commands(ground(10)))
    assert PASSWORD not in shown
    assert PASSWORD in peer.environment(ground(10))["REDIS_URL"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_python_lock_has_hashes_and_names_no_registry(lock: Path) -> None:
    text = lock.read_text()
    pins = re.findall(r"^[a-z0-9.-]+==[^\n]*\n(?=(.*))", text, re.MULTILINE)
    assert pins
    assert all("--hash=sha256:" in following for following in pins)
    assert "://" not in text
    assert "--index-url" not in text


def test_bullmqs_lock_has_hashes_and_names_no_registry() -> None:
    text = (HERE / "bullmq" / "lock.json").read_text()
    packages = {path: one for path, one in json.loads(text)["packages"].items() if path}
    assert {"node_modules/bullmq", "node_modules/ioredis", "node_modules/undici"} <= set(packages)
    assert all(one["integrity"].startswith("sha512-") for one in packages.values())
    assert "resolved" not in text
    assert "://" not in text


def test_bullmqs_versions_are_exact_and_those_of_its_lock() -> None:
    wanted = json.loads((HERE / "bullmq" / "package.json").read_text())["dependencies"]
    locked = json.loads((HERE / "bullmq" / "lock.json").read_text())["packages"]
    assert wanted == {name: locked[f"node_modules/{name}"]["version"] for name in wanted}
