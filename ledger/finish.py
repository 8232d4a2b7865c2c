"""Finishing: the end of a claim, for many jobs in one statement, with their history and what must be remembered.

Guarded by the claim number (the fencing token): a claim that was given up may still answer until somebody has claimed
again, and so resolve the doubt that its silence left; each claim answers once. So a worker that was taken for dead
cannot overwrite its successor's result, and an answer sent twice because the first acknowledgement was lost changes
nothing.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from ledger.connection import Connection
from ledger.moves import Settlement
from ledger.states import ANSWERED, FINAL, State, sources, sql_list

_ANSWERABLE = frozenset.intersection(*(sources(state) for state in ANSWERED))
assert {State.RUNNING, State.STAGED, State.QUEUED, State.UNKNOWN} == _ANSWERABLE

_FINISH = f"""
WITH answer AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(claims)s::integer[], %(states)s::text[], %(events)s::text[],
                         %(delays)s::float8[], %(spents)s::integer[], %(codes)s::text[], %(provider_ids)s::text[],
                         %(askeds)s::boolean[])
           AS a(id, claim, state, event, delay, spent, code, provider_id, asked)
), settled AS (
    UPDATE jobs SET state = answer.state,
                    settled = answer.claim,
                    attempts = jobs.attempts + answer.spent,
                    crashes = 0,  -- whoever answers has survived it
                    run_at = coalesce(now() + make_interval(secs => answer.delay), jobs.run_at),
                    not_before = CASE WHEN answer.asked THEN now() + make_interval(secs => answer.delay) END,
                    tried_at = now(),
                    finished_at = CASE WHEN answer.state IN ({sql_list(FINAL)}) THEN now() END,
                    claimer = NULL,
                    tried = answer.state = 'retrying',
                    error_code = answer.code,
                    provider_id = coalesce(answer.provider_id, jobs.provider_id)
    FROM answer
    WHERE jobs.id = answer.id AND jobs.claim = answer.claim AND jobs.settled < answer.claim
      AND jobs.state IN ({sql_list(_ANSWERABLE)})
    RETURNING jobs.id, jobs.state, jobs.attempts, jobs.once_key, jobs.subscriber_id,
              answer.claim, answer.event, answer.code, answer.provider_id
), noted AS (
    INSERT INTO job_events (job_id, event, claim, attempt, worker, code, provider_id)
    SELECT id, event, claim, attempts, %(executor)s, code, provider_id FROM settled
), remembered AS (
    INSERT INTO effects (once_key, subscriber_id, job_id)
    SELECT once_key, subscriber_id, id FROM settled WHERE state IN ('succeeded', 'unknown') AND once_key IS NOT NULL
    ON CONFLICT DO NOTHING
), forgotten AS (
    -- A doubt was remembered as an effect; an answer that says it did not take place lets the next job have it.
    DELETE FROM effects USING settled
    WHERE effects.once_key = settled.once_key AND effects.job_id = settled.id
      AND settled.state NOT IN ('succeeded', 'unknown')
), freed AS (
    -- A circuit that waits for this job still: its end was no news of the provider, or could not be told. Another may probe.
    UPDATE circuits SET probe_at = now() FROM settled WHERE probe_job = settled.id
), closed AS (
    DELETE FROM batches WHERE id = ANY(%(closed)s)
), put_off AS (
    UPDATE batches SET deadline = now() + make_interval(secs => time_limit)
    WHERE id = ANY(%(open)s) AND id <> ALL(%(closed)s)
)
SELECT id FROM settled
"""


def finish(
    connection: Connection,
    settlements: Sequence[Settlement],
    *,
    executor: UUID,
    closed: Collection[UUID] = (),
    going_on: Collection[UUID] = (),
) -> set[UUID]:
    """Write the outcome of each claim; returns the jobs for which it counted. The others had been fenced off.

    `closed`: batches of which this was the last. `going_on`: batches that have answered in part; they have their time
    limit anew.
    """
    moves = [settlement.move for settlement in settlements]
    rows = connection.execute(
        _FINISH,
        {
            "ids": [settlement.job_id for settlement in settlements],
            "claims": [settlement.claim for settlement in settlements],
            "states": [move.state.value for move in moves],
            "events": [move.event for move in moves],
            # psycopg sends no list in which some are integers and some are not.
            "delays": [None if move.delay is None else float(move.delay) for move in moves],
            "spents": [move.spent for move in moves],
            "codes": [move.code for move in moves],
            "provider_ids": [move.provider_id for move in moves],
            "askeds": [move.asked for move in moves],
            "executor": executor,
            "closed": list(closed),
            "open": list(going_on),
        },
    )
    return {row[0] for row in rows}
