"""Jobs and sign-ups in words that a visitor understands, in their language.

Separate because the words are nobody else's business: the API speaks of states. It must never name a person, a
provider or a code, nor promise what only a person can keep.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs.translation import Translation, sentence
from ledger.reading import JobView
from ledger.states import State
from webapp.public_view import Status, shown_state

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True)
class Step:
    """What a kind of job is called here, and what is said while it cannot be done."""

    title: str
    unreached: str


_NEWSLETTER = sentence("we could not reach the newsletter yet")
_MAIL = sentence("we could not reach the mail service yet")
_STEPS = {
    "newsletter.subscribe": Step(sentence("Adding you to the newsletter"), _NEWSLETTER),
    "newsletter.unsubscribe": Step(sentence("Taking you off the newsletter"), _NEWSLETTER),
    "newsletter.erase": Step(sentence("Erasing you from the newsletter"), _NEWSLETTER),
    "notification.welcome.email": Step(sentence("Sending you a welcome mail"), _MAIL),
    "notification.confirm.email": Step(sentence("Sending you a mail to confirm your address"), _MAIL),
    "notification.link.email": Step(sentence("Sending you a link to what we know about you"), _MAIL),
}
_ANY_OTHER = Step(sentence("One more thing we do for you"), sentence("we could not reach the service it needs yet"))

_WORDS = {
    State.STAGED: sentence("next in line"),
    State.QUEUED: sentence("next in line"),
    State.RUNNING: sentence("under way"),
    State.SUCCEEDED: sentence("done"),
    State.UNKNOWN: sentence("we cannot tell whether it worked; the people who run this site can look into it"),
    State.DEAD: sentence("this did not work; the people who run this site can see why and try again"),
    State.CANCELLED: sentence("called off"),
    State.DISCARDED: sentence("called off"),
}

_SAVED = sentence("Your sign-up is saved. The rest happens by itself, and you may close this page.")
SUMMARIES: dict[Status, str] = {
    "awaiting_confirmation": sentence(
        "You get a mail with a link in it. Follow the link to confirm that the address is yours; until then nothing else happens."
    ),
    "accepted": _SAVED,
    "processing": _SAVED,
    "completed": sentence("Everything is done."),
    "attention": sentence("Your sign-up is saved, and you need not sign up again. But not everything worked."),
}

# The pauses as status.js fills them in, a second at a time; `wait` says the same.
PHRASES = {
    "any_moment": sentence("any moment now"),
    "in_seconds": sentence("in {n} s"),
    "in_minutes": sentence("in {n} min"),
    "in_hours": sentence("in {n} h"),
    "in_days": sentence("in {n} days"),
    "next_try": sentence("next try {when}"),
}

CONSENT = sentence("We add you to the newsletter and send you a welcome mail. You can leave at any time.")
CONSENT_TO_BE_ASKED = sentence(
    "We send you a mail to confirm your address. Once you have confirmed it, we add you to the newsletter and send you a welcome mail. You can leave at any time."
)


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


def lines_of(jobs: Sequence[JobView], translation: Translation) -> list[Line]:
    """The lines of a status page."""
    return [_line(job, translation) for job in jobs]


def summaries(translation: Translation) -> dict[Status, str]:
    """What is said of a sign-up as a whole, by its status."""
    return {status: translation.gettext(text) for status, text in SUMMARIES.items()}


def phrases(translation: Translation) -> dict[str, str]:
    """How pauses are said: `in_seconds`, `in_minutes`, `in_hours`, `in_days` have `{n}`; `next_try` has `{when}`."""
    return {name: translation.gettext(text) for name, text in PHRASES.items()}


def consent(translation: Translation, *, asks: bool) -> str:
    """The words beside the button, which are those that are recorded. `asks`: nothing happens before it is confirmed."""
    return translation.gettext(CONSENT_TO_BE_ASKED if asks else CONSENT)


def wait(seconds: float, translation: Translation) -> str:
    """A pause as people say it: `in 40 s`, `in 3 min`, `in 2 h`, `in 3 days`; `any moment now` where it is over."""
    if seconds < 1:
        name, number = "any_moment", 0.0
    elif seconds < _MINUTE:
        name, number = "in_seconds", seconds
    elif seconds < _HOUR:
        name, number = "in_minutes", seconds / _MINUTE
    elif seconds < 2 * _DAY:
        name, number = "in_hours", seconds / _HOUR
    else:
        name, number = "in_days", seconds / _DAY
    return phrases(translation)[name].format(n=f"{number:.0f}")


def _line(job: JobView, translation: Translation) -> Line:
    step = _STEPS.get(job.kind, _ANY_OTHER)
    texts = {**_WORDS, State.RETRYING: step.unreached}
    words = {state.value: translation.gettext(text) for state, text in texts.items()}
    state = shown_state(job.state)
    return Line(
        id=str(job.id),
        title=translation.gettext(step.title),
        state=state,
        text=words[state.value],
        words=words,
        next_try=_next_try(job.due_in, translation) if state is State.RETRYING else None,
        run_at=job.run_at,
    )


def _next_try(due_in: float, translation: Translation) -> str:
    return phrases(translation)["next_try"].format(when=wait(due_in, translation))
