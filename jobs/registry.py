"""Every kind there is: whatever is declared in `jobs/kinds`. Adding a kind is adding a file there.

Built once by an entry point and handed down, so that tests can hand down another.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType

from jobs import kinds
from jobs.facts import Fact
from jobs.kind import Kind


class Kinds(Mapping[str, Kind]):
    """Kinds by name."""

    def __init__(self, declared: Iterable[Kind]) -> None:
        self._by_name: dict[str, Kind] = {}
        for one in declared:
            if one.name in self._by_name:
                raise ValueError(f"two kinds of job are called {one.name}")
            self._by_name[one.name] = one

    def __getitem__(self, name: str) -> Kind:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def answering(self, fact: Fact) -> list[Kind]:
        """The kinds bound to this fact, in the order in which they are owed: by name."""
        return [self[name] for name in sorted(self) if isinstance(fact, self[name].on)]

    def queues(self) -> list[str]:
        """Every queue that some kind names, sorted."""
        return sorted({kind.queue for kind in self.values()})

    def providers_on(self, queue: str) -> list[str]:
        """The providers that the kinds of this queue call, sorted."""
        return sorted({kind.provider for kind in self.values() if kind.queue == queue})


def load() -> Kinds:
    """Import every file in `jobs/kinds` and gather what they declare."""
    modules = (
        importlib.import_module(f"{kinds.__name__}.{found.name}") for found in pkgutil.iter_modules(kinds.__path__)
    )
    return Kinds(one for module in modules for one in _declared(module))


def _declared(module: ModuleType) -> Iterator[Kind]:
    return (value for value in vars(module).values() if isinstance(value, Kind))
