"""`Retry-After`: seconds or a date, measured by the provider's own clock; anything else is as good as nothing."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workers.retry_after import seconds

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


def http(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


@pytest.mark.parametrize(("value", "found"), [("0", 0.0), ("2", 2.0), ("  120 ", 120.0), ("86400", 86_400.0)])
def test_seconds_are_taken_as_they_are(value: str, found: float) -> None:
    assert seconds({"Retry-After": value}, NOW) == found


@pytest.mark.parametrize(
    "value", ["", "soon", "-5", "1.5", "٣", "2 seconds", "Mon, 99 Foo 2026", "0x10", "1e3", "²", "\x00", ", ,"]
)
def test_what_cannot_be_read_is_as_if_it_were_not_there(value: str) -> None:
    assert seconds({"Retry-After": value}, NOW) is None
    assert seconds({}, NOW) is None


def test_a_date_is_measured_from_now_where_the_answer_has_no_date() -> None:
    assert seconds({"Retry-After": http(NOW + timedelta(seconds=90))}, NOW) == 90


@pytest.mark.parametrize("skew", [timedelta(hours=-3), timedelta(days=400)])
def test_a_date_is_measured_by_the_answers_own_clock_which_may_not_be_ours(skew: timedelta) -> None:
    theirs = NOW + skew
    headers = {"Date": http(theirs), "Retry-After": http(theirs + timedelta(seconds=30))}
    assert seconds(headers, NOW) == 30


def test_a_date_that_cannot_be_read_is_not_measured_against() -> None:
    headers = {"Date": "yesterday, or so", "Retry-After": http(NOW + timedelta(seconds=30))}
    assert seconds(headers, NOW) == 30


def test_a_date_in_the_past_means_at_once() -> None:
    assert seconds({"Retry-After": http(NOW - timedelta(days=1))}, NOW) == 0


@given(st.text(max_size=60), st.text(max_size=60))
@example("Mon, 20 Nov 1995 19:12:08 +99999999999999999999", "")
@example("Mon, 20 Nov 99999999999 19:12:08 GMT", "")
@example("", "Mon, 20 Nov 1995 19:12:08 -99999999999999999999")
@example("9" * 5_000, "")
def test_no_header_whatever_it_holds_raises_or_comes_out_negative(after: str, date: str) -> None:
    found = seconds({"Retry-After": after, "Date": date}, NOW)
    assert found is None or found >= 0
