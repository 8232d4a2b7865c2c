"""notification.link.email: mails somebody a fresh link to their preferences, where they also export and erase what we know.

Whoever has a mail of ours can ask for it, and nobody but its owner gets it. It goes to people who have left as well: their data
is theirs all the same.
"""

from jobs.channels import Email
from jobs.facts import LinkWanted
from jobs.kind import Job, Nothing, kind
from jobs.mailing import mail
from jobs.outcomes import Outcome


@kind(
    "notification.link.email",
    on=LinkWanted,
    queue="email",
    writes=True,
    despite_leaving=True,
    time_limit=60,
    batch=50,
)
def send(email: Email, job: Job[Nothing]) -> Outcome:
    """One mail; where the answer to it is lost a person decides, since SMTP cannot tell."""
    return mail(email, job, "link", preferences=job.links.preferences())
