"""Whatever a bulk answer says, an outcome comes from rows with the person's own address."""

from hypothesis import example, given
from hypothesis import strategies as st

from jobs.outcomes import Accepted, Already, Outcome
from workers.providers.mailchimp_answers import UNEXPECTED, by_person

WANTED = [f"{name}@b.example" for name in "abcd"]
ADDRESSES = st.sampled_from([*WANTED, "A@B.example", "eve@b.example", "", None, 5])
STATUSES = st.sampled_from(["subscribed", "unsubscribed", "cleaned", "pending", "archived", "odd", None, 7])
MEMBERS = st.fixed_dictionaries(
    {"email_address": ADDRESSES, "status": STATUSES, "contact_id": st.sampled_from(["c1", "c2", "", "\x00", None, 1])}
)
ERRORS = st.fixed_dictionaries(
    {
        "email_address": ADDRESSES,
        "error_code": st.sampled_from(["ERROR_CONTACT_EXISTS", "ERROR_GENERIC", None]),
        "error": st.sampled_from(["looks fake or invalid", "is in a compliance state", "?", None]),
    }
)
JUNK = st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)


def parts(rows: st.SearchStrategy[dict[str, object]]) -> st.SearchStrategy[object]:
    return st.lists(rows | JUNK, max_size=6) | JUNK


ANSWERS = st.fixed_dictionaries(
    {}, optional={"new_members": parts(MEMBERS), "updated_members": parts(MEMBERS), "errors": parts(ERRORS)}
)


def own_rows(answer: dict[str, object], address: str) -> list[dict[str, object]]:
    """Every row of the answer in which the address stands, by a rule written anew."""
    found = []
    for part in ("new_members", "updated_members", "errors"):
        rows = answer.get(part)
        for row in rows if isinstance(rows, list) else []:
            stands = row.get("email_address") if isinstance(row, dict) else None
            if isinstance(stands, str) and stands.casefold() == address.casefold():
                found.append(row)
    return found


@given(ANSWERS)
def test_nobody_is_done_unless_all_their_own_rows_say_subscribed(answer: dict[str, object]) -> None:
    found, existing = by_person(answer, WANTED)
    assert sorted([*found, *existing]) == WANTED, "each has an outcome or is to be asked for alone"
    for address in WANTED:
        rows = own_rows(answer, address)
        if isinstance(found.get(address), Accepted | Already):
            assert rows
            assert {row.get("status") for row in rows} == {"subscribed"}
        if address in existing:
            assert rows
            assert {row.get("error_code") for row in rows} == {"ERROR_CONTACT_EXISTS"}


@given(ANSWERS, st.permutations(WANTED))
@example({"new_members": [{"email_address": one, "status": "subscribed"} for one in reversed(WANTED)]}, WANTED)
def test_neither_the_order_of_the_rows_nor_that_of_the_people_matters(
    answer: dict[str, object], people: list[str]
) -> None:
    turned = {part: rows[::-1] if isinstance(rows, list) else rows for part, rows in answer.items()}
    assert by_person(turned, people)[0] == by_person(answer, WANTED)[0]


@given(ANSWERS, ANSWERS)
def test_what_is_said_of_others_changes_nothing_for_somebody_with_rows_of_their_own(
    answer: dict[str, object], other: dict[str, object]
) -> None:
    def without(part: str, source: dict[str, object], *, mine: bool) -> list[object]:
        rows = source.get(part)
        return [row for row in rows if is_mine(row) is mine] if isinstance(rows, list) else []

    def is_mine(row: object) -> bool:
        return bool(own_rows({"errors": [row]}, WANTED[0]))

    def outcome(source: dict[str, object]) -> Outcome | str:
        found, existing = by_person(source, WANTED)
        return "existing" if WANTED[0] in existing else found[WANTED[0]]

    names = ("new_members", "updated_members", "errors")
    alone = {part: without(part, answer, mine=True) for part in names}
    crowded = {part: [*without(part, other, mine=False), *alone[part]] for part in names}
    if any(alone.values()):
        assert outcome(alone) == outcome(crowded)


def test_an_answer_that_names_none_of_them_is_no_answer() -> None:
    found, existing = by_person({"new_members": [{"email_address": "eve@b.example", "status": "subscribed"}]}, WANTED)
    assert (found, existing) == (dict.fromkeys(WANTED, UNEXPECTED), [])
