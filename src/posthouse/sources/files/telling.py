"""Events of files: what is told of one, and the emissions in which it is committed with what is remembered.

source, version, path, change
path_base64                       the bytes of a path that cannot be shown as it is
previous_path                     renamed: where it was
size_bytes, modified_at           all but removed
size_before_bytes                 where the file was known before
appended_bytes                    where the same file only grew
first_change_at                   the first change of the burst, where it was seen happening
content                           where the property is on: see `posthouse.rules.file_content`
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any

import msgspec

from posthouse.model.events import EventDraft
from posthouse.model.ids import Millis
from posthouse.model.sources import Emission, Property, StateKey, StatePut
from posthouse.rules.files import FileFacts, Outcome
from posthouse.sources.base import SourceContext
from posthouse.sources.files.gathering import Burst
from posthouse.sources.files.known import row_delete, row_put
from posthouse.sources.files.reading import Reading

SOURCE = "files"
PAYLOAD_VERSION = 1
ROWS_MAX = 500
"""An emission holds so many rows of state at most, and so many events."""

EMISSION_BYTES_MAX = 1024 * 1024
"""An emission whose events are larger than this is not added to."""

PROPERTIES: tuple[Property, ...] = (Property(name="content", title="What is in the files", is_sensitive=True),)

_CONTROLS = dict.fromkeys((*range(32), 127), "�")


class Telling:
    """What is to be committed next: events, and the rows that they lead to. `flush` commits it."""

    def __init__(self, context: SourceContext) -> None:
        self._context = context
        self._events: list[EventDraft] = []
        self._puts: dict[str, StatePut] = {}
        self._deletes: dict[str, StateKey] = {}
        self._bytes = 0

    async def tell(self, outcome: Outcome, reading: Reading, burst: Burst | None) -> None:
        """Add an event with its rows."""
        draft = draft_of(outcome, reading, burst, now=self._context.clock.now())
        self._events.append(draft)
        self._bytes += len(draft.data)
        if outcome.previous_path is not None:
            self._delete(outcome.previous_path)
        if outcome.found is None:
            self._delete(outcome.path)
            await self._flush_if_full()
        else:
            await self.remember(outcome.path, outcome.found)

    async def remember(self, path: str, facts: FileFacts) -> None:
        """Add a row without an event."""
        put = row_put(path, facts)
        self._puts[put.key] = put
        await self._flush_if_full()

    async def forget(self, path: str) -> None:
        """Take a row away without an event."""
        self._delete(path)
        await self._flush_if_full()

    async def flush(self, *more: StatePut) -> None:
        """Commit all of it, and some further state. Raises what `context.emit` raises; then nothing was committed."""
        if not (self._events or self._puts or self._deletes or more):
            return
        emission = Emission(
            events=tuple(self._events),
            state_puts=(*self._puts.values(), *more),
            state_deletes=tuple(self._deletes.values()),
        )
        self._events, self._puts, self._deletes, self._bytes = [], {}, {}, 0
        await self._context.emit(emission)

    def _delete(self, path: str) -> None:
        key = row_delete(path)
        self._puts.pop(key.key, None)
        self._deletes[key.key] = key

    async def _flush_if_full(self) -> None:
        rows = len(self._puts) + len(self._deletes)
        if rows >= ROWS_MAX or len(self._events) >= ROWS_MAX or self._bytes >= EMISSION_BYTES_MAX:
            await self.flush()


def draft_of(outcome: Outcome, reading: Reading, burst: Burst | None, *, now: Millis) -> EventDraft:
    """The event. It happened at the burst's last change, or, where nobody looked, when the file was last written."""
    data = data_of(outcome, reading, burst)
    at: Millis | None = None
    if burst is not None:
        at = burst.last_at
    elif outcome.found is not None:
        at = Millis(max(0, min(outcome.found.modified_ns // 1_000_000, now)))
    return EventDraft(
        type=f"file.{outcome.told}",
        subject=data["path"],
        at=at,
        key=key_of(outcome),
        data=msgspec.Raw(msgspec.json.encode(data)),
    )


def data_of(outcome: Outcome, reading: Reading, burst: Burst | None) -> dict[str, Any]:
    """What an event says."""
    path, before, found = shown(outcome.path), outcome.before, outcome.found
    data: dict[str, Any] = {"source": SOURCE, "version": PAYLOAD_VERSION, "path": path, "change": outcome.change}
    if path != outcome.path:
        data["path_base64"] = b64encode(os.fsencode(outcome.path)).decode("ascii")
    if outcome.previous_path is not None:
        data["previous_path"] = shown(outcome.previous_path)
    if found is not None:
        data["size_bytes"] = found.size_bytes
        data["modified_at"] = _time(found.modified_ns // 1_000_000)
    if before is not None:
        data["size_before_bytes"] = before.size_bytes
    if found is not None and outcome.grown_from is not None:
        data["appended_bytes"] = found.size_bytes - outcome.grown_from
    if burst is not None:
        data["first_change_at"] = _time(burst.first_at)
    if reading.content is not None:
        data["content"] = reading.content
    elif reading.unreadable:
        data["content"] = {"unreadable": reading.unreadable}
    return data


def project(data: dict[str, Any], allowed: Mapping[str, bool]) -> dict[str, Any]:
    """The payload without what is not allowed; the argument is not changed. May be repeated."""
    return {name: value for name, value in data.items() if name != "content" or allowed.get("content", False)}


def key_of(outcome: Outcome) -> str:
    """The same for the same happening, and for no other: a file that comes back as it was has changed in its status."""
    facts = outcome.before if outcome.found is None else outcome.found
    named = [outcome.told, os.fsencode(outcome.path), os.fsencode(outcome.previous_path or ""), facts]
    return blake2b(msgspec.msgpack.encode(named), digest_size=16).hexdigest()


def shown(path: str) -> str:
    """The path as text for people: what is no UTF-8, or a control character, is replaced."""
    return os.fsencode(path).decode("utf-8", "replace").translate(_CONTROLS)


def _time(at_ms: int) -> str | None:
    """RFC 3339 with milliseconds; None for a time that has no such form."""
    try:
        moment = datetime.fromtimestamp(at_ms // 1000, tz=UTC).replace(microsecond=at_ms % 1000 * 1000)
    except (OverflowError, ValueError, OSError):
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
