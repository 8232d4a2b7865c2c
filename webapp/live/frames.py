"""A story as server-sent events: what somebody who has read so far is to be told, each event with the position after it.

Separate from the stream, so that what is said can be read and tested without a connection. The same body models as the API's:
no error text, no person, nothing hidden.
"""

from dataclasses import replace

from pydantic import BaseModel

from ledger.reading import SignupView
from ledger.states import State
from webapp.api.signup_body import JobBody, as_it_stands, seen
from webapp.live.position import Position, written
from webapp.live.story import Move, Story, after, unmoved
from webapp.public_view import Status, status_of

HEARTBEAT = b":\n\n"  # a comment: no event


class JobMoved(JobBody):
    """`event: job`. `status` is the sign-up's, after this move; `due_in`: while `retrying`, seconds to the next try."""

    status: Status
    due_in: float | None = None


class Ended(BaseModel):
    """`event: end`. Nothing more happens by itself."""

    status: Status


class Teller:
    """Tells one reader what they have not been told, and remembers how far that was.

    `position` None: from the beginning, with the sign-up itself first.
    """

    def __init__(self, position: Position | None) -> None:
        self._seen = list(position or ())
        self._jobs = -1 if position is None else len(position)  # how many the reader knows of
        self._last: list[Move | None] = [None] * len(self._seen)  # of each job, the last move that was told
        self._read = 0  # how many moves of the story have been looked at

    def more(self, story: Story, now: float) -> bytes:
        """The events that are new to the reader, `end` among them where it has come to that; empty where there are none."""
        fresh = self._fresh(story)
        frames = []
        if self._jobs < len(story.signup.jobs):
            self._jobs = len(story.signup.jobs)
            frames.append(self._frame("signup", as_it_stands(self._standing(story))))
        for move in fresh:
            self._seen[move.place] = move.nth
            self._last[move.place] = move
            frames.append(self._frame("job", _moved(self._standing(story), story, move, now)))
        if story.is_over:
            frames.append(self._frame("end", Ended(status=status_of(story.signup))))
        return "".join(frames).encode()

    def _fresh(self, story: Story) -> list[Move]:
        """The moves that were not looked at yet, without those that the reader had seen before coming here."""
        owed_since = len(story.signup.jobs) - len(self._seen)
        self._seen += [0] * owed_since
        self._last += [None] * owed_since
        fresh = []
        for move in story.moves[self._read :]:
            if move.nth > self._seen[move.place]:
                fresh.append(move)
            else:
                self._last[move.place] = move
        self._read = len(story.moves)
        return fresh

    def _standing(self, story: Story) -> SignupView:
        """The sign-up as the reader knows it by now."""
        jobs = zip(story.signup.jobs, self._last, strict=True)
        return replace(story.signup, jobs=tuple(after(job, move) if move else unmoved(job) for job, move in jobs))

    def _frame(self, event: str, body: BaseModel) -> str:
        return f"event: {event}\nid: {written(self._seen)}\ndata: {body.model_dump_json()}\n\n"


def _moved(signup: SignupView, story: Story, move: Move, now: float) -> JobMoved:
    job = signup.jobs[move.place]
    waits = job.state is State.RETRYING and move.nth == story.lengths[move.place]
    return JobMoved(
        **dict(seen(job)),
        status=status_of(signup),
        due_in=max(0.0, round(job.due_in - (now - story.at), 1)) if waits else None,
    )
