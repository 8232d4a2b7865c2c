"""Mailchimp's address, and the words in which it is told of a person."""

import pytest

from jobs.kind import Recipient
from workers.providers.adapter import connect
from workers.providers.dsn import BadDsnError, parse
from workers.providers.mailchimp import Mailchimp
from workers.providers.mailchimp_people import language_of, member_name, row

KEY = "0123456789abcdef-us3"
DSN = f"mailchimp+https://any:{KEY}@us3.api.mailchimp.com/?list=a1b2c3d4e5"


def made(text: str) -> Mailchimp:
    return Mailchimp(parse(text))


def test_a_key_and_a_list_are_enough() -> None:
    adapter = made(DSN)
    assert (adapter.connections, adapter.bulk, adapter.repeatable) == (10, 500, True)
    assert adapter._calls.url == "https://us3.api.mailchimp.com/3.0/lists/a1b2c3d4e5"


@pytest.mark.parametrize("path", ["", "/", "/3.0", "/3.0/"])
def test_the_address_may_be_the_host_or_the_api_as_mailchimp_writes_it(path: str) -> None:
    adapter = made(f"mailchimp+http://any:{KEY}@127.0.0.1:8025{path}?list=L1")
    assert adapter._calls.url == "http://127.0.0.1:8025/3.0/lists/L1"


def test_a_prefix_in_the_path_is_kept() -> None:
    assert (
        made(f"mailchimp+http://any:{KEY}@proxy:80/chimp/?list=L1")._calls.url == "http://proxy:80/chimp/3.0/lists/L1"
    )


@pytest.mark.parametrize(("option", "most"), [("connections", 10), ("bulk", 500)])
def test_a_number_is_taken_from_one_up_to_what_mailchimp_takes(option: str, most: int) -> None:
    assert [getattr(made(f"{DSN}&{option}={n}"), option) for n in (1, most)] == [1, most]


@pytest.mark.parametrize("value", ["0", "-1", "501", "1e9", "9" * 5000, "ten", "", " ", "1.5", "\u0663", "True"])
@pytest.mark.parametrize("option", ["connections", "bulk"])
def test_any_other_number_is_one_clear_line_at_the_start(option: str, value: str) -> None:
    with pytest.raises(BadDsnError, match=rf"{option}= that is not a whole number from 1 to \d+") as error:
        made(f"{DSN}&{option}={value}")
    assert "\n" not in str(error.value)
    assert KEY not in str(error.value)


def test_eleven_connections_are_more_than_the_account_has() -> None:
    with pytest.raises(BadDsnError, match="connections="):
        made(f"{DSN}&connections=11")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (f"mailchimp+https://any:{KEY}@us3.api.mailchimp.com/", "list="),
        (f"mailchimp+https://any:{KEY}@us3.api.mailchimp.com/?list=../x", "list's id"),
        (f"mailchimp+https://any:{KEY}@us3.api.mailchimp.com/?list=a%20b", "list's id"),
        (f"mailchimp+https://any:{KEY}@us3.api.mailchimp.com/?list=L&lits=M", "lits"),
        (f"mailchimp+https://{KEY}@us3.api.mailchimp.com/?list=L", "any:KEY"),
        (f"mailchimp+ftp://any:{KEY}@us3.api.mailchimp.com/?list=L", "mailchimp\\+http"),
        (f"mailchimp://any:{KEY}@us3.api.mailchimp.com/?list=L", "mailchimp\\+http"),
        (f"mailchimp+https://any:{KEY}@/?list=L", "host"),
    ],
)
def test_what_cannot_be_used_is_told_without_the_key(text: str, wrong: str) -> None:
    with pytest.raises(BadDsnError, match=wrong) as error:
        connect(text)
    assert KEY not in str(error.value)


def test_it_is_found_by_its_scheme_and_connects_to_nothing_yet() -> None:
    adapter = connect(DSN)
    assert isinstance(adapter, Mailchimp)
    adapter.close()


def test_a_row_has_what_is_known_of_the_person_and_no_more() -> None:
    assert row(Recipient("Ann@b.example", "Ann", "de-AT")) == {
        "email_address": "Ann@b.example",
        "status": "subscribed",
        "merge_fields": {"FNAME": "Ann"},
        "language": "de",
    }
    assert row(Recipient("a@b.example", None, None)) == {"email_address": "a@b.example", "status": "subscribed"}


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("en", "en"),
        ("EN-gb", "en"),
        ("pt-BR", "pt"),
        ("pt-PT", "pt_PT"),
        ("fr_CA", "fr_CA"),
        ("es-419", "es"),
        ("nb-NO", "no"),
        ("zh-Hant-TW", "zh"),
        ("tlh", None),
        ("x", None),
        ("-", None),
    ],
)
def test_a_language_is_told_in_mailchimps_own_code_or_not_at_all(locale: str, language: str | None) -> None:
    assert language_of(locale) == language


def test_a_members_name_is_the_same_whatever_the_case() -> None:
    assert member_name("Ada@Example.org") == member_name("ada@example.org") == "5bfcf2d8e394674550332640d72db509"
