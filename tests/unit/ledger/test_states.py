"""The table of moves: whole, closed, and in the migration's own words."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from ledger.states import ANSWERED, DUE, FINAL, MOVES, WAITING, State, sources, sql_list

FIRST = State.STAGED


def migration(number: str = "0001") -> str:
    folder = find_spec("ledger.migrations").submodule_search_locations[0]
    (file,) = (Path(folder) / "versions").glob(f"{number}_*.py")
    return file.read_text()


def words_after(beginning: str, number: str = "0001") -> set[str]:
    """The quoted words of the list that begins so, up to its closing bracket."""
    text = migration(number)
    start = text.index(beginning) + len(beginning)
    return set(re.findall(r"'(\w+)'", text[start : text.index(")", start)]))


def reachable() -> set[State]:
    found, at_the_edge = {FIRST}, [FIRST]
    while at_the_edge:
        for state in MOVES[at_the_edge.pop()] - found:
            found.add(state)
            at_the_edge.append(state)
    return found


def test_every_state_has_its_row_in_the_table() -> None:
    assert set(MOVES) == set(State)


def test_every_state_can_be_reached_from_the_first() -> None:
    assert reachable() == set(State)


def test_the_first_state_is_the_columns_default() -> None:
    assert f"state         text NOT NULL DEFAULT '{FIRST}'" in migration()


def test_the_database_knows_the_same_states() -> None:
    assert words_after("CONSTRAINT known_state CHECK (state IN (") == set(State)


def test_the_database_calls_the_same_states_finished() -> None:
    assert words_after("CONSTRAINT finished_is_final CHECK ((finished_at IS NOT NULL) = (state IN (") == FINAL


def test_the_database_says_of_the_same_states_that_they_await_a_decision() -> None:
    beginning = "ADD COLUMN awaits_decision boolean GENERATED ALWAYS AS (state IN ("
    assert words_after(beginning, "0003") == WAITING == {State.DEAD, State.UNKNOWN}


def test_what_may_be_leased_is_not_finished_so_the_index_of_what_is_due_covers_it() -> None:
    assert "CREATE INDEX jobs_due ON jobs (queue, kind, tried, run_at) WHERE finished_at IS NULL" in migration("0003")
    assert DUE.isdisjoint(FINAL)


@pytest.mark.parametrize("state", sorted(set(State) - FINAL))
def test_whatever_is_not_final_has_a_way_forward_and_a_way_to_an_end(state: State) -> None:
    assert MOVES[state] - {state}
    ways, seen = [state], {state}
    while ways and not seen & FINAL:
        for onward in MOVES[ways.pop()] - seen:
            seen.add(onward)
            ways.append(onward)
    assert seen & FINAL


@pytest.mark.parametrize("state", sorted(FINAL - {State.DEAD, State.UNKNOWN}))
def test_only_dead_and_unknown_can_be_left_again(state: State) -> None:
    assert MOVES[state] == frozenset()


@pytest.mark.parametrize("state", [State.DEAD, State.UNKNOWN])
def test_what_died_or_is_in_doubt_can_be_replayed_and_discarded(state: State) -> None:
    assert MOVES[state] >= {State.STAGED, State.DISCARDED}


def test_nobody_leases_what_is_finished_or_in_hand() -> None:
    assert not DUE & (FINAL | {State.QUEUED, State.RUNNING})


def test_a_claim_can_answer_with_anything_but_what_only_relays_and_people_decide() -> None:
    assert set(State) - {State.QUEUED, State.RUNNING, State.CANCELLED, State.DISCARDED} == ANSWERED


def test_running_is_entered_by_claiming_what_is_queued_and_by_nothing_else() -> None:
    assert sources(State.RUNNING) == {State.QUEUED}


def test_a_list_for_sql_is_in_a_fixed_order() -> None:
    assert sql_list({State.UNKNOWN, State.DEAD}) == "'dead', 'unknown'" == sql_list([State.DEAD, State.UNKNOWN])
