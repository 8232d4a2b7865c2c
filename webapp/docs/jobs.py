"""What the description says of `/api/v1/jobs`."""

from webapp.api.job_body import OperatorJob, PublicJob
from webapp.docs import headers
from webapp.docs.declared import Answer, Operation

_SAID = (headers.ETAG, headers.PACE, headers.VARY)

OPERATIONS = {
    "GET /api/v1/jobs/{job_id}": Operation(
        name="showJob",
        tag="Jobs",
        summary="How one job stands, and what happened to it",
        description="Whoever signs in as the operator sees more.",
        login="optional",
        headers=(headers.IF_NONE_MATCH,),
        answers={
            200: Answer("As it stands now.", (PublicJob, OperatorJob), _SAID),
            304: Answer("As the caller knows it.", headers=_SAID),
        },
        problems=(401, 404),
    ),
}
