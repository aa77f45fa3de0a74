"""The source `sqlite`: the rows that a query finds in another program's SQLite database.

In: a database file and one SELECT. Out: one `sqlite.snapshot` event per burst of changes, with the rows as they were in
one committed state, in the query's order.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Annotated, Any

import apsw
import msgspec

from posthouse.model.events import EventDraft
from posthouse.model.sources import Emission, Property, SourceShape
from posthouse.sources.base import CoalescedSettings, Preview, Signal, SourceContext, parse_settings
from posthouse.sources.sqlite.aside import read_aside
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
    time_text,
)
from posthouse.sources.sqlite.tables import Rows, describe, fetch
from posthouse.sources.sqlite.watching import changes_of

EVENT_TYPE = "sqlite.snapshot"
SOURCE = "sqlite"
PAYLOAD_VERSION = 1
ROWS = "rows"


class SqliteSettings(CoalescedSettings, frozen=True, kw_only=True):
    """Which rows of which database, and within which bounds."""

    path: DatabasePath
    query: Query
    rows_max: Annotated[int, msgspec.Meta(ge=1, le=100_000, description="So many rows are told at most.")] = 1_000
    deadline_s: Deadline = 10.0
    copy_bytes_max: CopyBytes = GIB


class SqliteSnapshot:
    """The kind; it holds no state."""

    shape = SourceShape.SNAPSHOT
    is_passive = False
    needs_schedule = False
    settings_type = SqliteSettings
    title = "Rows of an SQLite database"
    properties = (Property(name=ROWS, title="The rows"),)
    volatile: tuple[str, ...] = ("generated_at",)

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate and complete; raises BadInput `source.bad_setting` naming the field."""
        canonical = parse_settings(SqliteSettings, settings)
        parsed = msgspec.json.decode(canonical, type=SqliteSettings)
        check(parsed.path, parsed.query)
        return canonical

    def project(self, data: Any, allowed: Mapping[str, bool]) -> Any:
        """The payload, without its rows where they are not allowed. Pure."""
        return data if allowed[ROWS] else {name: value for name, value in data.items() if name != ROWS}

    async def signals(self, context: SourceContext) -> AsyncIterator[Signal]:
        """One at the start, then one whenever the database may have changed."""
        settings = _settings(context)
        path = place_of(settings.path, settings.copy_bytes_max, context).path
        async with aclosing(changes_of(path, context.excluded)) as changes:
            async for _ in changes:
                yield Signal(paths=(str(path),))

    async def collect(self, context: SourceContext, signal: Signal) -> Emission:  # noqa: ARG002
        """Read once. Raises OSError or PosthouseError where that failed."""
        data = _payload(context, (await _read(context)).value)
        return Emission(events=(EventDraft(type=EVENT_TYPE, data=data),))

    async def preview(self, context: SourceContext) -> Preview:
        """What a read would tell now."""
        reading = await _read(context)
        settings = _settings(context)
        path = place_of(settings.path, settings.copy_bytes_max, context).path
        count = len(reading.value.json)
        more = ", and there are more" if reading.value.is_cut else ""
        return Preview(
            event_type=EVENT_TYPE,
            data=_payload(context, reading.value),
            found=f"{count} row(s){more}, from {how_read(path, reading.copied_bytes)}.",
        )


async def _read(context: SourceContext) -> Reading[Rows]:
    settings = _settings(context)
    query = checked_query(settings.query)

    def work(connection: apsw.Connection) -> Rows:
        return fetch(connection, describe(connection, query), rows_max=settings.rows_max)

    place = place_of(settings.path, settings.copy_bytes_max, context)
    return await read_aside(context, place, work, deadline_s=settings.deadline_s)


def _payload(context: SourceContext, rows: Rows) -> msgspec.Raw:
    """The payload as the source's own choices allow it. `truncated` is there only where rows were left out."""
    data: dict[str, Any] = {
        "source": SOURCE,
        "version": PAYLOAD_VERSION,
        "generated_at": time_text(context.clock.now()),
        "row_count": len(rows.json),
    }
    if rows.is_cut:
        data["truncated"] = True
    if context.allows(ROWS):
        data[ROWS] = rows.json
    return msgspec.Raw(msgspec.json.encode(data))


def _settings(context: SourceContext) -> SqliteSettings:
    return msgspec.json.decode(context.source.settings, type=SqliteSettings)
