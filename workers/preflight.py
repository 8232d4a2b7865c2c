"""Before a worker starts: is everything there that it needs? What is not, is one clear line, and nothing starts."""

import logging
from collections.abc import Sequence

import click
import redis
from click.core import ParameterSource

from config.settings import WorkerSettings, refuse
from workers.executor import providers
from workers.providers.dsn import BadDsnError

logger = logging.getLogger(__name__)

NEVER_EVICTS = "noeviction"
PATCHING = ("gevent", "eventlet")
MOST_HANDS = 1_000


def check(settings: WorkerSettings) -> None:
    """Refuse DSNs no adapter can use and a Redis that may evict. A Redis that is away is waited for, not refused."""
    try:
        for provider in providers(settings).values():
            provider.close()
    except BadDsnError as error:
        refuse(str(error))
    if (policy := eviction_policy(settings.redis_url.get_secret_value())) not in {None, NEVER_EVICTS}:
        refuse(
            f"REDIS_URL: this Redis may evict (maxmemory-policy is {policy}), and would throw away queues and their "
            f"bindings when it fills up; set it with: redis-cli CONFIG SET maxmemory-policy {NEVER_EVICTS}",
        )


def check_queues(asked: str | Sequence[str] | None, known: Sequence[str]) -> None:
    """Refuse `-Q` with a queue that no kind names: Celery would say so too, forty lines of traceback later."""
    names = asked.split(",") if isinstance(asked, str) else asked or ()
    if unknown := sorted({name for name in names if name not in known}):
        refuse(f"-Q: no kind of job uses the queue {unknown[0]!r}; e.g. -Q {','.join(known)}")


def check_pool(pool: str) -> None:
    """Refuse a pool that patches the standard library: claims were seen to wait for ever under gevent."""
    if patching := next((name for name in PATCHING if name in pool), None):
        refuse(f"--pool: {patching} is not supported; use --pool threads, or --pool prefork")


def check_concurrency(asked: int | str | None, autoscale: tuple[int, int] | None = None) -> None:
    """Refuse a `--concurrency` or an `--autoscale` that cannot be meant; a negative one Celery has refused already.

    Celery takes 0 for nothing said and starts as many as there are processors: only its command line knows better.
    """
    context = click.get_current_context(silent=True)
    if not asked and context and context.get_parameter_source("concurrency") is ParameterSource.COMMANDLINE:
        asked = 0
    if isinstance(asked, int) and not 1 <= asked <= MOST_HANDS:
        refuse(f"--concurrency: must be from 1 to {MOST_HANDS}, not {asked}; e.g. --concurrency 32")
    if autoscale and not (min(autoscale) >= 0 and 1 <= max(autoscale) <= MOST_HANDS):
        refuse(f"--autoscale: must be from 1 to {MOST_HANDS} at most, and 0 or more at least; e.g. --autoscale 32,4")


def eviction_policy(url: str) -> str | None:
    """Redis' `maxmemory-policy`, or None where Redis is away or does not say."""
    client = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)
    try:
        policy = client.info("memory").get("maxmemory_policy")
    except redis.RedisError as error:
        logger.warning("Redis could not be asked for its maxmemory-policy (%s)", type(error).__name__)
        return None
    finally:
        client.close()
    return str(policy) if policy else None
