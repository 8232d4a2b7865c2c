"""Celery's options, each with what goes wrong without it.

Usher keeps the truth in its ledger, so most of what Celery offers for not losing work is turned off here on purpose:
two systems that both redeliver would only redeliver each other's messages.
"""

import ssl
from collections.abc import Sequence
from typing import Any

from kombu import Exchange, Queue
from kombu.utils.url import parse_url

from config.settings import BrokerSettings

PUBLISH_TIMEOUT_S = 2.0
"""A frozen Redis holds a publisher for more than 45 s by default; nothing of ours may wait so long on a wire."""


def options(settings: BrokerSettings, queues: Sequence[str]) -> dict[str, Any]:
    """What `Celery.conf.update` is given: by workers, relays and Flower alike. `queues`: every queue some kind names."""
    return {
        "broker_url": settings.redis_url.get_secret_value(),
        "broker_use_ssl": _tls(settings.redis_url.get_secret_value()),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # a worker outlives an outage of any length
        "broker_transport_options": {
            "socket_connect_timeout": PUBLISH_TIMEOUT_S,
            "socket_keepalive": True,
            # A half-open connection is noticed after brpop_timeout + twice this, instead of 51 s.
            "health_check_interval": 5,
        },
        # `-Q` with a name that no kind has is a mistake to be told, not a queue to be made.
        # Each with an exchange and a key of its own: Celery's default is shared, and what is sent to one reaches all.
        "task_queues": [Queue(name, Exchange(name), routing_key=name, no_ack=True) for name in queues],
        "task_default_queue": queues[0],
        "task_create_missing_queues": False,
        # JSON of ids and nothing else crosses the wire.
        "task_serializer": "json",
        "accept_content": ["json"],
        # The ledger has the outcome. A result backend would keep a second, shorter-lived one in Redis.
        "result_backend": None,
        "task_ignore_result": True,
        # Late acknowledgement is not at-least-once on Redis (a pop precedes the note of it), and what it does redeliver
        # comes after visibility_timeout. A message is done with when it has been claimed; the ledger does the rest.
        "task_acks_late": False,
        # A prefetched message waits behind a slow call while another worker idles, and looks lost to the relay.
        "worker_prefetch_multiplier": 1,
        "worker_disable_prefetch": True,
        # For Flower.
        "worker_send_task_events": True,
        "task_send_sent_event": False,
        # Celery's own retries and rate limits hold messages in the worker's memory: both are the ledger's (jobs.policy).
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
    }


def _tls(url: str) -> dict[str, Any] | None:
    """How Redis is spoken to over TLS, None for not at all. What the URL says of it (`ssl_…`) counts.

    Where it says nothing kombu would believe whoever answers, and send the password. Flower reads nothing of it in the URL.
    """
    said = parse_url(url)
    return {"ssl_cert_reqs": ssl.CERT_REQUIRED, **said.get("ssl", {})} if said["transport"] == "rediss" else None
