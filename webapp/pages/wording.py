"""Jobs and sign-ups in words that a visitor understands.

Separate because the words are nobody else's business: the API speaks of states. It must never name a person, a
provider or a code, nor promise what only a person can keep.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.reading import JobView
from ledger.states import State
from webapp.public_view import Status, shown_state

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True)
class Step:
    """What a kind of job is called here, and whom it depends on."""

    title: str
    depends_on: str


_STEPS = {
    "newsletter.subscribe": Step("Adding you to the newsletter", "the newsletter"),
    "notification.welcome.email": Step("Sending you a welcome mail", "the mail service"),
}
_ANY_OTHER = Step("One more thing we do for you", "the service it needs")

_WORDS = {
    State.STAGED: "next in line",
    State.QUEUED: "next in line",
    State.RUNNING: "under way",
    State.RETRYING: "we could not reach {depends_on} yet",
    State.SUCCEEDED: "done",
    State.UNKNOWN: "we cannot tell whether it worked; the people who run this site can look into it",
    State.DEAD: "this did not work; the people who run this site can see why and try again",
    State.CANCELLED: "called off",
    State.DISCARDED: "called off",
}

SUMMARIES: dict[Status, str] = {
    "accepted": "Your sign-up is saved. The rest happens by itself, and you may close this page.",
    "processing": "Your sign-up is saved. The rest happens by itself, and you may close this page.",
    "completed": "Everything is done.",
    "attention": "Your sign-up is saved, and you need not sign up again. But not everything worked.",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A job on the status page. `words` are those of every state, for the script; `due_in` in seconds."""

    id: str
    title: str
    state: State
    text: str
    words: dict[str, str]
    next_try: str | None
    run_at: datetime


def lines_of(jobs: Sequence[JobView]) -> list[Line]:
    """The lines of a status page."""
    return [_line(job) for job in jobs]


def wait(seconds: float) -> str:
    """A pause as people say it: `in 40 s`, `in 3 min`, `in 2 h`, `in 3 days`; `any moment now` where it is over."""
    if seconds < 1:
        return "any moment now"
    if seconds < _MINUTE:
        return f"in {seconds:.0f} s"
    if seconds < _HOUR:
        return f"in {seconds / _MINUTE:.0f} min"
    if seconds < 2 * _DAY:
        return f"in {seconds / _HOUR:.0f} h"
    return f"in {seconds / _DAY:.0f} days"


def _line(job: JobView) -> Line:
    step = _STEPS.get(job.kind, _ANY_OTHER)
    words = {state.value: text.format(depends_on=step.depends_on) for state, text in _WORDS.items()}
    state = shown_state(job.state)
    return Line(
        id=str(job.id),
        title=step.title,
        state=state,
        text=words[state.value],
        words=words,
        next_try=f"next try {wait(job.due_in)}" if state is State.RETRYING else None,
        run_at=job.run_at,
    )
