"""What a source is: something that notices, in one of two shapes.

Snapshot kinds say that something changed (`signals`) and are then read once (`collect`); stream kinds run and emit.
Sources touch no ledger: they hand over `Emission`s, which intake commits, state and events together. Every kind has a
settings type, properties, and a `preview` that consumes nothing.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Protocol

import msgspec

from posthouse.model.errors import BadInput, PosthouseError
from posthouse.model.events import Event
from posthouse.model.sources import Emission, Property, Scope, Source, SourceShape
from posthouse.sources.addresses import Addresses
from posthouse.sources.inbox import Inbox
from posthouse.system.clock import Clock
from posthouse.system.idle.presence import Presence
from posthouse.system.secrets import SecretStore

KINDS: dict[str, str] = {
    "agents": "posthouse.sources.agents.source:Agents",
    "claude-sessions": "posthouse.sources.agent_logs.claude_sessions:ClaudeSessions",
    "claude-stats": "posthouse.sources.agent_logs.claude_stats:ClaudeStats",
    "codex-sessions": "posthouse.sources.agent_logs.codex_sessions:CodexSessions",
    "codex-stats": "posthouse.sources.agent_logs.codex_stats:CodexStats",
    "command": "posthouse.sources.command:Command",
    "desktop-activity": "posthouse.sources.desktop.source:DesktopActivity",
    "files": "posthouse.sources.files.source:Files",
    "ingest": "posthouse.sources.ingest:Ingest",
    "peers": "posthouse.sources.lan.source:Peers",
    "posthouse": "posthouse.sources.own:Own",
    "servers": "posthouse.sources.servers.source:Servers",
    "sqlite": "posthouse.sources.sqlite.snapshot:SqliteSnapshot",
    "sqlite-rows": "posthouse.sources.sqlite.rows:SqliteRows",
    "wake-schedule": "posthouse.sources.wake.source:WakeSchedule",
}
"""Kind to `module:class`."""

DEFAULT_KINDS: tuple[str, ...] = (
    *("agents", "claude-sessions", "claude-stats", "codex-sessions", "codex-stats", "ingest"),
    *("peers", "posthouse", "servers", "wake-schedule"),
)
"""Kinds of which every installation has one source from the start, named after them; others are added by a person."""

ONLY_ONE: frozenset[str] = frozenset({"agents", "ingest", "peers", "posthouse", "servers", "wake-schedule"})
"""Kinds of which there is that one source alone: a second one would take from the same place."""


QUIET_DOC = "Seconds without a change after which it is read."
CAP_DOC = "The longest wait from the first change to the reading, in seconds."


class State(Protocol):
    """A source's own keyed state, read lazily; written only through an Emission."""

    async def get(self, key: str, *, scope: Scope = Scope.MACHINE) -> bytes | None:
        """The value, or None."""
        ...

    async def get_many(self, keys: Sequence[str], *, scope: Scope = Scope.MACHINE) -> dict[str, bytes]:
        """The values of those keys that there are, in one look."""
        ...

    async def items(self, prefix: str, *, scope: Scope = Scope.MACHINE) -> dict[str, bytes]:
        """All pairs whose key begins with the prefix, in key order."""
        ...

    async def between(self, first: str, end: str, *, scope: Scope = Scope.MACHINE) -> dict[str, bytes]:
        """All pairs from the key `first` on and before `end`, in key order."""
        ...


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """An event that was posted, and its position in the ledger."""

    seq: int
    event: Event


def follow_nothing(prefix: str, after: int) -> AsyncIterator[tuple[Followed, ...]]:
    """There is nobody to follow: waits for ever."""
    return _nothing(prefix, after)


async def _nothing(prefix: str, after: int) -> AsyncIterator[tuple[Followed, ...]]:  # noqa: ARG001
    await asyncio.get_running_loop().create_future()
    yield ()


class SourceContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a source is given. `emit` returns after the commit. `excluded` are folders it must never watch or read.

    `progress(done_bytes, total_bytes)` tells of long reads. `quiet_s` and `cap_s`: how its changes are gathered, by its
    own settings or the daemon's; a stream kind that gathers goes by them itself. `may_run_programs`: the setting
    `commands.allowed`. `allows(name)` answers whether a
    property is on by the source's own choices. `machine`: what this machine is called. `spool`: the home's spool
    folder, of which a source may have a folder of its own (named after its kind). `follow(prefix, after)`: what others
    posted to ingest whose type begins so, behind a position of the ledger, oldest first and at most 200 at a time; it
    waits for more. `presence`: who says whether somebody sits at this machine; the daemon has one for all. `inbox`:
    what people want of it, for kinds that have `commands`. `folder`: the home's folder for what sources of its kind
    keep as files; whoever needs it makes it. `programs_allowed`: `may_run_programs` as it stands at the moment.
    `secrets`: where the secrets lie that its own state names. `addresses`: what sources tell each other of servers.
    """

    source: Source
    state: State
    clock: Clock
    emit: Callable[[Emission], Any]
    progress: Callable[[int, int], None]
    excluded: tuple[Path, ...]
    quiet_s: float = 90.0
    cap_s: float = 300.0
    may_run_programs: bool = False
    machine: str = ""
    spool: Path | None = None
    follow: Callable[[str, int], AsyncIterator[tuple[Followed, ...]]] = follow_nothing
    presence: Presence | None = None
    inbox: Inbox | None = None
    folder: Path | None = None
    programs_allowed: Callable[[], bool] = lambda: False
    secrets: SecretStore | None = None
    addresses: Addresses = msgspec.field(default_factory=Addresses)

    def allows(self, name: str) -> bool:
        """Whether the owner lets this property out of the source."""
        prop = next(p for p in source_kind(self.source.kind).properties if p.name == name)
        return self.source.properties.get(name, prop.default)


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """Something changed: `paths` say where. With `is_rescan` they are not all of it: look at everything.

    What `collect` is handed is all that its signals said since the last read that succeeded; of a read that no signal
    asked for (by the clock, or by hand) it is the rescan.
    """

    paths: tuple[str, ...] = ()
    is_rescan: bool = False


RESCAN = Signal(is_rescan=True)
"""Look at everything."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """Real data, as it would leave now. `sensitive` are the JSON Pointers (RFC 6901) of values to be masked.

    `found` says in plain words what was read (files, sessions), `problems` what could not be.
    """

    event_type: str
    data: msgspec.Raw
    sensitive: tuple[str, ...] = ()
    found: str = ""
    problems: tuple[str, ...] = ()


class SourceSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """What a kind's settings are made of. Of a kind without any it is this."""


class CoalescedSettings(SourceSettings, frozen=True, kw_only=True):
    """What the settings of every kind hold whose changes are gathered: snapshot kinds, and `files`.

    0 is at once; None is the daemon's own setting (`coalesce.quiet_s`, `coalesce.cap_s`).
    """

    quiet_s: Annotated[float, msgspec.Meta(ge=0, le=86_400, description=QUIET_DOC)] | None = None
    cap_s: Annotated[float, msgspec.Meta(ge=0, le=86_400, description=CAP_DOC)] | None = None


