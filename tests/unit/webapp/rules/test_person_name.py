import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.rules.person_name import normal_name

TAKEN = [
    ("Ada", "Ada"),
    ("  Ada Lovelace ", "Ada Lovelace"),
    ("Zoë O'Hara-Smith, Jr.", "Zoë O'Hara-Smith, Jr."),
    ("e\u0301lodie", "\u00e9lodie"),  # composed
    ("Ὀδυσσεύς", "Ὀδυσσεύς"),
    ("李小龍", "李小龍"),
    ("عَلِيّ", unicodedata.normalize("NFC", "عَلِيّ")),
    ("می\u200cخواهم", "می\u200cخواهم"),  # noqa: RUF001  # a Persian word that needs its joiner
    ("👩\u200d🚀", "👩\u200d🚀"),
    ("& Sons \"quoted\" 'n' $%", "& Sons \"quoted\" 'n' $%"),
    ("x" * 200, "x" * 200),
]

REFUSED = [
    "<b>Ada</b>",
    "Ada <ada@example.org>",
    "a > b",
    "Ada\nLovelace",
    "Ada\n",
    "Ada\r\nBcc: all@example.org",
    "\tAda",
    "Ada\x00",
    "Ada\x1b[31m",
    "Ada\x85",
    "Ada\u2028Lovelace",
    "Ada\u2029Lovelace",
    "Ada\u202egro.elpmaxe",
    "\u2066Ada\u2069",
    "A\u200bda",
    "\ufeffAda",
    "Ada\U000e0041",
    "Ada\ud800",
    "Ada\ufffd",
    "x" * 201,
]


@pytest.mark.parametrize(("typed", "stored"), TAKEN)
def test_a_name_of_any_script_is_taken(typed: str, stored: str) -> None:
    assert normal_name(typed) == stored


@pytest.mark.parametrize("typed", ["", " ", "\u00a0 \u3000"])
def test_an_empty_name_is_no_name(typed: str) -> None:
    assert normal_name(typed) is None


@pytest.mark.parametrize("typed", REFUSED)
def test_what_could_pose_as_markup_or_as_another_line_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="name"):
        normal_name(typed)


@given(st.text(max_size=250))
def test_a_name_that_is_taken_has_no_markup_and_one_line_and_can_be_stored(typed: str) -> None:
    try:
        name = normal_name(typed)
    except ValueError:
        return
    if name is None:
        return
    assert not set(name) & set("<>\x00")
    assert len(name.splitlines()) == 1
    assert 1 <= len(name) <= 200
    assert name.encode("utf-8").decode("utf-8") == name
    assert normal_name(name) == name
