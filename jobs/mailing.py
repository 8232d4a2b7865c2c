"""Mailing a letter to the person a job is for: the template, their language, their links, and the way out of our mails.

Separate because every kind that mails does it alike. It must never put into a mail what somebody has typed.
"""

from typing import Any

from jobs.channels import Email, Letter
from jobs.kind import Job
from jobs.letters import render
from jobs.outcomes import Outcome


def mail(email: Email, job: Job[Any], template: str, **links: str) -> Outcome:
    """Send the letter, which is told `unsubscribe` and the further `links`."""
    unsubscribe = job.links.unsubscribe()
    text = render(template, job.recipient.locale, unsubscribe=unsubscribe, **links)
    return email.send(
        Letter(
            job_id=job.id,
            to=job.recipient.address,
            subject=text.subject,
            text=text.text,
            html=text.html,
            no_return=job.no_return,
            unsubscribe=unsubscribe,
        ),
    )
