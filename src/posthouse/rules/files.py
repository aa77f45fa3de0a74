"""Files: what one burst of changes means, judged from what was known of each path and what was found there.

A path is known by the facts of the file that was last told of under it. The paths of one burst are judged together,
because a rename is one file that left one path and arrived at another:

    known  found              told
    –      –                  nothing: made and removed within the burst
    –      a file             created, or renamed if a path of the burst knew this very file and no longer has it
    a file the same, as was   nothing
    a file the same, written  changed: grew, shrank, or rewritten at the same size
    a file another file       changed: replaced; or created where the old file was renamed; or renamed, as above
    a file –                  removed, or renamed, as above

What always holds: the told events, replayed in order over what was known, give what was found; nothing is told of a
path whose file is as it was; a file is told of once. Two files are one if inode and time of birth agree. Where the
system tells no birth, one path's file is known by its inode, and one that moved also by its size and time of writing,
since inodes are used again at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

WINDOWS_MAX = 3
"""How many further quiet windows a file that cannot be read whole is given."""


class FileFacts(msgspec.Struct, frozen=True, array_like=True):
    """A file as the system describes it, times in nanoseconds. `birth_ns` is 0 where the system does not tell it."""

    device: int
    inode: int
    birth_ns: int
    size_bytes: int
    modified_ns: int
    changed_ns: int


class Entry(msgspec.Struct, frozen=True):
    """One path of a burst: what was known of it, and what is there now."""

    path: str
    known: FileFacts | None
    found: FileFacts | None


class Told(StrEnum):
    """What is told of a path; `ADOPTED` is only remembered: the same file, under another device number."""

    CREATED = "created"
    CHANGED = "changed"
    RENAMED = "renamed"
    REMOVED = "removed"
    ADOPTED = "adopted"


class Change(StrEnum):
    """How a file differs from what was known."""

    CREATED = "created"
    GREW = "grew"
    SHRANK = "shrank"
    REWRITTEN = "rewritten"
    REPLACED = "replaced"
    RENAMED = "renamed"
    REMOVED = "removed"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What is told of one path. `before`: the facts known of the file; `found`: those now, None where removed."""

    told: Told
    path: str
    change: Change | None = None
    previous_path: str | None = None
    before: FileFacts | None = None
    found: FileFacts | None = None

    @property
    def is_written(self) -> bool:
        """Whether there is content that was not there before."""
        if self.found is None or self.told is Told.ADOPTED:
            return False
        return self.before is None or self.change is Change.REPLACED or not _is_as_written(self.before, self.found)

    @property
    def grown_from(self) -> int | None:
        """The former size where the same file only grew, in bytes."""
        if self.before is None or self.found is None or self.change is Change.REPLACED:
            return None
        return self.before.size_bytes if self.found.size_bytes > self.before.size_bytes else None


def decide(entries: Sequence[Entry]) -> list[Outcome]:
    """What the paths of one burst tell, in the order in which it is to be told. Each path stands in it once."""
    moves = _moves(entries)
    left = {one.previous_path for one in moves}
    arrived = {one.path for one in moves}
    removed: list[Outcome] = []
    others: list[Outcome] = []
    for entry in entries:
        outcome = None if entry.path in arrived else _judge(entry, is_left=entry.path in left)
        if outcome is not None:
            (removed if outcome.told is Told.REMOVED else others).append(outcome)
    return [*removed, *moves, *others]


def is_as_known(known: FileFacts, found: FileFacts) -> bool:
    """Whether nothing is to be told. A restart may change device numbers: then size and time speak for the file."""
    return _is_as_written(known, found) and (is_same_file(known, found) or known.device != found.device)


def is_same_file(known: FileFacts, found: FileFacts) -> bool:
    """Whether a path still has the file it had, written to or not."""
    if known.inode != found.inode:
        return False
    return known.birth_ns == found.birth_ns or not (known.birth_ns and found.birth_ns)


def is_moved(known: FileFacts, found: FileFacts) -> bool:
    """Whether a file found at another path is the one that was known."""
    if (known.device, known.inode) != (found.device, found.inode):
        return False
    if known.birth_ns and found.birth_ns:
        return known.birth_ns == found.birth_ns
    return _is_as_written(known, found)


def is_departed(entry: Entry) -> bool:
    """Whether the file that was known is no longer at its path."""
    return entry.known is not None and (entry.found is None or not _is_still(entry.known, entry.found))


def is_arrived(entry: Entry) -> bool:
    """Whether a file is at the path that was not known there."""
    return entry.found is not None and (entry.known is None or not _is_still(entry.known, entry.found))


def _is_still(known: FileFacts, found: FileFacts) -> bool:
    return is_same_file(known, found) or is_as_known(known, found)


def _judge(entry: Entry, *, is_left: bool) -> Outcome | None:
    """What a path tells that no file was renamed to. `is_left`: its own file was renamed away."""
    known, found = (None if is_left else entry.known), entry.found
    if known is None:
        if found is None:
            return None
        return Outcome(told=Told.CREATED, change=Change.CREATED, path=entry.path, found=found)
    if found is None:
        return Outcome(told=Told.REMOVED, change=Change.REMOVED, path=entry.path, before=known)
    if is_as_known(known, found):
        is_adopted = (known.device, known.inode) != (found.device, found.inode)
        outcome = Outcome(told=Told.ADOPTED, path=entry.path, before=known, found=found)
        return outcome if is_adopted else None
    return Outcome(told=Told.CHANGED, change=_change(known, found), path=entry.path, before=known, found=found)


def _change(known: FileFacts, found: FileFacts) -> Change:
    if not is_same_file(known, found):
        return Change.REPLACED
    if found.size_bytes == known.size_bytes:
        return Change.REWRITTEN
    return Change.GREW if found.size_bytes > known.size_bytes else Change.SHRANK


def _moves(entries: Sequence[Entry]) -> list[Outcome]:
    """The renames, each after the one that cleared its way. One of each ring is left out: it is told as created."""
    waiting: dict[tuple[int, int], list[Entry]] = {}
    for entry in entries:
        if is_departed(entry) and entry.known is not None:
            waiting.setdefault((entry.known.device, entry.known.inode), []).append(entry)
    by_source: dict[str, Outcome] = {}
    for entry in entries:
        if not is_arrived(entry) or entry.found is None:
            continue
        candidates = waiting.get((entry.found.device, entry.found.inode), [])
        for source in candidates:
            if source.path != entry.path and source.known is not None and is_moved(source.known, entry.found):
                candidates.remove(source)
                by_source[source.path] = Outcome(
                    told=Told.RENAMED, change=Change.RENAMED, path=entry.path, previous_path=source.path,
                    before=source.known, found=entry.found,
                )  # fmt: skip
                break
    return list(_in_order(by_source))


def _in_order(by_source: dict[str, Outcome]) -> Iterable[Outcome]:
    """A rename to a path comes after the rename away from it."""
    done: set[str] = set()
    for start in by_source:
        chain: list[str] = []
        path = start
        while path in by_source and path not in done and path not in chain:
            chain.append(path)
            path = by_source[path].path
        if path in chain:
            done.add(chain.pop())  # A ring: the last leads back into it, and has no free place to go to.
        for source in reversed(chain):
            yield by_source[source]
        done.update(chain)


def _is_as_written(known: FileFacts, found: FileFacts) -> bool:
    return (known.size_bytes, known.modified_ns) == (found.size_bytes, found.modified_ns)
