"""newsletter.erase: have the newsletter's provider forget somebody who asked to be forgotten.

The address is in the payload, and nowhere else any more: the person's own row has lost it when this is owed. It goes with the
job, as soon as that has ended well.
"""

from dataclasses import replace

from jobs.channels import Newsletter
from jobs.facts import ErasureAsked
from jobs.kind import Job, Payload, kind
from jobs.outcomes import Outcome


class Forgotten(Payload):
    """Whom to forget."""

    address: str


@kind(
    "newsletter.erase",
    on=ErasureAsked,
    queue="newsletter",
    payload=Forgotten,
    despite_erasure=True,
    time_limit=30,
    batch=50,
)
def erase(newsletter: Newsletter, job: Job[Forgotten]) -> Outcome:
    """One call that may be repeated blindly."""
    return newsletter.erase(replace(job.recipient, address=job.payload.address))
