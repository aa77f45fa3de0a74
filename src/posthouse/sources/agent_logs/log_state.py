"""What the memories of all log readers have in common: how records are written, and the keys of files.

`<file>` in keys is 8 bytes of the path's hash and `<session>` 16 of the session id's, as hexadecimal digits.
"""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

READER = "reader"

encode = msgspec.msgpack.Encoder().encode
"""Dicts as they are ordered: what is to be the same bytes for the same counts is put in order first."""


class StateBroken(Exception):
    """The state is not what this version wrote: it is to be dropped and made anew."""


class Records:
    """Reads records of these types."""

    def __init__(self, *types: Any) -> None:
        self._decoders = {one: msgspec.msgpack.Decoder(one) for one in types}

    def decode(self, value: bytes, wanted: type[T]) -> T:
        """One of the records. Raises StateBroken."""
        try:
            found: T = self._decoders[wanted].decode(value)
        except msgspec.DecodeError as error:
            raise StateBroken(f"a {wanted.__name__} cannot be read: {error}") from error
        return found


def file_id(path: str) -> bytes:
    """What stands for a path."""
    return blake2b(os.fsencode(path), digest_size=8).digest()


def session_hash(session: str) -> str:
    """What stands for a session id in keys."""
    return blake2b(session.encode(), digest_size=16).hexdigest()


def file_key(file: bytes) -> str:
    """A file's own record."""
    return "file:" + file.hex()


def open_key(file: bytes) -> str:
    """What is known of a file that still grows: its open page, or all that it says."""
    return "open:" + file.hex()


def page_key(file: bytes, number: int) -> str:
    """A closed page of a file."""
    return f"page:{file.hex()}:{number:06d}"


def session_key(session: str) -> str:
    """A session's tally."""
    return "session:" + session_hash(session)


def ended_on(day: int) -> str:
    """What the keys of the sessions that ended on a day begin with."""
    return f"ended:{day:07d}:"


def day_key(day: int) -> str:
    """What is known of a UTC day."""
    return f"day:{day:07d}"


def day_of(key: str) -> int:
    """The day that this key is of."""
    return int(key.partition(":")[2])
