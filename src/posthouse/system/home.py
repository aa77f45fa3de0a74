"""The home: the one folder in which everything of a Posthouse lies, and the guard that keeps it to one daemon.

    home/               0700 when made here; an existing folder's own mode is its owner's business
    ├── token           0600  the API token: the one secret that stands in a file
    └── instance.lock   0600  held by the running daemon; the process id inside outlives only a crash

What always holds: a file that is written here is 0600 from its first byte and replaced whole; one daemon at a time
holds the guard, and the kernel gives it back when that daemon dies, however it dies. A network file system is
refused, because its locks do not protect SQLite (https://www.sqlite.org/howtocorrupt.html, section 2.1).
"""

from __future__ import annotations

import os
import sys
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from posthouse.model.errors import HomeUnusable
from posthouse.system.lock_file import LockFile
from posthouse.system.private_file import write_private

NETWORK_FILE_SYSTEMS = frozenset(
    {
        "9p",
        "acfs",
        "afpfs",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "davfs",
        "ftp",
        "fuse.ceph",
        "fuse.davfs",
        "fuse.gcsfuse",
        "fuse.glusterfs",
        "fuse.goofys",
        "fuse.grpcfuse",
        "fuse.juicefs",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.smbnetfs",
        "fuse.sshfs",
        "glusterfs",
        "lustre",
        "macfuse",
        "ncpfs",
        "nfs",
        "nfs4",
        "osxfuse",
        "smb3",
        "smbfs",
        "webdav",
    }
)
"""File system types, as the kernel names them, whose locks or shared memory SQLite cannot rely on."""

_TOKEN_FILE = "token"  # noqa: S105 (a file's name)
_GUARD_FILE = "instance.lock"
_TOKEN_CHARACTERS_MIN, _TOKEN_CHARACTERS_MAX = 32, 200


def find_home(flag: str | Path | None, environ: Mapping[str, str]) -> Path:
    """Where the home is or would be: the flag, else POSTHOUSE_HOME, else the platform's data folder. Absolute."""
    named = flag or environ.get("POSTHOUSE_HOME")
    if named:
        return Path(named).expanduser().absolute()
    from platformdirs import user_data_dir  # 10 to 25 ms that the usual scripted call, which names its home, is spared

    return Path(user_data_dir("posthouse", appauthor=False)).absolute()


def make_home(home: Path) -> None:
    """Make the folder (0700) and see that a ledger can live in it. Safe to repeat.

    Raises HomeUnusable `home.not_a_folder`, `home.unwritable` or `home.network_file_system`.
    """
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        home.mkdir(mode=0o700, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise HomeUnusable("home.not_a_folder", f"{home} is not a folder. Name another with --home.") from error
    except OSError as error:
        raise _unwritable(home, error) from error
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        raise HomeUnusable("home.unwritable", f"{home} may not be written by this user. Name another with --home.")
    refuse_network_file_system(home)


def refuse_network_file_system(home: Path) -> None:
    """Raise HomeUnusable `home.network_file_system` where the home lies on one; a type that cannot be told passes."""
    kind = _file_system_type(home)
    if kind in NETWORK_FILE_SYSTEMS:
        raise HomeUnusable(
            "home.network_file_system",
            f"{home} is on a network file system ({kind}), whose locks cannot protect the ledger. "
            "Name a folder on a local disk with --home.",
        )


def type_of_mount(mountinfo: str, mount_id: int) -> str | None:
    """The file system type of a mount, from the text of /proc/self/mountinfo (proc_pid_mountinfo(5))."""
    for line in mountinfo.splitlines():
        before, separator, after = line.partition(" - ")
        if separator and before.split(" ", 1)[0] == str(mount_id):
            return after.split(" ", 1)[0]
    return None


def read_token(home: Path) -> str | None:
    """The API token, or None where no daemon has made one yet.

    Raises HomeUnusable `home.token_unreadable` where the file cannot be read, or holds no token.
    """
    path = home / _TOKEN_FILE
    try:
        token = path.read_text("ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise _token_unreadable(path) from error
    if not (_TOKEN_CHARACTERS_MIN <= len(token) <= _TOKEN_CHARACTERS_MAX and token.isprintable() and " " not in token):
        raise _token_unreadable(path)
    return token


def ensure_token(home: Path) -> str:
    """The API token, made at the first call: `ph_` and 43 random characters. Call it under the guard.

    A token file that others may read is made private. Raises HomeUnusable as `read_token` does, or `home.unwritable`.
    """
    path = home / _TOKEN_FILE
    token = read_token(home)
    try:
        if token is None:
            token = "ph_" + urlsafe_b64encode(os.urandom(32)).rstrip(b"=").decode()
            write_private(path, token.encode() + b"\n")
        elif sys.platform != "win32" and path.stat().st_mode & 0o077:
            path.chmod(0o600)
    except OSError as error:
        raise _unwritable(home, error) from error
    return token


class InstanceGuard:
    """The exclusive right to run on a home, held from `acquire` to `release` or to the end of the process.

    `crashed_pid` is the daemon that held it before and never gave it back; None after a clean stop.
    """

    def __init__(self, home: Path) -> None:
        self.crashed_pid: int | None = None
        self._home = home
        self._lock = LockFile(home / _GUARD_FILE)

    def acquire(self) -> None:
        """Take the guard at once. Raises HomeUnusable `home.in_use`, naming the holder, or `home.unwritable`."""
        try:
            is_ours = self._lock.acquire()
        except OSError as error:
            raise _unwritable(self._home, error) from error
        if not is_ours:
            holder = self._lock.holder
            name = f"process {holder}" if holder else "another process"
            raise HomeUnusable(
                "home.in_use",
                f"A daemon ({name}) already runs on {self._home}. Stop it, or name another folder with --home.",
            )
        self.crashed_pid = self._lock.crashed_pid

    def release(self) -> None:
        """Give it back and leave word of a clean stop. Safe to repeat."""
        self._lock.release()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _unwritable(home: Path, error: OSError) -> HomeUnusable:
    why = error.strerror or type(error).__name__
    return HomeUnusable("home.unwritable", f"{home} cannot be written: {why}. Name another folder with --home.")


def _token_unreadable(path: Path) -> HomeUnusable:
    return HomeUnusable(
        "home.token_unreadable",
        f"{path} holds no readable token. Delete it and start the daemon, which makes a new one.",
    )


if sys.platform == "linux":

    def _file_system_type(path: Path) -> str | None:
        """By the mount's own id: a path alone can mislead, as mounts hide one another."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            try:
                fdinfo = Path(f"/proc/self/fdinfo/{descriptor}").read_text("ascii")
            finally:
                os.close(descriptor)
            mount_id = next(int(line.split()[1]) for line in fdinfo.splitlines() if line.startswith("mnt_id:"))
            return type_of_mount(Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape"), mount_id)
        except (OSError, StopIteration, ValueError):
            return None

else:

    def _file_system_type(path: Path) -> str | None:
        import psutil  # 20 ms, and Linux never needs it here

        resolved = path.resolve()
        mounts = [part for part in psutil.disk_partitions(all=True) if resolved.is_relative_to(part.mountpoint)]
        nearest = max(mounts, key=lambda part: len(part.mountpoint), default=None)
        if nearest is None:
            return None
        return "smbfs" if "remote" in nearest.opts.split(",") else nearest.fstype.lower()
