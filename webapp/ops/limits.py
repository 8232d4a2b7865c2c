"""`GET /api/v1/ops/limits`: which limits are in force, and how often they have spoken in the process that answers.

It must never show what was counted, nor under which key.
"""

import os
from datetime import datetime

from flask import Response
from pydantic import BaseModel

from config.front_door import SignupLimits
from webapp.front.limiter import Limiter
from webapp.front.signup_limits import at_door
from webapp.ops.answer import answer
from webapp.ops.gate import guarded

blueprint = guarded("limits")


class Policy(BaseModel):
    """`quota` within `seconds`, all at once if need be; what is used comes back evenly. `beyond`: what happens then."""

    name: str
    quota: int
    seconds: int
    beyond: str


class Counts(BaseModel):
    """Sign-ups of one web process. `open_failures`: let through because the ledger did not say in time."""

    judged: int
    refused: int
    muted_for_recipient: int
    muted_for_domain: int
    open_failures: int


class LimitsBody(BaseModel):
    """`process`: its number on its machine; `since`: when it took its first sign-up. Without limits there is no more."""

    enabled: bool
    policies: list[Policy]
    process: int
    since: datetime | None = None
    counts: Counts | None = None


@blueprint.get("/limits")
def show() -> Response:
    """200, of the process that happens to answer."""
    return answer(_body(at_door()))


def _body(limiter: Limiter | None) -> LimitsBody:
    if limiter is None:
        return LimitsBody(enabled=False, policies=[], process=os.getpid())
    counts = Counts.model_validate(limiter.counts, from_attributes=True)
    policies = _policies(limiter.limits)
    return LimitsBody(enabled=True, policies=policies, process=os.getpid(), since=limiter.since, counts=counts)


def _policies(limits: SignupLimits) -> list[Policy]:
    named = (
        ("client", limits.client, "refused with 429"),
        ("recipient", limits.recipient, "taken, and nothing is sent"),
        ("domain", limits.domain, "taken, and nothing is sent"),
    )
    return [Policy(name=name, quota=one.quota, seconds=one.seconds, beyond=beyond) for name, one, beyond in named]
