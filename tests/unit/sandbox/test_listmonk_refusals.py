"""Who is let in."""

import pytest

from sandbox.listmonk_refusals import has_credentials


@pytest.mark.parametrize("header", ["token usher:secret", "Token a:b", "Basic dTpw", "basic dTo="])
def test_any_user_with_a_token_or_a_password_is_let_in(header: str) -> None:
    assert has_credentials(header)


@pytest.mark.parametrize("header", ["", "token", "token usher", "token :secret", "Basic ???", "Basic dQ==", "Bearer x"])
def test_no_credentials_or_another_scheme_is_not(header: str) -> None:
    assert not has_credentials(header)
