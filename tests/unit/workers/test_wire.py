"""What lies in a queue is read as kombu laid it there; what is not ours is passed over and breaks nothing."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.relay.wire import _task_id

ONE = UUID(int=1)


def message(identity: object) -> bytes:
    return json.dumps({"body": "bm90IGxvb2tlZCBhdA==", "headers": {"id": identity}}).encode()


def test_the_id_of_a_message_is_found_without_looking_at_what_it_carries() -> None:
    assert _task_id(message(str(ONE))) == ONE


@pytest.mark.parametrize(
    "foreign",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b'"text"',
        b"{}",
        b'{"headers": null}',
        b'{"headers": []}',
        b'{"headers": {}}',
        b"\xff\xfe",
        message(None),
        message(7),
        message(""),
        message("no id"),
        message([str(ONE)]),
        message({"id": str(ONE)}),
    ],
)
def test_a_message_that_is_not_ours_has_no_id(foreign: bytes) -> None:
    assert _task_id(foreign) is None


@given(st.binary(max_size=60))
def test_no_bytes_in_the_queue_can_stop_the_relay(anything: bytes) -> None:
    assert _task_id(anything) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_no_json_in_a_message_can_stop_the_relay(anything: object) -> None:
    assert _task_id(message(anything)) is None
    assert _task_id(json.dumps({"headers": anything}).encode()) is None
    assert _task_id(json.dumps(anything).encode()) is None
