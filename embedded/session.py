"""The whole of Usher in the foreground of one terminal, from the first look at the settings to the last line.

Separate from the supervisor because this is the story (in what order, with what settings, what is said), and that is
the mechanics. Meant for a developer's machine; in production the Procfile's lines are run by a platform.

It must never start anything before every port and setting has been looked at, nor leave anything running.
"""

import os
import signal
import sys
from pathlib import Path

from embedded import banner, orphans, ports, processes, procfile
from embedded.child import follow_parent
from embedded.credentials import write_private
from embedded.errors import EmbeddedError, StartAbandonedError, StartError
from embedded.lock import hold
from embedded.postgres import EmbeddedPostgres
from embedded.redis import EmbeddedRedis
from embedded.screen import Screen, wants_colour
from embedded.settings import Settings
from embedded.stopsignals import StopSignals
from embedded.supervisor import Supervisor

_NAMES = ("web", "worker", "flower", "sandbox", "release")
# After a kill -9 the orphans of the last run hold its ports for some moments more.
_ORPHANS_SECONDS = 4.0


def run(root: Path) -> int:
    """Run the project in `root` until told to stop.

    The exit code: 0 for a wished stop, 1 when something cannot start, which is said on stderr.
    """
    if "MAKELEVEL" in os.environ:  # whoever ends make with -9 means what make started
        follow_parent(signal.SIGTERM, os.getppid())
    try:
        settings = Settings.read(os.environ)
        with hold(settings.data_dir) as was_left, StopSignals() as signals:
            ports.refuse_taken(settings.ports, patience=_ORPHANS_SECONDS if was_left else 0)
            return _start_and_stop(root, settings, signals)
    except EmbeddedError as error:
        _complain(error)
        return 1


def _start_and_stop(root: Path, settings: Settings, signals: StopSignals) -> int:
    screen = Screen(sys.stdout.fileno(), _NAMES, colour=wants_colour(os.environ, is_terminal=sys.stdout.isatty()))
    supervisor = Supervisor(screen, signals, root)
    orphans.adopt()
    try:
        _serve(root, supervisor, settings, screen)
    except StartAbandonedError:
        screen.say("stopping")
        return 0
    except StartError as error:
        _complain(error)
        return 1
    finally:
        supervisor.stop()
    return 0


def _serve(root: Path, supervisor: Supervisor, settings: Settings, screen: Screen) -> None:
    commands = procfile.read(root / "Procfile", processes.NEEDED_LINES)
    values = settings.complete()
    screen.say("starting; the first time takes a little longer")
    _start_engines(supervisor, settings.data_dir, values)
    env_file = settings.data_dir / "env"
    by_hand = [banner.export(name, values[name]) for name in processes.BY_HAND if name in values]
    write_private(env_file, "\n".join([*by_hand, ""]))
    supervisor.complete(processes.release(commands, values, os.environ))
    supervisor.keep(processes.table(commands, values, os.environ))
    supervisor.until_ready()
    screen.block(banner.render(values, env_file))
    supervisor.until_stopped()


def _start_engines(supervisor: Supervisor, data_dir: Path, values: dict[str, str]) -> None:
    """Start the engines that no URL was given for, and add their URLs to `values`."""
    if "DATABASE_URL" not in values:
        postgres = EmbeddedPostgres(data_dir / "postgres")
        supervisor.start_engine(postgres)
        values["DATABASE_URL"] = postgres.url
    if "REDIS_URL" not in values:
        redis = EmbeddedRedis(data_dir / "redis")
        supervisor.start_engine(redis)
        values["REDIS_URL"] = redis.url


def _complain(error: EmbeddedError) -> None:
    lines = error.lines if isinstance(error, StartError) else ()
    sys.stderr.write("\n".join((f"usher: {error}", *(f"    {line}" for line in lines), "")))