class SourceKind(Protocol):
    """What both shapes have."""

    shape: SourceShape
    is_passive: bool
    """True where the daemon itself hands the source its events: it is always enabled, and its `run` only waits."""
    needs_schedule: bool
    """True where nothing can say that it changed (a program's output): it is read by the clock or by hand only."""
    title: str
    properties: tuple[Property, ...]
    volatile: tuple[str, ...]
    """Top-level fields of `data` that do not count as a change (`generated_at`)."""

    @property
    def settings_type(self) -> type[SourceSettings]:
        """What its settings are: a record whose fields have bounds and a description (`msgspec.Meta`)."""
        ...

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate a person's settings and give them back in canonical form. Raises BadInput naming the field.

        `parse_settings` does all that types and bounds can; a kind adds what only it can judge.
        """
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


class CommandedKind(StreamKind, Protocol):
    """One that can be told things while it runs: it serves `context.inbox`."""

    commands: frozenset[str]
    """What it can be told."""


def parse_settings(settings_type: type[SourceSettings], settings: dict[str, Any]) -> msgspec.Raw:
    """A person's settings in canonical form: types and bounds judged, defaults filled in, unknown names refused.

    Raises BadInput `source.bad_setting`, naming the field.
    """
    known = [one.encode_name for one in msgspec.structs.fields(settings_type)]
    for name in settings:
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise BadInput(
                "source.bad_setting", f"There is no setting {name[:100]!r}. Known: {there}.", field=name[:100]
            )
    try:
        return msgspec.Raw(msgspec.json.encode(msgspec.convert(settings, settings_type)))
    except msgspec.ValidationError as error:
        words, _, path = str(error).partition(" - at `$.")
        field = path.rstrip("`")
        missing = re.search(r"missing required field `(\w+)`", words)
        if missing is not None:
            raise BadInput("source.bad_setting", f"{missing[1]} must be given.", field=missing[1]) from error
        raise BadInput("source.bad_setting", f"{field}: {words}.", field=field or None) from error


class KnownKind(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of which sources can be added, before it is loaded.

    `place` is its `module:Class`; `distribution` the installed package that brought it, "" where it is Posthouse's own.
    `ignored` are the packages that registered the same name in vain.
    """

    name: str
    place: str
    distribution: str = ""
    ignored: tuple[str, ...] = ()


_loaded: dict[str, SourceKind] = {}


def known_kinds() -> dict[str, KnownKind]:
    """All kinds by name, in their order: Posthouse's own, and those that installed packages register.

    Imports none of them. The packages are looked through once in a process's life.
    """
    # Looking through what is installed costs every command that asks for it: only these two functions do.
    from posthouse.sources.foreign.finding import find_kinds

    return find_kinds(KINDS)


def source_kind(kind: str) -> SourceKind:
    """The kind by its name, loaded. Never raises.

    One that a package brought may be missing or broken; then what comes back says why when it is used, and raises
    `source.kind_unavailable` (see `kind_problem`). A package that is slow to load holds the caller up for a second.
    """
    if kind in KINDS:
        if kind not in _loaded:
            module, _, name = KINDS[kind].partition(":")
            _loaded[kind] = getattr(import_module(module), name)()
        return _loaded[kind]
    # What runs the code of third parties is not loaded where there is none.
    from posthouse.sources.foreign.loading import load_kind

    return load_kind(kind, known_kinds().get(kind))


def load_kinds(kinds: Iterable[str]) -> None:
    """Load those of the kinds that installed packages bring, side by side, in at most five seconds.

    Off the event loop: it waits for them. Then `source_kind` holds nobody up.
    """
    if all(kind in KINDS for kind in kinds):
        return
    from posthouse.sources.foreign.loading import load_together

    load_together(kinds, known_kinds())


def kind_to_add(kind: str) -> SourceKind:
    """The kind of a source that is to be added.

    Raises BadInput `source.unknown_kind` where there is none of that name, PosthouseError `source.kind_unavailable`
    where it cannot be used.
    """
    if kind not in KINDS and kind not in known_kinds():
        known = ", ".join(known_kinds())
        raise BadInput("source.unknown_kind", f"There is no source kind {kind[:100]!r}. Known: {known}.", field="kind")
    problem = kind_problem(kind)
    if problem is not None:
        raise PosthouseError("source.kind_unavailable", problem)
    return source_kind(kind)


def kind_problem(kind: str) -> str | None:
    """Why a kind cannot be used now, in a sentence; None where it can."""
    if kind in KINDS:
        return None
    from posthouse.sources.foreign.unavailable import Unavailable

    found = source_kind(kind)
    return found.problem if isinstance(found, Unavailable) else None
