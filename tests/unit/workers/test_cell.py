"""What a quarantined process answers is one line, read back as the same move; anything else counts as its death."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.moves import Move
from ledger.states import ANSWERED
from workers.quarantine.cell import ProcessDiedError, from_line, to_line

TEXTS = st.none() | st.text(max_size=20)


@given(
    st.builds(
        Move,
        state=st.sampled_from(sorted(ANSWERED)),
        event=st.text(max_size=10),
        delay=st.none() | st.floats(0, 1e6),
        spent=st.integers(0, 1),
        code=TEXTS,
        provider_id=TEXTS,
        asked=st.booleans(),
    )
)
def test_a_move_is_one_line_and_comes_back_the_same(move: Move) -> None:
    line = to_line(move)
    assert line.splitlines() == [line]
    assert from_line(line + "\n") == move


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\n",
        "null",
        "[]",
        "7",
        "{}",
        '{"state": "asleep"}',
        '{"state": "dead"}',
        "Segfault",
        '{"state": "dead", "event": "x", "more": 1}',
    ],
)
def test_an_answer_that_cannot_be_understood_is_no_answer(line: str) -> None:
    with pytest.raises(ProcessDiedError):
        from_line(line)
