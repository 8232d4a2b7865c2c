"""What a relay must know of kinds and providers to fill messages: drawn from the declarations and the adapters."""

from collections.abc import Mapping

from jobs.registry import Kinds
from ledger.coalescing import Terms
from workers.providers.adapter import Adapter

ONE_BY_ONE = 50
"""The most jobs in a message that go one after the other: it holds its thread, and its share of a pause or a circuit, that long."""


def terms(kinds: Kinds, adapters: Mapping[str, Adapter]) -> list[Terms]:
    """The terms of every kind, by name."""
    return [_terms(kinds, name, adapters) for name in sorted(kinds)]


def connections(adapters: Mapping[str, Adapter]) -> dict[str, int]:
    """Of each provider that limits them, how many calls at once its account may make."""
    return {name: adapter.connections for name, adapter in adapters.items() if adapter.connections is not None}


def _terms(kinds: Kinds, name: str, adapters: Mapping[str, Adapter]) -> Terms:
    kind = kinds[name]
    adapter = adapters.get(kind.provider)
    bulk = kind.deliver_all is not None and adapter is not None and adapter.bulk > 1
    most = adapter.bulk if bulk and adapter is not None else ONE_BY_ONE
    return Terms(name, kind.provider, batch=min(kind.batch, most), bulk=bulk)
