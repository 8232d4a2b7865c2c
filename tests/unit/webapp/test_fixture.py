import pytest
from flask import Flask

from webapp.fixture import Fixture


def test_it_is_made_at_its_first_use_once_for_each_application() -> None:
    lists = Fixture("lists", list, list)
    first, second = Flask("first"), Flask("second")
    with first.app_context():
        mine = lists.at_hand()
        assert lists.at_hand() is mine
    with second.app_context():
        assert lists.at_hand() is not mine


def test_what_was_put_in_is_found_and_nothing_is_made() -> None:
    def never() -> str:
        raise AssertionError

    texts = Fixture("texts", str, never)
    app = Flask("app")
    texts.put_in(app.extensions, "here")
    with app.app_context():
        assert texts.at_hand() == "here"


def test_of_two_that_are_made_at_once_the_first_counts() -> None:
    app = Flask("app")

    def overtaken() -> str:
        texts.put_in(app.extensions, "another's")
        return "mine"

    texts = Fixture("texts", str, overtaken)
    with app.app_context():
        assert texts.at_hand() == "another's"


def test_what_cannot_be_made_must_have_been_put_in() -> None:
    with Flask("app").app_context(), pytest.raises(KeyError):
        Fixture("texts", str).at_hand()
