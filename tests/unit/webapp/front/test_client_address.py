"""X-Forwarded-For is believed as far as trusted proxies have written it, and not a word further."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.front_door import TrustedProxies
from webapp.front.client_address import client_address, household, read_address

NOBODY = TrustedProxies()
ONE_HOP, TWO_HOPS = TrustedProxies(hops=1), TrustedProxies(hops=2)
OURS = TrustedProxies(networks=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")))


def seen(peer: str | None, forwarded: str, trusted: TrustedProxies) -> str | None:
    found = client_address(peer, forwarded, trusted)
    return None if found is None else str(found)


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "client"),
    [
        (NOBODY, "192.0.2.1", "", "192.0.2.1"),
        (NOBODY, "192.0.2.1", "198.51.100.7", "192.0.2.1"),
        (NOBODY, None, "198.51.100.7", None),
        (ONE_HOP, "10.0.0.1", "198.51.100.7", "198.51.100.7"),
        (ONE_HOP, "10.0.0.1", "203.0.113.66, 198.51.100.7", "198.51.100.7"),
        (ONE_HOP, "10.0.0.1", "", "10.0.0.1"),
        (ONE_HOP, None, "203.0.113.66, 198.51.100.7", "198.51.100.7"),
        (TWO_HOPS, "10.0.0.1", "203.0.113.66, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        (TWO_HOPS, "10.0.0.1", "198.51.100.7", "198.51.100.7"),
        (TWO_HOPS, "10.0.0.1", "203.0.113.66, junk, 10.0.0.2", "10.0.0.2"),
        (OURS, "10.0.0.1", "203.0.113.66, 198.51.100.7, 10.9.9.9", "198.51.100.7"),
        (OURS, "192.0.2.1", "198.51.100.7", "192.0.2.1"),
        (OURS, "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        (OURS, "10.0.0.1", "203.0.113.66, unknown, 10.0.0.2", "10.0.0.2"),
        (OURS, "::ffff:10.0.0.1", "198.51.100.7", "198.51.100.7"),
        (OURS, "fd00::1", "2001:db8::7", "2001:db8::7"),
        (OURS, None, "198.51.100.7", None),
    ],
)
def test_who_the_client_is(trusted: TrustedProxies, peer: str | None, forwarded: str, client: str | None) -> None:
    assert seen(peer, forwarded, trusted) == client


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("192.0.2.1", "192.0.2.1"),
        (" 192.0.2.1:4711 ", "192.0.2.1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ('"[2001:db8::1]"', "2001:db8::1"),
        ("2001:DB8::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", None),
        ("unknown", None),
        ("_hidden", None),
        ("192.0.2", None),
        ("192.0.2.1.5", None),
        ("[::1", "::1"),
        ("1.2.3.4, 5.6.7.8", None),
    ],
)
def test_an_entry_is_read_however_proxies_write_it(written: str, meant: str | None) -> None:
    found = read_address(written)
    assert (None if found is None else str(found)) == meant


@given(
    forged=st.lists(st.text(st.characters(exclude_characters=",\r\n"), max_size=20), max_size=40),
    trusted=st.sampled_from([ONE_HOP, OURS]),
)
def test_whatever_a_client_forges_before_the_proxys_own_entry_changes_nothing(
    forged: list[str], trusted: TrustedProxies
) -> None:
    assert seen("10.0.0.1", ",".join([*forged, "198.51.100.7"]), trusted) == "198.51.100.7"


@given(peer=st.text(max_size=30), forwarded=st.text(max_size=100), hops=st.integers(0, 10))
def test_junk_never_raises(peer: str, forwarded: str, hops: int) -> None:
    found = client_address(peer, forwarded, TrustedProxies(hops=hops))
    assert found is None or read_address(str(found)) == found


def test_a_household_is_an_address_or_a_64_of_ipv6() -> None:
    assert household("192.0.2.1") == household("::ffff:192.0.2.1") == "192.0.2.1"
    assert household("2001:db8:1:2::1") == household("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert household("2001:db8:1:3::1") != household("2001:db8:1:2::1")
    assert household("192.0.2.1") != household("192.0.2.2")
