"""Wrong answers about right effects."""

import pytest

from sandbox.bulk_answers import STRANGER, BulkAnswer, BulkResult, Row, told


def rows(*names: str, status: str = "subscribed") -> list[Row]:
    return [{"email_address": f"{name}@example.org", "status": status} for name in names]


RESULT = BulkResult(rows("a", "b", "c"), [], rows("d", "e"), rows("d", status="unsubscribed") + rows("e"))


def addresses(part: list[Row]) -> list[str]:
    return [str(row["email_address"]).removesuffix("@example.org") for row in part]


@pytest.mark.parametrize(
    ("how", "new", "errors"),
    [
        (None, ["a", "b", "c"], ["d", "e"]),
        (BulkAnswer.FEWER, ["a", "c"], ["d"]),
        (BulkAnswer.REORDERED, ["c", "b", "a"], ["e", "d"]),
        (
            BulkAnswer.OTHER_CASE,
            ["A@EXAMPLE.ORG", "B@EXAMPLE.ORG", "C@EXAMPLE.ORG"],
            ["D@EXAMPLE.ORG", "E@EXAMPLE.ORG"],
        ),
        (BulkAnswer.DOUBLED, ["a", "a", "b", "b", "c", "c"], ["d", "d", "e", "e"]),
        (BulkAnswer.STRANGER, ["a", "b", STRANGER], ["d", STRANGER]),
        (BulkAnswer.HTML, ["a", "b", "c"], ["d", "e"]),
        (BulkAnswer.LEFT_AS_UPDATED, ["a", "b", "c"], ["e"]),
    ],
)
def test_each_way_of_answering_wrongly(how: BulkAnswer | None, new: list[str], errors: list[str]) -> None:
    answer = told(how, RESULT)
    assert (addresses(answer.new), addresses(answer.errors)) == (new, errors)


def test_whoever_left_is_told_as_updated_with_their_standing() -> None:
    assert told(BulkAnswer.LEFT_AS_UPDATED, RESULT).updated == rows("d", status="unsubscribed")


@pytest.mark.parametrize("how", list(BulkAnswer))
def test_lying_changes_no_record_and_nothing_is_said_of_nobody(how: BulkAnswer) -> None:
    result = BulkResult(rows("a"), [], [], [])
    told(how, result)
    assert result == BulkResult(rows("a"), [], [], [])
    assert told(how, BulkResult([], [], [], [])).as_json()["error_count"] == 0


def test_the_totals_are_those_of_the_rows() -> None:
    answer = RESULT.as_json()
    assert (answer["total_created"], answer["total_updated"], answer["error_count"]) == (3, 0, 2)
