"""Whose address a request came from: the peer's, or what a trusted proxy says of it.

Separate because whoever believes X-Forwarded-For from anybody has no limits at all: it is a line that a client may write.
Only what was appended by a proxy that TRUSTED_PROXIES names is read, from the right, and not an entry further.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from flask import Request

from config.front_door import TrustedProxies
from webapp.desk import at_desk

Address = IPv4Address | IPv6Address

HOUSEHOLD = 64  # bits: the least that a provider gives to one customer, who has all the addresses in it (RFC 6177)
_MOST_READ = 32  # entries; more proxies than that nobody has, and a header may be long


def client_of(request: Request) -> str | None:
    """The client's address, None where there is none (a Unix socket, or nothing that looks like one)."""
    environ = request.environ  # which has the lines of that name as one
    forwarded = environ.get("HTTP_X_FORWARDED_FOR", "")
    found = client_address(environ.get("REMOTE_ADDR"), forwarded, at_desk().settings.trusted_proxies)
    return None if found is None else str(found)


def is_unheard(request: Request) -> bool:
    """Whether somebody says for whom they ask, and no setting says to believe anybody. A proxy that was forgotten, or a lie."""
    trusted = at_desk().settings.trusted_proxies
    return "HTTP_X_FORWARDED_FOR" in request.environ and not (trusted.hops or trusted.networks)


def client_address(peer: str | None, forwarded: str, trusted: TrustedProxies) -> Address | None:
    """`peer`: who has connected to us; `forwarded`: the whole of X-Forwarded-For, '' where there is none.

    Junk in the header ends the reading: the last proxy that is known by its address then stands for its clients.
    """
    nearest = read_address(peer or "")
    if not (trusted.hops or trusted.networks):
        return nearest
    told = [read_address(entry) for entry in forwarded.split(",")[-_MOST_READ:]] if forwarded.strip() else []
    if trusted.hops:
        return _behind(trusted.hops, nearest, told)
    return _beyond(trusted, nearest, told)


def read_address(text: str) -> Address | None:
    """The address in an entry, with or without a port, brackets or a zone; an IPv4 address in IPv6's clothes as what it is."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:  # a port; IPv6 has two colons at least
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def household(address: str) -> str:
    """What a limit counts: an IPv4 address, or the /64 of an IPv6 one. Anything else as it stands."""
    found = read_address(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, HOUSEHOLD), strict=False))
    return address if found is None else str(found)


def _behind(hops: int, nearest: Address | None, told: list[Address | None]) -> Address | None:
    """Each of so many proxies has appended one entry. With fewer entries, some were not in the way: the first then."""
    chain = [*told, nearest]
    if not any(chain):
        return None
    at = max(0, len(chain) - 1 - hops)
    return next(found for found in chain[at:] if found is not None) if any(chain[at:]) else nearest


def _beyond(trusted: TrustedProxies, nearest: Address | None, told: list[Address | None]) -> Address | None:
    """The first from the right that is none of the trusted; the leftmost where all are."""
    client = nearest
    for earlier in reversed(told):
        if client is None or not any(client in network for network in trusted.networks):
            return client
        if earlier is None:
            return client
        client = earlier
    return client
