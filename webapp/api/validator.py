"""`ETag` and `If-None-Match`: an answer that the caller has already is not sent again (RFC 9110, 8.8.3 and 13.1.2).

Separate because every view that is polled wants it. It must never answer 304 for anybody else's view of the same thing:
the tag is made of the body itself, so another view is another tag.
"""

from collections.abc import Mapping
from hashlib import blake2b

from flask import Response, request

from webapp.api.json_answer import JsonAnswer

_LENGTH = 12  # bytes; two bodies that meet under one tag are not to be expected


def unless_known(text: str, headers: Mapping[str, str]) -> Response:
    """200 with `text` and its tag, or 304 with the tag; with `headers` either way, so that whoever polls knows when to ask again."""
    tag = blake2b(text.encode(), digest_size=_LENGTH).hexdigest()
    tagged = {"ETag": f'"{tag}"', **headers}
    if "HTTP_IF_NONE_MATCH" in request.environ and request.if_none_match.contains_weak(tag):
        return Response(status=304, headers=tagged)
    return JsonAnswer(text, 200, tagged)
