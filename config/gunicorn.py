"""gunicorn's configuration file: gunicorn executes it and takes its own options from the names it finds here.

The Procfile names it. Options given on the command line
or in GUNICORN_CMD_ARGS outrank this file.
"""

import os
from pathlib import Path

from config.logging import configure
from config.settings import WebSettings, load_or_exit

_settings = load_or_exit(WebSettings)
configure("web")

wsgi_app = "webapp.app:create_app()"
bind = f"0.0.0.0:{_settings.port}"

# One process with many threads: an answer is one commit's wait, during which Python is free. More than one core is used
# by setting WEB_CONCURRENCY, which gunicorn reads itself; each process has a pool of DATABASE_POOL sessions of its own.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
threads = _settings.web_threads

# A worker that has not beaten its heart for so long is replaced; an answer of ours takes 6 s at the very worst.
timeout = 30
# With SIGTERM: what is being answered is finished, within the ten seconds that most platforms grant.
graceful_timeout = 8
keepalive = 5

# The heart beats in a file: on a disk that blocks, a healthy worker would be taken for dead.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  # gunicorn makes a file of its own there

# Off: it would be a socket in the home directory that two processes on one machine fight over.
control_socket_disable = True

# Off: a line for each request would carry the addresses of status pages, which are secrets.
accesslog = None
