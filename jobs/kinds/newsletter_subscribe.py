"""newsletter.subscribe: put somebody who signed up, or wants it again, on the newsletter."""

from collections.abc import Sequence

from jobs.channels import Newsletter
from jobs.facts import NewsletterWanted, SignupCompleted
from jobs.kind import Job, Payload, kind
from jobs.outcomes import Outcome


class Consent(Payload):
    """`proven`: by a link that only they can have. An anonymous sign-up puts nobody back who left at the provider's."""

    proven: bool = False


def subscribe_all(newsletter: Newsletter, jobs: Sequence[Job[Consent]]) -> Sequence[Outcome]:
    """One call for all of them, that may be repeated blindly; those with a proof are in it, too, since most of them are new."""
    proven = frozenset(job.recipient for job in jobs if job.payload.proven)
    return newsletter.subscribe_many([job.recipient for job in jobs], proven=proven)


@kind(
    "newsletter.subscribe",
    on=(SignupCompleted, NewsletterWanted),
    queue="newsletter",
    payload=Consent,
    time_limit=30,
    batch=500,
    in_bulk=subscribe_all,
)
def subscribe(newsletter: Newsletter, job: Job[Consent]) -> Outcome:
    """One call that may be repeated blindly: whoever is on the list already stays on it."""
    return newsletter.subscribe(job.recipient, proven=job.payload.proven)
