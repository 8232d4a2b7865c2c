"""Links in somebody else's text."""

from hypothesis import given
from hypothesis import strategies as st

from sandbox.mail_page import linked


def test_an_address_becomes_a_link_without_the_full_stop_behind_it() -> None:
    address = "https://example.org/c?x=1&y=2"
    assert linked(f"Go to {address}. Bye") == [("Go to ", None), (address, address), (". Bye", None)]


def test_only_web_addresses_become_links() -> None:
    assert linked("javascript:alert(1) ftp://x.example/ data:text/html,x") == [
        ("javascript:alert(1) ftp://x.example/ data:text/html,x", None)
    ]


@given(st.text() | st.text(alphabet="htps:/. <>\"'a"))
def test_no_character_of_the_text_is_lost_or_added(text: str) -> None:
    assert "".join(piece for piece, _ in linked(text)) == text
