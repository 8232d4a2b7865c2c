"""What the operator's API answers with: a model, as JSON.

Separate so that the files of this folder that answer say what, and not each how.
"""

from collections.abc import Mapping

from flask import Response
from pydantic import BaseModel

from webapp.api.json_body import MIME


def answer(body: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The answer, with `headers` beside its type and length."""
    return Response(body.model_dump_json(), status, headers, mimetype=MIME)
