"""The one SQL expression that the sandbox understands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.lookup import address_in


@given(st.text())
def test_any_address_whose_quotes_are_doubled_comes_out_as_it_went_in(address: str) -> None:
    quoted = address.replace("'", "''")
    assert address_in(f"subscribers.email='{quoted}'") == address


@given(st.text(alphabet="ab'@", min_size=1).filter(lambda text: "'" in text.replace("''", "")))
def test_a_quote_that_is_not_doubled_is_never_understood(address: str) -> None:
    assert address_in(f"subscribers.email='{address}'") is None


@pytest.mark.parametrize(
    "query",
    ["", "email='a@b.c'", "subscribers.email=a@b.c", "subscribers.email='a' OR 1=1", "subscribers.email LIKE 'a%'"],
)
def test_any_other_form_is_not_understood(query: str) -> None:
    assert address_in(query) is None
