"""What ends a Celery task other than well. Each carries a code and nothing else: Flower and Redis show its text.

    JobError
    ├── JobDeadError       the job will not be tried again by itself
    ├── JobInDoubtError    nobody knows whether it was done: a person decides
    └── LedgerAwayError    the ledger could not be reached; the job is unharmed and comes again

A job that is to be tried again ends its task in Celery's own `Retry`.
"""


class JobError(Exception):
    """Base; `code` is a word of ours."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class JobDeadError(JobError):
    """Permanent fault, or budget used up."""


class JobInDoubtError(JobError):
    """Sent, and no answer."""


class LedgerAwayError(JobError):
    """PostgreSQL could not be reached for long enough."""
