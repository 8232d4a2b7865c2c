"""Every blueprint of `/api/v1/ops`, for the application's wiring. Each was made by the gate."""

from webapp.ops import audit, bulk, decisions, errors, jobs, limits, queues

BLUEPRINTS = (
    jobs.blueprint,
    decisions.blueprint,
    bulk.blueprint,
    errors.blueprint,
    queues.blueprint,
    audit.blueprint,
    limits.blueprint,
)
