"""What the description says of `/api/v1/ops`: all of it behind the operator's login."""

from typing import Any

from pydantic import BaseModel, ConfigDict, RootModel

from webapp.docs import headers
from webapp.docs.declared import Answer, Operation
from webapp.ops.audit import Lines
from webapp.ops.bulk import Counted, Operations, Progress
from webapp.ops.decisions import Decided
from webapp.ops.errors import Groups
from webapp.ops.filters import AuditQuery, Bulk, Filters, JobsQuery
from webapp.ops.jobs import Rows
from webapp.ops.limits import LimitsBody
from webapp.ops.queues import Circuits, Queues

TAG = "Operations"
PREFIX = "/api/v1/ops"

_CHANGES = (400, 403, 413, 415, 422)  # what a request that changes something may be refused with
_NEXT = {name: {"operation_id": "$response.body#/id"} for name in ("showBulkOperation", "stopBulkOperation")}
_VERBS = {"retry": "retries", "discard": "discards", "cancel": "cancellations"}


class Nothing(BaseModel):
    """`{}`: nothing can be said about it yet. It is sent all the same, because no form of another site can send JSON."""

    model_config = ConfigDict(extra="forbid")


class Whatever(RootModel[Any]):
    """Not looked at; but it must be JSON, because no form of another site can send that."""


def _reading(name: str, summary: str, answer: Answer, *problems: int, query: type | None = None) -> Operation:
    return Operation(name, TAG, summary, {200: answer}, problems, query=query, login="operator")


def _deciding(verb: str) -> Operation:
    return Operation(
        name=f"{verb}Job",
        tag=TAG,
        summary=f"{verb.capitalize()} one job",
        body=Nothing,
        body_example={},
        answers={202: Answer("Decided.", Decided, (headers.LOCATION,))},
        problems=(*_CHANGES, 404, 409),
        login="operator",
    )


def _bulk(verb: str) -> Operation:
    return Operation(
        name=f"{verb}Jobs",
        tag=TAG,
        summary=f"{verb.capitalize()} every job that a filter lets through",
        description="Written down now and carried out by the workers at its rate; `dry_run` only counts.",
        body=Bulk,
        body_example={"state": "staged" if verb == "cancel" else "dead", "all": True, "rate": 10},
        answers={
            202: Answer("Written down.", Progress, (headers.LOCATION,), links=_NEXT),
            200: Answer("A dry run: counted, nothing written.", Counted),
        },
        problems=_CHANGES,
        login="operator",
    )


OPERATIONS = {
    f"GET {PREFIX}/jobs": _reading(
        "listJobs", "Jobs by filter, newest first", Answer("A page.", Rows), 422, query=JobsQuery
    ),
    **{f"POST {PREFIX}/jobs/{{job_id}}/{path}": _deciding(verb) for verb, path in _VERBS.items()},
    **{f"POST {PREFIX}/bulk-{path}": _bulk(verb) for verb, path in _VERBS.items()},
    f"GET {PREFIX}/bulk-operations": _reading(
        "listBulkOperations", "The last bulk operations", Answer("Newest first.", Operations)
    ),
    f"GET {PREFIX}/bulk-operations/{{operation_id}}": _reading(
        "showBulkOperation", "How far a bulk operation is", Answer("How far it is.", Progress), 404
    ),
    f"POST {PREFIX}/bulk-operations/{{operation_id}}/cancellations": Operation(
        name="stopBulkOperation",
        tag=TAG,
        summary="Stop a bulk operation",
        body=Whatever,
        body_example={},
        answers={202: Answer("No further job is moved.", Progress)},
        problems=(*_CHANGES, 404, 409),
        login="operator",
    ),
    f"GET {PREFIX}/errors": _reading(
        "listErrors",
        "What waits for a person, grouped by why",
        Answer("The largest group first.", Groups),
        422,
        query=Filters,
    ),
    f"GET {PREFIX}/queues": _reading("listQueues", "How the queues stand", Answer("By name.", Queues)),
    f"GET {PREFIX}/circuits": _reading(
        "listCircuits", "Whether providers can be reached", Answer("By provider.", Circuits)
    ),
    f"GET {PREFIX}/audit": _reading(
        "listDecisions", "Who decided what", Answer("A page, newest first.", Lines), 422, query=AuditQuery
    ),
    f"GET {PREFIX}/limits": _reading(
        "listLimits", "Which limits are in force at the door", Answer("Of one process.", LimitsBody)
    ),
}
