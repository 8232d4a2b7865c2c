"""`make run` starts everything, keeps it alive, and leaves nothing behind, however it ends."""

import os
import shlex
import signal
import socket
import stat
import subprocess
import sys
import time

import psycopg
import pytest

from tests.integration.embedded.stand_ins import ROOT, SCRIPT, StandIns
from tests.integration.embedded.watching import eventually, is_alive


def test_the_table_is_printed_when_everything_answers_and_a_signal_stops_it_all(project: StandIns) -> None:
    project.start().ready()
    for name in ("PORT", "FLOWER_PORT", "SANDBOX_PORT"):
        assert project.says(f":{project.env[name]}/")
        socket.create_connection(("127.0.0.1", int(project.env[name]))).close()
    assert project.says("export REDIS_URL=redis://none")
    assert project.says("worker  | celery@here ready.")
    assert len(project.left()) > 5
    assert project.stop(signal.SIGTERM) == 0
    assert project.left() == []
    assert project.errors == ""


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGHUP])
def test_other_wishes_to_stop_are_heard_as_well(project: StandIns, signum: signal.Signals) -> None:
    project.start().ready()
    assert project.stop(signum) == 0
    assert project.left() == []


def test_a_stop_during_the_start_leaves_nothing_behind(project: StandIns) -> None:
    (project.folder / "Procfile").write_text("release: sleep 60\nweb: sleep 60\nworker: sleep 60\nflower: sleep 60\n")
    project.start()
    eventually(lambda: project.running("sleep 60"))
    assert project.stop(signal.SIGINT) == 0
    assert project.left() == []
    assert not project.says("Usher is up")


def test_what_dies_is_started_again_by_itself(project: StandIns) -> None:
    project.start().ready()
    (web,) = project.running("server.py web PORT")
    web.send_signal(signal.SIGKILL)
    eventually(lambda: project.says("web ended (SIGKILL); starting it again in 0.25 s"))
    eventually(lambda: project.says("web is back"))
    assert [process.pid for process in project.running("server.py web PORT")] != [web.pid]
    assert project.stop() == 0
    assert project.left() == []


def test_what_has_once_been_ready_is_never_given_up(project: StandIns) -> None:
    project.start().ready()
    project.tell("web.dies")
    project.running("server.py web PORT")[0].kill()
    eventually(lambda: project.says("starting it again in 1 s"))  # after more deaths than a first start may have
    project.untell("web.dies")
    eventually(lambda: project.says("web is back"))
    assert project.stop() == 0


def test_what_never_comes_up_ends_the_run_with_its_last_words(project: StandIns) -> None:
    project.tell("flower.dies")
    assert project.start().finish() == 1
    assert project.errors == "usher: flower: ended 3 times before it was ready (exit code 3)\n    this is the reason\n"
    assert project.left() == []


def test_a_migration_that_fails_ends_the_run_before_anything_is_started(project: StandIns) -> None:
    (project.folder / "Procfile").write_text(
        "release: ls no-such-thing\nweb: sleep 60\nworker: sleep 60\nflower: sleep 60\n"
    )
    assert project.start().finish() == 1
    head, said = project.errors.splitlines()
    assert head == "usher: release: failed (exit code 2)"
    assert "no-such-thing" in said
    assert not project.says("web ")
    assert project.left() == []


def test_a_deaf_process_does_not_hold_up_the_stop_beyond_its_bound(project: StandIns) -> None:
    project.tell("worker.is_deaf")
    project.start().ready()
    started = time.monotonic()
    assert project.stop(seconds=10) == 0
    assert time.monotonic() - started > 5, "it was not asked nicely first"
    assert project.left() == []


def test_a_second_ctrl_c_hurries(project: StandIns) -> None:
    project.tell("worker.is_deaf")
    project.start().ready()
    project.process.send_signal(signal.SIGINT)
    eventually(lambda: project.says("stopping"))
    eventually(lambda: not project.running("server.py web PORT"))
    started = time.monotonic()
    code = eventually(lambda: _repeat(project))
    assert (code, time.monotonic() - started < 4) == ("0", True)
    assert project.left() == []


def _repeat(project: StandIns) -> str:
    if project.process.poll() is None:
        project.process.send_signal(signal.SIGINT)
        return ""
    return str(project.process.returncode)


