"""The headers of the API, each described once."""

from webapp.api.idempotency_key import MOST
from webapp.api.prefer import LONGEST_S
from webapp.docs.declared import Header

IDEMPOTENCY_KEY = Header(
    "Idempotency-Key",
    f"1 to {MOST} visible ASCII characters, in double quotes or bare; a random UUID is best. The same request with the same "
    "key within 24 hours leads to the same answer and to no second sign-up.",
    {"type": "string", "pattern": rf'^([!#-~][!-~]{{0,{MOST - 1}}}|"[!#-\[\]-~]{{1,{MOST}}}")$'},
)
PREFER = Header(
    "Prefer",
    f"RFC 7240. `wait=N`: hold the answer until the jobs are done, at most N seconds and at most {LONGEST_S}; "
    "`respond-async`: answer at once, which is what happens anyway. What is not understood is left aside.",
    {"type": "string"},
)
IF_NONE_MATCH = Header("If-None-Match", "The `ETag` of the answer that you have already.", {"type": "string"})

LOCATION = Header(
    "Location", "The address that says how it stands from now on.", {"type": "string", "format": "uri-reference"}
)
ETAG = Header("ETag", "Changes when the body does.", {"type": "string", "pattern": '^"[0-9a-f]+"$'})
VARY = Header("Vary", "What else the answer depends on.", {"type": "string"})
RETRY_AFTER = Header("Retry-After", "Seconds after which it is worth asking again.", {"type": "integer", "minimum": 0})
PACE = Header(
    "Retry-After",
    "Seconds after which it is worth asking again; longer while nothing moves, and absent once nothing more will happen.",
    {"type": "integer", "minimum": 1},
)
REPLAYED = Header("Idempotent-Replayed", "`true` where this is the answer to an earlier request.", {"const": "true"})
APPLIED = Header("Preference-Applied", "Which preferences were honoured (RFC 7240).", {"type": "string"})
WWW_AUTHENTICATE = Header("WWW-Authenticate", "How to sign in.", {"type": "string"})
POLICY = Header("RateLimit-Policy", "How often one client may come (draft-ietf-httpapi-ratelimit-headers).")
STANDING = Header("RateLimit", "How often this client may still come, and in how many seconds as often as ever.")
LAST_EVENT_ID = Header(
    "Last-Event-ID", "The `id` of the last event that was read; what cannot be understood is the beginning."
)
