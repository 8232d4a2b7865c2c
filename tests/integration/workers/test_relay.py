"""The relay, with a real ledger, a real Redis and nobody who consumes: what it publishes, and what it outlives."""

import base64
import json
import time
from uuid import UUID, uuid4

import pytest
from redis import Redis

from embedded.redis import EmbeddedRedis
from ledger.coalescing import Terms
from ledger.connection import Connection, session
from ledger.messages import Message
from ledger.signups import find
from ledger.states import State
from tests.integration.ledger.ageing import YEARS, end_jobs, everything, grow_old
from tests.integration.ledger.owed_jobs import KIND, NAME, QUEUE, enrol, events, owed, running, sign_up, state, take
from tests.integration.ledger.person import Someone
from tests.integration.workers.relaying import Start, published, wire_to
from tests.waiting import eventually
from workers.relay.relay import AHEAD
from workers.relay.wire import WireDownError

WITHIN_S = 8.0  # what the design promises for whatever was lost


def states(ledger: Connection) -> list[str]:
    return [word for (word,) in ledger.execute("SELECT state FROM jobs ORDER BY seq")]


def test_what_is_due_is_published_under_its_own_id_on_its_own_queue(
    start: Start, ledger: Connection, broker: Redis
) -> None:
    letter, mail = sign_up(ledger, owed(), owed("notification.welcome.email", "email"))
    start()
    eventually(lambda: published(broker) == [letter] and published(broker, "email") == [mail])
    (message,) = broker.lrange("newsletter", 0, -1)
    headers = json.loads(message)["headers"]
    assert (headers["id"], headers["task"]) == (str(letter), KIND)
    assert states(ledger) == ["queued", "queued"]


def test_only_the_queues_its_worker_consumes_are_served(start: Start, ledger: Connection, broker: Redis) -> None:
    letter, mail = sign_up(ledger, owed(), owed("notification.welcome.email", "email"))
    start(queues=("email",))
    eventually(lambda: published(broker, "email") == [mail])
    assert published(broker) == []
    assert state(ledger, letter) is State.STAGED


def test_a_kind_its_worker_does_not_know_is_left_to_another(start: Start, ledger: Connection, broker: Redis) -> None:
    (unknown,) = sign_up(ledger, owed("of.the.next.release"))
    (known,) = sign_up(ledger)
    start()
    eventually(lambda: published(broker) == [known])
    assert state(ledger, unknown) is State.STAGED


def test_no_more_than_the_window_is_out_and_a_claim_makes_room(start: Start, ledger: Connection, broker: Redis) -> None:
    for _ in range(10):
        sign_up(ledger)
    start(window=3, terms=[Terms(KIND, QUEUE)])
    first = eventually(lambda: published(broker) if broker.llen("newsletter") == 3 else None)
    assert states(ledger).count("queued") == 3
    take(ledger, enrol(ledger), first[0])
    eventually(lambda: broker.llen("newsletter") == 4)
    assert states(ledger).count("queued") == 3


def test_two_relays_keep_one_window_and_publish_nothing_twice(start: Start, ledger: Connection, broker: Redis) -> None:
    for _ in range(30):
        sign_up(ledger)
    start(window=3)
    start(window=3)
    found = eventually(lambda: jobs if len(jobs := published(broker)) >= 3 else None)
    assert len(found) == len(set(found)) == 3 == states(ledger).count("queued")


def test_nothing_in_redis_names_a_person(start: Start, ledger: Connection, broker: Redis) -> None:
    ledger.execute("TRUNCATE subscribers CASCADE")
    jobs = sign_up(ledger, owed(payload={"locale": "x-private"}), owed("notification.welcome.email", "email"))
    start()
    eventually(lambda: len(published(broker)) + len(published(broker, "email")) == len(jobs))
    (address,) = ledger.execute("SELECT address FROM subscribers").fetchone()
    everything = b"".join(
        key + (broker.dump(key) or b"") + b"".join(decoded(broker, key)) for key in broker.scan_iter(count=1_000)
    )
    assert str(jobs[0]).encode() in everything, "or nothing was looked at"
    for secret in (address, address.partition("@")[0], NAME, "x-private"):
        assert secret.encode() not in everything


def decoded(broker: Redis, key: bytes) -> list[bytes]:
    """The bodies in a queue, which travel in base64."""
    if broker.type(key) != b"list":
        return []
    return [base64.b64decode(json.loads(message)["body"]) for message in broker.lrange(key, 0, -1)]


def test_a_broker_that_is_away_from_the_start_is_waited_for_and_the_ledger_keeps_what_is_due(
    start: Start, ledger: Connection, own_redis: EmbeddedRedis
) -> None:
    own_redis.stop()
    (job,) = sign_up(ledger)
    relay = start(own_redis.url)
    assert relay.broker() == "down"
    own_redis.start()
    with Redis.from_url(own_redis.url) as client:
        eventually(lambda: published(client) == [job], within=WITHIN_S)
    assert relay.broker() == "up"


