"""Who is let in."""

import pytest

from sandbox.mailchimp import has_key


@pytest.mark.parametrize("header", ["Basic YW55OktFWQ==", "basic OktFWQ=="])
def test_any_user_with_a_key_is_let_in(header: str) -> None:
    assert has_key(header)


@pytest.mark.parametrize("header", ["", "Basic", "Basic YW55Og==", "Basic YW55", "Basic ???", "Bearer YW55OktFWQ=="])
def test_nobody_without_a_key_is(header: str) -> None:
    assert not has_key(header)
