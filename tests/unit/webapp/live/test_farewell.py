import signal
import subprocess
import sys

import pytest

# The handler is set afterwards and does nothing, as the web server's: the call comes all the same.
PROGRAM = """
import signal, threading
from webapp.live.farewell import at_stop
told = threading.Event()
at_stop(told.set)
for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(signum, lambda *_: None)
print("ready", flush=True)
print("told" if told.wait(20) else "not told", flush=True)
"""


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_who_is_to_stop_is_told_whoever_handles_the_signal(signum: int) -> None:
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGHUP)  # no reason to stop
        process.send_signal(signum)
        assert process.stdout.readline() == "told\n"


def test_another_signal_is_no_farewell() -> None:
    program = PROGRAM.replace("told.wait(20)", "told.wait(0.5)")
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGHUP)
        assert process.stdout.readline() == "not told\n"
