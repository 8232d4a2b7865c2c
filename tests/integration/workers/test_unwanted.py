"""What is not wanted any more is not done, whatever was owed; what somebody asked for by leaving is done all the same."""

import re
from typing import Any
from uuid import UUID

import pytest

from jobs import registry
from ledger import preferences
from ledger.connection import Connection, Pool
from ledger.ids import new_id
from ledger.states import State
from tests.integration.ledger.owed_jobs import enrol, owed, queued, row
from tests.integration.ledger.person import Someone
from tests.integration.workers.runners import LINKS, SUBSCRIBE, WELCOME, run, runner_of
from tests.sandbox_process import SandboxProcess
from workers.providers.adapter import Adapter
from workers.runner import Runner

KINDS = registry.load()
CONFIRM, LINK, UNSUBSCRIBE, ERASE = (
    KINDS[name]
    for name in ("notification.confirm.email", "notification.link.email", "newsletter.unsubscribe", "newsletter.erase")
)
ANN = Someone("ann@b.example")


@pytest.fixture
def runner(ledger: Connection, pool: Pool, providers: dict[str, Adapter]) -> Runner:
    return runner_of(enrol(ledger), pool, providers)


def job_of(ledger: Connection, kind: str, **changes: Any) -> UUID:
    """A queued job of the kind, for Ann."""
    return queued(ledger, owed(kind, KINDS[kind].queue, **changes), address=ANN.address)


def leave(ledger: Connection) -> None:
    ledger.execute("UPDATE subscribers SET left_at = now()")


