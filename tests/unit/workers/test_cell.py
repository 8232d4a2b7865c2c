"""What a quarantined process answers is a line for each job, read back as the same settlement; anything else counts as its death."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.moves import Move, Settlement
from ledger.states import ANSWERED
from workers.quarantine.cell import ProcessDiedError, from_line, to_line

TEXTS = st.none() | st.text(max_size=20)
JOB = "00000000-0000-0000-0000-000000000001"
MOVE = {"state": "dead", "event": "died"}


@given(
    st.builds(
        Settlement,
        job_id=st.uuids(),
        claim=st.integers(1, 2**31 - 1),
        move=st.builds(
            Move,
            state=st.sampled_from(sorted(ANSWERED)),
            event=st.text(max_size=10),
            delay=st.none() | st.floats(0, 1e6),
            spent=st.integers(0, 1),
            code=TEXTS,
            provider_id=TEXTS,
            asked=st.booleans(),
        ),
    )
)
def test_a_settlement_is_one_line_and_comes_back_the_same(settlement: Settlement) -> None:
    line = to_line(settlement)
    assert line.splitlines() == [line]
    assert from_line(line + "\n") == settlement


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\n",
        "null",
        "[]",
        "7",
        "{}",
        "Segfault",
        json.dumps(MOVE),
        json.dumps({"job": JOB, "claim": 1}),
        json.dumps({"job": JOB, "move": MOVE}),
        json.dumps({"claim": 1, "move": MOVE}),
        json.dumps({"job": "no id", "claim": 1, "move": MOVE}),
        json.dumps({"job": JOB, "claim": "first", "move": MOVE}),
        json.dumps({"job": JOB, "claim": 1, "move": {"state": "asleep", "event": "x"}}),
        json.dumps({"job": JOB, "claim": 1, "move": {"state": "dead"}}),
        json.dumps({"job": JOB, "claim": 1, "move": {**MOVE, "more": 1}}),
        json.dumps({"job": JOB, "claim": 1, "move": None}),
    ],
)
def test_an_answer_that_cannot_be_understood_is_no_answer(line: str) -> None:
    with pytest.raises(ProcessDiedError):
        from_line(line)
