"""Challenges: solved by ALTCHA's own solver, and nothing else gets past."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Any

import pytest
from altcha import Challenge, Payload, solve_challenge
from hypothesis import given
from hypothesis import strategies as st

from webapp.front.challenge import COST, EXPIRED, FEWEST, LIFETIME_S, MOST, WRONG, Challenges
from webapp.signup_request import MAX_SOLUTION

CHALLENGES = Challenges(b"a secret for one test")


def solved(challenge: dict[str, Any]) -> str:
    read = Challenge.from_dict(challenge)
    solution = solve_challenge(read)
    assert solution is not None
    return Payload(read, solution).to_base64()


@pytest.fixture(scope="module")
def solution() -> str:
    return solved(CHALLENGES.make())


def changed(solution: str, change: Callable[[dict[str, Any]], object]) -> str:
    body = json.loads(b64decode(solution))
    change(body)
    return b64encode(json.dumps(body).encode()).decode()


def test_a_solution_counts_and_names_the_challenge_by_a_digest(solution: str) -> None:
    found, again = CHALLENGES.read(solution), CHALLENGES.read(solution)
    assert not isinstance(found, str)
    assert len(found[0]) == 32
    assert found == again


def test_each_challenge_is_another_and_bounded_in_its_work() -> None:
    made = [CHALLENGES.make() for _ in range(8)]
    assert len({one["signature"] for one in made}) == 8
    assert {one["parameters"]["cost"] for one in made} == {COST}
    counters = [json.loads(b64decode(solved(one)))["solution"]["counter"] for one in made[:3]]
    assert all(FEWEST <= counter < MOST for counter in counters)


def test_the_counter_is_nowhere_in_the_challenge() -> None:
    parameters = CHALLENGES.make()["parameters"]
    assert set(parameters) == {
        "algorithm", "cost", "keyLength", "keyPrefix", "keySignature", "nonce", "salt", "expiresAt",
    }  # fmt: skip


def test_an_easier_challenge_of_ones_own_does_not_count() -> None:
    assert Challenges(b"another secret").read(solved(CHALLENGES.make())) == WRONG


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body["challenge"]["parameters"].update(cost=1),
        lambda body: body["challenge"]["parameters"].update(expiresAt=2**40),
        lambda body: body["challenge"]["parameters"].pop("expiresAt"),
        lambda body: body["challenge"]["parameters"].pop("keySignature"),
        lambda body: body["challenge"]["parameters"].update(algorithm="SHA-256"),
        lambda body: body["challenge"].update(signature=""),
        lambda body: body["challenge"].pop("signature"),
        lambda body: body["solution"].update(derivedKey="00" * 32),
        lambda body: body["solution"].update(derivedKey=None),
        lambda body: body.update(solution=[]),
        lambda body: body.update(challenge="x"),
    ],
)
def test_whatever_is_tampered_with_is_refused(solution: str, change: Callable[[dict[str, Any]], object]) -> None:
    assert CHALLENGES.read(changed(solution, change)) == WRONG


def test_what_is_spent_is_the_challenge_however_its_solution_is_written(solution: str) -> None:
    other = changed(solution, lambda body: body["solution"].update(time=17, counter=1))
    assert other != solution
    assert CHALLENGES.read(other) == CHALLENGES.read(solution)


def test_a_challenge_expires() -> None:
    old = Challenges(CHALLENGES.secret, now=lambda: 1_000_000_000.0)
    challenge = old.make()
    assert challenge["parameters"]["expiresAt"] == 1_000_000_000 + LIFETIME_S
    assert CHALLENGES.read(solved(challenge)) == EXPIRED


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200).map(lambda raw: b64encode(raw).decode())))
def test_junk_is_refused_without_a_fault(junk: str) -> None:
    assert CHALLENGES.read(junk) == WRONG


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.fixed_dictionaries({
        "challenge": _JSON | st.fixed_dictionaries({
            "parameters": _JSON | st.fixed_dictionaries(
                {"algorithm": _JSON, "nonce": _JSON, "salt": _JSON, "cost": _JSON}, optional={"expiresAt": _JSON, "data": _JSON}
            ),
            "signature": _JSON,
        }),
        "solution": _JSON | st.fixed_dictionaries({"counter": _JSON, "derivedKey": _JSON}),
    })
)  # fmt: skip
def test_any_json_in_its_place_is_refused_without_a_fault(body: Any) -> None:
    assert CHALLENGES.read(b64encode(json.dumps(body).encode()).decode()) in {WRONG, EXPIRED}


def test_what_is_too_long_is_not_even_read(solution: str) -> None:
    assert len(solution) < MAX_SOLUTION / 2
    assert CHALLENGES.read(solution + " " * MAX_SOLUTION) == WRONG