def test_killed_with_9_it_takes_its_children_along_and_the_next_start_works(project: StandIns) -> None:
    project.start().ready()
    own = project.own()
    assert len(own) == 4
    assert project.stop(signal.SIGKILL) == -signal.SIGKILL
    eventually(lambda: not any(map(is_alive, own)))
    project.end_strays()
    project.start().ready()
    assert project.stop() == 0
    assert project.left() == []


def test_engines_come_back_at_their_address_whatever_is_killed(project: StandIns) -> None:
    project.with_engines().start().ready()
    exports = [line for line in project.output if "export" in line]
    for name in ("postgres", "redis"):
        next(process for process in project.own() if process.name().startswith(name)).kill()
        eventually(lambda name=name: project.says(f"{name} is back"))
    own = project.own()
    assert project.stop(signal.SIGKILL) == -signal.SIGKILL
    eventually(lambda: not any(map(is_alive, own)))
    project.end_strays()
    project.start().ready()
    assert [line for line in project.output if "export" in line] == exports
    assert len(exports) == 2
    with psycopg.connect(shlex.split(exports[0])[1].partition("=")[2]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert project.stop() == 0
    assert project.left() == []


def test_a_shell_can_take_over_what_a_worker_needs(project: StandIns) -> None:
    project.start().ready()
    file = project.data_dir / "env"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    argv = ["/bin/sh", "-c", f". {shlex.quote(str(file))}; env"]
    taken = subprocess.run(argv, env={}, check=True, capture_output=True, text=True).stdout
    assert {"DATABASE_URL=postgresql://none", "REDIS_URL=redis://none"} <= set(taken.splitlines())
    assert "EMAIL_DSN=smtp://" in taken
    assert project.stop() == 0


def test_it_stops_when_the_make_that_started_it_is_killed(project: StandIns) -> None:
    (project.folder / "Makefile").write_text('run:\n\t@exec "$$PYTHON" -c "$$SCRIPT" .\n')
    env = {**os.environ, **project.env, "PYTHONPATH": str(ROOT), "PYTHON": sys.executable, "SCRIPT": SCRIPT}
    with subprocess.Popen(
        ["/usr/bin/make", "-C", str(project.folder), "run"], env=env, stdout=subprocess.DEVNULL
    ) as make:
        eventually(lambda: project.running("server.py web PORT"))
        make.kill()
    eventually(lambda: not project.left())
    assert make.returncode == -signal.SIGKILL


def test_a_taken_port_is_one_line_and_nothing_is_started(project: StandIns) -> None:
    port = int(project.env["SANDBOX_PORT"])
    with socket.create_server(("127.0.0.1", port)):
        assert project.start().finish() == 1
    assert project.errors.startswith(
        f"usher: SANDBOX_PORT: {port} is taken by another program; choose another, e.g. SANDBOX_PORT="
    )
    assert project.errors.count("\n") == 1
    assert project.output == []


def test_a_bad_port_is_one_line(project: StandIns) -> None:
    project.env["PORT"] = "eight"
    assert project.start().finish() == 1
    assert project.errors == "usher: PORT: 'eight' is not a port; give a number from 1 to 65535, e.g. PORT=8001\n"


def test_a_second_run_on_the_same_data_is_refused_in_one_line(project: StandIns) -> None:
    project.start().ready()
    second = StandIns(project.folder)
    assert second.start().finish() == 1
    assert second.errors == (
        f"usher: DATA_DIR: {project.data_dir} is in use by another `make run` (process {project.process.pid}); "
        "stop that one or choose another, e.g. DATA_DIR=data2 make run\n"
    )
    assert project.stop() == 0


def test_a_reader_who_stops_reading_does_not_hold_up_the_stop(project: StandIns) -> None:
    (project.folder / "worker.py").write_text("print(' ready.')\nwhile True: print('x' * 1000)\n")
    env = {**os.environ, **project.env, "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-c", SCRIPT, str(project.folder)]
    with subprocess.Popen(argv, env=env, stdout=subprocess.PIPE) as process:
        eventually(lambda: project.running("server.py web PORT"))
        process.terminate()
        assert process.wait(10) == 0
    assert project.left() == []
