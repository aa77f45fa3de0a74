"""`/api/live/…`: what stands beside the stream. The same entries by polling, the state to begin with, pings, and the
critical entries that are owed to a client until it acknowledges them.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, QueryParameter

from posthouse.http.bindings import BindingView, view_binding
from posthouse.http.gaps import GapView, view_gap
from posthouse.http.health import HealthView, read_health
from posthouse.http.problems import problems
from posthouse.http.requests import Limit
from posthouse.http.schedules import Timing, read_timings
from posthouse.http.services import Services
from posthouse.http.status import (
    Attention,
    SourceStatus,
    Standing,
    TargetStatus,
    read_standing,
    view_attention,
    view_sources,
    view_targets,
)
from posthouse.http.stream import read_client, read_cursor
from posthouse.ledger.base import Transaction
from posthouse.ledger.bindings import BindingRow, list_bindings
from posthouse.ledger.endpoints import list_endpoints
from posthouse.ledger.health import health_update
from posthouse.ledger.live import LogRow, ledger_epoch, live_extent, newest_entries, read_lanes, read_log
from posthouse.ledger.live_critical import acknowledge, owed_to
from posthouse.ledger.runs import GapRow, page_gaps
from posthouse.ledger.status import Figures
from posthouse.model.deliveries import Counts
from posthouse.model.errors import BadInput, NotFound
from posthouse.model.ids import Millis
from posthouse.model.live import (
    DeliveryUpdate,
    ErrorEvent,
    ErrorEventEvent,
    LiveEntry,
    Reload,
    ReloadEvent,
    TargetHealthUpdate,
)
from posthouse.pipeline.live import entry_of
from posthouse.rules.live import Cursor, Extent, TakeSnapshot, begin, parse_cursor

ACTIVITY_TYPES = (
    "activity_message", "error_event", "server_status", "session_update", "settings_update", "source_update",
    "target_health",
)  # fmt: skip
"""What people read one by one; deliveries move by the thousand."""

ACTIVITY_MAX = 50
RECENT_MAX = 50
GAPS_MAX = 100
IDS_MAX = 1_000
NOTICE = "critical:"
"""What the id of a notice that counts critical entries begins with; what follows is its epoch and the last of them."""

LiveCursor = Annotated[str | None, QueryParameter(max_length=64, description="The cursor of the last entry known.")]
ClientId = Annotated[str, QueryParameter(min_length=1, max_length=64, description="An id that the client keeps.")]


class LivePage(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Entries in the order of the stream. `cursor` is the one to come back with."""

    items: list[LiveEntry]
    cursor: str


