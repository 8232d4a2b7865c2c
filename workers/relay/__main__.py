"""`python -m workers.relay`: started by a worker (`workers.keeper`), never by hand; ends with its parent."""

import argparse
import os
import signal
import socket
from datetime import timedelta
from uuid import uuid4

from config.logging import configure
from config.settings import WorkerSettings, load_or_exit
from jobs.links import CONFIRM_FOR
from workers import tether
from workers.celery import app, kinds
from workers.executor import providers
from workers.heartbeat import Heartbeat
from workers.relay.relay import Relay
from workers.relay.terms import connections, terms
from workers.relay.wire import Wire


def main() -> None:
    """Relay until the worker says stop, or is gone."""
    arguments = _arguments()
    tether.tie(arguments.parent)
    configure("relay")
    settings = load_or_exit(WorkerSettings)
    url = settings.database_url.get_secret_value()
    adapters = providers(settings)  # connect to nothing: they are asked what they are
    relay = Relay(
        url,
        Wire(app),
        terms(kinds, adapters),
        arguments.queues,
        window=settings.relay_window,
        connections=connections(adapters),
        prune_after=timedelta(days=settings.prune_after_days),
        unanswered_after=CONFIRM_FOR + timedelta(days=settings.forget_after_days),
    )
    heartbeat = Heartbeat(
        url,
        uuid4(),
        role="relay",
        host=socket.gethostname(),
        pid=os.getpid(),
        queues=arguments.queues,
        kinds=sorted(kinds),
        broker=relay.broker,
    )
    signal.signal(signal.SIGTERM, lambda *_: relay.stop())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C reaches the whole group; the worker tells us
    heartbeat.start()
    relay.run()
    heartbeat.stop()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="workers.relay")
    parser.add_argument("--queues", required=True, type=lambda text: text.split(","))
    parser.add_argument("--parent", required=True, type=int)
    return parser.parse_args()


if __name__ == "__main__":
    main()
