"""JSON Schemas of the models that are named in declarations, by pydantic: what is sent, and what is answered.

Separate because one model may read differently in the two directions. It must never add anything to what a model says.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from webapp.docs.declared import Answer, Operation
from webapp.problem import Problem

Schema = dict[str, Any]
Direction = Literal["validation", "serialization"]

_NULL = {"type": "null"}
_EMPTY = {"type": "string", "maxLength": 0}
_ABOUT = frozenset({"title", "anyOf", "default"})


class Schemas:
    """`definitions`: by name, for `components/schemas`."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        # A problem leaves out what is None, and so is described as if it were read.
        found: dict[tuple[type[BaseModel], Direction], None] = {(Problem, "validation"): None}
        for operation in operations:
            found |= {(model, "validation"): None for model in (operation.body, operation.query) if model}
            for answer in operation.answers.values():
                found |= {(model, "serialization"): None for model in models_of(answer)}
        self._refs, defined = models_json_schema(list(found), ref_template="#/components/schemas/{model}")
        self.definitions: Schema = defined.get("$defs", {})

    def sent(self, model: type[BaseModel]) -> Schema:
        """A reference to the model as it is read."""
        return self._refs[model, "validation"]

    def answered(self, model: type[BaseModel]) -> Schema:
        """A reference to the model as it is written."""
        return self._refs[model, "serialization"]

    def fields(self, model: type[BaseModel]) -> Iterator[tuple[str, Schema]]:
        """Each field of a query's model. A query cannot say null: leaving a field empty says the same as leaving it out."""
        name = self.sent(model)["$ref"].rpartition("/")[2]
        for field, schema in self.definitions[name]["properties"].items():
            alone = {key: value for key, value in schema.items() if key not in _ABOUT}
            kinds = [kind for kind in schema.get("anyOf", [alone]) if kind != _NULL]
            default = {"default": schema["default"]} if schema.get("default") is not None else {}
            yield field, {"anyOf": [*kinds, _EMPTY], **default}


def models_of(answer: Answer) -> tuple[type[BaseModel], ...]:
    """The models an answer's body may be written from."""
    return answer.body if isinstance(answer.body, tuple) else (answer.body,) if answer.body else ()
