"""Something that an application has one of, for all of its requests: where it is put, and how whoever answers finds it.

Separate because desk, limits, challenges, traps and the API's description are kept alike, and several applications may live in one process. It must
never hold the thing itself: that would be one for the process.
"""

from collections.abc import Callable
from typing import Generic, TypeVar

from flask import current_app

Thing = TypeVar("Thing")


class Fixture(Generic[Thing]):
    """`name`: among the application's extensions. `make`: called at the first use, where nobody has put one in before."""

    def __init__(self, name: str, kind: type[Thing], make: Callable[[], Thing] | None = None) -> None:
        self.name = name
        self._kind = kind
        self._make = make

    def put_in(self, extensions: dict[str, object], thing: Thing) -> None:
        """Where `at_hand` finds it, in place of any other."""
        extensions[self.name] = thing

    def at_hand(self) -> Thing:
        """That of the application that is answering right now. Raises `KeyError` where there is none, and none can be made."""
        extensions = current_app.extensions
        found = extensions.get(self.name)
        if found is None:
            # Two requests may come this far at once: the first to put one in has made the one that counts.
            found = extensions[self.name] if self._make is None else extensions.setdefault(self.name, self._make())
        assert isinstance(found, self._kind)
        return found
