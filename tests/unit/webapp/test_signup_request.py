from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.field_errors import FieldError
from webapp.signup_request import InvalidSignupError, SignupRequest, parse

ADDRESS = "ada@example.org"


def complaints(sent: object) -> dict[str, str]:
    with pytest.raises(InvalidSignupError) as refusal:
        parse(sent)
    return {error.pointer: error.detail for error in refusal.value.errors}


def test_an_address_alone_is_enough() -> None:
    assert parse({"email": ADDRESS}) == SignupRequest(email=ADDRESS, name=None, locale=None)


def test_everything_is_taken_in_its_normal_form() -> None:
    taken = parse({"email": " ADA@example.org", "name": " Ada ", "locale": "en-GB"})
    assert (taken.email, taken.name, taken.locale) == (ADDRESS, "Ada", "en-GB")


@pytest.mark.parametrize("name", [None, "", "   "])
def test_no_name_is_no_name_however_it_is_said(name: str | None) -> None:
    assert parse({"email": ADDRESS, "name": name}).name is None


@pytest.mark.parametrize("wrong", [1, 1.5, True, ["ada@example.org"], {"address": ADDRESS}, b"ada@example.org"])
def test_nothing_is_turned_into_text_that_is_not_text(wrong: object) -> None:
    assert complaints({"email": wrong, "name": wrong, "locale": wrong}) == dict.fromkeys(
        ("#/email", "#/name", "#/locale"),
        "This must be text.",
    )


@pytest.mark.parametrize("sent", [{}, {"email": ""}])
def test_a_missing_address_is_asked_for(sent: dict[str, str]) -> None:
    assert complaints(sent) == {"#/email": "Please enter your email address."}


@pytest.mark.parametrize("sent", [None, [], [{"email": ADDRESS}], "ada@example.org", 7, True])
def test_what_is_no_object_is_refused_as_a_whole(sent: object) -> None:
    assert list(complaints(sent)) == ["#"]


@pytest.mark.parametrize("field", ["phone", "channels", "callback_url"])
def test_a_field_whose_feature_is_not_there_yet_is_refused_saying_so(field: str) -> None:
    assert "yet" in complaints({"email": ADDRESS, field: "anything"})[f"#/{field}"]


def test_an_unknown_field_is_refused_and_its_pointer_is_escaped() -> None:
    assert list(complaints({"email": ADDRESS, "a/b~c": 1})) == ["#/a~1b~0c"]
    assert list(complaints({"email": ADDRESS, "first name": 1})) == ["#/first%20name"]
    assert list(complaints({"email": ADDRESS, "a%41": 1})) == ["#/a%2541"]


def test_every_bad_field_is_named_at_once() -> None:
    assert set(complaints({"email": "ada", "name": "<", "locale": "_", "x": 1})) == {
        "#/email",
        "#/name",
        "#/locale",
        "#/x",
    }


def test_a_body_full_of_unknown_fields_is_not_answered_with_a_book() -> None:
    assert len(complaints({f"field{number}": number for number in range(1_000)})) == 20


def test_half_a_surrogate_pair_is_refused_wherever_it_stands() -> None:
    assert set(complaints({"email": "\ud800@example.org", "name": "\udfff"})) == {"#/email", "#/name"}
    assert complaints({"email": ADDRESS, "\ud800": 1})


def test_what_was_typed_is_not_in_the_exception_that_might_be_logged() -> None:
    with pytest.raises(InvalidSignupError) as refusal:
        parse({"email": "secret-address"})
    assert "secret" not in f"{refusal.value!r} {refusal.value.__cause__!r}"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(alphabet=st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet=st.characters()), inner, max_size=3),
    max_leaves=8,
)


def judged(sent: object) -> tuple[SignupRequest | None, tuple[FieldError, ...]]:
    """The request and no complaint, or none and the complaints."""
    try:
        return parse(sent), ()
    except InvalidSignupError as refusal:
        return None, refusal.errors


@given(
    st.fixed_dictionaries({}, optional={"email": JSON | st.just(ADDRESS), "name": JSON, "locale": JSON, "\ud800": JSON})
    | JSON
)
def test_whatever_json_holds_is_taken_or_refused_and_never_breaks_anything(sent: Any) -> None:
    taken, errors = judged(sent)
    if taken is None:
        assert 1 <= len(errors) <= 20
        assert all(error.model_dump_json() for error in errors)
    else:
        assert taken.email == ADDRESS
