"""The yardstick of S1: the sign-up as it is written before one knows better. Stores the person, then calls both providers
while the visitor waits.

In its favour: connections to the newsletter are kept alive, every call has a time-out, and a failed call still answers
(with 502). It must never use anything of Usher's but the pool, which is the same for both.
"""

import smtplib
from email.message import EmailMessage
from uuid import uuid4

import requests
from flask import Flask, request

from config.settings import WebSettings, WorkerSettings, load_or_exit
from ledger.connection import open_pool
from tests.bench.one_insert import INSERT, TABLE
from workers.providers.dsn import parse

TIMEOUT_S = 10


def create_app() -> Flask:
    """`POST /api/v1/signups` {"email"} → 202 once both providers have it, 502 where one does not take it."""
    settings, providers = load_or_exit(WebSettings), load_or_exit(WorkerSettings)
    newsletter, mail = parse(providers.newsletter_dsn.get_secret_value()), parse(providers.email_dsn.get_secret_value())
    app = Flask("synchronous")
    pool = open_pool(settings.database_url.get_secret_value(), name="bench-web", size=settings.database_pool, wait_s=5)
    api = requests.Session()
    api.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=settings.web_threads))
    api.headers["Authorization"] = f"token {newsletter.user}:{newsletter.secret}"

    @app.get("/livez")
    def live() -> dict[str, str]:
        with pool.connection() as connection:
            connection.execute(TABLE)
        return {"status": "ok"}

    @app.post("/api/v1/signups")
    def take() -> tuple[dict[str, str], int]:
        number, address = uuid4(), request.get_json()["email"]
        with pool.connection() as connection:
            connection.execute(INSERT, (number, address))
        try:
            subscribe(address)
            welcome(address)
        except (requests.RequestException, smtplib.SMTPException, OSError):
            return {"id": str(number)}, 502
        return {"id": str(number)}, 202

    def subscribe(address: str) -> None:
        body = {"email": address, "status": "enabled", "lists": [1], "preconfirm_subscriptions": True}
        url = f"http://{newsletter.host}:{newsletter.port}/api/subscribers"
        api.post(url, json=body, timeout=TIMEOUT_S).raise_for_status()

    def welcome(address: str) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "hello@usher.example", address, "Welcome"
        message.set_content("Welcome.")
        with smtplib.SMTP(mail.host, mail.port or 25, timeout=TIMEOUT_S) as server:
            server.send_message(message)

    return app
