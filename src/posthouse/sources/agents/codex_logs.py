"""Codex's session logs, followed as they grow: who is at work, which turns ended, and how.

    <home>/sessions/YYYY/MM/DD/rollout-<time>-<id>.jsonl ──cursor──▶ lines ──codex_session──▶ reports ─┐ one
    <home>/session_index.jsonl ───────────────────────────▶ the sessions' names                        ├ commit
    state codex-logs/file/<name>, codex-logs/rate-limits, codex-logs/since ◀───────────────────────────┘

What always holds: a line is reported once, since the cursor moves in the commit of its reports; a cursor may lie behind
what was read, never behind what was reported. Nothing from before the first start is reported: a session of then that
is in the middle of a turn is told to be alive, and what its log says of it is learned. What was written while nobody
listened is told at the next start. Nothing polls: without the folder, its nearest parent is watched until it is made.

Lines that make no sense or are too long and files that may not be read are passed over and counted (`Passed`). A log
that was cut or rewritten is read anew, and only what is newer than its latest known line is reported.
"""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from posthouse.model.agents import Report
from posthouse.model.ids import Millis
from posthouse.model.rate_limits import RateLimits
from posthouse.model.sources import StateKey, StatePut
from posthouse.sources.agent_logs.codex_lines import TokensCounted, decode
from posthouse.sources.agent_logs.tree import Listing, list_logs, look_at
from posthouse.sources.agents.codex_names import SessionNames
from posthouse.sources.agents.codex_session import Session, alive, fold
from posthouse.sources.agents.hearing import Tell
from posthouse.sources.agents.settings import AgentsSettings
from posthouse.sources.base import SourceContext
from posthouse.sources.jsonl import Cursor, Slice, read_slice
from posthouse.sources.watch import watch
from posthouse.system.logging import get_log

FILE_KEY = "codex-logs/file/"
SINCE_KEY = "codex-logs/since"
LIMITS_KEY = "codex-logs/rate-limits"

ALIVE_EVERY_MS = 60_000
"""A session at work of which nothing else is to be told is told to be alive this often, by its log's own instants."""

KEPT_MS = 8 * 86_400_000
"""How long a log that does not change is remembered; more than the longest silence that can be set."""

UNREADABLE_MAX = 1_000
"""How many unreadable files are known by name, each of which is logged once."""

_NAME = re.compile(r"rollout-[\w.:-]{1,200}\.jsonl", re.ASCII)
_log = get_log(__name__)


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of one log. `told_until`: nothing up to then is reported, where the log is read anew."""

    cursor: Cursor
    session: Session
    told_until: Millis = Millis(0)
    changed_at: Millis = Millis(0)


class Passed(msgspec.Struct, kw_only=True):
    """What was passed over since the start. `unreadable`: the files that may not be read now, or their folders."""

    senseless_lines: int = 0
    long_lines: int = 0
    unreadable: set[str] = msgspec.field(default_factory=set)


def codex_home(settings: AgentsSettings) -> Path:
    """Codex's folder: as the settings say, else $CODEX_HOME, else ~/.codex."""
    named = settings.codex_home or os.environ.get("CODEX_HOME", "")
    return Path(named).expanduser() if named else Path.home() / ".codex"


class CodexLogs:
    """Satisfies `hearing.Listener`. `passed` counts what made no sense."""

    def __init__(self) -> None:
        self.passed = Passed()

    async def listen(self, context: SourceContext, settings: AgentsSettings, tell: Tell) -> None:
        """Follow the logs until cancelled."""
        home = codex_home(settings)
        following = _Following(context, home, tell, self.passed, silence_ms=int(settings.silence_s * 1_000))
        await following.remember()
        async for changes in watch((home / "sessions",), excluded=context.excluded):
            if changes.is_rescan or changes.moved_folders:
                await following.look_everywhere()
            else:
                await following.look_at(changes.paths)


