"""What can go wrong when Usher is started on one machine, each a line for a person.

Separate so that the engines, the supervisor and the tests share one small tree:

    EmbeddedError
    ├── SettingError          a variable's value cannot be used; nothing was started
    ├── StartAbandonedError   somebody asked to stop while an engine was starting
    └── StartError            a process or an engine will not come up; carries its last lines

It must never hold a traceback's worth of text: `str()` of each is one line.
"""

from collections.abc import Sequence


class EmbeddedError(Exception):
    """Anything that keeps Usher from running here."""


class SettingError(EmbeddedError):
    """A variable holds something that cannot be used."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name


class StartAbandonedError(EmbeddedError):
    """A start was given up because a stop was asked for; not a fault."""


class StartError(EmbeddedError):
    """Something will not come up; `lines` are the last it had to say."""

    def __init__(self, name: str, problem: str, lines: Sequence[str] = ()) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name
        self.lines = tuple(lines)
