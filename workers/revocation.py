"""Revoking, in Flower or with `celery control revoke`: the job is cancelled.

Celery's own way is that every worker remembers the id and drops, without a word, whatever comes under it: a job's id is
its task's id for ever, so that every later attempt would vanish. Here nothing is remembered but in the ledger, where a
cancelled job is final. What is running is not interrupted; its outcome decides.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from celery.worker.control import control_command

from ledger.audit import decide_as
from ledger.connection import Connection
from ledger.decisions import Verb
from workers.persistence import AWAY

logger = logging.getLogger(__name__)


def install(session: Callable[[], Connection]) -> None:
    """Put our meaning of `revoke` and `terminate` in the place of Celery's. `session()` opens one to the ledger."""

    @control_command(variadic="task_id", signature="[id1 [id2 [... [idN]]]]")
    def revoke(state: Any, task_id: str | Sequence[str], **_: Any) -> dict[str, str]:  # noqa: ARG001  # Celery passes it
        """Cancel jobs by id."""
        return _cancel(session, [task_id] if isinstance(task_id, str) else task_id)

    @control_command(variadic="task_id", args=[("signal", str)], signature="<signal> [id1 [id2 [... [idN]]]]")
    def terminate(state: Any, signal: str, task_id: str | Sequence[str], **_: Any) -> dict[str, str]:  # noqa: ARG001  # the same
        """Cancel jobs by id; one that is running is left to end."""
        return _cancel(session, [task_id] if isinstance(task_id, str) else task_id)


def _cancel(session: Callable[[], Connection], texts: Sequence[str]) -> dict[str, str]:
    try:
        ids = [UUID(text) for text in texts]
    except ValueError:
        return {"error": "not the id of a job"}
    cancelled = 0  # each by itself: those before an outage stay cancelled
    try:
        with session() as connection:
            for one in ids:
                decision = decide_as(connection, "remote control", Verb.CANCEL, one)
                cancelled += decision is not None and decision.moved
    except AWAY as error:
        away = type(error).__name__
        known = f"{cancelled} of {len(ids)} jobs are known to be cancelled"
        logger.warning("revoked: %s; the ledger is away (%s)", known, away)
        return {"error": f"the ledger is away ({away}); {known}, the rest must be revoked again"}
    logger.info("revoked: %d of %d jobs cancelled", cancelled, len(ids))
    return {"ok": f"{cancelled} of {len(ids)} jobs cancelled"}
