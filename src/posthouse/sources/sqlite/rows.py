"""The source `sqlite-rows`: each new row that a query finds in another program's SQLite database, as one event.

In: a database file, one SELECT, and the name of a column of it that only grows. Out: an event per row behind the last
one told, in the key's order; how far it came is committed with the events. A read is followed by a pause of ten times
what it took, so that even a database that never rests costs less than a tenth of a core.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Any

import apsw
import msgspec

from posthouse.model.errors import PosthouseError
from posthouse.model.events import EventDraft
from posthouse.model.sources import Emission, Property, SourceShape, StatePut
from posthouse.sources.base import Preview, SourceContext, SourceSettings, parse_settings
from posthouse.sources.sqlite.aside import read_aside
from posthouse.sources.sqlite.keys import Cursor, Key, Move, Start, event_key
from posthouse.sources.sqlite.looking import Found, look_at_newest, look_behind
from posthouse.sources.sqlite.queries import checked_query
from posthouse.sources.sqlite.reading import Reading
from posthouse.sources.sqlite.settings import (
    GIB,
    CopyBytes,
    DatabasePath,
    Deadline,
    Query,
    check,
    how_read,
    place_of,
)
from posthouse.sources.sqlite.watching import changes_of
from posthouse.system.logging import get_log

SOURCE = "sqlite-rows"
PAYLOAD_VERSION = 1
ROWS, ROW = "rows", "row"
STATE_KEY = "cursor"

READ_ROWS_MAX = 5_000
"""So many rows one read takes up at most."""

BATCH_ROWS_MAX = 500
"""So many events are committed at a time."""

PAUSE_S_MIN = 0.25
PAUSE_TIMES = 10.0

EventType = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*\Z", description="What its events are called."
    ),
]

_log = get_log(__name__)


class SqliteRowsSettings(SourceSettings, frozen=True, kw_only=True):
    """Which rows of which database, in which order, and within which bounds."""

    path: DatabasePath
    query: Query
    key: Annotated[
        str,
        msgspec.Meta(
            min_length=1,
            max_length=200,
            description="A column of the query that only grows and that no two rows share: a whole number or a text.",
        ),
    ]
    start: Annotated[
        Start, msgspec.Meta(description="now: rows that come from now on; beginning: those that are there as well.")
    ] = Start.NOW
    type: EventType = "sqlite.row"
    deadline_s: Deadline = 10.0
    copy_bytes_max: CopyBytes = GIB


class SqliteRows:
    """The kind; it holds no state."""

    shape = SourceShape.STREAM
    is_passive = False
    needs_schedule = False
    settings_type = SqliteRowsSettings
    title = "New rows of an SQLite database"
    properties = (Property(name=ROWS, title="The row"),)
    volatile: tuple[str, ...] = ()

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate and complete; raises BadInput `source.bad_setting` naming the field."""
        canonical = parse_settings(SqliteRowsSettings, settings)
        parsed = msgspec.json.decode(canonical, type=SqliteRowsSettings)
        check(parsed.path, parsed.query)
        return canonical

    def project(self, data: Any, allowed: Mapping[str, bool]) -> Any:
        """The event's data, without the row where it is not allowed. Pure."""
        return data if allowed[ROWS] else {name: value for name, value in data.items() if name != ROW}

    async def run(self, context: SourceContext) -> None:
        """Tell of rows until cancelled. Raises PosthouseError where a read failed; then no state has moved."""
        stream = RowStream(context)
        async with aclosing(changes_of(stream.path, context.excluded)) as changes:
            async for _ in changes:
                while await stream.tell():
                    pass

    async def preview(self, context: SourceContext) -> Preview:
        """The row that comes next, or the newest one where all were told."""
        stream = RowStream(context)
        reading = await stream.read(await stream.cursor(), rows_max=1)
        found, words = reading.value, "The row that comes next"
        if not found.keys:
            reading, words = await stream.read_newest(), "All rows were told, or were there before; this is the newest"
            found = reading.value
        if not found.keys:
            return Preview(
                event_type=stream.settings.type,
                data=msgspec.Raw(b"{}"),
                found=f"No row, in {how_read(stream.path, reading.copied_bytes)}.",
                problems=("The query finds no row with a key yet.",),
            )
        return Preview(
            event_type=stream.settings.type,
            data=stream.payload(found.keys[0], found.rows.json[0]),
            found=f"{words}, from {how_read(stream.path, reading.copied_bytes)}.",
            problems=(f"{found.without_key} row(s) have no key and cannot be told.",) if found.without_key else (),
        )


