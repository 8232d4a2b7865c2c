"""newsletter.subscribe: put somebody who signed up on the newsletter."""

from jobs.channels import Newsletter
from jobs.facts import SignupCompleted
from jobs.kind import Job, Nothing, kind
from jobs.outcomes import Outcome


@kind("newsletter.subscribe", on=SignupCompleted, queue="newsletter", time_limit=30)
def subscribe(newsletter: Newsletter, job: Job[Nothing]) -> Outcome:
    """One call that may be repeated blindly: whoever is on the list already stays on it."""
    return newsletter.subscribe(job.recipient)
