"""listmonk's memory, and what of it is an effect."""

import pytest

from sandbox.journal import Journal
from sandbox.subscribers import ConflictError, Subscriber, Subscribers, UnknownSubscriberError


def one(subscribers: Subscribers, email: str = "a@example.org", *lists: int, status: str = "enabled") -> Subscriber:
    return subscribers.create(email=email, name="A", status=status, attribs={}, lists=lists, preconfirm=True)


def replace(subscribers: Subscribers, subscriber_id: int, **fields: object) -> Subscriber:
    record = {"email": "a@example.org", "name": "", "status": "", "attribs": None, "lists": [], "preconfirm": False}
    return subscribers.update(subscriber_id, **{**record, **fields})


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def subscribers(journal: Journal) -> Subscribers:
    return Subscribers(journal)


def effects(journal: Journal) -> list[str]:
    return [entry.effect for entry in journal.since()]


def test_lists_that_do_not_exist_are_dropped_without_a_word(subscribers: Subscribers) -> None:
    assert one(subscribers, "a@example.org", 1, 99).lists == {1: "confirmed"}


def test_somebody_created_as_blocklisted_is_subscribed_to_nothing(subscribers: Subscribers) -> None:
    assert one(subscribers, "a@example.org", 1, status="blocklisted").lists == {1: "unsubscribed"}


def test_a_known_address_is_a_conflict_and_no_effect(subscribers: Subscribers, journal: Journal) -> None:
    one(subscribers)
    with pytest.raises(ConflictError):
        one(subscribers)
    assert effects(journal) == ["subscriber.created"]


def test_a_status_given_with_add_overwrites_and_none_leaves_what_was(subscribers: Subscribers) -> None:
    row = one(subscribers, "a@example.org", 1)
    subscribers.unsubscribe([row.id], [1])
    subscribers.add([row.id], [1, 2], "")
    assert row.lists == {1: "unsubscribed", 2: "unconfirmed"}
    subscribers.add([row.id], [1], "confirmed")
    assert row.lists == {1: "confirmed", 2: "unconfirmed"}


def test_one_unknown_id_fails_the_whole_add(subscribers: Subscribers, journal: Journal) -> None:
    row = one(subscribers)
    with pytest.raises(UnknownSubscriberError):
        subscribers.add([row.id, 99], [1], "confirmed")
    assert row.lists == {}
    assert effects(journal) == ["subscriber.created"]


def test_a_list_that_does_not_exist_cannot_be_joined_later_either(subscribers: Subscribers, journal: Journal) -> None:
    row = one(subscribers)
    subscribers.add([row.id], [99], "confirmed")
    assert row.lists == {}
    assert effects(journal) == ["subscriber.created"]


def test_what_changes_nothing_is_no_effect(subscribers: Subscribers, journal: Journal) -> None:
    row = one(subscribers, "a@example.org", 1)
    subscribers.add([row.id], [1], "confirmed")
    subscribers.unsubscribe([row.id, 99], [2])
    subscribers.remove([row.id], [2])
    subscribers.delete(99)
    subscribers.blocklist(99)
    assert effects(journal) == ["subscriber.created"]


def test_blocking_unsubscribes_everywhere_and_once(subscribers: Subscribers, journal: Journal) -> None:
    row = one(subscribers, "a@example.org", 1, 2)
    subscribers.blocklist(row.id)
    subscribers.blocklist(row.id)
    assert (row.status, row.lists) == ("blocklisted", {1: "unsubscribed", 2: "unsubscribed"})
    assert effects(journal) == ["subscriber.created", "subscriber.blocklisted"]


def test_an_update_replaces_the_lists_but_keeps_the_status_of_those_that_stay(subscribers: Subscribers) -> None:
    row = one(subscribers, "a@example.org", 1)
    replace(subscribers, row.id, lists=[1, 2], name="B")
    assert (row.lists, row.name) == ({1: "confirmed", 2: "unconfirmed"}, "B")
    replace(subscribers, row.id, lists=[2])
    assert (row.lists, row.name, row.status) == ({2: "unconfirmed"}, "B", "enabled")


def test_a_changed_address_frees_the_old_one_and_takes_no_other(subscribers: Subscribers) -> None:
    row, other = one(subscribers), one(subscribers, "b@example.org")
    with pytest.raises(ConflictError):
        replace(subscribers, row.id, email=other.email)
    replace(subscribers, row.id, email="c@example.org")
    assert subscribers.find("a@example.org") is None
    assert subscribers.find("c@example.org") is row


def test_an_id_never_means_somebody_new(subscribers: Subscribers) -> None:
    first = one(subscribers)
    subscribers.delete(first.id)
    second = one(subscribers)
    subscribers.clear()
    assert first.id < second.id < one(subscribers).id
