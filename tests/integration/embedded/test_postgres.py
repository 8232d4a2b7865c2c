"""The embedded PostgreSQL is a real one, survives what machines do to it, and leaves nothing behind."""

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from embedded.errors import StartAbandonedError, StartError
from embedded.postgres import EmbeddedPostgres
from tests.integration.embedded.watching import eventually, processes_with

BIN_DIR = Path(os.environ["USHER_TEST_PG_BIN"]) if "USHER_TEST_PG_BIN" in os.environ else None


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cluster for most of these tests: making it is the slow part."""
    return tmp_path_factory.mktemp("pg")


@pytest.fixture
def server(data_dir: Path) -> Iterator[EmbeddedPostgres]:
    engine = EmbeddedPostgres(data_dir, durable=False, bin_dir=BIN_DIR)
    yield engine
    engine.stop()
    assert not processes_with(str(data_dir))


def remember(server: EmbeddedPostgres, value: int) -> None:
    with psycopg.connect(server.url) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept AS SELECT %s::int AS value", [value])


def remembered(server: EmbeddedPostgres) -> list[int]:
    with psycopg.connect(server.url) as connection:
        return [value for (value,) in connection.execute("SELECT value FROM kept ORDER BY value")]


def test_it_answers_sql_as_a_plain_role_in_its_own_database(server: EmbeddedPostgres) -> None:
    server.start()
    with psycopg.connect(server.url) as connection:
        row = connection.execute(
            "SELECT current_user, current_database(), rolsuper, current_setting('server_encoding')"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    assert row == ("usher", "usher", False, "UTF8")


def test_nobody_comes_in_without_the_password_which_only_its_owner_may_read(server: EmbeddedPostgres) -> None:
    server.start()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.url.replace(server.password, "guess"))
    assert stat.S_IMODE((server.data_dir / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE(server.data_dir.stat().st_mode) == 0o700


def test_it_is_a_durable_one_unless_told_otherwise(tmp_path: Path, server: EmbeddedPostgres) -> None:
    def setting(engine: EmbeddedPostgres, name: str) -> str:
        with psycopg.connect(engine.url) as connection:
            row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
        assert row is not None
        return str(row[0])

    server.start()
    names = ("fsync", "full_page_writes", "synchronous_commit")
    assert [setting(server, name) for name in names] == ["off", "off", "on"]
    durable = EmbeddedPostgres(tmp_path / "durable", bin_dir=BIN_DIR, settings={"work_mem": "9MB"})
    durable.start()
    try:
        assert [setting(durable, name) for name in (*names, "work_mem")] == ["on", "on", "on", "9MB"]
    finally:
        durable.stop()


def test_what_was_committed_is_there_after_a_kill_and_a_start_at_the_same_address(server: EmbeddedPostgres) -> None:
    server.start()
    address = server.url
    remember(server, 1)
    server.kill()
    assert (server.cluster / "postmaster.pid").exists()
    server.start()
    assert server.url == address
    assert remembered(server) == [1]


def test_a_restart_keeps_address_and_data(server: EmbeddedPostgres) -> None:
    server.start()
    address = server.url
    remember(server, 2)
    server.restart()
    assert (server.url, remembered(server)) == (address, [2])


def test_two_run_beside_each_other(tmp_path: Path, server: EmbeddedPostgres) -> None:
    server.start()
    other = EmbeddedPostgres(tmp_path / "other", durable=False, bin_dir=BIN_DIR)
    other.start()
    try:
        remember(server, 1)
        remember(other, 2)
        assert (remembered(server), remembered(other)) == ([1], [2])
    finally:
        other.stop()


def test_a_pid_file_that_names_a_process_of_somebody_else_is_no_obstacle(server: EmbeddedPostgres) -> None:
    server.start()
    remember(server, 3)
    server.kill()
    # A stranger under the very account that PostgreSQL runs as: it would take that number for a living server's.
    owner = server.cluster.stat()
    stranger = subprocess.Popen(
        ["/bin/sleep", "60"], user=owner.st_uid if os.geteuid() == 0 else None, start_new_session=True
    )
    try:
        file = server.cluster / "postmaster.pid"
        lines = file.read_text().splitlines(keepends=True)
        file.write_text(f"{stranger.pid}\n" + "".join(lines[1:]))
        server.start()
        assert remembered(server) == [3]
        assert stranger.poll() is None, "the stranger was signalled"
    finally:
        stranger.kill()
        stranger.wait()


def test_an_earlier_server_of_the_same_data_is_stopped_first(server: EmbeddedPostgres) -> None:
    server.start()
    remember(server, 4)
    assert server.child is not None
    earlier, server.child = server.child, None  # as after a start that nobody remembers
    server.start()
    assert earlier.wait(5) is not None
    assert remembered(server) == [4]


def test_it_dies_with_the_process_that_started_it_and_starts_again(server: EmbeddedPostgres) -> None:
    script = (
        "import sys; from pathlib import Path; from embedded.postgres import EmbeddedPostgres\n"
        "bin_dir = Path(sys.argv[2]) if sys.argv[2] else None\n"
        "engine = EmbeddedPostgres(Path(sys.argv[1]), durable=False, bin_dir=bin_dir)\n"
        "engine.start(); print('up', flush=True); sys.stdin.read()"
    )
    argv = [sys.executable, "-c", script, str(server.data_dir), str(BIN_DIR or "")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == "up\n"
        assert processes_with(str(server.cluster))
        starter.send_signal(signal.SIGKILL)
    eventually(lambda: not processes_with(str(server.cluster)))
    server.start()
    remember(server, 5)
    assert remembered(server) == [5]


def test_a_first_start_that_was_cut_short_is_begun_anew(tmp_path: Path) -> None:
    engine = EmbeddedPostgres(tmp_path / "pg", durable=False, bin_dir=BIN_DIR)
    draft = engine.data_dir / "cluster.new"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("half")
    engine.start()
    try:
        remember(engine, 6)
        assert remembered(engine) == [6]
    finally:
        engine.stop()


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        engine = EmbeddedPostgres(tmp_path / "pg", port, durable=False, bin_dir=BIN_DIR)
        with pytest.raises(StartError, match=rf"^postgres: port {port} is taken by another program; choose another$"):
            engine.start()
    assert not processes_with(str(tmp_path))


def test_a_port_of_its_own_choice_changes_when_somebody_took_it(server: EmbeddedPostgres) -> None:
    server.start()
    server.stop()
    with socket.create_server(("127.0.0.1", server.port)):
        taken = server.port
        server.start()
        assert server.port != taken
        remember(server, 7)


def test_a_start_that_fails_says_why(data_dir: Path) -> None:
    engine = EmbeddedPostgres(data_dir, durable=False, bin_dir=BIN_DIR, settings={"no_such_setting": "1"})
    with pytest.raises(StartError, match=r"^postgres: ended while starting") as failed:
        engine.start()
    assert any("no_such_setting" in line for line in failed.value.lines)


def test_a_folder_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    obstacle = tmp_path / "file"
    obstacle.touch()
    with pytest.raises(StartError, match=rf"^postgres: {obstacle}/?.*: Not a directory$"):
        EmbeddedPostgres(obstacle / "pg", durable=False, bin_dir=BIN_DIR).start()


def test_binaries_that_are_not_there_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=rf"^postgres: {tmp_path}/none.*: No such file or directory$"):
        EmbeddedPostgres(tmp_path / "pg", bin_dir=tmp_path / "none").start()


def test_a_start_that_nobody_wants_any_more_is_given_up(server: EmbeddedPostgres) -> None:
    with pytest.raises(StartAbandonedError):
        server.start(while_waiting=lambda: False)
    eventually(lambda: not processes_with(str(server.data_dir)))


def test_the_log_holds_no_data_of_a_failed_statement(server: EmbeddedPostgres) -> None:
    server.start()
    with psycopg.connect(server.url) as connection:
        connection.execute("DROP TABLE IF EXISTS people")
        connection.execute("CREATE TABLE people (email text PRIMARY KEY)")
        connection.execute("INSERT INTO people VALUES ('ada@example.org')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO people VALUES ('ada@example.org')")
    log = eventually(lambda: [line for line in server.last_lines() if "duplicate key" in line])
    assert log
    assert "ada@example.org" not in server.log.read_text()