def test_what_a_broker_forgot_when_it_died_is_published_again(
    start: Start, ledger: Connection, own_redis: EmbeddedRedis
) -> None:
    (before,) = sign_up(ledger)
    relay = start(own_redis.url)
    with Redis.from_url(own_redis.url) as client:
        eventually(lambda: published(client) == [before])
    own_redis.kill()
    (during,) = sign_up(ledger)
    eventually(lambda: relay.broker() == "down", within=WITHIN_S)
    eventually(lambda: state(ledger, during) is State.STAGED)
    own_redis.start()
    with Redis.from_url(own_redis.url) as client:
        eventually(lambda: set(published(client)) == {before, during}, within=WITHIN_S)
    assert events(ledger, before) == [], "nothing has happened to it"


def test_after_flushall_every_message_is_back_within_seconds(start: Start, ledger: Connection, broker: Redis) -> None:
    jobs = [sign_up(ledger)[0] for _ in range(AHEAD)]
    start()
    eventually(lambda: len(published(broker)) == AHEAD)
    broker.flushall()
    eventually(lambda: sorted(published(broker)) == sorted(jobs), within=WITHIN_S)


def test_a_message_that_still_lies_in_its_queue_is_not_published_again(
    start: Start, ledger: Connection, broker: Redis
) -> None:
    waiting, lost = sign_up(ledger)[0], sign_up(ledger)[0]
    start()
    eventually(lambda: set(published(broker)) == {waiting, lost})
    (message,) = (one for one in broker.lrange("newsletter", 0, -1) if str(lost).encode() in one)
    broker.lrem("newsletter", 1, message)
    broker.lpush("newsletter", b"not ours", json.dumps({"body": base64.b64encode(b"[[[7]],{},{}]").decode()}))
    ledger.execute("UPDATE messages SET published_at = published_at - interval '1 minute'")

    def ours() -> list[UUID]:
        return [one for one in (waiting, lost) for m in broker.lrange("newsletter", 0, -1) if str(one).encode() in m]

    eventually(lambda: sorted(ours()) == sorted([waiting, lost]), within=WITHIN_S)


def test_a_frozen_broker_holds_no_call_for_long(own_redis: EmbeddedRedis) -> None:
    wire = wire_to(own_redis.url)
    wire.ping()
    own_redis.pause()
    calls = (
        lambda: wire.publish("newsletter", [Message(uuid4(), KIND, QUEUE, [uuid4()])]),
        lambda: wire.waiting("newsletter"),
        wire.ping,
    )
    for call in calls:
        began = time.monotonic()
        with pytest.raises(WireDownError) as down:
            call()
        assert time.monotonic() - began < 6
        assert own_redis.password not in str(down.value)
    own_redis.resume()
    wire.ping()
    wire.close()


def test_a_frozen_broker_is_a_broker_that_is_down_and_work_goes_on_when_it_thaws(
    start: Start, ledger: Connection, own_redis: EmbeddedRedis
) -> None:
    relay = start(own_redis.url)
    eventually(lambda: relay.broker() == "up")
    own_redis.pause()
    (job,) = sign_up(ledger)
    eventually(lambda: relay.broker() == "down", within=WITHIN_S)
    eventually(lambda: state(ledger, job) is State.STAGED)
    own_redis.resume()
    with Redis.from_url(own_redis.url) as client:
        eventually(lambda: job in published(client), within=WITHIN_S)


def test_what_a_silent_executor_held_is_due_again_within_seconds(
    start: Start, ledger: Connection, broker: Redis
) -> None:
    job = running(ledger, enrol(ledger))
    start()
    eventually(lambda: published(broker) == [job.id], within=WITHIN_S)
    assert events(ledger, job.id) == ["claimed", "lost"]


def test_an_executor_that_goes_on_beating_keeps_what_it_holds(
    start: Start, ledger: Connection, database_url: str
) -> None:
    executor = enrol(ledger)
    job = running(ledger, executor)
    silent = running(ledger, enrol(ledger))
    start()
    renew = "UPDATE processes SET seen_at = clock_timestamp() WHERE id = %s"
    with session(database_url, name="test-beat") as beating:
        eventually(
            lambda: beating.execute(renew, (executor,)) and state(ledger, silent.id) is not State.RUNNING, WITHIN_S
        )
    assert state(ledger, job.id) is State.RUNNING


def test_a_relay_whose_sessions_are_killed_goes_on(start: Start, ledger: Connection, broker: Redis) -> None:
    (first,) = sign_up(ledger)
    start()
    eventually(lambda: published(broker) == [first])
    killing = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'usher-relay%'"
    assert len(ledger.execute(killing).fetchall()) == 2
    (second,) = sign_up(ledger)
    eventually(lambda: set(published(broker)) == {first, second}, within=WITHIN_S)


def test_a_relay_forgets_who_never_said_yes_and_what_proves_nothing(start: Start, ledger: Connection) -> None:
    ann, bob = Someone("ann@b.example"), Someone("bob@b.example")
    ann.sign_up(ledger, asks=True)
    for _ in range(2):
        bob.sign_up(ledger)
    end_jobs(ledger)
    grow_old(ledger, YEARS)
    start()
    eventually(lambda: find(ledger, ann.address) is None, WITHIN_S)
    left_over = ("signups", 1), ("jobs", 0), ("facts", 0)
    eventually(lambda: all(len(everything(ledger)[table]) == number for table, number in left_over), WITHIN_S)
    assert find(ledger, bob.address) is not None
