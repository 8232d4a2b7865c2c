"""Recipients that ask for their own reply."""

import pytest

from sandbox.smtp import wanted_reply


@pytest.mark.parametrize(
    ("address", "begins"),
    [
        ("reply-550-5.1.1@example.org", "550 5.1.1 "),
        ("reply-450@example.org", "450 "),
        ("REPLY-421-4.7.0@example.org", "421 4.7.0 "),
    ],
)
def test_a_recipient_gets_the_reply_its_name_asks_for(address: str, begins: str) -> None:
    assert str(wanted_reply(address)).startswith(f"{begins}<")


@pytest.mark.parametrize("local", ["reply", "reply-5", "reply-999", "reply-550-oops", "no-reply-550", "reply-5500"])
def test_any_other_recipient_asks_for_nothing(local: str) -> None:
    assert wanted_reply(f"{local}@example.org") is None
