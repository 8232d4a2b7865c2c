"""What a provider's adapter is. One file in this folder is one provider; nothing else has to know of it.

A file declares `ADAPTERS`, from DSN scheme to the function that makes the adapter; the channel's own protocol is in
`jobs.channels`. An adapter sorts every answer into one of the six outcomes of `jobs.outcomes`, as the provider's own
documents say, and never raises for anything that a provider can do.
"""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from workers.providers.dsn import BadDsnError, Dsn, parse


class Adapter(Protocol):
    """One provider, ready to be called from many threads."""

    @property
    def repeatable(self) -> bool:
        """Whether a call may be repeated when no answer came: the provider is idempotent, or takes a key."""
        ...

    @property
    def bulk(self) -> int:
        """The most jobs in one call; 1 where it has no call for many."""
        ...

    @property
    def connections(self) -> int | None:
        """The most calls at once that the account may make, from all workers together; None where no limit is known."""
        ...

    def close(self) -> None:
        """Give up connections that are kept alive."""
        ...


Make = Callable[[Dsn], Adapter]


def connect(text: str) -> Adapter:
    """The adapter for a DSN; connects to nothing yet. Raises `BadDsnError`, naming the known schemes."""
    dsn = parse(text)
    makers = _makers()
    if dsn.scheme not in makers:
        raise BadDsnError(f"names a provider that is not known (known: {', '.join(sorted(makers))})")
    return makers[dsn.scheme](dsn)


def _makers() -> Mapping[str, Make]:
    found: dict[str, Make] = {}
    for entry in pkgutil.iter_modules([str(Path(__file__).parent)]):
        module = importlib.import_module(f"{__package__}.{entry.name}")
        found.update(getattr(module, "ADAPTERS", {}))
    return found
