"""`Retry-After` (RFC 9110 section 10.2.3): seconds, or an HTTP date."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def seconds(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """How long the provider asks us to wait; None where it does not say, or says nothing that can be read.

    A date is measured against the answer's own `Date`, where there is one: the provider's clock may not be ours.
    """
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    asked = _date(value)
    if asked is None:
        return None
    return max(0.0, (asked - (_date(headers.get("Date", "")) or now or datetime.now(UTC))).total_seconds())


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except (TypeError, ValueError, OverflowError):  # a year or an offset past what a date can hold
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
