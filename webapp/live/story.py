"""All that is known of one watched sign-up: its jobs, and every move of theirs in the order in which it was heard of.

Unchangeable, and replaced as a whole when there is news: so those who watch read it without a lock, and each in their own
thread. Nothing of it is about the person, and no hidden job is in it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Self
from uuid import UUID

from ledger.live import Line, News, Watched
from ledger.reading import JobView, SignupView
from ledger.states import State
from webapp.live.aftermath import state_after
from webapp.live.position import Position
from webapp.public_view import is_over


@dataclass(frozen=True, slots=True)
class Move:
    """One move of one job. `place`: which of the jobs, from 0; `nth`: which of its moves, from 1."""

    place: int
    nth: int
    state: State
    claim: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Story:
    """`signup` is as it stood when it was last looked at, at `at` (seconds of `time.monotonic`)."""

    signup: SignupView
    at: float
    moves: tuple[Move, ...] = ()
    marks: dict[UUID, int] = field(default_factory=dict)
    lengths: Position = ()  # how often each job has moved: the position of whoever has read everything

    @classmethod
    def begun(cls, news: News, at: float) -> Self:
        """What is known after the first look."""
        return cls(replace(news.signup, jobs=()), at).told(news, at)

    def told(self, news: News, at: float) -> Self:
        """The story, with what is new. What was known already is left out."""
        lines = [line for line in news.lines if line.id > self.marks.get(line.job_id, 0)]
        known = {job.id for job in self.signup.jobs}
        fresh = {job.id: job for job in news.signup.jobs}
        jobs = [
            *(fresh.get(job.id, _older(job, at - self.at)) for job in self.signup.jobs),
            *(job for job in news.signup.jobs if job.id not in known),
        ]
        marks = {job.id: self.marks.get(job.id, 0) for job in jobs} | {line.job_id: line.id for line in lines}
        moves, lengths = _moves(self, jobs, lines)
        signup = replace(news.signup, jobs=tuple(jobs))
        return replace(self, signup=signup, at=at, moves=(*self.moves, *moves), marks=marks, lengths=lengths)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen: a sign-up that waits to be confirmed is not over."""
        return is_over(self.signup)

    @property
    def watched(self) -> Watched:
        """What to ask the ledger for."""
        marks = json.dumps({str(job_id): mark for job_id, mark in self.marks.items()})
        return Watched(self.signup.id, marks, confirmed=self.signup.confirmed_at is not None)

    def view(self, now: float) -> SignupView:
        """The sign-up as it stands, as `ledger.reading` would show it, but for jobs that were leased: those look staged."""
        return replace(self.signup, jobs=tuple(_older(job, now - self.at) for job in self.signup.jobs))


def unmoved(job: JobView) -> JobView:
    """The job as it was when it was owed."""
    return replace(job, state=State.STAGED, attempts=0, claim=0, run_at=job.created_at, due_in=0.0)


def after(job: JobView, move: Move) -> JobView:
    """The job as the move left it, but for `run_at`: that is known of its last move only."""
    return replace(job, state=move.state, attempts=move.attempt, claim=move.claim)


def _moves(story: Story, jobs: Sequence[JobView], lines: Sequence[Line]) -> tuple[list[Move], Position]:
    places = {job.id: place for place, job in enumerate(jobs)}
    counts = [*story.lengths, *[0] * (len(jobs) - len(story.lengths))]
    following = _following(lines)
    moves = []
    for line in lines:
        place = places[line.job_id]
        counts[place] += 1
        state = state_after(line, following.get(line.id), jobs[place].state)
        moves.append(Move(place, counts[place], state, line.claim, line.attempt))
    return moves, tuple(counts)


def _following(lines: Sequence[Line]) -> dict[int, str]:
    """By line, the word of the same job's next one."""
    of_job: dict[UUID, list[Line]] = {}
    for line in lines:
        of_job.setdefault(line.job_id, []).append(line)
    return {one.id: other.event for those in of_job.values() for one, other in pairwise(those)}


def _older(job: JobView, seconds: float) -> JobView:
    return replace(job, due_in=job.due_in - seconds)
