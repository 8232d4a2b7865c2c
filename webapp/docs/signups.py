"""What the description says of `/api/v1/signups`."""

from pydantic import BaseModel

from webapp.api.challenges import ChallengeBody
from webapp.api.signup_body import SignupBody
from webapp.docs import headers
from webapp.docs.declared import Answer, Operation
from webapp.problem import KEY_IN_FLIGHT, KEY_REUSED
from webapp.signup_request import SignupRequest

TAG = "Sign-ups"

_ID = "0197f3a2-0000-7000-8000-000000000001"
_TAKEN = {
    "id": _ID,
    "status": "accepted",
    "created_at": "2030-01-01T12:00:00Z",
    "jobs": [
        {
            "id": f"{_ID[:-1]}{number}",
            "kind": kind,
            "queue": queue,
            "state": "staged",
            "attempt": 0,
            "run_at": "2030-01-01T12:00:00Z",
        }
        for number, kind, queue in (
            (2, "newsletter.subscribe", "newsletter"),
            (3, "notification.welcome.email", "email"),
        )
    ],
    "links": {
        "self": f"/api/v1/signups/{_ID}",
        "events": f"/api/v1/signups/{_ID}/events",
        "page": f"/signups/{_ID}",
    },
}
_NEXT = {
    "showSignup": {"signup_id": "$response.body#/id"},
    **{name: {"job_id": "$response.body#/jobs/0/id"} for name in ("showJob", "retryJob", "discardJob", "cancelJob")},
}
_SAID = (headers.LOCATION, headers.PACE, headers.REPLAYED, headers.APPLIED, headers.POLICY, headers.STANDING)


class LastEvent(BaseModel):
    """For those who cannot send `Last-Event-ID`, which comes first."""

    last_event_id: str | None = None


OPERATIONS = {
    "POST /api/v1/signups": Operation(
        name="signUp",
        tag=TAG,
        summary="Sign somebody up",
        description="Answered as soon as the sign-up and everything it owes is on disk; the jobs are carried out afterwards, "
        "whatever is down at the moment. An address that is known already gets the same answer as a new one.",
        headers=(headers.IDEMPOTENCY_KEY, headers.PREFER),
        body=SignupRequest,
        body_example={"email": "ada@example.org", "name": "Ada", "locale": "en"},
        answers={
            202: Answer("Taken; the jobs are under way.", SignupBody, _SAID, links=_NEXT, example=_TAKEN),
            200: Answer("Taken, and done within the time that `Prefer: wait` gave it.", SignupBody, _SAID, links=_NEXT),
        },
        problems=(400, KEY_IN_FLIGHT, 413, 415, 422, KEY_REUSED, 429),
    ),
    "GET /api/v1/signups/{signup_id}": Operation(
        name="showSignup",
        tag=TAG,
        summary="How a sign-up stands",
        headers=(headers.IF_NONE_MATCH,),
        answers={
            200: Answer("As it stands now.", SignupBody, (headers.ETAG, headers.PACE), example=_TAKEN),
            304: Answer("As the caller knows it.", headers=(headers.ETAG, headers.PACE)),
        },
        problems=(404,),
    ),
    "GET /api/v1/signups/{signup_id}/events": Operation(
        name="watchSignup",
        tag=TAG,
        summary="What happens to a sign-up, as it happens",
        description="Server-sent events: `job` for each move of a job, with an `id` to resume from, and `end` when nothing more "
        "will happen. 503 where too many watch: ask for the status instead.",
        headers=(headers.LAST_EVENT_ID,),
        query=LastEvent,
        answers={
            200: Answer("The stream.", media_type="text/event-stream", text="string"),
            204: Answer("Everything has been read."),
        },
        problems=(404,),
    ),
    "GET /api/v1/challenges": Operation(
        name="askChallenge",
        tag=TAG,
        summary="A challenge to solve before signing up",
        description="Where the site asks for one: its solution goes into the field `altcha` of a sign-up. Each opens the door once.",
        answers={200: Answer("A new one.", ChallengeBody)},
        problems=(404,),
    ),
}