class _Following:
    """The logs of one folder. What was read without anything to report stays in memory until there is."""

    def __init__(self, context: SourceContext, home: Path, tell: Tell, passed: Passed, *, silence_ms: int) -> None:
        self._context = context
        self._passed = passed
        self._roots = (home / "sessions",)
        self._names = SessionNames(home / "session_index.jsonl")
        self._tell = tell
        self._silence_ms = silence_ms
        self._files: dict[str, Followed] = {}
        self._since = Millis(0)
        self._limits: RateLimits | None = None
        self._kept_limits: RateLimits | None = None

    async def remember(self) -> None:
        """Load what the state holds; at the first start, note from when on is told.

        State of another version is none: then it is the first start again, so that nothing is told twice.
        """
        state = self._context.state
        since = await state.get(SINCE_KEY)
        limits = await state.get(LIMITS_KEY)
        try:
            for key, value in (await state.items(FILE_KEY)).items():
                self._files[key.removeprefix(FILE_KEY)] = msgspec.msgpack.decode(value, type=Followed)
            if limits is not None:
                self._limits = self._kept_limits = msgspec.json.decode(limits, type=RateLimits)
        except msgspec.MsgspecError:
            _log.warning("what was remembered of session logs is of another version; they are followed from now on")
            self._files, since = {}, None
        self._since = self._now() if since is None else Millis(int(since))
        if since is None:
            await self._tell((), state_puts=(StatePut(SINCE_KEY, str(self._since).encode()),))

    async def look_everywhere(self) -> None:
        """List all logs, and read those that have changed since they were read."""
        listing = await asyncio.to_thread(list_logs, self._roots, self._context.excluded)
        self._count_unreadable(listing.unreadable)
        await self._forget(listing)
        first = self._told_from() - self._silence_ms
        for path, found in sorted(listing.files.items(), key=lambda file: (file[1].st_mtime_ns, file[0])):
            known = self._files.get(Path(path).name)
            if known is None and found.st_mtime_ns // 1_000_000 < first:
                continue  # From before the first start, and long silent.
            if known is None or not known.cursor.is_current(found):
                await self._read(path)

    async def look_at(self, paths: Sequence[str]) -> None:
        """Read what was added to these logs."""
        seen = await asyncio.to_thread(look_at, paths, self._roots, self._context.excluded)
        self._count_unreadable(seen.unreadable)
        for path, found in seen.files.items():
            known = self._files.get(Path(path).name)
            if known is None or not known.cursor.is_current(found):
                await self._read(path)

    async def _read(self, path: str) -> None:
        """Read one log to its end, slice by slice, and report what it says."""
        name = Path(path).name
        if not _NAME.fullmatch(name):
            return
        is_first = name not in self._files
        is_end = False
        while not is_end:
            known = self._files.get(name)
            try:
                part = await asyncio.to_thread(read_slice, path, None if known is None else known.cursor)
            except FileNotFoundError:
                return
            except OSError as error:
                self._count_unreadable({path: error.strerror or type(error).__name__})
                return
            self._passed.unreadable.discard(path)
            is_end = part.is_end
            before = 0 if known is None or part.is_anew else known.cursor.too_long
            self._passed.long_lines += part.cursor.too_long - before
            await self._take(name, _begun(known, is_anew=part.is_anew), part)
        if is_first:
            await self._tell_of_turn_under_way(name)

    async def _take(self, name: str, known: Followed | None, part: Slice) -> None:
        """Fold some lines in, and report what comes of them together with the place after them."""
        session, reports = self._fold(known, part)
        title = await asyncio.to_thread(self._names.of, session.id) if reports else ""
        if self._is_to_be_told_alive(session, is_heard=bool(reports)):
            reports = [alive(session)]
            session = msgspec.structs.replace(session, heard_at=session.seen_at)
        followed = Followed(
            cursor=part.cursor,
            session=session,
            told_until=Millis(0) if known is None else known.told_until,
            changed_at=self._now(),
        )
        if reports or known is None:
            await self._report(name, followed, [_titled(report, title) for report in reports])
        self._files[name] = followed

    def _fold(self, known: Followed | None, part: Slice) -> tuple[Session, list[Report]]:
        session = Session() if known is None else known.session
        told_until = max(self._told_from(), Millis(0) if known is None else known.told_until)
        reports: list[Report] = []
        for raw in part.lines:
            try:
                line = decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                self._passed.senseless_lines += 1
                continue
            if isinstance(line.said, TokensCounted):
                self._note_limits(line.said.limits)
            session, told = fold(session, line, told_until)
            reports += told
        return session, reports

    async def _tell_of_turn_under_way(self, name: str) -> None:
        """Of a log that is known from now on: that its session is at work, where nothing was reported of it."""
        followed = self._files.get(name)
        if followed is None or not followed.session.is_in_turn or followed.session.heard_at:
            return
        if followed.session.seen_at < self._now() - self._silence_ms:
            return
        report = alive(followed.session, await asyncio.to_thread(self._names.of, followed.session.id))
        session = msgspec.structs.replace(followed.session, heard_at=followed.session.seen_at)
        followed = msgspec.structs.replace(followed, session=session)
        await self._report(name, followed, (report,))
        self._files[name] = followed

    def _is_to_be_told_alive(self, session: Session, *, is_heard: bool) -> bool:
        is_known = session.is_in_turn and session.heard_at > 0
        return is_known and not is_heard and session.seen_at >= session.heard_at + ALIVE_EVERY_MS

    async def _report(self, name: str, followed: Followed, reports: Sequence[Report]) -> None:
        """Hand reports over with what is remembered from now on."""
        puts = [StatePut(FILE_KEY + name, msgspec.msgpack.encode(followed))]
        if self._limits is not None and self._limits != self._kept_limits:
            puts.append(StatePut(LIMITS_KEY, msgspec.json.encode(self._limits)))
        limits = self._limits
        await self._tell(reports, state_puts=puts)
        self._kept_limits = limits

    def _note_limits(self, limits: RateLimits | None) -> None:
        if limits is not None and (self._limits is None or limits.heard_at >= self._limits.heard_at):
            self._limits = limits

    async def _forget(self, listing: Listing) -> None:
        """Drop what is remembered of logs that have not changed for long; those that moved away may come back."""
        oldest = self._now() - KEPT_MS
        old = [name for name, followed in self._files.items() if followed.changed_at < oldest]
        there = {Path(path).name: found for path, found in listing.files.items()} if old else {}
        gone = [name for name in old if name not in there or self._files[name].cursor.is_current(there[name])]
        if gone:
            await self._tell((), state_deletes=tuple(StateKey(FILE_KEY + name) for name in gone))
            for name in gone:
                del self._files[name]

    def _told_from(self) -> Millis:
        """What happened up to then is not reported: it was before the first start, or of logs that are forgotten."""
        return Millis(max(self._since, self._now() - KEPT_MS))

    def _count_unreadable(self, found: dict[str, str]) -> None:
        for path, reason in found.items():
            if path not in self._passed.unreadable and len(self._passed.unreadable) < UNREADABLE_MAX:
                self._passed.unreadable.add(path)
                shown = path.encode("utf-8", "replace").decode()
                _log.warning("a session log cannot be read", path=shown, reason=reason)

    def _now(self) -> Millis:
        return self._context.clock.now()


def _begun(known: Followed | None, *, is_anew: bool) -> Followed | None:
    """What is known of a log that is read on; of one that is read anew, only up to when was told of it."""
    if known is None or not is_anew:
        return known
    return Followed(cursor=known.cursor, session=Session(), told_until=known.session.seen_at)


def _titled(report: Report, title: str) -> Report:
    return msgspec.structs.replace(report, title=title or report.title)
