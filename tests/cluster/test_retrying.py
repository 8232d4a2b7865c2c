"""A provider that is down, busy or unwilling: what is tried again, when, and what is not."""

from datetime import timedelta
from uuid import uuid4

import pytest

from ledger.states import State
from tests.cluster.desk import PATIENCE_S, Desk
from tests.cluster.effects import Providers
from tests.cluster.nodes import Wanted
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("celery_setup")


@pytest.fixture(scope="module")
def wanted_workers() -> list[Wanted]:
    return [Wanted()]


def test_a_newsletter_that_is_down_is_retried_until_it_is_back_and_mail_is_not_held_up(
    desk: Desk, providers: Providers
) -> None:
    providers.break_("down", "listmonk")
    who = desk.sign_up()
    eventually(lambda: desk.job(who.newsletter).attempts >= 2, within=PATIENCE_S)
    desk.wait_for(State.SUCCEEDED, who.email)
    assert desk.job(who.newsletter).error_code == "newsletter_unavailable"
    assert desk.job(who.newsletter).state in {State.RETRYING, State.QUEUED, State.RUNNING}
    later = desk.sign_up()
    desk.wait_for(State.SUCCEEDED, later.email)
    providers.mend()
    desk.wait_for(State.SUCCEEDED, who.newsletter, later.newsletter)
    assert providers.each_once([who, later])


def test_the_longest_pause_doubles_with_each_attempt(desk: Desk) -> None:
    """Pauses are drawn from [0, longest], so of many second ones some are longer than any first one may be."""
    busy = [desk.sign_up(f"reply-450@{uuid4().hex}.example").email for _ in range(30)]
    first: dict[object, float] = {}
    second: dict[object, float] = {}

    def seen() -> bool:
        for job, attempts, pause in desk.pauses():
            if job in busy and attempts in {1, 2}:
                (first if attempts == 1 else second)[job] = pause
        return max(second.values(), default=0) > 2

    eventually(seen, within=PATIENCE_S)
    assert len(first) > 10
    assert max(first.values()) <= 2
    assert max(second.values()) <= 4


def test_a_provider_that_asks_for_two_seconds_gets_them(desk: Desk, providers: Providers) -> None:
    providers.break_("rate_limited", "listmonk", retry_after_s=2)
    who = desk.sign_up()
    eventually(lambda: desk.history(who.newsletter, "retried"), within=PATIENCE_S)
    assert desk.job(who.newsletter).attempts == 0, "being told to wait spends nothing"
    providers.mend()
    desk.wait_for(State.SUCCEEDED, who.newsletter)
    (told,) = desk.history(who.newsletter, "retried")
    second = desk.history(who.newsletter, "claimed")[1]
    assert told.code == "newsletter_rate_limited"
    assert second.at - told.at >= timedelta(seconds=2)
    assert providers.created(who) == 1


def test_a_recipient_who_is_refused_for_good_is_tried_once_and_dead(desk: Desk, providers: Providers) -> None:
    who = desk.sign_up(f"reply-550-5.7.13@{uuid4().hex}.example")
    desk.wait_for(State.DEAD, who.email)
    job = desk.job(who.email)
    assert (job.error_code, job.attempts, job.claim) == ("email_recipient_refused", 1, 1)
    assert [one.event for one in desk.history(who.email)] == ["claimed", "died"]
    assert providers.mails(who) == 0
    desk.wait_for(State.SUCCEEDED, who.newsletter)
