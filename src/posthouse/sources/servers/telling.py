"""What is told of managed servers, as events and as entries of the live stream. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from posthouse.model.events import EventDraft, Severity
from posthouse.model.ids import Millis
from posthouse.model.live import ErrorEvent, ErrorEventEvent, LiveEvent, ServerUpdate, ServerUpdateEvent
from posthouse.rules.process import Exited, ProcessState, ServerState, Told
from posthouse.rules.timestamps import rfc3339
from posthouse.sources.servers.definitions import Definition
from posthouse.sources.servers.keeping import Runtime

SOURCE = "servers"
PAYLOAD_VERSION = 1
STATUS, ERROR = "server.status", "server.error"
OUTPUT_PROPERTY = "output"
REMOVED = "removed"

EXCERPT_LINES = 20
EXCERPT_CHARACTERS_MAX = 4_000

_TROUBLE = (Severity.WARNING, Severity.ERROR)


def drafts_of(
    told: Told,
    definition: Definition,
    before: ProcessState,
    after: Runtime,
    now: Millis,
    *,
    exited: Exited | None,
    excerpt: tuple[str, ...] | None,
    is_tunnel: bool,
) -> tuple[EventDraft, ...]:
    """The events of what is told: its status, and its end as an error where nobody asked for it.

    `excerpt`: the last lines of its output; None where they are not let out. Of a tunnel only trouble is told.
    """
    data = {
        "source": SOURCE,
        "version": PAYLOAD_VERSION,
        "generated_at": rfc3339(now),
        "server": definition.name,
        "state": told.state.value,
        "from": before.state.value,
        "reason": told.words,
        "pid": after.process.pid or before.pid,
        "port": definition.port,
        "restarts": after.restarts,
        "at": now,
    } | ({"tunnel": True} if is_tunnel else {})
    status = _draft(STATUS, definition, told.severity, data, now)
    is_error = is_trouble(told, exited)
    if is_error:
        ending = {
            "exit_code": None if exited is None else exited.code,
            "signal": None if exited is None else exited.signal,
        }
        lines = {} if excerpt is None else {OUTPUT_PROPERTY: list(excerpt)}
        error = _draft(ERROR, definition, Severity.ERROR, data | ending | lines, now)
        return (error,) if is_tunnel else (status, error)
    return () if is_tunnel else (status,)


def updates_of(
    told: Told, definition: Definition, now: Millis, *, exited: Exited | None, is_tunnel: bool
) -> tuple[LiveEvent, ...]:
    """What the live stream is told: where it stands, and beside it an error where it ended in one."""
    update = changed(definition.name, ServerState(told.state), now, "" if is_tunnel else told.words)
    if not is_trouble(told, exited):
        return () if is_tunnel else (update,)
    what = f"The tunnel of {definition.name}" if is_tunnel else definition.name
    error = ErrorEvent(error_type=ERROR, message=f"{what}: {told.words}", timestamp=now)
    return (ErrorEventEvent(error),) if is_tunnel else (update, ErrorEventEvent(error))


def changed(name: str, state: str, now: Millis, detail: str = "") -> ServerUpdateEvent:
    """A server is another one for who looks. `detail` is "" where its state has not moved."""
    return ServerUpdateEvent(ServerUpdate(server=name, state=str(state), detail=detail, timestamp=now))


def is_trouble(told: Told, exited: Exited | None) -> bool:
    """Whether it is an error: it has failed, or it has ended and nobody asked for that."""
    return told.severity is Severity.ERROR or (exited is not None and told.severity in _TROUBLE)


def excerpt_of(lines: list[str]) -> tuple[str, ...]:
    """The last lines, as many as an event may carry."""
    kept: list[str] = []
    left = EXCERPT_CHARACTERS_MAX
    for line in reversed(lines[-EXCERPT_LINES:]):
        if left <= 0:
            break
        kept.append(line[:left])
        left -= len(line)
    return tuple(reversed(kept))


def project(data: Any, allowed: Mapping[str, bool]) -> Any:
    """The payload, without excerpts of output where these are not allowed. Pure."""
    if allowed[OUTPUT_PROPERTY] or not isinstance(data, dict):
        return data
    return {name: value for name, value in data.items() if name != OUTPUT_PROPERTY}


def preview_data(definitions: Mapping[str, Definition], runtimes: Mapping[str, Runtime], now: Millis) -> msgspec.Raw:
    """Where every server stands."""
    servers = []
    for name in sorted(definitions):
        runtime = runtimes.get(name, Runtime())
        process = runtime.process
        servers.append(
            {
                "server": name,
                "state": process.state.value,
                "reason": process.why,
                "pid": process.pid,
                "port": definitions[name].port,
                "restarts": runtime.restarts,
            }
        )
    told = {"source": SOURCE, "version": PAYLOAD_VERSION, "generated_at": rfc3339(now), "servers": servers}
    return msgspec.Raw(msgspec.json.encode(told))


def _draft(kind: str, definition: Definition, severity: Severity, data: dict[str, Any], now: Millis) -> EventDraft:
    return EventDraft(
        type=kind,
        at=now,
        severity=severity,
        subject=definition.name,
        correlation_key=f"server:{definition.name}",
        data=msgspec.Raw(msgspec.json.encode(data)),
    )
