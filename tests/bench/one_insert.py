"""The yardstick of S2: the same server, the same Flask, the same pool of sessions, and one INSERT.

Separate and standing alone: it validates nothing and owes nobody anything. It must never be optimised further than
that: what it takes to insert one row over HTTP is what it measures.
"""

from uuid import uuid4

from flask import Flask, request

from config.settings import WebSettings, load_or_exit
from ledger.connection import open_pool

TABLE = "CREATE TABLE IF NOT EXISTS bench_signups (id uuid PRIMARY KEY, address text NOT NULL UNIQUE)"
INSERT = "INSERT INTO bench_signups (id, address) VALUES (%s, %s)"


def create_app() -> Flask:
    """`POST /api/v1/signups` {"email"} → 202."""
    settings = load_or_exit(WebSettings)
    app = Flask("one_insert")
    url = settings.database_url.get_secret_value()
    pool = open_pool(url, name="bench-web", size=settings.database_pool, wait_s=5)

    @app.get("/livez")
    def live() -> dict[str, str]:
        with pool.connection() as connection:
            connection.execute(TABLE)
        return {"status": "ok"}

    @app.post("/api/v1/signups")
    def take() -> tuple[dict[str, str], int]:
        number = uuid4()
        with pool.connection() as connection:
            connection.execute(INSERT, (number, request.get_json()["email"]))
        return {"id": str(number)}, 202

    return app
