"""The account the engines run under.

PostgreSQL refuses to run as root, rightly, and Redis as root could write any file of the machine, so where Usher is
started by root both run under a system account that owns nothing but their data. Where Usher is started by anybody
else they run as that person and nothing here is needed.

It must never widen more than it has to: a directory on the way gets the right to be *passed* (o+x), never to be read.
"""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

NAME = "usher-engines"


@dataclass(frozen=True)
class Account:
    """A user of this machine, by number."""

    uid: int
    gid: int

    def own(self, path: Path) -> None:
        """Make the account the owner of `path` itself, not of what is in it."""
        os.chown(path, self.uid, self.gid)

    def let_through(self, path: Path) -> None:
        """Let the account reach `path`: o+x for each directory above it that lacks it, and nothing else.

        Because /root, a home directory or a temporary one is often 0700, and a server cannot open a file behind a
        directory it may not pass. The right to list or read what is in there is not given.
        """
        for directory in path.resolve().parents:
            mode = directory.stat().st_mode
            if not mode & stat.S_IXOTH and directory.stat().st_uid != self.uid:
                directory.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)

    def let_read(self, tree: Path) -> None:
        """Let the account run and read an installed package: its public files, unpacked under a strict umask."""
        for path in (tree, *tree.rglob("*")):
            mode = stat.S_IMODE(path.stat().st_mode)
            wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
            if wanted != mode and not path.is_symlink():
                path.chmod(wanted)


def engine_account() -> Account | None:
    """The account to switch to, created at need; None when this process is not root and simply stays who it is."""
    if os.geteuid() != 0:
        return None
    entry = _find(NAME) or _create() or _find("nobody")
    if entry is None:
        msg = "running as root, and there is neither a way to create a system account nor the account `nobody`"
        raise OSError(msg)
    return Account(entry.pw_uid, entry.pw_gid)


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _create() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if useradd is None:  # a busybox system; the caller falls back to `nobody`
        return None
    argv = [useradd, "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", NAME]
    # A failure is not the end: of two that start at once one is refused by the lock on the password file.
    subprocess.run(argv, check=False, capture_output=True)
    return _find(NAME)