def mails(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    return sandbox.journal("smtp")


@pytest.mark.parametrize("kind", [SUBSCRIBE, WELCOME], ids=lambda kind: kind.name)
def test_nothing_goes_to_somebody_who_has_left(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess, kind: Any
) -> None:
    job = job_of(ledger, kind.name)
    leave(ledger)
    assert run(runner, kind, job) == {job: State.SKIPPED}
    assert row(ledger, job)["error_code"] == "unwanted"
    assert (sandbox.journal("listmonk"), mails(sandbox)) == ([], [])


def test_only_the_channel_that_was_turned_off_is_still(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess
) -> None:
    subscribing, welcoming = job_of(ledger, SUBSCRIBE.name), job_of(ledger, WELCOME.name)
    ledger.execute("UPDATE subscribers SET unwanted = '{newsletter}'")
    assert run(runner, SUBSCRIBE, subscribing) == {subscribing: State.SKIPPED}
    assert run(runner, WELCOME, welcoming) == {welcoming: State.SUCCEEDED}
    assert len(mails(sandbox)) == 1


def test_what_was_muted_when_it_was_owed_has_no_effect(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess
) -> None:
    job = job_of(ledger, CONFIRM.name, muted=True)
    assert run(runner, CONFIRM, job) == {job: State.SKIPPED}
    assert (row(ledger, job)["error_code"], mails(sandbox)) == ("muted", [])


def test_whoever_left_is_asked_and_taken_off_the_list_all_the_same(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess
) -> None:
    subscribing = job_of(ledger, SUBSCRIBE.name)
    assert run(runner, SUBSCRIBE, subscribing) == {subscribing: State.SUCCEEDED}
    leave(ledger)
    off, asking = job_of(ledger, UNSUBSCRIBE.name), job_of(ledger, CONFIRM.name)
    assert run(runner, UNSUBSCRIBE, off) == {off: State.SUCCEEDED}
    assert run(runner, CONFIRM, asking) == {asking: State.SUCCEEDED}
    assert len(mails(sandbox)) == 1


@pytest.mark.parametrize("standing", ["left_at = now()", "unwanted = '{email}'"])
def test_whoever_wants_no_mail_gets_the_link_that_they_ask_for_and_it_is_theirs(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess, standing: str
) -> None:
    job = job_of(ledger, LINK.name)
    ledger.execute(f"UPDATE subscribers SET {standing}")  # noqa: S608  # one of the two above
    assert run(runner, LINK, job) == {job: State.SUCCEEDED}
    (mail,) = mails(sandbox)
    assert mail["to"] == [ANN.address]
    person = row(ledger, job)["subscriber_id"]
    for text in (mail["text"], mail["html"]):
        (link,) = set(re.findall(r"http[^\s\"]+/preferences/([^\s\"]+)", text))
        assert LINKS.read_preferences(link) == person
    headers = {name.lower(): value for name, value in mail["headers"]}
    assert LINKS.read_unsubscribe(headers["list-unsubscribe"].strip("<>").rpartition("/")[2]) == person


def test_a_mail_has_links_of_its_own_person_and_sign_up_that_can_be_read_again(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess
) -> None:
    job = job_of(ledger, CONFIRM.name)
    assert run(runner, CONFIRM, job) == {job: State.SUCCEEDED}
    (mail,) = mails(sandbox)
    words = mail["text"].split()
    (confirm,) = [word for word in words if "/confirmations/" in word]
    (unsubscribe,) = [word for word in words if "/unsubscribe/" in word]
    found = row(ledger, job)
    assert LINKS.read_confirm(confirm.rpartition("/")[2]) == found["signup_id"]
    assert LINKS.read_unsubscribe(unsubscribe.rpartition("/")[2]) == found["subscriber_id"]


def test_erasing_takes_the_address_from_its_payload_since_the_person_has_none_any_more(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess
) -> None:
    subscribing = job_of(ledger, SUBSCRIBE.name)
    assert run(runner, SUBSCRIBE, subscribing) == {subscribing: State.SUCCEEDED}
    ANN.erase(ledger)
    ((job,),) = ledger.execute(
        "UPDATE jobs SET state = 'queued' WHERE kind = %s RETURNING id", (ERASE.name,)
    ).fetchall()
    assert run(runner, ERASE, job) == {job: State.SUCCEEDED}
    assert sandbox.journal("listmonk")[-1]["key"] == ANN.address


def test_no_other_job_of_somebody_who_is_being_forgotten_is_done(
    runner: Runner, ledger: Connection, sandbox: SandboxProcess
) -> None:
    job = job_of(ledger, CONFIRM.name)
    ledger.execute("UPDATE subscribers SET erasing_at = now(), left_at = now(), address = 'x@erased.invalid'")
    assert run(runner, CONFIRM, job) == {job: State.SKIPPED}
    assert (row(ledger, job)["error_code"], mails(sandbox)) == ("person_gone", [])


def test_a_proof_puts_somebody_back_whom_the_provider_knows_as_gone(runner: Runner, ledger: Connection) -> None:
    for kind in (SUBSCRIBE, UNSUBSCRIBE):
        job = job_of(ledger, kind.name)
        assert run(runner, kind, job) == {job: State.SUCCEEDED}
    unproven, proven = job_of(ledger, SUBSCRIBE.name), job_of(ledger, SUBSCRIBE.name, payload={"proven": True})
    assert run(runner, SUBSCRIBE, unproven) == {unproven: State.SKIPPED}
    assert run(runner, SUBSCRIBE, proven) == {proven: State.SUCCEEDED}


def test_what_is_wanted_again_is_recorded_as_consent_and_owed(ledger: Connection) -> None:
    ANN.sign_up(ledger)
    ANN.leave(ledger)
    person = ANN.now(ledger)
    record = preferences.Record(new_id(), "192.0.2.9", "the words on the page")
    known = preferences.prefer(
        ledger,
        person.id,
        preferences.Preferred("de", frozenset({"email"}), nothing=False),
        watched="newsletter",
        wanted_again=("newsletter.wanted", [owed(SUBSCRIBE.name, payload={"proven": True})]),
        unwanted_now=None,  # type: ignore[arg-type]  # it is not to be looked at
        digest=ANN.digest,
        record=record,
    )
    now = ANN.now(ledger)
    assert (known, now.left_at, now.locale, now.unwanted) == (True, None, "de", {"email"})
    ((payload,),) = ledger.execute(
        "SELECT payload FROM jobs WHERE subscriber_id = %s AND signup_id IS NULL AND kind = %s",
        (person.id, SUBSCRIBE.name),
    ).fetchall()
    assert payload == {"proven": True}
    assert ledger.execute("SELECT shown, host(client) FROM signups WHERE id = %s", (record.id,)).fetchone() == (
        "the words on the page",
        "192.0.2.9",
    )
