"""The folder into which agents' hooks write: each file is taken once, whatever crashes in between.

    spool/agents/<adapter>/<key>.json   what one call of a hook said, whole, as it was renamed into place
    spool/agents/<adapter>/.<anything>  being written; left alone
    spool/bad/                          what was refused, each with a `.reason` file beside it

What a batch reported is committed together with the list of its files; then they are deleted, and the list is forgotten
with the next commit. After a crash in between, the list says which of the files that lie there were taken. A file is
known by its name, its number and its time, so that a name can be used again. Files go in by the time they were written,
and then by name. Links, folders, sockets and pipes are never opened.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from heapq import nsmallest
from pathlib import Path
from typing import NamedTuple

import msgspec

from posthouse.model.agents import Report
from posthouse.model.errors import BadInput, TooLarge
from posthouse.model.ids import Millis
from posthouse.model.sources import StatePut
from posthouse.rules.spooling import KEY_CHARACTERS_MAX, is_spooled, key_of_name
from posthouse.sources.agents.hearing import Call
from posthouse.sources.agents.registry import ADAPTERS, adapter
from posthouse.system.logging import get_log
from posthouse.system.spool_folder import names_in, printable, read_regular, set_aside

FOLDER = "agents"
BAD_FOLDER = "bad"
TAKEN = "spool/taken"
"""The key of state that holds the list."""

CALL_BYTES_MAX = 4 * 1024 * 1024
BATCH_FILES_MAX = 200
BATCH_BYTES_MAX = 4 * 1024 * 1024
SURVEY_FILES_MAX = 20_000

_log = get_log(__name__)


class Lying(NamedTuple):
    """A file that lies there: when it was written (ns), its place below the folder, and its number."""

    written_ns: int
    place: str
    number: int


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What was read together: how many files were looked at, those that report something, what, and those refused."""

    looked_at: int
    files: tuple[Lying, ...]
    reports: tuple[Report, ...]
    refused: tuple[tuple[Lying, BadInput], ...]


class SpooledCalls:
    """The folder's reader. Its methods block (and belong into a thread), but for `puts`; one at a time."""

    def __init__(self, spool: Path, taken: bytes | None) -> None:
        self.folder = spool / FOLDER
        self._bad = spool / BAD_FOLDER
        self._taken = frozenset(Lying(*one) for one in msgspec.json.decode(taken)) if taken else frozenset()
        self._untaken: frozenset[Path] = frozenset()
        self._stuck: set[Lying] = set()

    def prepare(self) -> None:
        """Make the folders, and delete what an earlier life has taken and not deleted. Raises OSError."""
        for name in ADAPTERS:
            (self.folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        self._delete(self._taken & set(self._lying()))

    def survey(self) -> list[Lying]:
        """The files that are to be taken, in their order."""
        return [one for one in self._lying() if one not in self._taken and one not in self._stuck]

    def read(self, files: Sequence[Lying]) -> Batch:
        """The first file, and as many more as fit into a batch."""
        taken, reports, refused = list[Lying](), list[Report](), list[tuple[Lying, BadInput]]()
        looked_at, room = 0, BATCH_BYTES_MAX
        for file in files[:BATCH_FILES_MAX]:
            looked_at += 1
            try:
                content = read_regular(self.folder / file.place, CALL_BYTES_MAX + 1)
            except OSError as error:
                self._leave(file, error)
                continue
            if content is None:
                continue
            room -= len(content)
            if looked_at > 1 and room < 0:
                looked_at -= 1
                break
            try:
                reports += _reports(file, content)
            except BadInput as error:
                refused.append((file, error))
            else:
                taken.append(file)
        return Batch(looked_at=looked_at, files=tuple(taken), reports=tuple(reports), refused=tuple(refused))

    def puts(self, batch: Batch) -> tuple[StatePut, ...]:
        """What is to be committed with the batch's reports: which files it took, and which still lie there besides."""
        listed = [tuple(one) for one in sorted({*self._taken, *batch.files})]
        return (StatePut(TAKEN, msgspec.json.encode(listed)),)

    def clear(self, batch: Batch) -> None:
        """The batch is committed: take its files away."""
        for file, reason in batch.refused:
            try:
                kept = set_aside(self.folder / file.place, self._bad, reason)
            except FileNotFoundError:
                continue
            except OSError as error:
                self._leave(file, error)
                continue
            _log.warning("refused what a hook left", file=printable(kept.name), code=reason.code, detail=reason.message)
        self._taken |= set(batch.files)
        self._delete(self._taken - self._stuck)
        self._taken &= self._stuck

    def _lying(self) -> list[Lying]:
        untaken = frozenset(untaken_folders(self.folder))
        for folder in untaken - self._untaken:
            _log.warning("no adapter for a folder of the agents' spool", folder=printable(folder.name))
        self._untaken = untaken
        return sorted(one for name in ADAPTERS for one in self._in_folder(name))

    def _in_folder(self, name: str) -> list[Lying]:
        try:
            with os.scandir(self.folder / name) as entries:
                lying = (one for entry in entries if (one := _lying(name, entry)) is not None)
                return nsmallest(SURVEY_FILES_MAX, lying)
        except FileNotFoundError:
            return []

    def _delete(self, files: frozenset[Lying] | set[Lying]) -> None:
        for file in files:
            try:
                (self.folder / file.place).unlink(missing_ok=True)
            except OSError as error:
                self._leave(file, error)

    def _leave(self, file: Lying, error: OSError) -> None:
        """It can be neither read nor taken away: leave it until it changes, or the daemon starts again."""
        if not isinstance(error, FileNotFoundError) and file not in self._stuck:
            self._stuck.add(file)
            _log.warning(
                "cannot handle what a hook left",
                file=printable(file.place),
                error=error.strerror or type(error).__name__,
            )


def untaken_folders(folder: Path) -> list[Path]:
    """Folders of the agents' spool that hold files and have no adapter."""
    names = [name for name in names_in(folder, is_folder=True) if name not in ADAPTERS and not name.startswith(".")]
    return [folder / name for name in names if names_in(folder / name)]


def waiting_calls(folder: Path) -> int:
    """How many calls of hooks lie in the agents' spool."""
    return sum(is_spooled(name) for adapter in ADAPTERS for name in names_in(folder / adapter))


def _lying(folder: str, entry: os.DirEntry[str]) -> Lying | None:
    if not is_spooled(entry.name) or not entry.is_file(follow_symlinks=False):
        return None
    try:
        facts = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return Lying(facts.st_mtime_ns, f"{folder}/{entry.name}", facts.st_ino)


def _reports(file: Lying, content: bytes) -> tuple[Report, ...]:
    """What a file says. Raises BadInput."""
    folder, _, name = file.place.partition("/")
    key = key_of_name(name)
    if key is None:
        raise BadInput(
            "spool.name_invalid", f"A file's name must be a key of 1 to {KEY_CHARACTERS_MAX} printable characters."
        )
    if len(content) > CALL_BYTES_MAX:
        raise TooLarge("agent.call_too_large", f"The file is larger than {CALL_BYTES_MAX} bytes.")
    call = Call(key=key, at=Millis(file.written_ns // 1_000_000), content=content)
    try:
        return adapter(folder)(call)
    except BadInput:
        raise
    except Exception as error:
        # One file that an adapter chokes on must not keep all others waiting.
        raise BadInput("agent.call_unreadable", f"The adapter {folder} failed: {type(error).__name__}.") from error
