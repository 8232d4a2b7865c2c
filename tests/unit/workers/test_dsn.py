"""A provider's address: taken apart, misspellings told, the secret in no text at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.providers.adapter import connect
from workers.providers.dsn import BadDsnError, parse

SECRET = "hunter2-very-secret"
LISTMONK = f"listmonk+https://api:{SECRET}@lists.example.org/?list=1"
SMTP = f"smtp://me:{SECRET}@mail.example.org:587/?starttls=1&from=Usher <hello@example.org>"


def test_a_dsn_is_taken_apart() -> None:
    dsn = parse("listmonk+https://ap%40i:se%2Fcret@lists.example.org:9000/base/?list=1&x=")
    assert (dsn.scheme, dsn.transport, dsn.host, dsn.port) == ("listmonk", "https", "lists.example.org", 9000)
    assert (dsn.user, dsn.secret, dsn.path, dsn.options) == ("ap@i", "se/cret", "/base", {"list": "1", "x": ""})


def test_a_sender_with_a_name_needs_no_escaping() -> None:
    assert parse(SMTP).option("from") == "Usher <hello@example.org>"


def test_the_secret_is_not_in_the_representation() -> None:
    assert SECRET not in repr(parse(LISTMONK))
    assert SECRET not in str(parse(SMTP))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (f"listmonk+https://api:{SECRET}@lists.example.org/", "list="),
        (f"listmonk+https://api:{SECRET}@lists.example.org/?list=", "list="),
        (f"listmonk+https://api:{SECRET}@lists.example.org/?list=one", "not a number"),
        (f"listmonk+https://api:{SECRET}@lists.example.org/?list=1&lits=2", "lits"),
        (f"listmonk+https://{SECRET}@lists.example.org/?list=1", "USER:TOKEN"),
        (f"listmonk+ftp://api:{SECRET}@lists.example.org/?list=1", "listmonk\\+http"),
        (f"listmonk://api:{SECRET}@lists.example.org/?list=1", "listmonk\\+http"),
        (f"listmonk+https://api:{SECRET}@/?list=1", "host"),
        (f"listmonk+https://api:{SECRET}@host:port/?list=1", "not a URL"),
        (f"listmonk+https://api:{SECRET}@[::1/?list=1", "not a URL"),
        (f"mailchump+https://any:{SECRET}@us3.example/?list=1", "not known"),
        (f"smtp://me:{SECRET}@mail.example.org/", "from="),
        (f"smtp://me:{SECRET}@mail.example.org/?from=nobody", "not an address"),
        (f"smtp://me:{SECRET}@mail.example.org/?from=@example.org", "not an address"),
        (f"smtp://me:{SECRET}@mail.example.org/?from=hello@éxample.org", "not an address"),
        (f"smtp://me:{SECRET}@mail.example.org/?from=hello@example.org&startls=1", "startls"),
        (f"smtp://:{SECRET}@mail.example.org/?from=hello@example.org", "password"),
        (f"smtp://me:{SECRET}@/?from=hello@example.org", "host"),
    ],
)
def test_what_no_adapter_can_use_is_told_without_the_secret(text: str, wrong: str) -> None:
    with pytest.raises(BadDsnError, match=wrong) as error:
        connect(text)
    assert SECRET not in str(error.value)


@pytest.mark.parametrize("secret", ["gehe%C3%AFm", "line%0Abreak", "tab%09", "nul%00"])
@pytest.mark.parametrize(
    "url", ["listmonk+http://api:{}@h.example/?list=1", "smtp://me:{}@h.example/?from=a@b.example"]
)
def test_a_secret_that_no_protocol_can_carry_is_refused_at_the_start_and_not_at_every_job(
    url: str, secret: str
) -> None:
    with pytest.raises(BadDsnError, match="user or a secret"):
        connect(url.format(secret))


@pytest.mark.parametrize("wrong", ["", "0", "-1", "+5", "1.5", "abc", "1e3", "1001", "1000000", "9" * 5000, "٣", "²"])
@pytest.mark.parametrize("url", [LISTMONK, SMTP])
def test_a_number_of_connections_that_cannot_be_meant_is_told(url: str, wrong: str) -> None:
    with pytest.raises(BadDsnError, match="connections= that is not a whole number from 1 to 1000"):
        connect(f"{url}&connections={wrong}")


@pytest.mark.parametrize("url", [LISTMONK, SMTP])
def test_connections_have_no_limit_unless_one_is_given(url: str) -> None:
    assert connect(url).connections is None
    assert [connect(f"{url}&connections={most}").connections for most in (1, 10, 1_000)] == [1, 10, 1_000]


@given(st.text(max_size=80))
def test_whatever_an_operator_writes_is_an_adapter_or_a_bad_dsn(text: str) -> None:
    with pytest.raises(BadDsnError):
        connect("nobody+" + text)


def test_making_an_adapter_connects_to_nothing_yet() -> None:
    connect(LISTMONK).close()
    connect(SMTP).close()
