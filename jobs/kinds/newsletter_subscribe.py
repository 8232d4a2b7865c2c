"""newsletter.subscribe: put somebody who signed up on the newsletter."""

from collections.abc import Sequence

from jobs.channels import Newsletter
from jobs.facts import SignupCompleted
from jobs.kind import Job, Nothing, kind
from jobs.outcomes import Outcome


def subscribe_all(newsletter: Newsletter, jobs: Sequence[Job[Nothing]]) -> Sequence[Outcome]:
    """One call for all of them, that may be repeated blindly."""
    return newsletter.subscribe_many([job.recipient for job in jobs])


@kind("newsletter.subscribe", on=SignupCompleted, queue="newsletter", time_limit=30, batch=500, in_bulk=subscribe_all)
def subscribe(newsletter: Newsletter, job: Job[Nothing]) -> Outcome:
    """One call that may be repeated blindly: whoever is on the list already stays on it."""
    return newsletter.subscribe(job.recipient)
