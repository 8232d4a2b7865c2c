"""`python -m sandbox`: providers that can be broken, for `make run` and the tests.

Separate from server.py, because only a command may read options and the environment, and print. It must never print
anything to standard output but the one line that says that both ports answer.
"""

import argparse
import asyncio
import gc
import os
import signal
import sys
from collections.abc import Sequence

from sandbox.listener import TakenPortError
from sandbox.server import Sandbox

HIGHEST_PORT = 65_535


class UnusablePortError(Exception):
    """The sandbox cannot start; the text is the one line that says which variable to set."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; 0 then, 1 if a port cannot be used."""
    try:
        options = _options(arguments)
        return asyncio.run(_serve(options.host, options.port, options.smtp_port, options.base_url))
    except UnusablePortError as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="Providers that can be broken.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (%(default)s)")
    parser.add_argument("--port", type=_port, help="HTTP; 0 picks a free one (SANDBOX_PORT, else 8025)")
    parser.add_argument("--smtp-port", type=_port, help="SMTP; 0 picks a free one (SANDBOX_SMTP_PORT, else 2525)")
    parser.add_argument("--base-url", default=os.environ.get("BASE_URL", ""), help="the web site's own (BASE_URL)")
    options = parser.parse_args(arguments)
    if options.port is None:
        options.port = _port_from("SANDBOX_PORT", 8025)
    if options.smtp_port is None:
        options.smtp_port = _port_from("SANDBOX_SMTP_PORT", 2525)
    return options


def _port(text: str) -> int:
    if text.isascii() and text.isdecimal() and int(text) <= HIGHEST_PORT:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to {HIGHEST_PORT}")


def _port_from(variable: str, default: int) -> int:
    try:
        return _port(os.environ.get(variable) or str(default))
    except argparse.ArgumentTypeError as error:
        raise UnusablePortError(f"{variable}: {error}; e.g. {variable}={default}") from None


async def _serve(host: str, port: int, smtp_port: int, base_url: str) -> int:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(wanted, stopped.set)
    sandbox = Sandbox(host, port, smtp_port, base_url)
    try:
        await _open(sandbox, host, port, smtp_port)
        ready = f"sandbox ready http={host}:{sandbox.http_port} smtp={host}:{sandbox.smtp_port}"
        _look_seldom_for_cycles()
        print(ready, flush=True)  # noqa: T201 - whoever starts the sandbox waits for this line
        await stopped.wait()
    finally:
        await sandbox.close()
    return 0


def _look_seldom_for_cycles() -> None:
    """Because what grows old here is effects and members, of which no cycle is made: to walk through half a million of
    them each time would keep every caller waiting for a tenth of a second. Young objects are looked at as ever.
    """
    gc.freeze()
    gc.set_threshold(10_000, 5, 4000)


async def _open(sandbox: Sandbox, host: str, port: int, smtp_port: int) -> None:
    variable, wanted = "SANDBOX_PORT", port
    try:
        await sandbox.open_http()
        variable, wanted = "SANDBOX_SMTP_PORT", smtp_port
        await sandbox.open_providers()
    except TakenPortError as error:
        other = f"choose another, e.g. {variable}={wanted + 1}"
        raise UnusablePortError(f"{variable}: cannot listen on {host}:{wanted} ({error}); {other}") from None


if __name__ == "__main__":
    sys.exit(main())
