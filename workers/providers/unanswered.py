"""What it means for a newsletter's job that no answer came: the same for every API that is spoken over HTTP."""

from jobs.outcomes import Blame, Retry
from workers.http import NoAnswerError, NotSentError, NotTrustedError


def unanswered(error: NotSentError | NoAnswerError) -> Retry:
    """Try again. Where nobody vouches for whoever answered, no job can succeed until somebody has seen to it."""
    blame = Blame.OPERATOR if isinstance(error, NotTrustedError) else Blame.PROVIDER
    return Retry(f"newsletter_{error}", blame=blame)
