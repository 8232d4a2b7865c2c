"""`/api/v1/jobs`: how one job stands and what happened to it."""

from datetime import UTC, datetime
from uuid import UUID

from flask import Blueprint, Response
from werkzeug.exceptions import NotFound

from ledger import reading
from webapp.api.job_body import for_anybody, for_operator
from webapp.api.validator import unless_known
from webapp.desk import at_desk
from webapp.ops_login import signed_in
from webapp.public_view import ask_again_in

blueprint = Blueprint("api_jobs", __name__, url_prefix="/api/v1/jobs")


@blueprint.get("/<uuid:job_id>")
def show(job_id: UUID) -> Response:
    """200 with the public or the operator's view, 304 where the caller has it already, 401 for a bad login, 404 where there is none."""
    desk = at_desk()
    is_operator = signed_in(desk.settings)
    with desk.session() as connection:
        job = reading.job(connection, job_id)
        history = reading.history(connection, job_id)
    if job is None:
        raise NotFound("There is no such job.")
    body = (for_operator if is_operator else for_anybody)(job, history)
    seconds = ask_again_in([job], since=job.created_at, now=datetime.now(UTC))
    headers = {"Vary": "Authorization"} | ({} if seconds is None else {"Retry-After": str(seconds)})
    return unless_known(body.model_dump_json(), headers)
