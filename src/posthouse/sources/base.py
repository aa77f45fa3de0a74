"""What a source is: something that notices, in one of two shapes.

Snapshot kinds say that something changed (`signals`) and are then read once (`collect`); stream kinds run and emit.
Sources touch no ledger: they hand over `Emission`s, which intake commits, state and events together. Every kind has a
settings type, properties, and a `preview` that consumes nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import msgspec

from posthouse.model.errors import BadInput
from posthouse.model.sources import Emission, Property, Scope, Source, SourceShape
from posthouse.system.clock import Clock

KINDS: dict[str, str] = {
    "claude-sessions": "posthouse.sources.agent_logs.claude_sessions:ClaudeSessions",
    "ingest": "posthouse.sources.ingest:Ingest",
    "posthouse": "posthouse.sources.own:Own",
}
"""Kind to `module:class`."""


class State(Protocol):
    """A source's own keyed state, read lazily; written only through an Emission."""

    async def get(self, key: str, *, scope: Scope = Scope.MACHINE) -> bytes | None:
        """The value, or None."""
        ...

    async def items(self, prefix: str, *, scope: Scope = Scope.MACHINE) -> Mapping[str, bytes]:
        """All pairs whose key begins with the prefix, in key order."""
        ...


class SourceContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a source is given. `emit` returns after the commit. `excluded` are folders it must never watch or read.

    `progress(done_bytes, total_bytes)` tells of long reads. `allows(name)` answers whether a property is on by the
    source's own choices.
    """

    source: Source
    state: State
    clock: Clock
    emit: Callable[[Emission], Any]
    progress: Callable[[int, int], None]
    excluded: tuple[Path, ...]

    def allows(self, name: str) -> bool:
        """Whether the owner lets this property out of the source."""
        prop = next(p for p in source_kind(self.source.kind).properties if p.name == name)
        return self.source.properties.get(name, prop.default)


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """Something changed: `paths` say where, for the log; empty where that is not known."""

    paths: tuple[str, ...] = ()


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """Real data, as it would leave now. `sensitive` are the JSON Pointers (RFC 6901) of values to be masked.

    `found` says in plain words what was read (files, sessions), `problems` what could not be.
    """

    event_type: str
    data: msgspec.Raw
    sensitive: tuple[str, ...] = ()
    found: str = ""
    problems: tuple[str, ...] = ()


class SnapshotSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What every snapshot kind's settings hold, and all that intake reads of them (other fields are ignored).

    `quiet_s`: a read waits until nothing has changed for so long; `cap_s`: but no longer than this from the first
    change. Both 0 to 86,400 s; 0 is at once, None the daemon's own setting (`coalesce.quiet_s`, `coalesce.cap_s`).
    """

    quiet_s: float | None = None
    cap_s: float | None = None


class SourceKind(Protocol):
    """What both shapes have."""

    shape: SourceShape
    is_passive: bool
    """True where the daemon itself hands the source its events: it is always enabled, and its `run` only waits."""
    title: str
    properties: tuple[Property, ...]
    volatile: tuple[str, ...]
    """Top-level fields of `data` that do not count as a change (`generated_at`)."""

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate a person's settings and give them back in canonical form. Raises BadInput naming the field."""
        ...

    def project(self, data: Any, allowed: Mapping[str, bool]) -> Any:
        """The decoded data with every property that is not allowed left out, without a trace. Pure."""
        ...

    async def preview(self, context: SourceContext) -> Preview:
        """What would be sent now. Consumes nothing and writes nothing."""
        ...


class SnapshotKind(SourceKind, Protocol):
    """Re-reads state; one payload per burst."""

    def signals(self, context: SourceContext) -> AsyncIterator[Signal]:
        """Run until cancelled, yielding whenever something changed, and at once if it did while nobody looked."""
        ...

    async def collect(self, context: SourceContext, signal: Signal) -> Emission:
        """Read once. Raises OSError or PosthouseError where the read failed; then no state has moved."""
        ...


class StreamKind(SourceKind, Protocol):
    """One event per happening."""

    async def run(self, context: SourceContext) -> None:
        """Run until cancelled, awaiting `context.emit` for each emission."""
        ...


_loaded: dict[str, SourceKind] = {}


def source_kind(kind: str) -> SourceKind:
    """The kind by its name. Raises BadInput `source.unknown_kind`."""
    if kind not in _loaded:
        if kind not in KINDS:
            known = ", ".join(sorted(KINDS))
            raise BadInput("source.unknown_kind", f"There is no source kind {kind!r}. Known: {known}.", field="kind")
        module, _, name = KINDS[kind].partition(":")
        _loaded[kind] = getattr(import_module(module), name)()
    return _loaded[kind]
