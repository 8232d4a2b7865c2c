"""The sandbox as a process: how it starts, and how it ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import requests

from tests.sandbox_process import ROOT, SandboxProcess


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody else listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield int(other.getsockname()[1])


@pytest.fixture
def short_lived() -> Iterator[SandboxProcess]:
    started = SandboxProcess.start()
    yield started
    started.stop()


def run(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *options],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )


@pytest.mark.parametrize("variable", ["SANDBOX_PORT", "SANDBOX_SMTP_PORT"])
def test_a_taken_port_is_one_line_that_names_the_variable(taken: int, variable: str) -> None:
    ports = {"SANDBOX_PORT": "0", "SANDBOX_SMTP_PORT": "0", variable: str(taken)}
    failed = run(**ports)
    assert (failed.returncode, failed.stdout) == (1, "")
    (line,) = failed.stderr.splitlines()
    assert f"{variable}:" in line
    assert str(taken) in line


def test_a_port_of_another_sandbox_is_taken_too(short_lived: SandboxProcess) -> None:
    for port, variable in ((short_lived.http_port, "SANDBOX_PORT"), (short_lived.smtp_port, "SANDBOX_SMTP_PORT")):
        failed = run(**{"SANDBOX_PORT": "0", "SANDBOX_SMTP_PORT": "0", variable: str(port)})
        assert failed.returncode == 1
        assert variable in failed.stderr


@pytest.mark.parametrize("value", ["eighty", "-1", "65536", "8025.0"])
def test_a_port_that_is_no_port_is_one_line_that_names_the_variable(value: str) -> None:
    failed = run(SANDBOX_PORT=value)
    assert failed.returncode == 1
    assert failed.stderr.startswith(f"sandbox: SANDBOX_PORT: '{value}'")
    assert failed.stderr.count("\n") == 1


def test_options_win_over_the_environment(taken: int) -> None:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SANDBOX_PORT", str(taken))
        environment.setenv("SANDBOX_SMTP_PORT", "no port")
        started = SandboxProcess.start()
    assert started.http_port != taken
    assert started.stop() == 0


@pytest.mark.parametrize("wanted", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_within_a_second_even_with_callers_that_hang(
    short_lived: SandboxProcess, wanted: signal.Signals
) -> None:
    short_lived.set_mode("listmonk", "hang")
    short_lived.set_mode("smtp", "hang")
    before = short_lived.state("listmonk")["requests"]
    with (
        socket.create_connection(("127.0.0.1", short_lived.http_port)) as http,
        socket.create_connection(("127.0.0.1", short_lived.smtp_port)) as smtp,
        socket.create_connection(("127.0.0.1", short_lived.http_port)),
    ):
        http.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        smtp.sendall(b"EHLO x\r\nMAIL FROM:<a@example.org>\r\n")
        deadline = time.monotonic() + 20
        while short_lived.state("listmonk")["requests"] == before or short_lived.state("smtp")["requests"] == 0:
            assert time.monotonic() < deadline, "the callers never got through"
        begin = time.monotonic()
        short_lived.process.send_signal(wanted)
        assert short_lived.process.wait(10) == 0
        assert time.monotonic() - begin < 4


def test_it_prints_nothing_but_the_ready_line(short_lived: SandboxProcess) -> None:
    assert requests.get(f"{short_lived.http_url}/health", timeout=5).ok
    requests.get(f"{short_lived.http_url}/nowhere", timeout=5)
    assert short_lived.process.stdout is not None
    short_lived.process.terminate()
    assert short_lived.process.stdout.read() == ""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a port cannot be reserved beside its listener")
def test_a_port_that_refuses_is_not_given_to_anybody_else(short_lived: SandboxProcess) -> None:
    short_lived.set_mode("smtp", "refuse")
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", short_lived.smtp_port))


def test_its_ports_are_free_again_after_it_stopped(short_lived: SandboxProcess) -> None:
    short_lived.set_mode("smtp", "refuse")
    short_lived.stop()
    again = SandboxProcess.start("--port", str(short_lived.http_port), "--smtp-port", str(short_lived.smtp_port))
    assert (again.http_port, again.smtp_port) == (short_lived.http_port, short_lived.smtp_port)
    assert again.stop() == 0
