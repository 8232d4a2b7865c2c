"""What lies in a queue is read as kombu laid it there; what is not ours is passed over and breaks nothing."""

import base64
import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.relay.wire import _ids

ONE, TWO = UUID(int=1), UUID(int=2)


def message(body: object) -> bytes:
    return json.dumps({"body": base64.b64encode(json.dumps(body).encode()).decode(), "headers": {}}).encode()


def test_the_ids_of_a_message_are_found() -> None:
    assert _ids(message([[[str(ONE), str(TWO)]], {}, {}])) == [ONE, TWO]


@pytest.mark.parametrize(
    "foreign",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b'"text"',
        b'{"body": "!!"}',
        b'{"body": 7}',
        b"\xff\xfe",
        message(None),
        message([]),
        message({}),
        message([[]]),
        message([[7]]),
        message([["no id"]]),
        message([[["no id"]]]),
        message([[[7]]]),
        message([[{"id": 1}]]),
    ],
)
def test_a_message_that_is_not_ours_names_no_job(foreign: bytes) -> None:
    assert _ids(foreign) == []


@given(st.binary(max_size=60))
def test_no_bytes_in_the_queue_can_stop_the_relay(anything: bytes) -> None:
    assert _ids(anything) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_no_json_in_a_message_can_stop_the_relay(anything: object) -> None:
    assert _ids(message(anything)) == []
    assert _ids(json.dumps(anything).encode()) == []
