"""How OpenAPI 3.1 spells one operation.

Separate from which operations there are. Pure: from a declaration, the names in its address, and the models' schemas.
"""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus

from webapp.docs import headers
from webapp.docs.declared import JSON, Answer, Header, Operation
from webapp.docs.schemas import Schema, Schemas, models_of
from webapp.problem import MIME, Problem, ProblemType

_ALWAYS = (500, 503)
_FORMATS: Mapping[str, Schema] = {"uuid": {"type": "string", "format": "uuid"}}
_SAID_WITH: Mapping[int, tuple[Header, ...]] = {
    401: (headers.WWW_AUTHENTICATE,),
    429: (headers.RETRY_AFTER,),
    503: (headers.RETRY_AFTER,),
}

Places = Sequence[tuple[str, str]]
"""What stands in an address: (converter, name)."""


def spelled(operation: Operation, places: Places, schemas: Schemas) -> Schema:
    """The operation object."""
    parameters = [*_in_path(operation, places), *_in_headers(operation), *_in_query(operation, schemas)]
    found: Schema = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description or None,
        "parameters": parameters or None,
        "requestBody": _body(operation, schemas),
        "responses": {
            **{str(status): _answer(answer, schemas) for status, answer in operation.answers.items()},
            **_problems(operation, schemas),
        },
        "security": _security(operation),
    }
    return {key: value for key, value in found.items() if value is not None}


def _in_path(operation: Operation, places: Places) -> Iterator[Schema]:
    for converter, name in places:
        schema = operation.places.get(name) or _FORMATS.get(converter, {"type": "string"})
        yield {"name": name, "in": "path", "required": True, "schema": dict(schema)}


def _in_headers(operation: Operation) -> Iterator[Schema]:
    for header in operation.headers:
        yield {"name": header.name, "in": "header", **_header(header)}


def _in_query(operation: Operation, schemas: Schemas) -> Iterator[Schema]:
    if operation.query:
        for name, schema in schemas.fields(operation.query):
            yield {"name": name, "in": "query", "schema": schema}


def _body(operation: Operation, schemas: Schemas) -> Schema | None:
    if operation.body is None:
        return None
    content: Schema = {"schema": schemas.sent(operation.body)}
    if operation.body_example is not None:
        content["example"] = operation.body_example
    return {"required": True, "content": {JSON: content}}


def _security(operation: Operation) -> list[Schema] | None:
    match operation.login:
        case "operator":
            return [{"operator": []}]
        case "optional":
            return [{}, {"operator": []}]
        case _:
            return None


def _header(header: Header) -> Schema:
    return {"description": header.means, "schema": dict(header.schema)}


def _said(said: Sequence[Header]) -> Schema:
    return {"headers": {header.name: _header(header) for header in said}} if said else {}


def _answer(answer: Answer, schemas: Schemas) -> Schema:
    found: Schema = {"description": answer.means, **_said(answer.headers)}
    if content := _content(answer, schemas):
        found["content"] = {answer.media_type: content}
    if answer.links:
        found["links"] = {
            name: {"operationId": name, "parameters": dict(parameters)} for name, parameters in answer.links.items()
        }
    return found


def _content(answer: Answer, schemas: Schemas) -> Schema | None:
    models = [schemas.answered(model) for model in models_of(answer)]
    if not models:
        return {"schema": {"type": answer.text}} if answer.text else None
    content: Schema = {"schema": models[0] if len(models) == 1 else {"anyOf": models}}
    return content if answer.example is None else content | {"example": answer.example}


def _problems(operation: Operation, schemas: Schemas) -> Schema:
    by_status: dict[int, list[ProblemType]] = {}
    for one in (*operation.problems, *((401,) if operation.login == "operator" else ()), *_ALWAYS):
        types = by_status.setdefault(one if isinstance(one, int) else one.status, [])
        types += [] if isinstance(one, int) else [one]
    return {str(status): _problem(status, types, schemas) for status, types in sorted(by_status.items())}


def _problem(status: int, types: Sequence[ProblemType], schemas: Schemas) -> Schema:
    said = _SAID_WITH.get(status, (headers.RETRY_AFTER,) if any(one.passes for one in types) else ())
    return {
        "description": ". ".join([HTTPStatus(status).phrase, *(f"`{one.uri}`: {one.title}" for one in types)]) + ".",
        "content": {MIME: {"schema": schemas.sent(Problem)}},
        **_said(said),
    }
