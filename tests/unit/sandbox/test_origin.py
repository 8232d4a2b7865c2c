"""Which requests a browser sends for somebody else's page."""

import pytest

from sandbox.origin import is_from_elsewhere

HOST = "127.0.0.1:8025"


@pytest.mark.parametrize(
    ("origin", "fetch_site"),
    [
        ("https://evil.example", None),
        ("null", None),
        ("http://127.0.0.1:8000", None),
        (None, "cross-site"),
        (None, "same-site"),
        (f"http://{HOST}", "cross-site"),
    ],
)
def test_another_page_is_elsewhere(origin: str | None, fetch_site: str | None) -> None:
    assert is_from_elsewhere(HOST, origin, fetch_site)


@pytest.mark.parametrize(
    ("origin", "fetch_site"),
    [(None, None), (f"http://{HOST}", None), (f"http://{HOST}", "same-origin"), (None, "none")],
)
def test_the_own_page_a_typed_address_and_a_program_are_not(origin: str | None, fetch_site: str | None) -> None:
    assert not is_from_elsewhere(HOST, origin, fetch_site)
