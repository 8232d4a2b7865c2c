"""test.absurd: a kind whose batch is whatever the environment says."""

import ast
import os

from jobs.channels import Newsletter
from jobs.facts import SignupCompleted
from jobs.kind import Job, Nothing, kind
from jobs.outcomes import Outcome


@kind("test.absurd", on=SignupCompleted, queue="newsletter", batch=ast.literal_eval(os.environ["ABSURD_BATCH"]))
def subscribe(newsletter: Newsletter, job: Job[Nothing]) -> Outcome:
    """As the real one."""
    return newsletter.subscribe(job.recipient)