class LiveSnapshot(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The state that a dashboard begins with: all that the ledger has is of one moment, that of `cursor`.

    `health` has one item for each target and each of its endpoints, `lanes` one for each endpoint that something was
    bound to. `counts` holds every delivery once, `attention` what needs a person. `gaps` are those that nobody ran
    after all, `activity` the newest entries and, where those are of nothing but deliveries, the newest that people
    read before; both newest first.
    """

    cursor: str
    timestamp: Millis
    machine: str
    daemon: HealthView
    counts: Counts
    attention: list[Attention]
    sources: list[SourceStatus]
    targets: list[TargetStatus]
    bindings: list[BindingView]
    health: list[TargetHealthUpdate]
    lanes: list[DeliveryUpdate]
    gaps: list[GapView]
    activity: list[LiveEntry]


class Ping(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What to answer, and to whom: every open stream of the client."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    client: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Pinged(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """On how many streams the pong comes."""

    streams: int


class CriticalList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is owed to a client, in order. `owed` is how many; above 1,000 one notice stands for all of them."""

    items: list[LiveEntry]
    owed: int


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Which entries, by their ids, a client has shown to its person."""

    client: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    ids: Annotated[list[Annotated[str, msgspec.Meta(max_length=64)]], msgspec.Meta(max_length=IDS_MAX)]


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How many entries are still owed."""

    owed: int


class _Seen(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of the snapshot that the ledger has, of one moment."""

    cursor: Cursor
    standing: Standing
    bindings: list[tuple[BindingRow, Timing]]
    health: list[TargetHealthUpdate]
    lanes: list[DeliveryUpdate]
    gaps: list[GapRow]
    activity: list[LogRow]


@get("/api/live/poll", responses=problems())
async def poll_live(services: NamedDependency[Services], cursor: LiveCursor = None, limit: Limit = 100) -> LivePage:
    """The entries behind a cursor, as the stream gives them; without a cursor, the one to begin with."""
    asked = None if cursor is None else read_cursor(cursor)
    epoch, last, rows = await services.database.read(_page, asked, limit)
    if isinstance(rows, TakeSnapshot):
        end = str(Cursor(epoch, last))
        gone = LiveEntry(
            id=services.clock.uuid7(),
            timestamp=services.clock.now(),
            cursor=end,
            event=ReloadEvent(Reload(reason=rows.reason)),
        )
        return LivePage(items=[gone], cursor=end)
    return LivePage(items=[entry_of(epoch, row) for row in rows], cursor=str(Cursor(epoch, last)))


@get("/api/live/snapshot", responses=problems())
async def get_live_snapshot(services: NamedDependency[Services]) -> LiveSnapshot:
    """The state to begin with, and the cursor from which the stream goes on."""
    now = services.clock.now()
    seen = await services.database.read(_look, now)
    standing = seen.standing
    sources, targets = view_sources(services, standing.figures), view_targets(standing)
    free_bytes = services.disk.free_bytes()
    return LiveSnapshot(
        cursor=str(seen.cursor),
        timestamp=now,
        machine=services.machine,
        daemon=await read_health(services),
        counts=standing.figures.counts,
        attention=view_attention(services, sources, targets, standing.silent, free_bytes, now),
        sources=sources,
        targets=targets,
        bindings=[view_binding(row, timing) for row, timing in seen.bindings],
        health=seen.health,
        lanes=seen.lanes,
        gaps=[view_gap(row) for row in seen.gaps],
        activity=[entry_of(seen.cursor.epoch, row) for row in seen.activity],
    )


@post("/api/live/ping", status_code=200, responses=problems(404, 413, 415))
async def ping_live(data: JSONBody[Ping], services: NamedDependency[Services]) -> Pinged:
    """Have `pong` said on the client's streams; it is in no log."""
    client = read_client(data.client)
    streams = services.live.pong(client, data.id)
    if not streams:
        raise NotFound("live.no_stream", f"Client {client} has no stream open. Open one with ?client={client}.")
    return Pinged(streams=streams)


@get("/api/live/critical", responses=problems(429, 507))
async def list_critical(services: NamedDependency[Services], client: ClientId) -> CriticalList:
    """The critical entries that are owed to a client, which is registered by asking."""
    epoch = services.live.epoch
    owed = await services.database.run(owed_to, read_client(client), services.clock.now())
    if owed.collapsed:
        return CriticalList(items=[_notice(services, owed.collapsed, owed.last)], owed=owed.collapsed)
    return CriticalList(items=[entry_of(epoch, row) for row in owed.rows], owed=len(owed.rows))


@post("/api/live/ack", status_code=200, responses=problems(413, 415, 429, 507))
async def acknowledge_critical(data: JSONBody[Acknowledgement], services: NamedDependency[Services]) -> Acknowledged:
    """Note that a client has shown these entries; they are not owed to it any more. Safe to repeat."""
    entries, upto = _numbers(data.ids, services.live.epoch)
    client, now = read_client(data.client), services.clock.now()
    return Acknowledged(owed=await services.database.run(acknowledge, client, entries, upto, now))


def _notice(services: Services, count: int, last: int) -> LiveEntry:
    now = services.clock.now()
    message = f"{count:,} critical entries have not been seen. The list of events and deliveries has them all."
    return LiveEntry(
        id=f"{NOTICE}{Cursor(services.live.epoch, last)}",
        timestamp=now,
        cursor=str(Cursor(services.live.epoch, services.live.last)),
        event=ErrorEventEvent(ErrorEvent(error_type="live.collapsed", message=message, timestamp=now)),
    )


def _numbers(ids: list[str], epoch: str) -> tuple[list[int], int]:
    """The entries' numbers in the log, and up to which critical number all are meant; those of another ledger are not.

    Raises BadInput `live.id_invalid` with the index.
    """
    entries, upto = [], 0
    for index, text in enumerate(ids):
        found = parse_cursor(text.removeprefix(NOTICE))
        if found is None:
            raise BadInput("live.id_invalid", f"{text!r} is no entry's id.", field="ids", index=index)
        if found.epoch != epoch:
            continue
        if text.startswith(NOTICE):
            upto = max(upto, found.offset)
        else:
            entries.append(found.offset)
    return entries, upto


def _page(tx: Transaction, cursor: Cursor | None, limit: int) -> tuple[str, int, list[LogRow] | TakeSnapshot]:
    """The epoch, the number to go on from, and the entries."""
    epoch, extent = ledger_epoch(tx), live_extent(tx)
    place = begin(cursor, epoch, extent, extent)
    if isinstance(place, TakeSnapshot):
        return epoch, place.after, place
    _, rows = read_log(tx, place.after, limit=limit)
    return epoch, rows[-1].seq if rows else place.after, rows


def _look(tx: Transaction, now: Millis) -> _Seen:
    standing = read_standing(tx)
    bindings = list_bindings(tx)
    extent = live_extent(tx)
    return _Seen(
        cursor=Cursor(ledger_epoch(tx), extent.last),
        standing=standing,
        bindings=list(zip(bindings, read_timings(tx, bindings, now), strict=True)),
        health=_read_health(tx, standing.figures, now),
        lanes=read_lanes(tx, now),
        gaps=[row for row in page_gaps(tx, limit=GAPS_MAX) if row.gap.ran_at is None],
        activity=_read_activity(tx, extent),
    )


def _read_activity(tx: Transaction, extent: Extent) -> list[LogRow]:
    _, recent = read_log(tx, max(extent.last - RECENT_MAX, extent.first - 1), limit=RECENT_MAX)
    found = {row.seq: row for row in (*recent, *newest_entries(tx, ACTIVITY_TYPES, limit=ACTIVITY_MAX))}
    return sorted(found.values(), key=lambda row: row.seq, reverse=True)


def _read_health(tx: Transaction, figures: Figures, now: Millis) -> list[TargetHealthUpdate]:
    found = []
    for target in (one.target for one in figures.targets):
        found.append(health_update(target.id, target.name, None, None, target.health, now))
        found += [
            health_update(target.id, target.name, endpoint.id, endpoint.name, endpoint.health, now)
            for endpoint in list_endpoints(tx, target.id)
        ]
    return found
