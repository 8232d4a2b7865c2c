"""What Celery's events and Redis show of the work: job ids, states and codes, and nothing about anybody."""

from collections.abc import Iterator
from contextlib import closing
from time import monotonic
from uuid import uuid4

import pytest
from celery import Celery
from pytest_celery import CeleryBrokerCluster, CeleryTestSetup, CeleryWorkerCluster

from ledger.states import State
from tests.cluster.desk import PATIENCE_S, Desk, Signup
from tests.cluster.effects import Providers
from tests.cluster.nodes import Wanted
from tests.cluster.wiretap import CommandTap, EventTap, kept_in, legible
from tests.waiting import eventually
from workers.flower_events import EVERY_S

NAME = "Xanthippe Quisquilia"
ENDS = {"task-succeeded", "task-retried"}  # carried out, or handed back
GIVE_AWAY = ("xanthippe", "quisquilia")  # nothing else in the world is called so


@pytest.fixture(scope="module", params=["threads", "prefork"])
def wanted_workers(request: pytest.FixtureRequest) -> list[Wanted]:
    return [Wanted(request.param, concurrency=2)]


@pytest.fixture(scope="module")
def _tap(celery_broker_cluster: CeleryBrokerCluster, celery_worker_cluster: CeleryWorkerCluster) -> Iterator[EventTap]:
    assert celery_worker_cluster.ready(), "without a worker there are no events"
    with EventTap(Celery(broker=celery_broker_cluster[0].config()["host_url"], set_as_current=False)) as tap:
        yield tap


@pytest.fixture
def events(_tap: EventTap, celery_setup: CeleryTestSetup) -> EventTap:  # noqa: ARG001  # mended, and everybody there
    return _tap


def somebody(desk: Desk, local: str = "xanthippe") -> Signup:
    return desk.sign_up(f"{local}@{uuid4().hex}.quisquilia.example", NAME)


def names_somebody(text: str) -> bool:
    return any(word in legible(text).lower() for word in GIVE_AWAY)


def test_the_search_would_find_a_person_also_inside_a_message() -> None:
    assert names_somebody('{"body": "W1sieGFudGhpcHBlQGV4YW1wbGUub3JnIl0sIHt9XQ=="}')
    assert names_somebody("Quisquilia")
    assert not names_somebody('{"body": "W1siYWRhQGV4YW1wbGUub3JnIl0sIHt9XQ=="}')


def test_a_task_is_seen_under_its_jobs_id_from_its_arrival_to_its_end(
    desk: Desk, providers: Providers, events: EventTap
) -> None:
    who = somebody(desk)
    for job in who.jobs:
        eventually(lambda job=job: events.find(job, "task-succeeded"), within=PATIENCE_S)
        assert events.of(job) == ["task-received", "task-started", "task-succeeded"]
    assert events.find(who.email, "task-received")["name"] == "notification.welcome.email"
    assert events.find(who.newsletter, "task-received")["name"] == "newsletter.subscribe"
    assert providers.each_once([who])


def test_a_failed_try_is_seen_as_a_retry_and_a_refusal_as_a_failure_with_its_code_alone(
    desk: Desk, providers: Providers, events: EventTap
) -> None:
    providers.break_("error", "listmonk")
    unlucky, refused = somebody(desk), somebody(desk, "reply-550-5.7.13")
    eventually(lambda: events.find(unlucky.newsletter, "task-retried"), within=PATIENCE_S)
    eventually(lambda: events.find(refused.email, "task-failed"), within=PATIENCE_S)
    assert "newsletter_unavailable" in events.find(unlucky.newsletter, "task-retried")["exception"]
    assert events.find(refused.email, "task-failed")["exception"] == "JobDeadError('email_recipient_refused')"
    assert desk.job(refused.email).state is State.DEAD
    assert not names_somebody(repr(events.events))
    providers.mend()
    eventually(lambda: events.find(unlucky.newsletter, "task-succeeded"), within=PATIENCE_S)


def test_nothing_that_goes_through_redis_or_lies_in_it_names_anybody(
    desk: Desk, providers: Providers, celery_setup: CeleryTestSetup, events: EventTap
) -> None:
    broker = celery_setup.broker
    with closing(CommandTap(broker.config()["url"])) as tap:
        providers.break_("slow", latency_ms=60_000)
        people = [somebody(desk) for _ in range(6)]
        redis = broker.container.client
        eventually(lambda: redis.llen("newsletter") + redis.llen("email"), within=PATIENCE_S)
        lying_there = kept_in(redis)
        providers.mend()
        desk.wait_for(State.SUCCEEDED, *(job for one in people for job in one.jobs))
        # When little is due, so that each is alone in its message and Celery tells of its end.
        refused, rejected = somebody(desk, "reply-550-5.7.13"), somebody(desk, "xanthippe;q")
        desk.wait_for(State.DEAD, refused.email, rejected.newsletter)
        eventually(lambda: events.find(rejected.newsletter, "task-failed"), within=PATIENCE_S)
        went_through = tap.heard()
    every_id = [str(job) for one in people for job in one.jobs]
    assert all(one in legible(went_through) for one in every_id), "the search reads what goes through"
    assert any(one in legible(lying_there) for one in every_id), "the search reads what lies there"
    assert not names_somebody(went_through)
    assert not names_somebody(lying_there)
    assert not names_somebody(repr(events.events))


def test_events_travel_together_and_no_message_is_acknowledged_to_redis(
    desk: Desk, providers: Providers, celery_setup: CeleryTestSetup, events: EventTap
) -> None:
    with closing(CommandTap(celery_setup.broker.config()["url"])) as tap:
        begun = monotonic()
        people = [desk.sign_up() for _ in range(12)]
        desk.wait_for(State.SUCCEEDED, *(job for one in people for job in one.jobs))
        last = desk.sign_up()
        eventually(lambda: all(events.find(job, "task-succeeded") for job in last.jobs), within=PATIENCE_S)
        took = monotonic() - begun
        commands = tap.heard()
    sent = commands.count('"PUBLISH" "/0.celeryev/task')
    assert 1 <= sent <= took / EVERY_S + 2
    assert '"ZREM"' not in commands.upper()
    assert '"HDEL"' not in commands.upper()
    assert providers.each_once([*people, last])


def test_what_ends_while_its_worker_stops_is_seen_to_end(
    desk: Desk, providers: Providers, celery_setup: CeleryTestSetup, events: EventTap
) -> None:
    providers.break_("slow", latency_ms=1_500)
    who = desk.sign_up()
    eventually(lambda: all(events.find(job, "task-started") for job in who.jobs), within=PATIENCE_S)
    celery_setup.worker.kill("SIGTERM")
    eventually(celery_setup.worker.container.ended, within=PATIENCE_S)
    eventually(lambda: all(events.of(job)[-1] in ENDS for job in who.jobs), within=PATIENCE_S)


def test_the_workers_log_names_nobody(celery_setup: CeleryTestSetup, desk: Desk) -> None:
    who = somebody(desk)
    desk.wait_until_final(*who.jobs)
    celery_setup.worker.assert_log_exists(str(who.newsletter))
    assert not names_somebody(celery_setup.worker.logs())
