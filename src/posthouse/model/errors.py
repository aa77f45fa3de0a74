"""Everything Posthouse raises on purpose: bad input, a lost resource, or a state that forbids what was asked.

    PosthouseError            500  our own bug, when raised as such
    ├── BadInput              400  the caller's words do not fit; nothing was changed
    │   ├── TooLarge          413  a body, an event or a value is over its limit
    │   └── Unprocessable     422  well-formed, but a check refused it (a target that does not answer)
    ├── Unauthenticated       401  no token, or one that is unknown or revoked
    ├── Forbidden             403  the token's scope, or the request's origin, does not allow it
    ├── NotFound              404  no such thing
    ├── Conflict              409  the thing's present state forbids it (a name taken, rows waiting)
    ├── Busy                  429  too much awaits its commit; `retry_after_s` says when to come back
    ├── Stopping              503  the daemon is on its way out
    ├── SecretsUnavailable    503  the secret store is locked, slow or unreadable
    ├── DiskLow               507  free space is below the floor; nothing was taken
    └── LedgerError           500  the ledger cannot do its work
        ├── LedgerBusy        503  another program holds the database's lock
        ├── LedgerFull        507  the disk is full
        ├── LedgerCorrupt     500  the database file is damaged
        ├── LedgerUnwritable  500  the folder or file may not be written
        ├── LedgerClosed      503  the ledger was closed
        └── HomeUnusable      500  the home is in use by another daemon, on a network file system, or not a folder

An expected failure of a *target* is never an exception: it is an `Outcome` (see `model.deliveries`).
`code` is stable and documented in docs/reference/errors.md: scripts match on it, never on the message.
"""

from __future__ import annotations

from typing import ClassVar


class PosthouseError(Exception):
    """The root. `message` says what failed, with which value (never a secret), and what to do about it."""

    status: ClassVar[int] = 500

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str | None = None,
        index: int | None = None,
        line: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.index = index
        self.line = line
        self.retry_after_s = retry_after_s

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"


class BadInput(PosthouseError):
    """The caller's words do not fit; `field`, `index` (from 0) and `line` (from 1) say where."""

    status = 400


class TooLarge(BadInput):
    """A body, an event or a value is over its limit."""

    status = 413


class Unprocessable(BadInput):
    """Well-formed, but a check refused it."""

    status = 422


class Unauthenticated(PosthouseError):
    """No token, or one that is unknown or revoked."""

    status = 401


class Forbidden(PosthouseError):
    """The token's scope, or where the request came from, does not allow it."""

    status = 403


class NotFound(PosthouseError):
    """No such thing."""

    status = 404


class Conflict(PosthouseError):
    """The thing's present state forbids it."""

    status = 409


class Busy(PosthouseError):
    """Too much awaits its commit; `retry_after_s` says when to come back."""

    status = 429


class Stopping(PosthouseError):
    """The daemon is on its way out."""

    status = 503


class SecretsUnavailable(PosthouseError):
    """The secret store is locked, slow or unreadable."""

    status = 503


class DiskLow(PosthouseError):
    """Free space is below the floor; nothing was taken."""

    status = 507


class LedgerError(PosthouseError):
    """The ledger cannot do its work."""


class LedgerBusy(LedgerError):
    """Another program holds the database's lock."""

    status = 503


class LedgerFull(LedgerError):
    """The disk is full; the transaction was rolled back whole."""

    status = 507


class LedgerCorrupt(LedgerError):
    """The database file is damaged."""


class LedgerUnwritable(LedgerError):
    """The folder or the file may not be written."""


class LedgerClosed(LedgerError):
    """The ledger was closed before this call was run."""

    status = 503


class HomeUnusable(LedgerError):
    """The home is in use by another daemon, on a network file system, or not a folder."""
