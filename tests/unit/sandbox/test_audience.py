"""Mailchimp's memory, and what of it is an effect."""

import pytest

from sandbox.audience import Audience, name_of
from sandbox.journal import Journal
from sandbox.mailchimp_refusals import RefusedError

ADA = "ada@example.org"


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def audience(journal: Journal) -> Audience:
    return Audience("list", journal)


def row(address: str = ADA, status: str = "subscribed", name: str = "Ada") -> dict[str, object]:
    return {"email_address": address, "status": status, "merge_fields": {"FNAME": name}}


def put(audience: Audience, address: str = ADA, **fields: object) -> dict[str, object]:
    return audience.put(name_of(address), {"email_address": address, "status_if_new": "subscribed", **fields})


def effects(journal: Journal) -> list[tuple[str, str]]:
    return [(entry.effect, entry.key) for entry in journal.since()]


def test_a_name_is_the_md5_of_the_address_in_lower_case() -> None:
    assert name_of("Ada@Example.org") == name_of(ADA) == "5bfcf2d8e394674550332640d72db509"


def test_each_member_added_is_one_effect_with_the_address_in_lower_case(audience: Audience, journal: Journal) -> None:
    result = audience.add([row("Ada@Example.org"), row("bob@example.org")], update_existing=False)
    assert [member["email_address"] for member in result.new] == ["Ada@Example.org", "bob@example.org"]
    assert effects(journal) == [("member.added", ADA), ("member.added", "bob@example.org")]


def test_whoever_is_there_is_an_error_and_no_effect(audience: Audience, journal: Journal) -> None:
    put(audience)
    result = audience.add([row("ADA@example.org", name="Eve")], update_existing=False)
    (error,) = result.errors
    assert (error["email_address"], error["error_code"]) == ("ADA@example.org", "ERROR_CONTACT_EXISTS")
    assert effects(journal) == [("member.added", ADA)]


def test_the_same_address_twice_in_a_call_is_one_member(audience: Audience, journal: Journal) -> None:
    result = audience.add([row(), row("Ada@example.org")], update_existing=False)
    assert (len(result.new), result.errors[0]["error_code"]) == (1, "ERROR_CONTACT_EXISTS")
    assert len(effects(journal)) == 1


def test_update_existing_puts_back_who_left(audience: Audience, journal: Journal) -> None:
    put(audience)
    audience.patch(name_of(ADA), {"status": "unsubscribed"})
    result = audience.add([row()], update_existing=True)
    assert [member["status"] for member in result.updated] == ["subscribed"]
    assert [effect for effect, _ in effects(journal)] == ["member.added", "member.unsubscribed", "member.subscribed"]


def test_status_if_new_puts_nobody_back_and_status_does(audience: Audience) -> None:
    put(audience)
    audience.patch(name_of(ADA), {"status": "unsubscribed"})
    assert put(audience)["status"] == "unsubscribed"
    assert put(audience, status="subscribed")["status"] == "subscribed"


def test_what_changes_nothing_is_no_effect(audience: Audience, journal: Journal) -> None:
    put(audience)
    put(audience)
    put(audience, "ADA@example.org")
    audience.patch(name_of(ADA), {"status": "subscribed"})
    assert audience.patch("nobody", {"status": "subscribed"}) is None
    assert audience.erase("nobody") is False
    assert effects(journal) == [("member.added", ADA)]


def test_a_change_of_name_or_language_is_an_effect(audience: Audience, journal: Journal) -> None:
    put(audience)
    member = put(audience, merge_fields={"FNAME": "Countess"}, language="fr")
    assert (member["full_name"], member["language"]) == ("Countess", "fr")
    assert [effect for effect, _ in effects(journal)] == ["member.added", "member.updated"]


def test_a_changed_address_frees_the_old_one_and_takes_no_other(audience: Audience) -> None:
    put(audience)
    put(audience, "bob@example.org")
    with pytest.raises(RefusedError) as refused:
        audience.patch(name_of(ADA), {"email_address": "bob@example.org"})
    assert refused.value.title == "Member Exists"
    audience.patch(name_of(ADA), {"email_address": "countess@example.org"})
    assert audience.find(name_of(ADA)) is None
    found = audience.find(name_of("countess@example.org"))
    assert found is not None
    assert found["id"] == name_of("countess@example.org")


def test_who_is_erased_cannot_be_put_back(audience: Audience, journal: Journal) -> None:
    put(audience)
    assert audience.erase(name_of(ADA))
    with pytest.raises(RefusedError) as refused:
        put(audience)
    assert refused.value.title == "Forgotten Email Not Subscribed"
    assert audience.add([row()], update_existing=True).errors[0]["error_code"] == "ERROR_GENERIC"
    assert [effect for effect, _ in effects(journal)] == ["member.added", "member.erased"]


@pytest.mark.parametrize(
    ("address", "title", "words"),
    [
        ("a@compliance.example", "Member In Compliance State", "in a compliance state"),
        ("a@Forgotten.example", "Forgotten Email Not Subscribed", "permanently deleted"),
        ("a@busy.example", "Invalid Resource", "signed up to a lot of lists very recently"),
        ("a@fake.example", "Invalid Resource", "looks fake or invalid"),
        ("no address", "Invalid Resource", "valid email"),
    ],
)
def test_some_addresses_are_refused_in_mailchimps_words_alone_and_in_bulk(
    audience: Audience, journal: Journal, address: str, title: str, words: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        put(audience, address)
    assert refused.value.title == title
    assert words in refused.value.detail
    result = audience.add([row(address), row()], update_existing=False)
    assert words in str(result.errors[0]["error"])
    assert effects(journal) == [("member.added", ADA)]


@pytest.mark.parametrize(
    "broken", [{}, {"email_address": ""}, {"email_address": 5}, {"email_address": "a@malformed.example"}]
)
def test_a_row_that_cannot_be_read_fails_the_whole_call_before_it_has_an_effect(
    audience: Audience, journal: Journal, broken: dict[str, object]
) -> None:
    with pytest.raises(RefusedError):
        audience.add([row(), {"status": "subscribed", **broken}], update_existing=False)
    assert effects(journal) == []


def test_a_put_under_another_address_is_refused(audience: Audience) -> None:
    with pytest.raises(RefusedError):
        audience.put(name_of("bob@example.org"), {"email_address": ADA, "status_if_new": "subscribed"})


@pytest.mark.parametrize("status", [None, "on holiday", 5])
def test_a_status_that_is_none_is_refused(audience: Audience, journal: Journal, status: object) -> None:
    with pytest.raises(RefusedError):
        put(audience, status_if_new=status)
    assert effects(journal) == []


def test_a_cleared_audience_knows_nobody_not_even_who_was_erased(audience: Audience) -> None:
    put(audience)
    audience.erase(name_of(ADA))
    audience.clear()
    assert put(audience)["status"] == "subscribed"
