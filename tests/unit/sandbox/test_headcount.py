"""How many are on a list, have left, and were erased: as people move, and not by counting them."""

import pytest

from sandbox.audience import Audience, name_of
from sandbox.journal import Journal
from sandbox.mailchimp_refusals import NotRemovableError, RefusedError
from sandbox.subscribers import Subscribers

ADA = "ada@example.org"


@pytest.fixture
def subscribers() -> Subscribers:
    return Subscribers(Journal())


@pytest.fixture
def audience() -> Audience:
    return Audience("list", Journal())


def counts(of: Subscribers | Audience) -> tuple[int, int, int]:
    """On a list, left, erased."""
    told = of.headcount.as_json()
    return told["on_list"], told["left"], told["erased"]


def test_a_subscriber_has_left_once_no_list_is_left_that_they_did_not_leave(subscribers: Subscribers) -> None:
    row = subscribers.create(email=ADA, name="", status="enabled", attribs={}, lists=[1, 2], preconfirm=True)
    assert counts(subscribers) == (1, 0, 0)
    subscribers.unsubscribe([row.id], [1])
    assert counts(subscribers) == (1, 0, 0)
    subscribers.unsubscribe([row.id], [2])
    assert counts(subscribers) == (0, 1, 0)
    subscribers.add([row.id], [1], "confirmed")
    assert counts(subscribers) == (1, 0, 0)
    subscribers.delete(row.id)
    subscribers.delete(row.id)
    assert counts(subscribers) == (0, 0, 1)
    subscribers.clear()
    assert counts(subscribers) == (0, 0, 0)


def test_a_subscriber_who_was_blocked_or_taken_off_by_somebody_else_has_not_left(subscribers: Subscribers) -> None:
    row = subscribers.create(email=ADA, name="", status="enabled", attribs={}, lists=[1], preconfirm=True)
    other = subscribers.create(email="bob@b.example", name="", status="enabled", attribs={}, lists=[1], preconfirm=True)
    subscribers.blocklist(row.id)
    subscribers.remove([other.id], [1])
    assert counts(subscribers) == (0, 0, 0)


def test_a_member_is_counted_by_their_status(audience: Audience) -> None:
    name = name_of(ADA)
    audience.add([{"email_address": ADA, "status": "subscribed"}], update_existing=False)
    seen = [counts(audience)]
    for status in ("unsubscribed", "unsubscribed", "subscribed", "cleaned"):
        audience.patch(name, {"status": status})
        seen.append(counts(audience))
    assert seen == [(1, 0, 0), (0, 1, 0), (0, 1, 0), (1, 0, 0), (0, 0, 0)]
    assert audience.erase(name)
    assert not audience.erase(name)
    assert counts(audience) == (0, 0, 1)


def test_who_bounced_or_left_by_themselves_is_subscribed_again_by_nobody_else(audience: Audience) -> None:
    for address, status in (("a@left.example", "unsubscribed"), (ADA, "cleaned")):
        audience.add([{"email_address": address, "status": status}], update_existing=False)
        with pytest.raises(RefusedError) as refused:
            audience.patch(name_of(address), {"status": "subscribed"})
        assert refused.value.title == "Member In Compliance State"
    member = audience.patch(name_of("a@left.example"), {"status": "pending"})
    assert member is not None
    assert member["status"] == "pending"


@pytest.mark.parametrize("status", ["subscribed", "unsubscribed", "transactional"])
def test_an_archived_member_is_kept(audience: Audience, status: str) -> None:
    audience.add([{"email_address": ADA, "status": status}], update_existing=False)
    assert audience.archive(name_of(ADA))
    member = audience.find(name_of(ADA))
    assert member is not None
    assert member["status"] == "archived"
    with pytest.raises(NotRemovableError):
        audience.archive(name_of(ADA))


def test_nobody_is_archived_who_is_not_there(audience: Audience) -> None:
    assert not audience.archive(name_of(ADA))
