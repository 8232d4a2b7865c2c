"""Calls at once."""

from sandbox.crowd import Crowd


def test_as_many_get_in_as_the_limit_says_and_the_rest_is_counted() -> None:
    crowd = Crowd()
    assert [crowd.enter(2) for _ in range(3)] == [True, True, False]
    assert (crowd.now, crowd.most, crowd.turned_away) == (2, 3, 1)


def test_who_leaves_makes_room() -> None:
    crowd = Crowd()
    crowd.enter(1)
    crowd.leave()
    assert crowd.enter(1)
    assert (crowd.most, crowd.turned_away) == (1, 0)


def test_without_a_limit_all_get_in_and_the_most_is_remembered() -> None:
    crowd = Crowd()
    assert all(crowd.enter(None) for _ in range(50))
    for _ in range(50):
        crowd.leave()
    assert (crowd.now, crowd.most) == (0, 50)


def test_forgetting_keeps_those_inside() -> None:
    crowd = Crowd()
    for _ in range(3):
        crowd.enter(2)
    crowd.leave()
    crowd.forget()
    assert (crowd.now, crowd.most, crowd.turned_away) == (1, 1, 0)
