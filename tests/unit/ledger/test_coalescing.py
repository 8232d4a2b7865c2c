"""How many jobs a message carries: one when little is due, up to the batch under a backlog, and never two kinds."""

from collections import Counter
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.coalescing import SPREAD, Leased, Terms, coalesce, within
from ledger.messages import Message

SUBSCRIBE = Terms("newsletter.subscribe", "newsletter", batch=500, bulk=True)
WELCOME = Terms("notification.welcome.email", "email", batch=50)
ALONE = Terms("crm.note", "crm")
ALL = {terms.kind: terms for terms in (SUBSCRIBE, WELCOME, ALONE)}


def due(number: int, terms: Terms = WELCOME, *, crashes: int = 0, provider: str | None = None) -> list[Leased]:
    return [Leased(uuid4(), terms.kind, provider or terms.provider, crashes) for _ in range(number)]


def sizes(
    jobs: list[Leased],
    *,
    hands: int | None = None,
    backlog: bool = False,
    waiting: int = 0,
    limits: dict[str, int] | None = None,
) -> list[int]:
    found = coalesce(jobs, ALL, hands=hands, backlog=ALL if backlog else (), waiting=waiting, limits=limits or {})
    return [len(message.jobs) for message in found]


@pytest.mark.parametrize("terms", ALL.values(), ids=lambda terms: terms.kind)
@pytest.mark.parametrize("number", range(1, SPREAD + 1))
def test_when_little_is_due_each_goes_alone_under_its_own_id(terms: Terms, number: int) -> None:
    jobs = due(number, terms)
    messages = list(coalesce(jobs, ALL, hands=None, backlog=()))
    assert [(message.id, list(message.jobs)) for message in messages] == [(job.id, [job.id]) for job in jobs]
    assert {(message.kind, message.provider) for message in messages} == {(terms.kind, terms.provider)}


def test_a_message_of_many_has_an_id_that_is_no_jobs() -> None:
    jobs = due(200)
    messages = list(coalesce(jobs, ALL, hands=None, backlog=()))
    assert {message.id for message in messages}.isdisjoint(job.id for job in jobs)
    assert len({message.id for message in messages}) == len(messages)


def test_what_is_due_is_shared_out_over_the_hands_there_are_so_that_none_is_long_busy_alone() -> None:
    found = sizes(due(160), hands=8)
    assert (max(found), sum(found)) == (20, 160), "a hand's share"
    assert sizes(due(8), hands=8) == [1] * 8
    assert sizes(due(3), hands=8) == [1] * 3


def test_a_message_grows_with_the_backlog_and_shrinks_as_it_ends() -> None:
    largest = [max(sizes(due(50), hands=8, backlog=True, waiting=waiting)) for waiting in (10_000, 240, 80, 50)]
    assert largest == [50, 30, 10, 7]


def test_messages_that_leave_together_do_not_end_together() -> None:
    found = sizes(due(1_600), hands=32, backlog=True)
    assert (max(found), sum(found)) == (50, 1_600)
    assert len(set(found)) > 20
    assert sorted(found[:-1], reverse=True) == found[:-1]
    assert min(found[:-1]) == 25


def test_no_message_is_larger_than_the_kinds_batch_however_few_hands_there_are() -> None:
    found = sizes(due(175), hands=1)
    assert (max(found), sum(found)) == (50, 175)


@pytest.mark.parametrize("hands", [None, 1, 3, 100])
def test_under_a_backlog_a_bulk_call_is_filled(hands: int | None) -> None:
    assert sizes(due(1_200, SUBSCRIBE), hands=hands, backlog=True) == [500, 500, 200]


def test_without_a_backlog_bulk_calls_share_what_is_due_and_are_few() -> None:
    assert sizes(due(40, SUBSCRIBE)) == [10] * SPREAD
    assert sizes(due(40, SUBSCRIBE), hands=30) == [10] * SPREAD
    assert sizes(due(40, SUBSCRIBE), hands=2) == [20, 20]


def test_a_provider_that_allows_few_connections_gets_few_messages() -> None:
    assert max(sizes(due(80), hands=8, limits={"email": 2})) == 40
    assert max(sizes(due(80), hands=2, limits={"email": 8})) == 40
    assert max(sizes(due(80), hands=8, limits={"newsletter": 1})) == 10, "another's limit"


