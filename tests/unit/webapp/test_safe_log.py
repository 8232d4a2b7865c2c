from psycopg.errors import UniqueViolation

from webapp.safe_log import without_text


def raised(error: Exception) -> Exception:
    try:
        raise error
    except type(error) as caught:
        return caught


def test_a_line_says_type_sqlstate_and_place_and_nothing_of_the_text() -> None:
    line = without_text(raised(UniqueViolation("Key (address)=(ada@example.org) already exists.")))
    assert line.startswith("UniqueViolation sqlstate=23505 at ")
    assert "test_safe_log.py" in line
    assert "ada@" not in line
    assert "\n" not in line


def test_an_exception_that_was_never_raised_has_no_place() -> None:
    assert without_text(ValueError("ada@example.org")) == "ValueError at an unknown place"
    assert without_text(None) == "nothing was raised"
