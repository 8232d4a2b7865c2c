"""test.poisoned.batch: subscribes in bulk, and kills the process it runs in when one of the people is poison."""

import os
import signal
from collections.abc import Sequence

from jobs.channels import Newsletter
from jobs.facts import SignupCompleted
from jobs.kind import Job, Nothing, kind
from jobs.outcomes import Outcome


def subscribe_all(newsletter: Newsletter, jobs: Sequence[Job[Nothing]]) -> Sequence[Outcome]:
    """Die without a word at the sight of poison, before anybody was subscribed."""
    if any(job.recipient.address.startswith("poison") for job in jobs):
        os.kill(os.getpid(), signal.SIGKILL)
    return newsletter.subscribe_many([job.recipient for job in jobs])


@kind("test.poisoned.batch", on=SignupCompleted, queue="newsletter", time_limit=20, batch=500, in_bulk=subscribe_all)
def subscribe(newsletter: Newsletter, job: Job[Nothing]) -> Outcome:
    """The same for one."""
    return subscribe_all(newsletter, [job])[0]
