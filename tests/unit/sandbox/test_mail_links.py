"""The links in a mail, by the names a person knows them by."""

from hypothesis import given
from hypothesis import strategies as st

from sandbox.mail_links import links_of

BASE = "https://signup.example.org"


def test_the_links_of_both_halves_are_there_once_each_and_by_name() -> None:
    text = f"Confirm: {BASE}/confirmations/t1\nLeave: {BASE}/unsubscribe/t2.\nOther: https://blog.example/x"
    html = f'<a href="{BASE}/confirmations/t1">x</a> <A HREF="{BASE}/preferences/t3?a=1&amp;b=2">y</A>'
    assert links_of({"text": text, "html": html}) == [
        ("Confirm", f"{BASE}/confirmations/t1"),
        ("Unsubscribe", f"{BASE}/unsubscribe/t2"),
        ("blog.example", "https://blog.example/x"),
        ("Preferences", f"{BASE}/preferences/t3?a=1&b=2"),
    ]


def test_only_links_to_the_web_are() -> None:
    html = '<a href="javascript:alert(1)">x</a><a href="data:text/html,x">y</a><img src="https://a.example/i"><a>z</a>'
    assert links_of({"text": None, "html": html}) == []


@given(st.text(alphabet="htps:/[]<>a=\"' &;.ref#@") | st.text())
def test_no_mail_can_make_it_raise_or_give_another_kind_of_link(html: str) -> None:
    for name, address in links_of({"text": html, "html": html}):
        assert name
        assert address.lower().startswith(("http://", "https://"))
