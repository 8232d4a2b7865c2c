"""Hundreds confirm at the same moment while the newsletter's provider is slow: they are on the list, and no worker was given up for it."""

import pytest

from ledger.states import State
from tests.cluster.desk import Desk
from tests.cluster.effects import Providers
from tests.cluster.nodes import Wanted
from tests.sandbox_process import SandboxProcess

CROWD = 300
LATENCY_MS = 300  # one call for each of them would take three times the kind's time limit
PATIENCE_S = 120


@pytest.fixture(scope="module")
def wanted_workers() -> list[Wanted]:
    """One hand, for the newsletter alone, so that all of them are one batch."""
    return [Wanted(queues="newsletter", concurrency=1)]


@pytest.fixture(scope="module")
def worker_environment(worker_environment: dict[str, str], _sandbox: SandboxProcess) -> dict[str, str]:
    """With a newsletter that takes five hundred in one call."""
    dsn = f"mailchimp+http://any:key@127.0.0.1:{_sandbox.http_port}/?list=a1b2c3d4e5"
    return worker_environment | {"NEWSLETTER_DSN": dsn}


@pytest.mark.usefixtures("celery_setup")
def test_hundreds_who_confirm_are_on_the_list_after_a_few_calls_and_nobody_was_given_up(
    desk: Desk, providers: Providers
) -> None:
    sandbox = providers.sandbox
    sandbox.clear("mailchimp")
    sandbox.set_mode("mailchimp", "slow", latency_ms=LATENCY_MS)
    before = sandbox.state("mailchimp")["requests"]
    jobs = [signup.newsletter for signup in desk.sign_up_together(CROWD, proven=True)]
    desk.wait_until_final(*jobs, within=PATIENCE_S)
    assert desk.standings(jobs) == {State.SUCCEEDED: CROWD}
    assert desk.with_event(jobs, "overran") == desk.with_event(jobs, "lost") == set()
    totals = sandbox.totals("mailchimp")
    assert (totals["effects"], totals["repeated"]) == ({"member.added": CROWD}, 0)
    assert sandbox.state("mailchimp")["requests"] - before <= CROWD // 10
    sandbox.set_mode("mailchimp", "ok")
