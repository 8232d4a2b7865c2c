"""What a relay knows of a kind: the batch it may travel in, drawn from the kind's own and from what its provider takes."""

from typing import Any

import pytest

from jobs.facts import SignupCompleted
from jobs.kind import Kind, kind
from jobs.outcomes import Accepted
from jobs.registry import Kinds
from ledger.coalescing import Terms
from workers.relay.terms import ONE_BY_ONE, connections, terms


class Adapter:
    """A provider that takes so many in one call."""

    repeatable = True

    def __init__(self, bulk: int = 1, connections: int | None = None) -> None:
        self.bulk, self.connections = bulk, connections

    def close(self) -> None:
        """Nothing."""


def made(name: str, *, batch: int, many: bool) -> Kind:
    in_bulk = (lambda _provider, jobs: [Accepted() for _ in jobs]) if many else None
    declare: Any = kind(name, on=SignupCompleted, queue="newsletter", batch=batch, in_bulk=in_bulk)
    return declare(lambda _provider, _job: Accepted())


@pytest.mark.parametrize(
    ("batch", "many", "bulk", "expected"),
    [
        (1, False, 1, (1, False)),
        (500, True, 500, (500, True)),
        (500, True, 200, (200, True)),  # the provider takes no more in one call
        (20, True, 500, (20, True)),  # the kind wants no more
        (500, True, 1, (ONE_BY_ONE, False)),  # one after the other after all
        (500, False, 500, (ONE_BY_ONE, False)),
        (20, False, 1, (20, False)),
    ],
)
def test_a_batch_is_what_the_kind_wants_and_its_provider_takes(
    *, batch: int, many: bool, bulk: int, expected: tuple[int, bool]
) -> None:
    (found,) = terms(Kinds([made("test.one", batch=batch, many=many)]), {"newsletter": Adapter(bulk)})
    assert found == Terms("test.one", "newsletter", batch=expected[0], bulk=expected[1])


def test_a_kind_whose_provider_is_not_configured_goes_one_by_one() -> None:
    (found,) = terms(Kinds([made("test.one", batch=500, many=True)]), {})
    assert (found.batch, found.bulk) == (ONE_BY_ONE, False)


def test_every_kind_has_its_terms_by_name() -> None:
    kinds = Kinds([made("test.b", batch=1, many=False), made("test.a", batch=1, many=False)])
    assert [one.kind for one in terms(kinds, {})] == ["test.a", "test.b"]


def test_only_providers_with_a_limit_have_one() -> None:
    found = connections({"newsletter": Adapter(connections=10), "email": Adapter(), "sms": Adapter(connections=1)})
    assert found == {"newsletter": 10, "sms": 1}
