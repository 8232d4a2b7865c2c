"""The settings of the front door that are more than a word: limits, proxies, origins. Pure parsing, with a sentence for each mistake.

Separate from `config.settings` because each has a small grammar of its own. It must never decide what a limit does.
"""

import re
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from urllib.parse import urlsplit

_PERIODS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
_RATE = re.compile(r"(\d{1,7})/(s|min|h|d)")
_MOST_HOPS = 10


@dataclass(frozen=True, slots=True)
class Limit:
    """So many within a period, all of them at once if need be; what is used comes back evenly."""

    quota: int
    seconds: int


@dataclass(frozen=True, slots=True)
class SignupLimits:
    """How often one client address may sign up, one mailbox be written to, and one mail domain be written to."""

    client: Limit = Limit(120, 3_600)
    recipient: Limit = Limit(1, 3_600)
    domain: Limit = Limit(100, 3_600)


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """Whom to believe about a client's address: so many hops before us, or whoever is in these networks."""

    hops: int = 0
    networks: tuple[IPv4Network | IPv6Network, ...] = field(default=())


def parse_limits(value: object) -> object:
    """`off`, or some of `client=120/h,recipient=1/h,domain=100/h`; the others keep their defaults."""
    if not isinstance(value, str):
        return value
    if value.strip().lower() == "off":
        return None
    return SignupLimits(**dict(_limit(part) for part in value.split(",")))


def _limit(part: str) -> tuple[str, Limit]:
    name, _, rate = (one.strip() for one in part.partition("="))
    if name not in {one.name for one in fields(SignupLimits)}:
        raise ValueError("must be off, or limits for client, recipient and domain")
    found = _RATE.fullmatch(rate)
    if not found or int(found[1]) == 0:
        raise ValueError(f"has a limit for {name} that is not a number of 1 or more and /s, /min, /h or /d")
    return name, Limit(int(found[1]), _PERIODS[found[2]])


def parse_proxies(value: object) -> object:
    """Empty, a number of hops, or networks separated by commas."""
    if not isinstance(value, str):
        return value
    value = value.strip()
    if value.isascii() and value.isdigit():
        if int(value) > _MOST_HOPS:
            raise ValueError(f"is more than {_MOST_HOPS} hops, which cannot be meant")
        return TrustedProxies(hops=int(value))
    try:
        return TrustedProxies(networks=tuple(ip_network(part.strip()) for part in value.split(",")))
    except ValueError:
        raise ValueError("must be a number of hops, or networks such as 10.0.0.0/8 separated by commas") from None


def parse_origins(value: object) -> object:
    """Origins as browsers send them (RFC 6454): scheme, host, and the port where it is not the scheme's own."""
    if not isinstance(value, str):
        return value
    return tuple(_origin(part.strip()) for part in value.split(","))


def _origin(text: str) -> str:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError("has an entry that is not an origin") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"}:
        raise ValueError("must be origins such as https://www.example.org, separated by commas")
    if parts.query or parts.fragment or parts.username is not None:
        raise ValueError("must be origins such as https://www.example.org, separated by commas")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in {None, default} else "")
