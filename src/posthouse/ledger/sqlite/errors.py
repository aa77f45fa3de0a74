"""SQLite's error codes as the ledger's errors (https://www.sqlite.org/rescode.html)."""

from __future__ import annotations

import apsw

from posthouse.model.errors import LedgerBusy, LedgerCorrupt, LedgerError, LedgerFull, LedgerUnwritable


def translate(error: apsw.Error, path: str) -> LedgerError:
    """The ledger's error for one of SQLite's."""
    match error:
        case apsw.FullError():
            return LedgerFull(
                "ledger.full", f"The disk of {path} is full. Nothing of this was written; free some space."
            )
        case apsw.BusyError() | apsw.LockedError():
            return LedgerBusy(
                "ledger.locked",
                f"Another program holds the lock of {path}. Nothing of this was written; close that program.",
                retry_after_s=5.0,
            )
        case apsw.CorruptError() | apsw.NotADBError():
            return LedgerCorrupt(
                "ledger.corrupt",
                f"{path} is damaged ({error}). Keep a copy of the file, then restore a backup or start a new home.",
            )
        case apsw.ReadOnlyError() | apsw.CantOpenError() | apsw.PermissionsError() | apsw.AuthError():
            return LedgerUnwritable(
                "ledger.unwritable", f"{path} may not be opened for writing ({error}). Check its owner and mode."
            )
        case apsw.IOError() if is_space_exhausted(error):
            return LedgerFull(
                "ledger.full", f"The disk of {path} is full. Nothing of this was written; free some space."
            )
        case _:
            return LedgerError("ledger.failed", f"{path}: {type(error).__name__}: {error}")


def is_space_exhausted(error: apsw.Error) -> bool:
    """Whether an I/O error is a full disk: SQLite reports one as SHMSIZE or WRITE where a file could not grow."""
    return getattr(error, "extendedresult", 0) in (apsw.SQLITE_IOERR_SHMSIZE, apsw.SQLITE_IOERR_WRITE)
