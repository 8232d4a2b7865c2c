"""notification.confirm.email: asks somebody whether it was they who signed up.

It may reach a stranger, so there is nothing in it that anybody has typed, and leaving is one click away from it too.
"""

from jobs.channels import Email
from jobs.facts import ConfirmationAsked
from jobs.kind import Job, Nothing, kind
from jobs.mailing import mail
from jobs.outcomes import Outcome


@kind(
    "notification.confirm.email",
    on=ConfirmationAsked,
    queue="email",
    writes=True,
    despite_leaving=True,
    time_limit=60,
    batch=50,
)
def ask(email: Email, job: Job[Nothing]) -> Outcome:
    """One mail; where the answer to it is lost a person decides, since SMTP cannot tell."""
    return mail(email, job, "confirm", confirm=job.links.confirm())
