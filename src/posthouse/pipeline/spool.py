"""The spool: a folder into which any program renames a JSON file, taken in at once while the daemon runs.

    spool/<key>.json            one event, as POST /api/events takes it; a `key` inside wins over the file's name
    spool/<adapter>/<key>.json  raw JSON, which an adapter turns into an event
    spool/.<anything>           being written; left alone
    spool/bad/                  what was refused, each with a `.reason` file beside it that says why

A file is deleted after its event was committed, never before. A crash in between takes it in once more, and the ledger
drops the repeat by its key. Files go in by name, so UUIDv7 names keep the order of time. What cannot be taken in now
(disk low, too much waiting) stays, and `run` raises so that its supervisor tries again with its backoff. Links,
folders, sockets and pipes are never opened. Names are looked at only inside the folder itself, which is 0700.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Protocol, cast

import msgspec

from posthouse.model.errors import BadInput, Stopping, TooLarge
from posthouse.model.events import EventDraft
from posthouse.model.sources import Source
from posthouse.rules.spooling import KEY_CHARACTERS_MAX, is_spooled, key_of_name
from posthouse.sources.watch import Changes, watch
from posthouse.system.logging import get_log
from posthouse.system.spool_folder import names_in, printable, read_regular, set_aside

BAD_FOLDER = "bad"
BATCH_FILES_MAX = 200
BATCH_BYTES_MAX = 4 * 1024 * 1024
_EVENTS = ""  # the top folder, as an adapter's name
_FOLDERS_MAX = 100

Adapter = Callable[[bytes], EventDraft]
"""Turns a file's bytes into an event, which gets the file's key unless it has its own. Raises BadInput."""

_log = get_log(__name__)


class Takes(Protocol):
    """What the spool hands its events to: intake."""

    async def post(self, source: Source, drafts: Sequence[EventDraft], *, size_bytes: int) -> object:
        """Commit all of them or none; safe to repeat, as each has its key."""
        ...


class SpoolFile(msgspec.Struct, frozen=True):
    """One file, and what reading it gave: a draft, a reason against it, or neither where it is to be left alone."""

    path: Path
    size_bytes: int = 0
    draft: EventDraft | None = None
    reason: BadInput | None = None


class Spool:
    """Takes the folder's files in, as events of `source`. One `run` or `take_in` at a time.

    `parse` reads the event JSON of the top folder; `adapters` are named by their subfolder. `event_bytes_max` is asked
    for each batch, as it is a setting. Folders named in `elsewhere` are read by somebody else. Takes nothing before
    `run` or `take_in`.
    """

    def __init__(
        self,
        folder: Path,
        intake: Takes,
        source: Source,
        *,
        parse: Adapter,
        event_bytes_max: Callable[[], int],
        adapters: Mapping[str, Adapter] | None = None,
        elsewhere: frozenset[str] = frozenset(),
    ) -> None:
        self._folder = folder
        self._intake = intake
        self._source = source
        self._adapters: dict[str, Adapter] = {_EVENTS: parse, **(adapters or {})}
        self._event_bytes_max = event_bytes_max
        self._left_alone = {BAD_FOLDER, *elsewhere}
        self._stuck: set[Path] = set()
        self._unknown: frozenset[str] = frozenset()
        self._bad_count = 0

    async def run(self) -> None:
        """Take in what lies there, then everything that comes, until cancelled or the daemon is stopping.

        Raises Busy, DiskLow or LedgerError where files must wait, and OSError where the folder cannot be used.
        """
        await asyncio.to_thread(self._prepare)
        excluded = [self._folder / name for name in sorted(self._left_alone)]
        # Every kind of watch is a generator; closing it frees its watches at once.
        watching = cast("AsyncGenerator[Changes, None]", watch([self._folder], excluded=excluded))
        async with aclosing(watching) as changes:
            async for _ in changes:
                try:
                    await self.take_in()
                except Stopping:
                    return

    async def take_in(self) -> int:
        """Take in every file that lies there now; answers how many events were handed over and their files deleted."""
        taken = 0
        for adapter, paths in (await asyncio.to_thread(self._survey)).items():
            start = 0
            while start < len(paths):
                files = await asyncio.to_thread(self._read, paths[start : start + BATCH_FILES_MAX], adapter)
                start += len(files)
                taken += await self._post(files)
        return taken

    def problems(self) -> tuple[str, ...]:
        """What a person should look at, in plain words; as of the last `take_in`."""
        found = [f"No adapter takes what lies in {self._folder / name}." for name in sorted(self._unknown)]
        if self._bad_count:
            found.append(f"{self._bad_count} spooled files were refused; see {self._folder / BAD_FOLDER}.")
        return tuple(found)

    async def _post(self, files: Sequence[SpoolFile]) -> int:
        """Commit the good ones, then clear the folder of them, and of what was refused."""
        good = [file for file in files if file.draft is not None]
        refused = [file for file in files if file.reason is not None]
        try:
            await self._hand_over(good)
        except BadInput:
            # One of them does not fit after all: each stands for itself.
            misfits = await self._hand_over_singly(good)
            refused += misfits
            good = [file for file in good if file.path not in {misfit.path for misfit in misfits}]
        await asyncio.to_thread(self._clear, good, refused)
        return len(good)

    async def _hand_over(self, files: Sequence[SpoolFile]) -> None:
        drafts = [file.draft for file in files if file.draft is not None]
        if drafts:
            await self._intake.post(self._source, drafts, size_bytes=sum(file.size_bytes for file in files))

    async def _hand_over_singly(self, files: Sequence[SpoolFile]) -> list[SpoolFile]:
        refused = []
        for file in files:
            try:
                await self._hand_over([file])
            except BadInput as error:
                refused.append(SpoolFile(file.path, reason=error))
        return refused

    def _prepare(self) -> None:
        for name in self._adapters:
            (self._folder / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    def _survey(self) -> dict[str, list[Path]]:
        """The files to take in, by adapter, in the order of their names."""
        folders, unknown = [_EVENTS], set()
        for name in names_in(self._folder, is_folder=True)[:_FOLDERS_MAX]:
            if name in self._adapters:
                folders.append(name)
            elif name not in self._left_alone and not name.startswith(".") and names_in(self._folder / name):
                unknown.add(name)
        for name in unknown - self._unknown:
            _log.warning("no adapter for a folder of the spool", folder=name)
        self._unknown = frozenset(unknown)
        self._bad_count = len([name for name in names_in(self._folder / BAD_FOLDER) if is_spooled(name)])
        return {folder: self._files(self._folder / folder) for folder in folders}

    def _files(self, folder: Path) -> list[Path]:
        paths = [folder / name for name in names_in(folder) if is_spooled(name)]
        self._stuck &= {path for path in self._stuck if path.parent != folder or path in paths}
        return [path for path in paths if path not in self._stuck]

    def _read(self, paths: Sequence[Path], adapter: str) -> list[SpoolFile]:
        """Read a batch: the first file, and as many more as fit."""
        files: list[SpoolFile] = []
        room = BATCH_BYTES_MAX
        for path in paths:
            file = self._read_one(path, self._adapters[adapter])
            room -= file.size_bytes
            if files and room < 0:
                break
            files.append(file)
        return files

    def _read_one(self, path: Path, adapter: Adapter) -> SpoolFile:
        limit = self._event_bytes_max()
        try:
            raw = read_regular(path, limit + 1)
        except OSError as error:
            self._leave(path, error)
            return SpoolFile(path)
        if raw is None:
            return SpoolFile(path)
        try:
            return SpoolFile(path, len(raw), _draft(path.name, raw, limit, adapter))
        except BadInput as error:
            return SpoolFile(path, len(raw), reason=error)

    def _clear(self, done: Sequence[SpoolFile], refused: Sequence[SpoolFile]) -> None:
        for file in done:
            try:
                file.path.unlink(missing_ok=True)
            except OSError as error:
                self._leave(file.path, error)
        for file in refused:
            if file.reason is not None:
                self._set_aside(file.path, file.reason)

    def _set_aside(self, path: Path, reason: BadInput) -> None:
        try:
            kept = set_aside(path, self._folder / BAD_FOLDER, reason)
        except OSError as error:
            self._leave(path, error)
            return
        self._bad_count += 1
        _log.warning("refused a spooled file", file=printable(kept.name), code=reason.code, detail=reason.message)

    def _leave(self, path: Path, error: OSError) -> None:
        """It can be neither read nor moved: leave it until it changes its name, or the daemon starts again."""
        if not isinstance(error, FileNotFoundError) and path not in self._stuck:
            self._stuck.add(path)
            _log.warning(
                "cannot handle a spooled file", file=printable(path.name), error=error.strerror or type(error).__name__
            )


def _draft(name: str, raw: bytes, limit: int, adapter: Adapter) -> EventDraft:
    """The event that a file holds, under its own key or its file's. Raises BadInput."""
    key = key_of_name(name)
    if key is None:
        raise BadInput(
            "spool.name_invalid", f"A file's name must be a key of 1 to {KEY_CHARACTERS_MAX} printable characters."
        )
    if len(raw) > limit:
        raise TooLarge("event.too_large", f"The file is larger than the {limit} bytes of ingest.event_bytes_max.")
    draft = adapter(raw)
    return draft if draft.key else msgspec.structs.replace(draft, key=key)
