"""What can go wrong, as data: one line for each kind of fault, with the goal of GOALS (R2 to R8) that it belongs to.

Separate from `schedule` (when) and from `strikes` (how), so that one can read at a glance what the guarantees were
tried against. It must never do anything.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

WORKERS = ("0", "1")
PROVIDERS = ("listmonk", "smtp")
RESTART_S = 5.0  # a program that was killed is left alone for so long, or it would never do any work


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fault. Two that share a `lane` on the same target never overlap."""

    name: str
    goal: str
    lane: str
    targets: tuple[str, ...] = ("",)
    seconds: tuple[float, float] = (0.0, 0.0)  # how long it lasts: drawn evenly from here
    rest: float = 0.0  # how long the lane is left alone afterwards
    mode: Mapping[str, object] = field(default_factory=dict)  # for a provider: what the sandbox is told


def _mode(name: str, seconds: tuple[float, float] = (2.0, 12.0), **settings: object) -> Kind:
    mode = {"mode": name, **settings}
    rate = settings.get("error_rate")
    title = f"{name} {rate:.0%}" if isinstance(rate, float) else name
    return Kind(title.replace("_", " "), "R5", "provider", PROVIDERS, seconds, 2.0, mode)


KINDS = (
    Kind("worker killed, its whole group", "R2", "worker", WORKERS, rest=RESTART_S),
    Kind("worker killed, the parent alone", "R2", "worker", WORKERS, rest=RESTART_S),
    Kind("pool child killed", "R2", "worker", WORKERS, rest=RESTART_S),
    Kind("relay killed", "R2", "worker", WORKERS, rest=1.0),
    Kind("web killed, its whole group", "R2", "web", rest=RESTART_S),
    Kind("web child killed", "R2", "web", rest=2.0),
    Kind("redis flushed", "R3", "redis"),
    Kind("redis restarted empty", "R3", "redis", rest=1.0),
    Kind("redis gone", "R3", "redis", seconds=(2.0, 10.0), rest=1.0),
    Kind("redis frozen", "R3", "redis", seconds=(3.0, 60.0), rest=1.0),
    Kind("redis out of memory", "R3", "redis", seconds=(2.0, 12.0), rest=1.0),
    Kind("postgres restarted", "R4", "postgres", rest=3.0),
    Kind("postgres gone", "R4", "postgres", seconds=(2.0, 8.0), rest=3.0),
    Kind("sessions cut", "R4", "postgres", rest=1.0),
    Kind("job rows blocked", "R4", "postgres", seconds=(3.0, 12.0), rest=1.0),
    _mode("down"),
    _mode("refuse"),
    _mode("error"),
    _mode("flaky", error_rate=0.05),
    _mode("flaky", error_rate=0.5),
    _mode("hang"),
    _mode("drip"),
    _mode("slow", latency_ms=700),
    _mode("rate_limited", retry_after_s=3),
    _mode("unauthorized"),
    _mode("commit_then_drop", (1.0, 5.0)),
    Kind("worker frozen past its lease", "R7", "worker", WORKERS, seconds=(5.0, 12.0), rest=2.0),
    Kind("worker stopped in order", "R8", "worker", WORKERS, rest=RESTART_S),
    Kind("web stopped in order", "R8", "web", rest=RESTART_S),
)

SHORT = (
    "worker killed, its whole group",
    "relay killed",
    "redis flushed",
    "down",
    "commit then drop",
)
"""What the short round in `make test` is made of."""


def chosen(only: str) -> tuple[Kind, ...]:
    """The kinds whose goal or name `only` names (several with semicolons), or all. Raises ValueError where there is none."""
    if not only:
        return KINDS
    wanted = {word.strip().lower() for word in only.split(";")}
    found = tuple(kind for kind in KINDS if wanted & {kind.goal.lower(), kind.name.lower()})
    if not found:
        known = ", ".join(sorted({kind.goal for kind in KINDS}))
        raise ValueError(
            f"no fault is called {only!r}; there are the goals {known} and the names in tests/chaos/faults.py"
        )
    return found
