import pytest

from jobs.translation import for_locale
from webapp.field_errors import FieldError
from webapp.rules.complaint import Complaint
from webapp.rules.email_address import normal_address
from webapp.rules.language_tag import well_formed
from webapp.rules.person_name import normal_name

ENGLISH, GERMAN = for_locale("en"), for_locale("de")
ODD_ADDRESSES = ["a b@example.org", "ada@exa_mple.org", "ada@-example.org", '"a"@example.org']


def refused(rule: object, typed: str) -> Complaint:
    assert callable(rule)
    with pytest.raises(Complaint) as refusal:
        rule(typed)
    return refusal.value


@pytest.mark.parametrize(
    ("rule", "typed", "german"),
    [
        (normal_address, "", "Bitte geben Sie Ihre E-Mail-Adresse ein."),
        (normal_address, "ada", "In einer E-Mail-Adresse muss ein @ stehen."),
        (normal_address, "@example.org", "Vor dem @ fehlt etwas."),
        (normal_address, "ada@", "Nach dem @ fehlt etwas."),
        (normal_address, "a..b@example.org", "In einer E-Mail-Adresse können keine zwei Punkte aufeinander folgen."),
        (normal_address, "ada@example.test", "Was nach dem @ steht, ist ein reservierter Name"),
        (normal_address, "a" * 300, "höchstens 254 Zeichen"),
        (normal_address, "ada@münchen.de", "ada@xn--mnchen-3ya.de"),
        (normal_name, "<b>", "Ein Name kann aus Buchstaben"),
        (normal_name, "x" * 300, "höchstens 200 Zeichen"),
        (well_formed, "_", "höchstens 35 Zeichen"),
    ],
)
def test_what_a_rule_says_can_be_said_in_german(rule: object, typed: str, german: str) -> None:
    complaint = refused(rule, typed)
    assert german in complaint.said_in(GERMAN)
    assert complaint.said_in(ENGLISH) == str(complaint)


@pytest.mark.parametrize("typed", ODD_ADDRESSES)
def test_what_the_library_says_is_replaced_by_one_sentence_where_nobody_translated_it(typed: str) -> None:
    complaint = refused(normal_address, typed)
    assert (
        complaint.said_in(GERMAN) == "Das ist keine E-Mail-Adresse. Eine sieht zum Beispiel so aus: name@example.org."
    )
    assert complaint.said_in(ENGLISH) == str(complaint) != "This is no email address. One looks like name@example.org."


def test_braces_that_somebody_typed_are_not_taken_for_placeholders() -> None:
    complaint = refused(normal_address, "{most}{0}@münchen.de")
    assert "{most}{0}@xn--mnchen-3ya.de" in str(complaint)
    assert "{most}{0}@xn--mnchen-3ya.de" in complaint.said_in(GERMAN)


def test_an_error_of_a_field_is_english_for_programs_and_can_be_said_otherwise() -> None:
    error = FieldError.of("#/email", Complaint("Please enter your email address."))
    assert error.model_dump() == {"pointer": "#/email", "detail": "Please enter your email address."}
    assert error.said_in(GERMAN) == "Bitte geben Sie Ihre E-Mail-Adresse ein."
    assert FieldError(pointer="#", detail="This is not valid.").said_in(GERMAN) == "Diese Angabe ist ungültig."
