"""The words a filter may use. A word that is not among them is refused with those that are: a typing error must not look
like an empty list, and in a bulk operation must not be taken for anything at all.
"""

import re
from collections.abc import Collection, Sequence
from datetime import datetime

from jobs.registry import Kinds
from ledger.deadletters import waiting_vocabulary
from ledger.states import State
from webapp.desk import Desk

SHOWN = 40  # characters of a word that nobody knows
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,200}")


class Vocabulary:
    """Checks words. Its methods return the word, and raise `ValueError` with a sentence for the person who typed it.

    Known are the kinds and queues of the code, and those of jobs that wait for a person: code that knew them may be gone.
    """

    def __init__(self, kinds: Kinds, waiting_kinds: Collection[str] = (), waiting_queues: Collection[str] = ()) -> None:
        self._kinds = {*kinds, *waiting_kinds}
        self._queues = {*kinds.queues(), *waiting_queues}

    def kind(self, word: str) -> str:
        """A kind of job."""
        return _among(word, sorted(self._kinds), "kind")

    def queue(self, word: str) -> str:
        """A queue."""
        return _among(word, sorted(self._queues), "queue")


def vocabulary(desk: Desk, *words: str) -> Vocabulary:
    """The vocabulary; the ledger is asked only where one of the `words` is none of the code's own."""
    own = {*desk.kinds, *desk.kinds.queues()}
    if own.issuperset(words):
        return Vocabulary(desk.kinds)
    with desk.back_office.session() as connection:
        return Vocabulary(desk.kinds, *waiting_vocabulary(connection))


def state(word: str) -> State:
    """A state."""
    return State(_among(word, list(State), "state"))


def error_code(word: str) -> str:
    """Something that can be an error code: there is no list of them, since kinds and providers bring their own."""
    if not _CODE.fullmatch(word):
        raise ValueError("An error code is made of letters, digits and _ . - alone.")
    return word


def moment(word: str) -> datetime:
    """A point in time."""
    try:
        found = datetime.fromisoformat(word)
    except ValueError:
        raise ValueError("This must be a time by ISO 8601, e.g. 2026-01-31T12:00:00Z.") from None
    if found.utcoffset() is None:
        raise ValueError("This time needs its zone, e.g. 2026-01-31T12:00:00Z.")
    return found


def _among(word: str, known: Sequence[str], what: str) -> str:
    if word not in known:
        raise ValueError(f"There is no {what} {word[:SHOWN]!r}; there are {', '.join(known)}.")
    return word
