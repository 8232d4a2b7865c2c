"""test.lingering: succeeds, and leaves a thread behind that keeps its process from ending."""

import threading

from jobs.channels import Newsletter
from jobs.facts import SignupCompleted
from jobs.kind import Job, Nothing, kind
from jobs.outcomes import Accepted, Outcome


@kind("test.lingering", on=SignupCompleted, queue="newsletter", time_limit=60)
def linger(newsletter: Newsletter, job: Job[Nothing]) -> Outcome:  # noqa: ARG001  # it calls nobody
    """Do it, but for a thread that waits for something that never comes."""
    threading.Thread(target=threading.Event().wait, name="forgotten").start()
    return Accepted()
