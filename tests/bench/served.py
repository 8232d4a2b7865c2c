"""`python -m tests.bench.served MODULE`: another application behind Usher's own web server, with the very same options.

The yardsticks of S1 and S2 must differ from Usher in nothing but what they do for a sign-up. It must never serve Usher
itself: that is the Procfile's command.
"""

import importlib
import sys
from functools import partial

from flask import Flask

from config.logging import configure
from config.settings import WebSettings, load_or_exit
from webapp import server

HOST = "127.0.0.1"


def begin(module: str, _settings: WebSettings) -> Flask:
    """Called in each of the server's children."""
    configure("web")
    built = importlib.import_module(module).create_app()
    assert isinstance(built, Flask)
    return built


def main(module: str) -> None:
    """Serve until SIGTERM."""
    # Because `serve` builds Usher and has no reason to offer anything else: only here is anything else wanted.
    server._begin_child = partial(begin, module)
    server.serve(load_or_exit(WebSettings), HOST)


if __name__ == "__main__":
    main(sys.argv[1])
