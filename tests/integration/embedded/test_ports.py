"""A port that somebody holds is found out before anything is started."""

import socket
import threading
from pathlib import Path

import pytest

from embedded import ports
from embedded.errors import SettingError


@pytest.mark.parametrize(
    ("family", "address"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::1")]
)
def test_a_taken_port_is_one_line_that_names_the_variable_and_a_free_one(
    family: socket.AddressFamily, address: str
) -> None:
    if family == socket.AF_INET6 and not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    with socket.create_server((address, 0), family=family) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(SettingError) as refused:
            ports.refuse_taken({"FLOWER_PORT": port})
    line = str(refused.value)
    start = f"FLOWER_PORT: {port} is taken by another program; choose another, e.g. FLOWER_PORT="
    assert line.startswith(start)
    assert line.endswith(" make run")
    assert ports.is_free(int(line.removeprefix(start).split()[0]))


def test_with_patience_a_port_that_is_given_up_in_time_is_no_fault() -> None:
    holder = socket.create_server(("127.0.0.1", 0))
    port = holder.getsockname()[1]
    with pytest.raises(SettingError):
        ports.refuse_taken({"PORT": port})
    release = threading.Timer(0.2, holder.close)
    release.start()
    ports.refuse_taken({"PORT": port}, patience=10)
    release.join()
    assert ports.is_free(port)


def test_a_kept_port_is_used_again_while_it_is_free(tmp_path: Path) -> None:
    file = tmp_path / "port"
    first = ports.kept_port(file)
    assert ports.kept_port(file) == first
    with socket.create_server(("127.0.0.1", first)):
        second = ports.kept_port(file)
    assert second != first
    assert ports.kept_port(file) == second


def _has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False
