"""The Celery app: what `celery -A workers worker` and `celery -A workers flower` find. An entry point.

It wires and decides nothing: options are in `config.celery`, tasks in `workers.tasks`, the relay in `workers.keeper`.
Flower needs the broker only, so the rest of the settings is read when a worker starts.
"""

import os
from pathlib import Path

from celery import Celery

import config
from config.celery import options
from config.settings import BrokerSettings, load_or_exit, refuse
from jobs import registry
from jobs.registry import Kinds
from workers import lifecycle, tasks, transport

os.environ.setdefault("FLOWER_CONF", str(Path(config.__path__[0]) / "flower.py"))


def _kinds() -> Kinds:
    """Every kind, or a line that says which cannot be meant."""
    try:
        return registry.load()
    except ValueError as error:
        refuse(f"jobs/kinds: {' '.join(str(error).split())}")


kinds = _kinds()
transport.install()
app = Celery("usher")
app.conf.update(options(load_or_exit(BrokerSettings), kinds.queues()))
tasks.bind(app, kinds, lifecycle.attach(app))
