import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.rules.email_address import _judged, normal_address, plain_address

TAKEN = [
    ("ada@example.org", "ada@example.org"),
    ("Ada.Lovelace@Example.ORG", "ada.lovelace@example.org"),
    ("  ada@example.org ", "ada@example.org"),
    ("ada+news@example.co.uk", "ada+news@example.co.uk"),
    ("o'hara@example.ie", "o'hara@example.ie"),
    ("a_b-c@sub.sub.example.org", "a_b-c@sub.sub.example.org"),
    ("ada@XN--MNCHEN-3YA.de", "ada@xn--mnchen-3ya.de"),
    ("a" * 64 + "@example.org", "a" * 64 + "@example.org"),
]

REFUSED = [
    ("", "enter your email address"),
    ("   ", "enter your email address"),
    ("ada", "must have an @-sign"),
    ("@example.org", "before the @-sign"),
    ("ada@", "after the @-sign"),
    ("ada@localhost", "after the @-sign"),
    ("ada@example", "missing its ending"),
    ("ada@@example.org", "only one @-sign"),
    ("ada@example.org@example.net", "only one @-sign"),
    ("ada@example.org,bob@example.org", "only one @-sign"),
    ("ada@[192.0.2.1]", "IP address"),
    ("ada@[IPv6:2001:db8::1]", "IP address"),
    ("ada@192.0.2.1", "not a number"),
    ("ada@example.123", "not a number"),
    ('"ada lovelace"@example.org', "Quoting"),
    ('"ada"@example.org', "Quoting"),
    ("Ada <ada@example.org>", "angle brackets"),
    ("ada lovelace@example.org", "SPACE"),
    ("ada@exam ple.org", "SPACE"),
    ("ada@example.org\n", "U+000A"),
    ("ada@example.org\r\nBcc: all@example.org", "only one @-sign"),
    ("ada\r\nSubject: hello@example.org", "U+000D"),
    ("ada\t@example.org", "U+0009"),
    ("ada\x00@example.org", "U+0000"),
    ("ada\x7f@example.org", "U+007F"),
    ("ada\u2028@example.org", "unsafe characters"),
    ("ada\u202e@example.org", "RIGHT-TO-LEFT OVERRIDE"),
    ("ada\u200b@example.org", "ZERO WIDTH SPACE"),
    ("ada\ud800@example.org", "unsafe"),
    ("ada\ufffd@example.org", "without accents"),
    ("<ada@example.org>", "angle brackets"),
    ("ada(comment)@example.org", "invalid characters"),
    (".ada@example.org", "start with a period"),
    ("ada.@example.org", "period immediately before"),
    ("a..da@example.org", "two periods in a row"),
    ("ada@example..org", "two periods in a row"),
    ("ada@.example.org", "period immediately after"),
    ("ada@example.org.", "end with a period"),
    ("ada@-example.org", "hyphen"),
    ("ada@exa_mple.org", "'_'"),
    ("ada@example.test", "special-use"),
    ("adä@example.org", "without accents"),
    ("a" * 65 + "@example.org", "too long"),
    ("ada@" + "a" * 64 + ".org", "too many"),
    ("ada@" + "abcdefghi." * 26 + "org", "too long"),
]


@pytest.mark.parametrize(("typed", "stored"), TAKEN)
def test_an_address_is_taken_in_the_spelling_that_stands_for_its_mailbox(typed: str, stored: str) -> None:
    assert normal_address(typed) == stored


@pytest.mark.parametrize(("typed", "reason"), REFUSED)
def test_what_is_no_address_is_refused_with_a_reason(typed: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"\w") as refusal:
        normal_address(typed)
    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    ("typed", "remedy"),
    [
        ("ada@münchen.de", "ada@xn--mnchen-3ya.de"),
        ("Ada@MÜNCHEN.de", "Ada@xn--mnchen-3ya.de"),
        ("ada@例え.jp", "ada@xn--r8jz45g.jp"),
        ("ada@\uff45xample.org", "ada@example.org"),
    ],
)
def test_a_domain_in_another_script_is_refused_with_a_spelling_that_is_taken(typed: str, remedy: str) -> None:
    with pytest.raises(ValueError, match="international form") as refusal:
        normal_address(typed)
    assert remedy in str(refusal.value)
    assert normal_address(remedy) == remedy.lower()


def test_an_address_of_254_characters_is_taken_and_one_more_is_too_long() -> None:
    stem = "a" * 64 + "@" + ".".join(["b" * 61, "c" * 61, "d" * 61])
    assert len(stem) == 250
    assert normal_address(f"{stem}.org") == f"{stem}.org"
    with pytest.raises(ValueError, match="too long"):
        normal_address(f"{stem}.info")


def judged(typed: str) -> tuple[str, str]:
    """The address and nothing, or nothing and the reason."""
    try:
        return normal_address(typed), ""
    except ValueError as refusal:
        return "", str(refusal)


@given(st.text() | st.emails().map(lambda address: address + "\n") | st.emails())
def test_whatever_is_typed_is_refused_in_words_or_taken_as_plain_lower_case_ascii(typed: str) -> None:
    address, reason = judged(typed)
    if not address:
        assert len(reason) > 10
        assert "\n" not in reason
        return
    assert address.isascii()
    assert address.isprintable()
    assert address == address.lower()
    assert address.count("@") == 1
    assert len(address) <= 254
    assert normal_address(address) == address


LOCALS = st.text("abzA09.-_+!#'/=~`{|}$", min_size=1, max_size=70)
LABELS = st.text("abx-n09Z", min_size=1, max_size=64)
TELLING = st.sampled_from(["xn--a", "ab--c", "test", "local", "arpa", "invalid", "onion", "org", "co", "1", "9a"])
DOMAINS = st.lists(LABELS | TELLING, min_size=1, max_size=6).map(".".join)


@given(st.builds("{}@{}".format, LOCALS, DOMAINS))
def test_what_is_taken_at_a_glance_is_taken_at_a_closer_look_too_and_in_the_same_spelling(typed: str) -> None:
    plain = plain_address(typed)
    assert plain is None or plain == _judged(typed)


@pytest.mark.parametrize("typed", [typed for typed, _ in TAKEN if "XN--" not in typed])
def test_an_ordinary_address_is_taken_at_a_glance(typed: str) -> None:
    assert plain_address(typed.strip()) == normal_address(typed)
