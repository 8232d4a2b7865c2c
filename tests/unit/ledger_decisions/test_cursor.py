"""The one word with which a page is left and the next one entered."""

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.cursor import LAST, ForeignCursorError, decode, encode


@given(st.integers(min_value=0, max_value=LAST))
def test_it_leads_back_to_where_the_page_ended(position: int) -> None:
    assert decode(encode(position, "jobs ab"), "jobs ab") == position


def test_it_fits_into_a_url_as_it_is() -> None:
    assert encode(LAST, "jobs 00ff??>>").replace("-", "").replace("_", "").isalnum()


def test_it_is_refused_by_another_query() -> None:
    with pytest.raises(ForeignCursorError, match="another query"):
        decode(encode(7, "jobs ab"), "jobs cd")


@pytest.mark.parametrize(
    "forged", ["", "!", "é", "AAAA", "a" * 301, urlsafe_b64encode(b"99999999999999999999:q").decode()]
)
def test_what_is_no_cursor_is_refused_and_nothing_else_happens(forged: str) -> None:
    with pytest.raises(ForeignCursorError):
        decode(forged, "q")


@given(st.text(max_size=60))
def test_no_text_makes_it_fail_in_another_way(text: str) -> None:
    with pytest.raises(ForeignCursorError):
        decode(text, "a query that nobody has asked")


def test_a_position_that_no_row_can_have_is_refused() -> None:
    with pytest.raises(ForeignCursorError):
        decode(urlsafe_b64encode(f"{LAST + 1}:q".encode()).decode(), "q")
