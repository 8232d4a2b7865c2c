"""How often a client may come, in the headers of draft-ietf-httpapi-ratelimit-headers (structured fields, RFC 9651).

Separate because only one of the limits may ever be told: how often somebody's mailbox or domain was written to is nobody's
business, and would say who is known here.
"""

from math import ceil

from ledger.limits import Limit, Verdict

_NAME = '"client"'


def policy(limit: Limit) -> dict[str, str]:
    """`RateLimit-Policy: "client";q=60;w=3600`: so many in so many seconds."""
    return {"RateLimit-Policy": f"{_NAME};q={limit.quota};w={limit.seconds}"}


def standing(verdict: Verdict) -> dict[str, str]:
    """`RateLimit: "client";r=59;t=60`: so many are left, and in so many seconds it is all of them again."""
    return {"RateLimit": f"{_NAME};r={verdict.remaining};t={ceil(verdict.whole_in)}"}