@pytest.mark.parametrize(("crashes", "largest"), [(0, 500), (1, 250), (2, 125), (5, 15), (8, 1), (9, 1), (10_000, 1)])
def test_what_took_executors_down_comes_back_in_halves_until_it_is_alone(crashes: int, largest: int) -> None:
    found = sizes(due(500, SUBSCRIBE, crashes=crashes), backlog=True)
    assert (max(found), sum(found)) == (largest, 500)


def test_suspects_travel_with_none_but_their_like() -> None:
    jobs = due(20) + due(20, crashes=1) + due(20, crashes=3)
    crashed = {job.id: job.crashes for job in jobs}
    for message in coalesce(jobs, ALL, hands=2, backlog=()):
        assert len({crashed[job] for job in message.jobs}) == 1


def test_a_kind_that_names_no_batch_goes_alone_whatever_the_backlog() -> None:
    assert sizes(due(30, ALONE), hands=1, backlog=True) == [1] * 30


def test_nothing_due_is_no_message() -> None:
    assert sizes([]) == sizes([], hands=0, backlog=True) == []


FEW = {
    "in.bulk": Terms("in.bulk", "newsletter", batch=9, bulk=True),
    "a.few": Terms("a.few", "email", batch=4),
    "alone": ALONE,
}
leased = st.builds(
    Leased,
    id=st.uuids(),
    kind=st.sampled_from(sorted(FEW)),
    provider=st.sampled_from(["newsletter", "email", "crm", "renamed"]),
    crashes=st.sampled_from([0, 0, 0, 1, 2, 12]),
)
leases = st.lists(leased, max_size=60, unique_by=lambda job: job.id)


@given(
    jobs=leases,
    hands=st.none() | st.integers(1, 100),
    backlog=st.sets(st.sampled_from(sorted(FEW))),
    waiting=st.integers(0, 10_000),
    limits=st.dictionaries(st.sampled_from(["newsletter", "email", "crm"]), st.integers(1, 20)),
)
def test_each_job_is_in_one_message_with_none_but_its_like_and_no_message_is_too_large(
    jobs: list[Leased], hands: int | None, waiting: int, limits: dict[str, int], backlog: set[str]
) -> None:
    messages = list(coalesce(jobs, FEW, hands=hands, backlog=backlog, waiting=waiting, limits=limits))
    by_id = {job.id: job for job in jobs}
    assert Counter(job for message in messages for job in message.jobs) == Counter(list(by_id))
    assert len({message.id for message in messages}) == len(messages)
    for message in messages:
        carried = [by_id[job] for job in message.jobs]
        (likeness,) = {(job.kind, job.provider, job.crashes) for job in carried}
        assert likeness[:2] == (message.kind, message.provider)
        assert 1 <= len(carried) <= max(1, FEW[message.kind].batch >> likeness[2])
        assert (message.id == carried[0].id) == (len(carried) == 1)


def message_to(provider: str) -> Message:
    job = uuid4()
    return Message(job, "a.kind", provider, (job,))


@given(
    providers=st.lists(st.sampled_from(["newsletter", "email", "crm"]), max_size=40),
    free=st.dictionaries(st.sampled_from(["newsletter", "email"]), st.integers(-3, 12)),
)
def test_of_each_limited_provider_as_many_go_as_have_a_connection_the_first_first(
    providers: list[str], free: dict[str, int]
) -> None:
    messages = [message_to(provider) for provider in providers]
    taken, surplus = within(messages, free, slots=1_000)
    for provider in ("newsletter", "email", "crm"):
        mine = [message for message in messages if message.provider == provider]
        go = max(0, free[provider]) if provider in free else len(mine)
        assert [message for message in taken if message.provider == provider] == mine[:go]
        assert [message for message in surplus if message.provider == provider] == mine[go:]


def test_looking_for_room_uses_none_of_it_up() -> None:
    free = {"email": 1}
    within([message_to("email") for _ in range(3)], free, slots=1_000)
    assert free == {"email": 1}


def ids(messages: list[Message]) -> list[UUID]:
    return [message.id for message in messages]


def test_one_providers_limit_holds_up_no_other() -> None:
    messages = [message_to(provider) for provider in ("email", "newsletter", "email", "newsletter")]
    taken, surplus = within(messages, {"email": 1}, slots=1_000)
    assert ids(taken) == ids([messages[0], messages[1], messages[3]])
    assert ids(surplus) == ids([messages[2]])


def test_there_are_no_more_messages_than_slots() -> None:
    messages = [message_to("email") for _ in range(5)]
    taken, surplus = within(messages, {}, slots=2)
    assert (ids(taken), ids(surplus)) == (ids(messages[:2]), ids(messages[2:]))