class RowStream:
    """One source at work."""

    def __init__(self, context: SourceContext) -> None:
        self.settings = msgspec.json.decode(context.source.settings, type=SqliteRowsSettings)
        self._context = context
        self._query = checked_query(self.settings.query)
        self._place = place_of(self.settings.path, self.settings.copy_bytes_max, context)
        self._without_key = 0

    @property
    def path(self) -> Path:
        """The database's path on this machine."""
        return self._place.path

    async def cursor(self) -> Cursor | None:
        """How far it came, or None where it was never read."""
        stored = await self._context.state.get(STATE_KEY)
        return None if stored is None else msgspec.json.decode(stored, type=Cursor)

    async def tell(self) -> bool:
        """Read once, commit what is new, and pause. Answers whether there is more to be told at once."""
        clock = self._context.clock
        started_s = clock.monotonic_s()
        before = await self.cursor()
        found = (await self.read(before, rows_max=READ_ROWS_MAX)).value
        took_s = clock.monotonic_s() - started_s
        self._say(before, found)
        await self._emit(found)
        await asyncio.sleep(max(PAUSE_S_MIN, PAUSE_TIMES * took_s))
        return found.rows.is_cut

    async def read(self, cursor: Cursor | None, *, rows_max: int) -> Reading[Found]:
        """Where the stream stands after this cursor, and the rows behind. Raises PosthouseError."""
        settings = self.settings
        return await self._read(
            lambda connection: look_behind(
                connection, self._query, settings.key, cursor, start=settings.start, rows_max=rows_max
            )
        )

    async def read_newest(self) -> Reading[Found]:
        """The newest row alone. Raises PosthouseError."""
        return await self._read(lambda connection: look_at_newest(connection, self._query, self.settings.key))

    def payload(self, key: Key, row: msgspec.Raw) -> msgspec.Raw:
        """An event's data as the source's own choices allow it."""
        data: dict[str, Any] = {"source": SOURCE, "version": PAYLOAD_VERSION, "key": key}
        if self._context.allows(ROWS):
            data[ROW] = row
        return msgspec.Raw(msgspec.json.encode(data))

    async def _read(self, work: Callable[[apsw.Connection], Found]) -> Reading[Found]:
        try:
            return await read_aside(self._context, self._place, work, deadline_s=self.settings.deadline_s)
        except OSError as error:
            raise PosthouseError(
                "source.unreadable", f"{self.path} could not be read: {error.strerror or error}."
            ) from error

    async def _emit(self, found: Found) -> None:
        """Hand the rows over in batches, each with where it leads; without rows only that, where it changed."""
        source_id = self._context.source.id
        for first in range(0, len(found.keys), BATCH_ROWS_MAX):
            keys = found.keys[first : first + BATCH_ROWS_MAX]
            rows = found.rows.json[first : first + BATCH_ROWS_MAX]
            events = tuple(
                EventDraft(
                    type=self.settings.type,
                    data=self.payload(key, row),
                    key=event_key(source_id, found.cursor, key),
                )
                for key, row in zip(keys, rows, strict=True)
            )
            reached = msgspec.structs.replace(found.cursor, key=keys[-1])
            await self._context.emit(Emission(events=events, state_puts=(_put(reached),)))
        if not found.keys and found.move is not Move.UNCHANGED:
            await self._context.emit(Emission(state_puts=(_put(found.cursor),)))

    def _say(self, before: Cursor | None, found: Found) -> None:
        """Whatever is not as a growing key would have it, once."""
        name = self._context.source.name
        match found.move:
            case Move.EMPTIED:
                _log.warning("all rows are gone; those that come are told from the first", source=name)
            case Move.SHRUNK:
                _log.warning("the newest rows are gone; those behind the newest left are told", source=name)
            case Move.BEGUN if before is not None:
                _log.warning("the key is another column; its rows are told from the start setting on", source=name)
        if found.without_key > self._without_key:
            _log.warning(
                "rows without a key cannot be told", source=name, key=self.settings.key, rows=found.without_key
            )
        self._without_key = found.without_key


def _put(cursor: Cursor) -> StatePut:
    return StatePut(STATE_KEY, msgspec.json.encode(cursor))
