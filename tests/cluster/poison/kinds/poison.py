"""test.poison: kills the process it runs in, every time."""

import os
import signal

from jobs.channels import Newsletter
from jobs.facts import SignupCompleted
from jobs.kind import Job, Nothing, kind
from jobs.outcomes import Accepted, Outcome


@kind("test.poison", on=SignupCompleted, queue="newsletter", time_limit=20)
def die(newsletter: Newsletter, job: Job[Nothing]) -> Outcome:  # noqa: ARG001  # it does not get that far
    """Die without a word, as code that overruns its memory does."""
    os.kill(os.getpid(), signal.SIGKILL)
    return Accepted()
