"""The workplace: what the workers of all sources stand on, and the contexts that their kinds are given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from posthouse.ledger.base import Database, Transaction
from posthouse.ledger.live import tell_source
from posthouse.ledger.own_events import Author, about_daemon, record_own
from posthouse.ledger.state import get_state, some_state, state_between
from posthouse.model.errors import NotFound
from posthouse.model.events import Severity
from posthouse.model.ids import EndpointId, Millis, SourceId
from posthouse.model.live import SourceAction
from posthouse.model.sources import Emission, Scope, Source, SourceShape
from posthouse.pipeline.directory import Known
from posthouse.pipeline.failing import broken
from posthouse.pipeline.following import follow
from posthouse.pipeline.intake import Intake
from posthouse.pipeline.snapshots import Errand, Taken, take_snapshot
from posthouse.rules.coalesce import CoalescePolicy
from posthouse.rules.routing import Route
from posthouse.settings import COALESCE_CAP_S, COALESCE_QUIET_S, COMMANDS_ALLOWED, Settings
from posthouse.sources.addresses import Addresses
from posthouse.sources.base import CoalescedSettings, Followed, SourceContext, follow_nothing, source_kind
from posthouse.sources.inbox import Inbox
from posthouse.system.clock import Clock
from posthouse.system.idle.presence import Presence
from posthouse.system.secrets import SecretStore

Progress = Callable[[int, int], None]
Emit = Callable[[Emission], Awaitable[None]]
Follow = Callable[[str, int], AsyncIterator[tuple[Followed, ...]]]


class SourceState:
    """A source's own state, read through the ledger."""

    def __init__(self, database: Database, source_id: SourceId, machine: str) -> None:
        self._database = database
        self._source_id = source_id
        self._machine = machine

    async def get(self, key: str, *, scope: Scope = Scope.MACHINE) -> bytes | None:
        """The value, or None."""
        return await self._database.read(get_state, self._source_id, self._machine, key, scope)

    async def get_many(self, keys: Sequence[str], *, scope: Scope = Scope.MACHINE) -> dict[str, bytes]:
        """The values of those keys that there are, in one look."""
        return await self._database.read(some_state, self._source_id, self._machine, keys, scope)

    async def items(self, prefix: str, *, scope: Scope = Scope.MACHINE) -> dict[str, bytes]:
        """All pairs whose key begins with the prefix, in key order."""
        return await self.between(prefix, prefix + "\U0010ffff", scope=scope)

    async def between(self, first: str, end: str, *, scope: Scope = Scope.MACHINE) -> dict[str, bytes]:
        """All pairs from the key `first` on and before `end`, in key order."""
        return await self._database.read(state_between, self._source_id, self._machine, first, end, scope)


class Workplace:
    """The parts that every worker works with, and what is configured now."""

    def __init__(
        self, *, database: Database, known: Known, intake: Intake, clock: Clock, author: Author,
        excluded: tuple[Path, ...], settings: Settings, wake_lanes: Callable[[Iterable[EndpointId]], None],
        spool: Path | None, presence: Presence | None, home: Path | None, secrets: SecretStore | None,
    ) -> None:  # fmt: skip
        self.database = database
        self.known = known
        self.clock = clock
        self.settings = settings
        self._intake = intake
        self._author = author
        self._excluded = excluded
        self._wake_lanes = wake_lanes
        self._spool = spool
        self._presence = presence
        self._home = home
        self._secrets = secrets
        self._addresses = Addresses()

    def source(self, source_id: SourceId) -> Source:
        """The source as it is configured now. Raises NotFound `source.not_found`."""
        source = self.known.directory.sources.get(source_id)
        if source is None:
            raise NotFound("source.not_found", f"There is no source {source_id}.")
        return source

    def routes(self, source_id: SourceId) -> Sequence[Route]:
        """The source's active bindings."""
        return self.known.directory.routes.get(source_id, ())

    def policy(self, source: Source) -> CoalescePolicy:
        """How a source's changes are gathered: its own settings first, then the daemon's."""
        own = msgspec.json.decode(source.settings, type=CoalescedSettings)
        return CoalescePolicy(
            quiet_s=self.settings[COALESCE_QUIET_S] if own.quiet_s is None else own.quiet_s,
            cap_s=self.settings[COALESCE_CAP_S] if own.cap_s is None else own.cap_s,
        )

    def context(self, source: Source, progress: Progress, inbox: Inbox | None = None) -> SourceContext:
        """What a source at work is given. Of a snapshot only state may be emitted: its event is what a read returns."""
        is_snapshot = source_kind(source.kind).shape is SourceShape.SNAPSHOT

        async def emit(emission: Emission) -> None:
            if is_snapshot and emission.events:
                raise broken("a snapshot emits state only, its event is what collect returns")
            await self._intake.take(
                source, emission.events, state_puts=emission.state_puts, state_deletes=emission.state_deletes,
                updates=emission.updates,
            )  # fmt: skip

        following = partial(follow, self.database, self.known)
        return msgspec.structs.replace(self._context(source, progress, emit, following), inbox=inbox)

    def preview_context(self, source: Source) -> SourceContext:
        """What a source is given for a preview, which may write nothing."""

        async def refuse(emission: Emission) -> None:  # noqa: ARG001
            raise broken("a preview must emit nothing")

        return self._context(source, lambda _done, _total: None, refuse, follow_nothing)

    async def take(self, source: Source, emission: Emission, errand: Errand) -> Taken:
        """Commit what one read found. Raises as `take_snapshot`."""
        return await take_snapshot(
            source, emission, errand, database=self.database, known=self.known, intake=self._intake
        )

    async def tell_failing(self, source_id: SourceId, name: str, detail: str) -> None:
        """Record that a source cannot be read."""
        now = self.clock.now()
        self._wake_lanes(await self.database.run(_note_failing, source_id, name, detail, now, self._author))

    async def tell_reading(self, source_id: SourceId, name: str) -> None:
        """Say that a source can be read again."""
        await self.database.run(tell_source, source_id, name, SourceAction.READING, self.clock.now())

    def _context(self, source: Source, progress: Progress, emit: Emit, following: Follow) -> SourceContext:
        policy = self.policy(source)
        return SourceContext(
            source=source,
            state=SourceState(self.database, source.id, self._author.machine),
            clock=self.clock,
            emit=emit,
            progress=progress,
            excluded=self._excluded,
            quiet_s=policy.quiet_s,
            cap_s=policy.cap_s,
            may_run_programs=self.settings[COMMANDS_ALLOWED],
            machine=self._author.machine,
            spool=self._spool,
            follow=following,
            presence=self._presence,
            folder=None if self._home is None else self._home / source.kind,
            programs_allowed=lambda: self.settings[COMMANDS_ALLOWED],
            secrets=self._secrets,
            addresses=self._addresses,
        )


def _note_failing(
    tx: Transaction, source_id: SourceId, name: str, detail: str, now: Millis, author: Author
) -> frozenset[EndpointId]:
    """Record the event, and say so in the live log."""
    tell_source(tx, source_id, name, SourceAction.FAILING, now, detail=detail)
    draft = about_daemon("source.failing", {"source": name, "detail": detail}, severity=Severity.WARNING)
    return record_own(tx, [draft], now, author)
