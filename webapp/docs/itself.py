"""What the description says of itself, of its page, and of the problems' types."""

from webapp.api.problems import ProblemTypeBody
from webapp.docs import headers
from webapp.docs.declared import Answer, Operation
from webapp.problem import TYPES

TAG = "About the API"

OPERATIONS = {
    "GET /api/v1/openapi.json": Operation(
        name="describe",
        tag=TAG,
        summary="This description",
        headers=(headers.IF_NONE_MATCH,),
        answers={
            200: Answer("OpenAPI 3.1.", headers=(headers.ETAG,), text="object"),
            304: Answer("As the caller knows it.", headers=(headers.ETAG,)),
        },
    ),
    "GET /api/v1/docs": Operation(
        name="tryOut",
        tag=TAG,
        summary="A page to try the API on",
        answers={200: Answer("The page.", media_type="text/html", text="string")},
    ),
    "GET /api/v1/problems/{name}": Operation(
        name="explainProblem",
        tag=TAG,
        summary="What a problem's type means",
        places={"name": {"type": "string", "enum": sorted(TYPES)}},
        answers={200: Answer("What it means.", ProblemTypeBody)},
        problems=(404,),
    ),
}
