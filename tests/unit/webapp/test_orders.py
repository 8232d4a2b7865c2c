from uuid import UUID

import pytest

from jobs import registry
from ledger.signups import Wanted
from webapp.act import Act
from webapp.orders import Orders
from webapp.signup_request import SignupRequest, parse

WELCOME, QUESTION, NEWSLETTER = "notification.welcome.email", "notification.confirm.email", "newsletter.subscribe"
OLD = UUID(int=1)


@pytest.fixture
def ada() -> SignupRequest:
    return parse({"email": "ada@example.org", "locale": "de"})


def orders(*, asks: bool) -> Orders:
    return Orders(registry.load(), asks=asks, digest=lambda address: address[::-1].encode())


def owed(order: Wanted) -> dict[str, bool]:
    """Kinds, and whether each is muted."""
    return {one.kind: one.muted for one in order.owed}


def test_a_sign_up_owes_the_newsletter_and_a_welcome_and_a_question_where_they_have_left(ada: SignupRequest) -> None:
    order = orders(asks=False).signup(ada, Act("form", shown="Press.", client="192.0.2.1"))
    assert owed(order) == {NEWSLETTER: False, WELCOME: False}
    assert [one.kind for one in order.to_ask] == [QUESTION]
    assert (order.asks, order.digest, order.door, order.shown) == (False, b"gro.elpmaxe@ada", "form", "Press.")


def test_one_that_has_to_be_confirmed_owes_a_question_and_nothing_else(ada: SignupRequest) -> None:
    order = orders(asks=True).signup(ada, Act("api"))
    assert owed(order) == {QUESTION: False}
    assert (order.asks, order.to_ask) == (True, ())


def test_under_a_brake_what_writes_to_the_person_is_muted_and_the_rest_is_not(ada: SignupRequest) -> None:
    order = orders(asks=False).signup(ada, Act("api", muted=True))
    assert owed(order) == {NEWSLETTER: False, WELCOME: True}
    assert [one.muted for one in order.to_ask] == [True]


@pytest.mark.parametrize("asks", [True, False])
def test_another_address_is_asked_whatever_the_setting_says_and_nobody_sees_it(ada: SignupRequest, asks: bool) -> None:  # noqa: FBT001  # pytest hands it over by name
    order = orders(asks=asks).question(ada, Act("preferences"), replaces=OLD)
    assert owed(order) == {QUESTION: False}
    assert (order.asks, order.hidden, order.replaces, order.to_ask) == (True, True, OLD, ())
