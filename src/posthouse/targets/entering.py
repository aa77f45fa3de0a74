"""What settings of several kinds have in common: how they are read, and what user names and passwords may be."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from posthouse.model.errors import BadInput

T = TypeVar("T")


def convert(settings: dict[str, Any], into: type[T]) -> T:
    """What a person entered as a record. Raises BadInput `target.settings_invalid` with the field."""
    try:
        return msgspec.convert(settings, into)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        raise BadInput("target.settings_invalid", f"{what}.", field=where.rstrip("`") or None) from error


def check_username(username: str, *, field: str) -> None:
    """Refuse what HTTP's basic authentication cannot say (RFC 7617). Raises BadInput `target.username_invalid`."""
    if ":" in username or len(username) > 256 or not username.isprintable():
        message = "A user name is at most 256 printable characters without a colon."
        raise BadInput("target.username_invalid", message, field=field)


def check_password(value: str) -> None:
    """Raise ValueError, without the value, for a password that cannot be sent."""
    # RFC 7617 forbids control characters; UTF-8 is what it recommends for the rest.
    if not value or len(value) > 1_024 or not value.isprintable():
        raise ValueError("must be 1 to 1,024 printable characters")
