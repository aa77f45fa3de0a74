"""What is remembered of each file: a row of source state per path, and which settings the rows stand for.

    path:<hash of the path's bytes>   the path and the facts of the file last told of under it
    covered                           the paths and patterns of the settings for which every file has its row

All rows are never in memory at once: they are had by their paths, or page by page.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from hashlib import blake2b

import msgspec

from posthouse.model.sources import StateKey, StatePut
from posthouse.rules.files import FileFacts
from posthouse.sources.base import State
from posthouse.sources.files.settings import FilesSettings

PREFIX = "path:"
COVERED = "covered"
ASKED_AT_ONCE = 500
PAGES = "0123456789abcdef"
"""Rows are paged by the first digit of their hash."""


class Row(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of a path; `path` are its bytes."""

    path: bytes
    facts: FileFacts


class Covered(msgspec.Struct, frozen=True, kw_only=True):
    """The part of the settings that says which files there are."""

    paths: tuple[str, ...]
    ignore: tuple[str, ...]


_rows = msgspec.msgpack.Decoder(Row)


async def known_of(state: State, paths: Sequence[str]) -> dict[str, FileFacts]:
    """What is known of those of the paths that are known."""
    known: dict[str, FileFacts] = {}
    for start in range(0, len(paths), ASKED_AT_ONCE):
        keys = [key_of(path) for path in paths[start : start + ASKED_AT_ONCE]]
        known.update(_decoded(await state.get_many(keys)))
    return known


async def known_pages(state: State) -> AsyncIterator[dict[str, FileFacts]]:
    """All that is known, in pages of about a sixteenth."""
    for digit in PAGES:
        yield _decoded(await state.between(f"{PREFIX}{digit}", f"{PREFIX}{digit}\U0010ffff"))


async def covered_of(state: State) -> FilesSettings | None:
    """The settings for which every file has its row; None before the first look at everything."""
    stored = await state.get(COVERED)
    if stored is None:
        return None
    covered = msgspec.json.decode(stored, type=Covered)
    return FilesSettings(paths=covered.paths, ignore=covered.ignore)


def covered_put(settings: FilesSettings) -> StatePut:
    """Say that every file of these settings has its row."""
    return StatePut(COVERED, msgspec.json.encode(Covered(paths=settings.paths, ignore=settings.ignore)))


def is_covered(settings: FilesSettings, covered: FilesSettings | None) -> bool:
    """Whether the rows stand for these settings already."""
    return covered is not None and (covered.paths, covered.ignore) == (settings.paths, settings.ignore)


def row_put(path: str, facts: FileFacts) -> StatePut:
    """Remember a file."""
    return StatePut(key_of(path), msgspec.msgpack.encode(Row(os.fsencode(path), facts)))


def row_delete(path: str) -> StateKey:
    """Forget a file."""
    return StateKey(key_of(path))


def key_of(path: str) -> str:
    """The key of a path's row, by its bytes."""
    return PREFIX + blake2b(os.fsencode(path), digest_size=16).hexdigest()


def _decoded(stored: dict[str, bytes]) -> dict[str, FileFacts]:
    rows = [_rows.decode(value) for value in stored.values()]
    return {os.fsdecode(row.path): row.facts for row in rows}
