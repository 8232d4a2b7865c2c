"""What an operator asks for, as typed models: filters in a query, and in the body of a bulk operation.

Separate so that both refuse the same words. An unknown name, a name given twice and a bulk operation that does not say which
jobs it means are refused: what is typed here may move ten thousand jobs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic import ValidationInfo as Info
from werkzeug.datastructures import MultiDict

from ledger.decisions import ALLOWED, Verb
from ledger.operations import FASTEST
from ledger.selection import Selection
from ledger.states import State
from webapp.desk import at_desk
from webapp.errors import UnprocessableError
from webapp.field_errors import FieldError, sorted_out
from webapp.ops import vocabulary
from webapp.ops.vocabulary import Vocabulary

MOST = 200  # jobs on a page
RATES = {Verb.RETRY: 100, Verb.DISCARD: FASTEST, Verb.CANCEL: FASTEST}
"""Jobs a second unless told otherwise. Only a retry reaches a provider."""


def _word(check: Callable[[str], Any]) -> BeforeValidator:
    def read(value: object) -> Any:
        if not isinstance(value, str):
            raise ValueError("This must be text.")  # noqa: TRY004  # pydantic turns a ValueError into a complaint
        return check(value)

    return BeforeValidator(read)


def _whole(most: int) -> AfterValidator:
    def check(value: int) -> int:
        if not 1 <= value <= most:
            raise ValueError(f"This must be from 1 to {most}.")
        return value

    return AfterValidator(check)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the validators have to know."""

    words: Vocabulary
    verb: Verb


def _asked(info: Info) -> _Asked:
    assert isinstance(info.context, _Asked)
    return info.context


def _allowed_states(info: Info) -> str:
    return " or ".join(sorted(ALLOWED[_asked(info).verb]))


class Filters(BaseModel):
    """Which jobs. See `ledger.selection.Selection` for what each means."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    state: Annotated[State, _word(vocabulary.state)] | None = None
    kind: str | None = None
    queue: str | None = None
    error: Annotated[str, _word(vocabulary.error_code)] | None = None
    after: Annotated[datetime, _word(vocabulary.moment)] | None = None
    before: Annotated[datetime, _word(vocabulary.moment)] | None = None

    @field_validator("kind", "queue")
    @classmethod
    def _known(cls, value: str | None, info: Info) -> str | None:
        if value is None:
            return None
        words = _asked(info).words
        return words.kind(value) if info.field_name == "kind" else words.queue(value)

    def selection(self) -> Selection:
        """The jobs these filters let through."""
        return Selection(self.state, self.kind, self.queue, self.error, self.after, self.before)


class JobsQuery(Filters):
    """A page of jobs."""

    limit: Annotated[int, _whole(MOST)] = 50
    cursor: Annotated[str, Field(max_length=300)] | None = None


class AuditQuery(BaseModel):
    """A page of the audit, of one job where given."""

    model_config = JobsQuery.model_config

    job: Annotated[str, Field(pattern="^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")] | None = None
    limit: Annotated[int, _whole(MOST)] = 50
    cursor: Annotated[str, Field(max_length=300)] | None = None


class Bulk(Filters):
    """A bulk operation: a state that allows it, and what narrows it down, or "all". `rate`: jobs a second."""

    rate: Annotated[int, Field(strict=True), _whole(FASTEST)] | None = None
    dry_run: StrictBool = False
    all: StrictBool = False

    @field_validator("state", mode="after")
    @classmethod
    def _allowed(cls, value: State | None, info: Info) -> State | None:
        if value is not None and value not in ALLOWED[_asked(info).verb]:
            raise ValueError(f"This can be done to jobs that are {_allowed_states(info)}, and to no others.")
        return value

    @model_validator(mode="after")
    def _means_something(self, info: Info) -> Self:
        narrowed = self.selection() != Selection(state=self.state)
        if self.state is None:
            raise ValueError(f"Say which jobs you mean: a state is needed, {_allowed_states(info)}.")
        if not narrowed and not self.all:
            raise ValueError(
                'Say which jobs you mean: kind, queue, error, after, before, or "all" that are in that state.'
            )
        if narrowed and self.all:
            raise ValueError('Say which jobs you mean: "all" contradicts a narrower filter.')
        return self


M = TypeVar("M", bound=BaseModel)


def read_query(model: type[M], arguments: MultiDict[str, str]) -> M:
    """The model in a URL's query; an empty value counts as none. Raises `UnprocessableError`."""
    given = {name: values for name, values in arguments.lists() if any(values)}
    if twice := sorted(name for name, values in given.items() if len(values) > 1):
        raise UnprocessableError((FieldError(pointer=f"#/{twice[0]}", detail="This was given more than once."),))
    return read(model, {name: values[0] for name, values in given.items()})


def read(model: type[M], sent: object, *, verb: Verb = Verb.RETRY) -> M:
    """The model in what was sent; `verb`: what a bulk operation is to do. Raises `UnprocessableError`."""
    if not isinstance(sent, Mapping):
        raise UnprocessableError((FieldError(pointer="#", detail="The body must be a JSON object."),))
    try:
        return model.model_validate(dict(sent), context=_Asked(_words(sent), verb))
    except ValidationError as error:
        raise UnprocessableError(sorted_out(error)) from None


def _words(sent: Mapping[str, Any]) -> Vocabulary:
    asked = [word for word in (sent.get("kind"), sent.get("queue")) if isinstance(word, str)]
    return vocabulary.vocabulary(at_desk(), *asked)
