"""Another program's settings file: read, and replaced whole without losing its mode or what somebody else wrote."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from posthouse.model.errors import BadInput, Conflict
from posthouse.system.private_file import sync_folder

BYTES_MAX = 4 * 1024 * 1024
_NEW_MODE = 0o600


def read_settings(path: Path) -> str | None:
    """The text of a settings file, None where there is none.

    Raises BadInput `hooks.settings_linked`, `hooks.settings_read_only` or `hooks.settings_unreadable` where it is
    none that could be replaced: a link, read-only, no file, over 4 MiB, or no UTF-8.
    """
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            where = path.resolve()
            raise BadInput("hooks.settings_linked", f"It is a link to {where}, which replacing would break.")
        if not stat.S_ISREG(status.st_mode) or status.st_size > BYTES_MAX:
            raise BadInput("hooks.settings_unreadable", f"It is no file of at most {BYTES_MAX >> 20} MiB.")
        if not status.st_mode & stat.S_IWUSR:
            raise BadInput("hooks.settings_read_only", "It is read-only.")
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise BadInput("hooks.settings_unreadable", "It is not valid UTF-8.") from error
    except OSError as error:
        raise BadInput("hooks.settings_unreadable", f"It cannot be read: {error.strerror}.") from error


def replace_settings(path: Path, before: str | None, after: str | None) -> None:
    """Replace the file durably, keeping its mode, if it still holds `before`; None stands for no file.

    Raises Conflict `hooks.settings_changed`, BadInput as `read_settings` does, or `hooks.settings_unwritable`. Then
    the file stands as it was.
    """
    if read_settings(path) != before:
        raise Conflict("hooks.settings_changed", "Somebody changed it meanwhile.")
    temporary = path.with_name(f".{path.name}.{os.urandom(6).hex()}.tmp")
    try:
        if after is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write(temporary, after.encode(), _NEW_MODE if before is None else stat.S_IMODE(path.lstat().st_mode))
            temporary.replace(path)
        sync_folder(path.parent)
    except UnicodeEncodeError as error:
        raise BadInput("hooks.settings_unwritable", "The home's path is not valid UTF-8.") from error
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise BadInput("hooks.settings_unwritable", f"It cannot be written: {error.strerror}.") from error


def _write(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    path.chmod(mode)
