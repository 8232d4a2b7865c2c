"""The OpenAPI 3.1 document, put together from the application's routes, what is declared of each, and the models.

Separate from the declarations, which know nothing of how OpenAPI spells things. A route that nobody has described, or a
description of no route, is an error here and not a gap in the document.
"""

import re
from collections.abc import Mapping

from werkzeug.routing import Map, Rule

from webapp.docs import itself, jobs, operator, signups
from webapp.docs.declared import Operation
from webapp.docs.schemas import Schema, Schemas
from webapp.docs.spelling import spelled

API_VERSION = "1.0.0"
ROOT = "/api/"
OPERATIONS: Mapping[str, Operation] = {
    **signups.OPERATIONS,
    **jobs.OPERATIONS,
    **operator.OPERATIONS,
    **itself.OPERATIONS,
}

_FLASKS_OWN = frozenset({"HEAD", "OPTIONS"})  # added to every route
_PLACE = re.compile(r"<(?:(\w+):)?(\w+)>")


class UndescribedError(Exception):
    """Routes and descriptions do not match; the message names those that stand alone."""


def document(routes: Map, operations: Mapping[str, Operation] = OPERATIONS) -> Schema:
    """The document. Raises `UndescribedError`."""
    rules = addresses(routes)
    if alone := rules.keys() ^ operations.keys():
        raise UndescribedError(", ".join(sorted(alone)))
    schemas = Schemas(operations.values())
    paths: dict[str, Schema] = {}
    for address, operation in operations.items():
        method, path = address.split(" ")
        places = _PLACE.findall(rules[address].rule)
        paths.setdefault(path, {})[method.lower()] = spelled(operation, places, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Usher",
            "version": API_VERSION,
            "summary": "Answers a sign-up at once and does everything else eventually.",
            "description": "Every error is a problem document (RFC 9457). A field that is not described here is refused.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(one.tag for one in operations.values())],
        "paths": paths,
        "components": {
            "schemas": schemas.definitions,
            "securitySchemes": {"operator": {"type": "http", "scheme": "basic"}},
        },
    }


def addresses(routes: Map) -> dict[str, Rule]:
    """Every route under ROOT, by `METHOD /path/{name}`."""
    return {f"{method} {_path(rule)}": rule for rule in routes.iter_rules() for method in _methods(rule)}


def _methods(rule: Rule) -> set[str]:
    return set(rule.methods or ()) - _FLASKS_OWN if rule.rule.startswith(ROOT) else set()


def _path(rule: Rule) -> str:
    return _PLACE.sub(r"{\2}", rule.rule)
