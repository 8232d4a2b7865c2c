"""GCRA over a row for each key: bursts, earning back, who uses what, and that nobody slips through in a crowd."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from os import urandom

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.errors import LockNotAvailable

from config.front_door import Limit, SignupLimits
from ledger.connection import Connection, Pool, open_pool
from ledger.limits import Ask, Verdict, forget, give_back, judge

HOUR = 3_600
LIMITS = SignupLimits(client=Limit(3, HOUR), recipient=Limit(1, HOUR), domain=Limit(2, HOUR))
CROWD = 200


def key() -> bytes:
    return urandom(16)


def time_passes(ledger: Connection, seconds: float) -> None:
    ledger.execute("UPDATE limits SET used_until = used_until - make_interval(secs => %s)", (seconds,))


def beyond(verdicts: list[Verdict]) -> list[str | None]:
    return [one.beyond for one in verdicts]


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    pool = open_pool(database_url, name="test", size=16, wait_s=30, statement_s=30)
    yield pool
    pool.close()


def test_a_client_has_its_quota_at_once_and_is_refused_beyond_it(ledger: Connection) -> None:
    client = key()
    verdicts = [judge(ledger, [Ask(client, None, None)], LIMITS)[0] for _ in range(5)]
    assert beyond(verdicts) == [None, None, None, "client", "client"]
    assert [one.remaining for one in verdicts] == [2, 1, 0, 0, 0]
    assert 3 * 1_200 - 10 < verdicts[2].whole_in <= 3 * 1_200
    assert [one.next_in > 0 for one in verdicts] == [False, False, True, True, True]


def test_one_is_earned_back_in_its_share_of_the_period_and_not_before(ledger: Connection) -> None:
    ask = Ask(key(), None, None)
    judge(ledger, [ask] * 3, LIMITS)
    time_passes(ledger, 1_150)
    (refused,) = judge(ledger, [ask], LIMITS)
    assert refused.beyond == "client"
    assert 0 < refused.next_in <= 50
    time_passes(ledger, refused.next_in)
    assert beyond(judge(ledger, [ask, ask], LIMITS)) == [None, "client"]


def test_what_was_not_used_for_long_is_the_quota_and_no_more(ledger: Connection) -> None:
    ask = Ask(key(), None, None)
    judge(ledger, [ask], LIMITS)
    time_passes(ledger, 100 * HOUR)
    assert beyond(judge(ledger, [ask] * 4, LIMITS)) == [None, None, None, "client"]


def test_being_refused_extends_nobodys_wait(ledger: Connection) -> None:
    ask = Ask(key(), None, None)
    before = judge(ledger, [ask] * 3, LIMITS)[-1]
    for _ in range(50):
        after = judge(ledger, [ask], LIMITS)[0]
    assert after.beyond == "client"
    assert after.next_in <= before.next_in


def test_whom_the_client_limit_refuses_uses_up_no_mail_of_the_mailbox(ledger: Connection) -> None:
    attacker, victim, domain = key(), key(), key()
    judge(ledger, [Ask(attacker, None, None)] * 3, LIMITS)
    assert beyond(judge(ledger, [Ask(attacker, victim, domain)] * 9, LIMITS)) == ["client"] * 9
    assert beyond(judge(ledger, [Ask(key(), victim, domain)], LIMITS)) == [None]


def test_a_second_mail_to_a_mailbox_is_braked_and_uses_nothing_of_the_domain(ledger: Connection) -> None:
    victim, domain = key(), key()
    asks = [Ask(key(), victim, domain) for _ in range(20)]
    assert beyond(judge(ledger, asks, LIMITS)) == [None] + ["recipient"] * 19
    assert beyond(judge(ledger, [Ask(key(), key(), domain), Ask(key(), key(), domain)], LIMITS)) == [None, "domain"]


def test_whom_the_domain_brakes_keeps_the_mail_of_their_mailbox(ledger: Connection) -> None:
    domain, waiting = key(), key()
    judge(ledger, [Ask(None, key(), domain), Ask(None, key(), domain)], LIMITS)
    assert beyond(judge(ledger, [Ask(None, waiting, domain)], LIMITS)) == ["domain"]
    time_passes(ledger, HOUR / 2)
    assert beyond(judge(ledger, [Ask(None, waiting, domain)], LIMITS)) == [None]


def test_a_domain_that_is_not_limited_has_no_row(ledger: Connection) -> None:
    assert beyond(judge(ledger, [Ask(None, key(), None) for _ in range(9)], LIMITS)) == [None] * 9
    assert ledger.execute("SELECT count(*) FROM limits").fetchone() == (9,)


def test_what_is_given_back_can_be_used_again_once(ledger: Connection) -> None:
    victim, domain = key(), key()
    judge(ledger, [Ask(None, victim, domain)], LIMITS)
    give_back(ledger, [(victim, LIMITS.recipient), (domain, LIMITS.domain)])
    assert beyond(judge(ledger, [Ask(None, victim, domain)] * 2, LIMITS)) == [None, "recipient"]
    assert beyond(judge(ledger, [Ask(None, key(), domain) for _ in range(2)], LIMITS)) == [None, "domain"]


@given(
    asked=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("vwxyz"), st.booleans()), min_size=1, max_size=30),
    cuts=st.sets(st.integers(1, 29)),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_group_is_judged_as_if_they_had_come_one_by_one(
    ledger: Connection, asked: list[tuple[str, str, bool]], cuts: set[int]
) -> None:
    """However they are cut into groups. A mailbox is of one domain: v, w of the first, the others of the second, if any."""
    salt = key()[:10]

    def named(limit: str, name: str) -> bytes:
        return f"{limit}{name}".ljust(6).encode() + salt

    asks = []
    for client, recipient, known in asked:
        domain = "1" if recipient in "vw" else "2"
        asks.append(
            Ask(
                named("c", client) if known else None,
                named("r", recipient),
                None if recipient == "z" else named("d", domain),
            )
        )
    used: Counter[bytes] = Counter()
    expected = [_one_by_one(ask, used) for ask in asks]
    edges = [0, *sorted(cut for cut in cuts if cut < len(asks)), len(asks)]
    judged = [judge(ledger, asks[first:last], LIMITS) for first, last in pairwise(edges)]
    assert [one.beyond for group in judged for one in group] == expected


def _one_by_one(ask: Ask, used: Counter[bytes]) -> str | None:
    limited = (("client", ask.client, 3), ("recipient", ask.recipient, 1), ("domain", ask.domain, 2))
    full = {name for name, of, quota in limited if of is not None and used[of] >= quota}
    first = next((name for name, _, _ in limited if name in full), None)
    if first != "client" and ask.client is not None:
        used[ask.client] += 1
    if first is None:
        used.update(of for of in (ask.recipient, ask.domain) if of is not None)
    return first


@pytest.mark.parametrize("quota", [1, 20])
def test_of_a_crowd_that_comes_at_once_exactly_as_many_pass_as_may(pool: Pool, quota: int) -> None:
    limits = SignupLimits(client=Limit(quota, HOUR))
    client, start = key(), threading.Barrier(CROWD)

    def come(_: int) -> str | None:
        start.wait()
        with pool.connection() as connection:
            return judge(connection, [Ask(client, None, None)], limits, wait_s=30)[0].beyond

    with ThreadPoolExecutor(CROWD) as threads:
        assert Counter(threads.map(come, range(CROWD))) == {None: quota, "client": CROWD - quota}


def test_groups_that_share_keys_in_any_order_neither_deadlock_nor_let_more_pass(pool: Pool) -> None:
    limits = SignupLimits(client=Limit(10_000, HOUR), recipient=Limit(1, HOUR), domain=Limit(7, HOUR))
    clients, mailboxes, domain = [key() for _ in range(5)], [key() for _ in range(10)], key()

    def come(turn: int) -> list[str | None]:
        order = mailboxes if turn % 2 else mailboxes[::-1]
        asks = [Ask(clients[(turn + n) % 5], mailbox, domain) for n, mailbox in enumerate(order)]
        with pool.connection() as connection:
            return beyond(judge(connection, asks, limits, wait_s=30))

    with ThreadPoolExecutor(16) as threads:
        found = Counter(verdict for group in threads.map(come, range(60)) for verdict in group)
    assert found[None] == 7
    assert sum(found.values()) == 600


def test_whoever_waits_too_long_for_a_key_is_told_so_and_nothing_was_counted(
    ledger: Connection, another: Callable[[], Connection]
) -> None:
    ask, other = Ask(key(), None, None), another()
    with other.transaction():
        other.execute("SELECT pg_advisory_xact_lock(%s)", (int.from_bytes(ask.client[:8], signed=True),))
        with pytest.raises(LockNotAvailable):
            judge(ledger, [ask], LIMITS, wait_s=0.05)
    assert judge(ledger, [ask], LIMITS)[0].remaining == 2


def test_the_session_is_as_it_was_afterwards(ledger: Connection) -> None:
    asked = "SELECT current_setting('synchronous_commit'), current_setting('lock_timeout'), current_setting('statement_timeout')"
    before = ledger.execute(asked).fetchone()
    judge(ledger, [Ask(key(), key(), key())], LIMITS)
    assert ledger.execute(asked).fetchone() == before
    assert ledger.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_what_is_earned_back_is_forgotten_a_bounded_number_at_a_time_and_what_is_not_stays(ledger: Connection) -> None:
    judge(ledger, [Ask(key(), key(), None) for _ in range(30)], LIMITS)
    assert forget(ledger) == 0
    ledger.execute("UPDATE limits SET used_until = now() - interval '1 minute' WHERE ctid < '(0,41)'")
    old = ledger.execute("SELECT count(*) FROM limits WHERE used_until < now()").fetchone()
    assert old is not None
    assert old[0] >= 20
    assert forget(ledger, most=15) == 15
    assert forget(ledger) == old[0] - 15
    assert ledger.execute("SELECT count(*) FROM limits WHERE used_until < now()").fetchone() == (0,)
    assert ledger.execute("SELECT count(*) FROM limits").fetchone() == (60 - old[0],)


def test_every_part_of_a_large_table_is_come_across_in_time(ledger: Connection) -> None:
    ledger.execute(
        "INSERT INTO limits SELECT decode(md5(n::text), 'hex'), now() - interval '1 hour' FROM generate_series(1, 3000) AS n"
    )
    assert ledger.execute("SELECT pg_relation_size('limits') > 8 * 8192").fetchone() == (True,)
    assert ledger.execute("SELECT setseed(0.5)").fetchone() is not None
    rounds = [forget(ledger, blocks=4) for _ in range(200)]
    assert max(rounds) < 1_000
    assert sum(rounds) == 3_000
