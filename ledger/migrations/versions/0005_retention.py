"""Retention: how often somebody who left was asked back, and how far the walks through sign-ups and facts have come.

All of it is added, with defaults, so the release before goes on working. No index and nothing a sign-up writes more: only
the row of somebody who has left is told that they were asked.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = """
ALTER TABLE subscribers
    ADD COLUMN asked_at   timestamptz,                 -- when somebody who has left was last asked whether they want to come back
    ADD COLUMN unanswered smallint NOT NULL DEFAULT 0; -- how often they were, without an answer: see ledger/asking.py

-- Where the next look for what nobody needs any more begins, as `block` says it for jobs.
ALTER TABLE pruning
    ADD COLUMN signups_block bigint NOT NULL DEFAULT 0 CHECK (signups_block >= 0),
    ADD COLUMN facts_block   bigint NOT NULL DEFAULT 0 CHECK (facts_block >= 0);
"""


def upgrade() -> None:
    """Forward."""
    op.execute(TABLES)
