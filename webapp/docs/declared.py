"""What a description of an operation is made of.

Separate from the views, so that describing costs a request nothing, and from how OpenAPI spells it. The models named in a
description are those that validate and answer: it must never describe a body in words of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from webapp.problem import ProblemType

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Header:
    """A header of a request or of an answer. `schema`: JSON Schema of its value."""

    name: str
    means: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True, slots=True)
class Answer:
    """One status. `body`: the model it is written from, or one of several; without, `text` is the JSON type of a body
    that no model describes, None where there is none.

    `links`: what can be asked next, as `{operation: {parameter: runtime expression}}` (OpenAPI 3.1, 4.8.20).
    """

    means: str
    body: type[BaseModel] | tuple[type[BaseModel], ...] | None = None
    headers: Sequence[Header] = ()
    media_type: str = JSON
    text: str | None = None
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    example: Any = None


@dataclass(frozen=True, slots=True)
class Operation:
    """A method at an address. `name`: stable, for generated clients. `query`: a model whose fields are its parameters.
    `places`: JSON Schemas of what may stand in the address, where the route does not say it.

    `problems`: statuses that are answered with a problem document, and types where a status has several.
    `login`: whose; "operator": 401 without, "optional": more is shown with it.
    """

    name: str
    tag: str
    summary: str
    answers: Mapping[int, Answer]
    problems: Sequence[int | ProblemType] = ()
    description: str = ""
    headers: Sequence[Header] = ()
    places: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    body_example: Any = None
    login: Literal["none", "optional", "operator"] = "none"
