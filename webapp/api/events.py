"""`/api/v1/signups/{id}/events`: every public move of a sign-up's jobs, as server-sent events, from where the reader left off."""

from uuid import UUID

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound, ServiceUnavailable

from webapp.desk import at_desk
from webapp.live import position
from webapp.live.feed import CrowdedError, Feed
from webapp.live.stream import Stream

blueprint = Blueprint("api_events", __name__, url_prefix="/api/v1/signups")

MIME = "text/event-stream"
POLL_IN_S = 5  # for those who find no place


@blueprint.get("/<uuid:signup_id>/events")
def watch(signup_id: UUID) -> Response:
    """200 with the stream; 204 where the reader has read it to its end; 404 where there is no such sign-up; 503 where too many watch.

    `Last-Event-ID`, or `last_event_id` for those who cannot send headers, says how far the reader has read. What cannot
    be understood is read from the beginning.
    """
    feed = at_desk().live.feed
    stream = _open(feed, signup_id)
    if stream is None:  # an EventSource that is answered 204 does not come back
        return Response(status=204)
    if request.method == "HEAD":
        stream.close()
    answer = Response(stream, mimetype=MIME, direct_passthrough=True)
    answer.headers["X-Accel-Buffering"] = "no"  # or nginx keeps events to itself until it has a bufferful
    return answer


def _open(feed: Feed, signup_id: UUID) -> Stream | None:
    try:
        watcher = feed.join(signup_id)
    except CrowdedError:
        detail = "Too many are watching right now. Please ask for the status instead."
        raise ServiceUnavailable(detail, retry_after=POLL_IN_S) from None
    if watcher is None:
        raise NotFound("There is no such sign-up.")
    story = watcher.story
    read = position.read(request.headers.get("Last-Event-ID") or request.args.get("last_event_id"), story.lengths)
    if story.is_over and read == story.lengths:
        feed.leave(watcher)
        return None
    return Stream(feed, watcher, read)
