"""newsletter.unsubscribe: take somebody off the newsletter who does not want it any more."""

from jobs.channels import Newsletter
from jobs.facts import NewsletterUnwanted
from jobs.kind import Job, Nothing, kind
from jobs.outcomes import Outcome


@kind(
    "newsletter.unsubscribe", on=NewsletterUnwanted, queue="newsletter", despite_leaving=True, time_limit=30, batch=50
)
def unsubscribe(newsletter: Newsletter, job: Job[Nothing]) -> Outcome:
    """One call that may be repeated blindly."""
    return newsletter.unsubscribe(job.recipient)
