"""notification.welcome.email: the welcome, once for each person.

It greets nobody by name: until an address is confirmed, the name is text that a stranger may have typed to have it
mailed to somebody else.
"""

from jobs.channels import Email
from jobs.facts import SignupCompleted
from jobs.kind import Job, Nothing, kind
from jobs.mailing import mail
from jobs.outcomes import Outcome


@kind("notification.welcome.email", on=SignupCompleted, queue="email", once=True, writes=True, time_limit=60, batch=50)
def welcome(email: Email, job: Job[Nothing]) -> Outcome:
    """One mail; where the answer to it is lost a person decides, since SMTP cannot tell."""
    return mail(email, job, "welcome", preferences=job.links.preferences())
