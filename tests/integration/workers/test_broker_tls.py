"""TLS to Redis: whoever cannot prove to be it does not get the password."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as RedisConnectionError

from config.celery import options
from config.settings import BrokerSettings
from tests.integration.workers.rude_server import RudeServer
from tests.integration.workers.tls_server import behind_tls

PASSWORD = "a-long-one"
REFUSED = (OperationalError, RedisConnectionError)


@contextmanager
def stranger(certificate: Path, heard: list[bytes]) -> Iterator[str]:
    """Somebody who listens where Redis should be, and hangs up once anything was said. The address of it."""

    def listen(caller: socket.socket) -> None:
        heard.append(caller.recv(4_096))

    with RudeServer(behind_tls(certificate, listen)) as server:
        yield f"rediss://:{PASSWORD}@127.0.0.1:{server.port}/0"


def told(url: str, heard: list[bytes]) -> bool:
    """Whether a connection of ours, which comes to nothing, has given the password away."""
    app = Celery()
    app.conf.update(options(BrokerSettings(redis_url=url), ["newsletter"]))
    with app.connection_for_write() as connection, pytest.raises(REFUSED):
        connection.channel()
    return PASSWORD.encode() in b"".join(heard)


def test_a_certificate_nobody_vouches_for_is_refused_before_the_password_is_sent(certificate: Path) -> None:
    heard: list[bytes] = []
    with stranger(certificate, heard) as url:
        assert not told(url, heard)
    assert b"".join(heard) == b""


def test_a_certificate_that_was_named_is_trusted(certificate: Path) -> None:
    heard: list[bytes] = []
    with stranger(certificate, heard) as url:
        assert told(f"{url}?ssl_ca_certs={certificate}.cert", heard)


def test_not_to_check_has_to_be_said(certificate: Path) -> None:
    heard: list[bytes] = []
    with stranger(certificate, heard) as url:
        assert told(f"{url}?ssl_cert_reqs=none", heard)


@pytest.mark.parametrize("said", ["", "?ssl_cert_reqs=required", "?ssl_ca_certs=/etc/redis.crt"])
def test_flower_which_reads_no_url_is_told_the_same(said: str) -> None:
    found = options(BrokerSettings(redis_url=f"rediss://h:1/0{said}"), ["newsletter"])["broker_use_ssl"]
    assert found["ssl_cert_reqs"].name == "CERT_REQUIRED"
    assert found.get("ssl_ca_certs") == (said.partition("ssl_ca_certs=")[2] or None)


def test_without_rediss_there_is_none() -> None:
    assert options(BrokerSettings(redis_url="redis://h:1/0"), ["newsletter"])["broker_use_ssl"] is None
