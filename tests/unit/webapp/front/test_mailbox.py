"""Which spellings share a brake."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.front.large_mail_domains import LARGE_MAIL_DOMAINS
from webapp.front.limit_keys import LENGTH, ask_for
from webapp.front.mailbox import mail_domain, mailbox
from webapp.keys import Mac
from webapp.rules.email_address import normal_address

KEY = Mac(b"a key for one test")


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        ("ada@example.org", "ada@example.org"),
        ("ada+news@example.org", "ada@example.org"),
        ("ada+a+b@example.org", "ada@example.org"),
        ("a.d.a@example.org", "a.d.a@example.org"),
        ("+news@example.org", "+news@example.org"),
        ("a.da+x@gmail.com", "ada@gmail.com"),
        ("ada@googlemail.com", "ada@gmail.com"),
        ("ada@notgmail.com", "ada@notgmail.com"),
        ("a.d_a-l+x@protonmail.com", "adal@proton.me"),
        ("adal@pm.me", "adal@proton.me"),
    ],
)
def test_the_mailbox_of_an_address(address: str, reached: str) -> None:
    assert mailbox(address) == reached


@given(st.text("ab.+", max_size=8), st.sampled_from(["gmail.com", "googlemail.com", "pm.me", "example.org"]))
def test_a_mailbox_is_its_own_mailbox(local: str, domain: str) -> None:
    reached = mailbox(f"a{local}@{domain}")
    assert mailbox(reached) == reached
    assert reached.partition("@")[0]


def test_spellings_of_one_mailbox_share_a_key_and_different_ones_do_not() -> None:
    keys = {ask_for(KEY, address, None).recipient for address in ("ada@gmail.com", "a.d.a+x@googlemail.com")}
    assert len(keys) == 1
    assert ask_for(KEY, "bob@gmail.com", None).recipient not in keys


def test_only_a_small_domain_has_a_brake_of_its_own() -> None:
    assert ask_for(KEY, "ada@gmail.com", None).domain is None
    assert ask_for(KEY, "ada@googlemail.com", None).domain is None
    assert ask_for(KEY, "ada@web.de", None).domain is None
    domains = {ask_for(KEY, address, None).domain for address in ("ada@example.org", "bob+x@example.org")}
    assert len(domains) == 1
    assert None not in domains


def test_the_same_words_under_two_limits_are_two_keys_and_name_nobody() -> None:
    ask = ask_for(KEY, "192.0.2.1@192.0.2.1", "192.0.2.1")
    found = [ask.client, ask.recipient, ask.domain]
    assert len(set(found)) == 3
    assert [len(one or b"") for one in found] == [LENGTH] * 3
    assert (
        ask_for(Mac(b"another key"), "ada@example.org", None).recipient
        != ask_for(KEY, "ada@example.org", None).recipient
    )


def test_the_list_of_large_mail_domains_is_well_formed() -> None:
    assert 200 < len(LARGE_MAIL_DOMAINS) < 1_000
    for domain in LARGE_MAIL_DOMAINS:
        assert mail_domain(normal_address(f"ada@{domain}")) == domain
    for unlikely in ("example.org", "co.uk", "com.br", "de", "github.com"):
        assert unlikely not in LARGE_MAIL_DOMAINS
