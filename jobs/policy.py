"""How a kind of job is retried and bounded, under the names a Celery user knows.

Each option means for a job what it means for a Celery task. None of them is handed on to Celery: the waiting is the
ledger's, since a countdown in the broker runs twice, fills the worker's memory and is lost on SIGTERM.
"""

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Celery's task options, and three of ours.

    `autoretry_for`: exceptions of the kind's own code after which the job is tried again; any other means it is dead.
    `retry_backoff`: the first pause in seconds, doubled each time; True is 1; False waits `default_retry_delay` always.
    `retry_backoff_max`: the longest pause, in seconds. `retry_jitter`: draw from [0, pause] instead of waiting all of it.
    `max_retries`: tries after the first that may spend budget; None leaves the budget to `max_age`.
    `time_limit`: seconds from claim to deadline, after which another worker may have the job.

    `max_age`: the budget, counted from when the job was owed: an outage of a weekend loses nobody.
    `retry_after_max`: the ceiling for a provider's own `Retry-After`, which outranks `retry_backoff_max`.
    `resend`: where nobody can tell whether it was done, do it again rather than ask a person.

    Raises `ValueError` for a value that cannot be meant.
    """

    autoretry_for: tuple[type[Exception], ...] = (ConnectionError, TimeoutError)
    retry_backoff: bool | float = 2
    retry_backoff_max: float = 600
    retry_jitter: bool = True
    default_retry_delay: float = 180
    max_retries: int | None = None
    time_limit: float = 60
    max_age: timedelta = field(default=timedelta(days=3))
    retry_after_max: float = 24 * 3600
    resend: bool = False

    def __post_init__(self) -> None:
        positive = {
            "retry_backoff": self.retry_backoff is False or self.retry_backoff,
            "retry_backoff_max": self.retry_backoff_max,
            "default_retry_delay": self.default_retry_delay,
            "time_limit": self.time_limit,
            "max_age": self.max_age.total_seconds(),
            "retry_after_max": self.retry_after_max,
        }
        for name, value in positive.items():
            if not 0 < value < float("inf"):
                raise ValueError(f"{name} must be more than 0 and finite, not {value!r}")
        if self.max_retries is not None and self.max_retries < 0:
            raise ValueError(f"max_retries must be 0 or more, or None, not {self.max_retries!r}")
