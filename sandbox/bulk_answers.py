"""The ways in which a bulk answer can be wrong about what was done: what the page and `bulk_answer` choose from.

Separate, because it lies about rows and must never touch what the rows stand for: the effects took place before, and
the journal knows them as they were. An adapter that believes a row about somebody else is caught here.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

Row = dict[str, object]

STRANGER = "stranger@elsewhere.example"


class BulkAnswer(StrEnum):
    """One way of answering wrongly; the values are those of `bulk_answer` in `PUT /_control/{provider}`."""

    FEWER = "fewer"  # every second row is missing
    REORDERED = "reordered"  # the last row comes first
    OTHER_CASE = "other_case"  # addresses in capitals
    DOUBLED = "doubled"  # every row twice
    STRANGER = "stranger"  # the last row of each part is about somebody who was never sent
    HTML = "html"  # a page of a proxy's, and status 200
    LEFT_AS_UPDATED = "left_as_updated"  # whoever left is given among those that were updated


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What a bulk call came to: the rows of its answer, and the records of those who were refused for existing."""

    new: list[Row]
    updated: list[Row]
    errors: list[Row]
    existing: list[Row]

    def as_json(self) -> dict[str, object]:
        """The answer in Mailchimp's form."""
        return {
            "new_members": self.new,
            "updated_members": self.updated,
            "errors": self.errors,
            "total_created": len(self.new),
            "total_updated": len(self.updated),
            "error_count": len(self.errors),
        }


def exists(row: Row) -> Row:
    """The error of somebody who is there already."""
    said = (
        f"{row['email_address']} is already a list member, do you want to update? please provide update_existing:true"
    )
    return row_error(row, f"{said} in the request body", "ERROR_CONTACT_EXISTS")


def row_error(row: Row, said: str, code: str) -> Row:
    """What a bulk answer says of a row that was refused."""
    return {"email_address": row["email_address"], "error": said, "error_code": code, "field": "", "field_message": ""}


def told(how: BulkAnswer | None, result: BulkResult) -> BulkResult:
    """The result as it is told; html is for the caller, who writes the bytes."""
    if how is BulkAnswer.LEFT_AS_UPDATED:
        return _with_those_who_left_as_updated(result)
    if how is None or how is BulkAnswer.HTML:
        return result
    wrong = _WRONG[how]
    return replace(result, new=wrong(result.new), updated=wrong(result.updated), errors=wrong(result.errors))


def _with_those_who_left_as_updated(result: BulkResult) -> BulkResult:
    left = [row for row in result.existing if row["status"] == "unsubscribed"]
    known = {str(row["email_address"]).lower() for row in left}
    errors = [row for row in result.errors if str(row["email_address"]).lower() not in known]
    return replace(result, updated=[*result.updated, *left], errors=errors)


def _other_case(rows: list[Row]) -> list[Row]:
    return [{**row, "email_address": str(row["email_address"]).upper()} for row in rows]


def _doubled(rows: list[Row]) -> list[Row]:
    return [row for row in rows for _ in range(2)]


def _with_a_stranger(rows: list[Row]) -> list[Row]:
    return [*rows[:-1], {**rows[-1], "email_address": STRANGER}] if rows else []


_WRONG: dict[BulkAnswer, Callable[[list[Row]], list[Row]]] = {
    BulkAnswer.FEWER: lambda rows: rows[::2],
    BulkAnswer.REORDERED: lambda rows: rows[::-1],
    BulkAnswer.OTHER_CASE: _other_case,
    BulkAnswer.DOUBLED: _doubled,
    BulkAnswer.STRANGER: _with_a_stranger,
}
