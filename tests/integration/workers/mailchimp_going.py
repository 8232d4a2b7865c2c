"""Mailchimp's adapter, and somebody who goes: what the tests of leaving, and those of rude answers to it, both begin with."""

from collections.abc import Callable

import pytest

from jobs.kind import Recipient
from jobs.outcomes import Blame, Outcome, Retry
from workers.providers.dsn import parse
from workers.providers.mailchimp import Mailchimp

LIST = "a1b2c3d4e5"
ANN = Recipient("Ann@b.example", "Ann", "de")
BOB = Recipient("bob@b.example", None, None)
KEY = ANN.address.lower()
UNEXPECTED = Retry("newsletter_unexpected_answer")
LIMITED = Retry("newsletter_rate_limited", blame=Blame.LIMIT)
NOT_FOUND = Retry("newsletter_not_found", blame=Blame.OPERATOR)
Ask = Callable[[Mailchimp], Outcome]
GO: dict[str, Ask] = {"leaving": lambda to: to.unsubscribe(ANN), "erasing": lambda to: to.erase(ANN)}
GONE = {"leaving": "member.unsubscribed", "erasing": "member.erased"}
both = pytest.mark.parametrize("what", GO)


def adapter_for(port: int, list_id: str = LIST) -> Mailchimp:
    return Mailchimp(parse(f"mailchimp+http://any:key@127.0.0.1:{port}/?list={list_id}"))
