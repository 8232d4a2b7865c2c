"""The web server: granian, with each of its options and what goes wrong without it.

Separate from the application, which knows of no server. One parent that serves nothing starts the children that do, and
starts another for each that dies. It must never outlive its children, nor they it: docs/decisions/0009.
"""

import logging
import multiprocessing
import os
import resource
import signal
import socket
import threading
from functools import partial
from typing import Any

from flask import Flask
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings

from config.logging import configure
from config.settings import WebSettings
from webapp.app import BODY_LIMIT, create_app
from webapp.chunked_body import ChunkedBodies
from webapp.desk import EXTENSION
from webapp.early_bodies import EarlyBodies
from webapp.live.farewell import at_stop
from webapp.live.pace import Pace
from webapp.live.turnstile import Turnstile
from webapp.whole_answers import WholeAnswers

GRACE_S = 8  # with SIGTERM, what is being answered is finished, within the ten seconds that most platforms grant
BACKLOG = 2_048  # connections that may wait to be taken in
STREAMS = Pace().most  # streams that may be open: granian holds each on a thread, asleep (docs/decisions/0009)
SPARE = 1_024  # connections beyond the threads: idle ones, kept open by browsers and proxies, occupy none
HEADERS_S = 30  # for a request's head to arrive, and so also how long an idle connection is kept
HEAD_LIMIT = 64 * 1024  # bytes of a request's head; a hostile client could hold half a megabyte otherwise
EXIT_ORPHANED = 70  # EX_SOFTWARE; nobody is left to read it

# Granian writes to stdout in a format of its own, unless its loggers are described and hand on to ours.
_LOGGERS = {"formatters": {}, "handlers": {}, "loggers": {"_granian": {"propagate": True}}}


def serve(settings: WebSettings, host: str) -> None:
    """Answer until SIGTERM or SIGINT. Raises `SystemExit`, with one line, where the port is taken."""
    _refuse_taken_port(host, settings.port)
    _allow_files(settings.web_threads + STREAMS + 2 * SPARE)
    server = Granian("webapp", address=host, port=settings.port, **_options(settings))
    configure("web")  # granian has set up its own by now
    logging.getLogger("_granian").addFilter(_is_news)
    server.serve(target_loader=partial(_load, settings), wrap_loader=False)


def _options(settings: WebSettings) -> dict[str, Any]:
    return {
        "interface": Interfaces.WSGI,
        "http": HTTPModes.http1,  # what a proxy speaks to us; HTTP/2 without TLS has no other use here
        "websockets": False,
        # An answer is one commit's wait, during which Python is free for others; more processes are for more cores.
        "workers": settings.web_concurrency,
        "blocking_threads": settings.web_threads
        + STREAMS,  # begun as they are needed, ended when idle for half a minute
        "backlog": BACKLOG,
        "backpressure": settings.web_threads + STREAMS + SPARE,
        "http1_settings": HTTP1Settings(header_read_timeout=1_000 * HEADERS_S, max_buffer_size=HEAD_LIMIT),
        "respawn_failed_workers": True,  # off by default: the first dead child would take everything down
        "workers_kill_timeout": GRACE_S,  # without it one body that never comes keeps the server from ever ending
        # A line for each request would carry the addresses of status pages, which are secrets.
        "log_access": False,
        "log_dictconfig": _LOGGERS,
    }


def _is_news(record: logging.LogRecord) -> bool:
    """Not that there are more threads than cores: they wait, they do not work."""
    return "Python threads" not in record.getMessage()


def _refuse_taken_port(host: str, port: int) -> None:
    """Granian's children share their port (SO_REUSEPORT), and would share it with a stranger without a word."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SystemExit(f"usher: PORT: cannot listen on {host}:{port} ({error.strerror})") from None


def _allow_files(wanted: int) -> None:
    """A connection is an open file, and many systems allow a thousand unless they are asked for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))


def _load(settings: WebSettings) -> ChunkedBodies:
    """What a child does first."""
    threading.Thread(target=_end_with_parent, name="usher-tether", daemon=True).start()
    configure("web")
    app = _begin_child(settings)
    if EXTENSION in app.extensions:  # not in the applications that benchmarks put in Usher's place
        at_stop(app.extensions[EXTENSION].live.retire)
    answering = Turnstile(WholeAnswers(app), settings.web_threads)
    return ChunkedBodies(EarlyBodies(answering, BODY_LIMIT), BODY_LIMIT)  # whoever sends slowly waits in nobody's place


def _begin_child(settings: WebSettings) -> Flask:
    return create_app(settings)


def _end_with_parent() -> None:
    """A child whose parent was killed would go on answering beside its successor, for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_S)
    os._exit(EXIT_ORPHANED)
