"""The same two tasks as somebody who knows Celery well writes them without Usher: late acknowledgement, worker loss
rejected, automatic retry with backoff and jitter, generous tries, an idempotent newsletter, time-outs everywhere.

What is chosen in its favour, beyond what documentation recommends: twenty retries instead of three, so that no outage
of ours outlasts them; and a `visibility_timeout` of one minute instead of an hour, since a run could not wait for more.
It is longer than every pause between retries, as it must be. Separate and standing alone, because it is what
Usher is compared with: it must never use anything of Usher's.
"""

import os
import smtplib
from email.message import EmailMessage
from typing import Any

import psycopg
import requests
from celery import Celery
from celery.signals import task_failure

DATABASE_URL = os.environ["DATABASE_URL"]
NEWSLETTER_URL = os.environ["NEWSLETTER_URL"]
SMTP_PORT = int(os.environ["SMTP_PORT"])
LONGEST_PAUSE_S = 30
VISIBILITY_S = 60
PATIENT = {"max_retries": 20, "retry_backoff": 2, "retry_backoff_max": LONGEST_PAUSE_S, "retry_jitter": True}

app = Celery("plain", broker=os.environ["REDIS_URL"])
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": VISIBILITY_S,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 5,
    },
    task_publish_retry_policy={"max_retries": 3, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.5},
)
api = requests.Session()
api.headers["Authorization"] = "token usher:sandbox"


@app.task(name="plain.subscribe", autoretry_for=(requests.RequestException,), **PATIENT)
def subscribe(address: str) -> None:
    """Idempotent: an address that exists is on the list."""
    body = {"email": address, "name": "", "status": "enabled", "lists": [1], "preconfirm_subscriptions": True}
    answer = api.post(f"{NEWSLETTER_URL}/api/subscribers", json=body, timeout=(3, 10))
    if answer.status_code != requests.codes.conflict:
        answer.raise_for_status()


@app.task(name="plain.welcome", autoretry_for=(OSError, smtplib.SMTPException), **PATIENT)
def welcome(address: str) -> None:
    """A mail by the standard library."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "hello@usher.example", address, "Welcome"
    message.set_content("Welcome.")
    with smtplib.SMTP("127.0.0.1", SMTP_PORT, timeout=10) as server:
        server.send_message(message)


@task_failure.connect
def remember(sender: Any = None, args: Any = None, **_: Any) -> None:
    """Its dead letters: a task that has used up its tries leaves a row that somebody can see."""
    with psycopg.connect(DATABASE_URL, autocommit=True) as connection:
        connection.execute("INSERT INTO plain_failures (task, address) VALUES (%s, %s)", (sender.name, args[0]))
