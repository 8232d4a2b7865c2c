"""The web application, with one more address that holds its answer open: what a thousand status pages will do.

`GET /bench/hold` sends a line and then nothing for a minute. It exists for comparing servers, and nowhere else.
"""

import threading
from collections.abc import Iterator

from flask import Flask, Response

from webapp.app import create_app

HOLD_S = 60.0


def create() -> Flask:
    """The application of `webapp.app`, with the address added."""
    app = create_app()

    @app.get("/bench/hold")
    def hold() -> Response:
        def lines() -> Iterator[str]:
            yield ": open\n\n"
            threading.Event().wait(HOLD_S)

        return Response(lines(), mimetype="text/event-stream")

    return app


application = create()
