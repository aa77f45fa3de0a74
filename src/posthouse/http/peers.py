"""`/api/peers`: the other hosts of the local network, how soon they count as gone, and a word to one of them.

The source at work says what there is; while it is off, what it stored last is shown. It is switched on and off like any
other source, `peers`.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from posthouse.http.problems import problems
from posthouse.http.services import Services
from posthouse.ledger.sources import edit_source
from posthouse.ledger.state import state_between
from posthouse.model.errors import BadInput, Conflict, NotFound
from posthouse.model.ids import Millis
from posthouse.model.peers import PeerState
from posthouse.model.sources import Scope, Source
from posthouse.rules.peer_policy import problem_of
from posthouse.sources.base import source_kind
from posthouse.sources.lan.board import PeerRow, PeerStats, Sent
from posthouse.sources.lan.keeping import rows_of, stats_of
from posthouse.sources.lan.settings import PRESETS, PeersSettings, TimingPreset, sentence
from posthouse.sources.lan.telling import ADDRESSES

KIND = "peers"
TEXT_CHARACTERS_MAX = 4_000


class PeerView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Another host. `name`: as it wants to be called. `lastSeen`, `since`: Unix milliseconds.

    `addresses`: the one it was heard from last comes first; none where the source's property is off. `instanceId`: of
    another Posthouse, else null. `client`: what it runs, in its own words. `isSelf`: it is this machine, which is
    always online, never expires, and is not among those that `online` counts.
    """

    id: str
    name: str
    user: str
    host: str
    group: str
    state: PeerState
    since: Millis
    last_seen: Millis
    addresses: list[str]
    instance_id: str | None
    client: str
    is_self: bool


class PeerList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Everybody who is known: this machine while it takes part, then who is online, then the others, by name. One page.

    `isOn`: whether the source is switched on. `online`: how many others are.
    """

    is_on: bool
    online: int
    items: list[PeerView]
    next_cursor: None = None


class PeerTiming(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Seconds from heartbeat to heartbeat, and of silence until a peer is asked and then taken to be offline."""

    heartbeat_interval: float
    peer_timeout: float


class PeersConfig(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Seconds. `preset`: which preset that is; `presets`: what each would be."""

    heartbeat_interval: float
    peer_timeout: float
    preset: TimingPreset
    presets: dict[TimingPreset, PeerTiming]


class PeersConfigPatch(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What to change: either or both, in seconds (10 to 600, 30 to 3,600), or a preset."""

    heartbeat_interval: float | msgspec.UnsetType = msgspec.UNSET
    peer_timeout: float | msgspec.UnsetType = msgspec.UNSET
    preset: TimingPreset | msgspec.UnsetType = msgspec.UNSET


class PeerStatsView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was counted since the source was first switched on. Instants are Unix milliseconds, null for never.

    `packetsDropped`: those that came while too many others waited; `packetsNotUnderstood`: those that made no sense.
    """

    heartbeats_sent: int
    timeouts_detected: int
    peers_cleaned_up: int
    packets_dropped: int
    packets_not_understood: int
    last_heartbeat_at: Millis | None
    last_timeout_check: Millis | None
    last_cleanup_at: Millis | None


class PeerMessage(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A word to a peer. `to`: its id, name, `user@host`, host or address, of which there must be one alone."""

    to: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_CHARACTERS_MAX)]


class PeerMessageSent(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What was sent. `isConfirmed`: the peer's machine said that it has it; else nobody knows."""

    to: PeerView
    sent_at: Millis
    is_confirmed: bool


@get("/api/peers", responses=problems(404))
async def list_peers(services: NamedDependency[Services]) -> PeerList:
    """Every host that was heard of on the local network."""
    source = _source(services)
    rows = await _ask(services, source, "peers")
    if rows is None:
        rows = rows_of(await _stored(services, source))
    shown = sorted(
        rows, key=lambda one: (not one.is_self, one.state is not PeerState.ONLINE, one.name.casefold(), one.id)
    )
    return PeerList(
        is_on=source.is_enabled,
        online=sum(one.state is PeerState.ONLINE and not one.is_self for one in rows),
        items=[_view_peer(source, one) for one in shown],
    )


@get("/api/peers/config", responses=problems(404))
async def get_peers_config(services: NamedDependency[Services]) -> PeersConfig:
    """How often this machine is heard, and how soon others count as gone."""
    return _view_config(_settings(_source(services)))


@put("/api/peers/config", responses=problems(404, 413, 415))
async def change_peers_config(data: JSONBody[PeersConfigPatch], services: NamedDependency[Services]) -> PeersConfig:
    """Change what is given; it holds at once, and nobody who is there seems to go."""
    source = _source(services)
    settings = source_kind(KIND).parse(msgspec.json.decode(source.settings) | _timing(_settings(source), data))
    await services.database.run(edit_source, source.id, settings=settings, properties=None, now=services.clock.now())
    await services.known.reload()
    await _ask(services, source, "configure", {"settings": msgspec.json.decode(settings)})
    return _view_config(_settings(_source(services)))


@get("/api/peers/stats", responses=problems(404))
async def get_peers_stats(services: NamedDependency[Services]) -> PeerStatsView:
    """What was sent, noticed and forgotten, and when last."""
    source = _source(services)
    stats: PeerStats | None = await _ask(services, source, "stats")
    if stats is None:
        stats = stats_of(await _stored(services, source))
    return PeerStatsView(
        heartbeats_sent=stats.heartbeats_sent,
        timeouts_detected=stats.timeouts_detected,
        peers_cleaned_up=stats.peers_cleaned_up,
        packets_dropped=stats.packets_dropped,
        packets_not_understood=stats.packets_not_understood,
        last_heartbeat_at=stats.last_heartbeat_at,
        last_timeout_check=stats.last_timeout_check_at,
        last_cleanup_at=stats.last_cleanup_at,
    )


@post("/api/peers/messages", status_code=200, responses=problems(404, 409, 413, 415))
async def send_peer_message(data: JSONBody[PeerMessage], services: NamedDependency[Services]) -> PeerMessageSent:
    """Send a text to a peer, in plain, and wait two seconds at most for its machine to confirm it."""
    source = _source(services)
    sent: Sent = await services.collection.command(source.id, "send", {"to": data.to, "text": data.text})
    return PeerMessageSent(to=_view_peer(source, sent.to), sent_at=sent.at, is_confirmed=sent.is_confirmed)


def _source(services: Services) -> Source:
    for source in services.known.directory.sources.values():
        if source.kind == KIND:
            return source
    raise NotFound("source.not_found", "There is no source of the kind peers.")


async def _ask(services: Services, source: Source, name: str, arguments: dict[str, Any] | None = None) -> Any:
    """What the source at work says; None where it is not at work."""
    try:
        return await services.collection.command(source.id, name, arguments)
    except Conflict as error:
        if error.code != "source.not_running":
            raise
        return None


async def _stored(services: Services, source: Source) -> dict[str, bytes]:
    return await services.database.read(state_between, source.id, services.machine, "", "\U0010ffff", Scope.MACHINE)


def _settings(source: Source) -> PeersSettings:
    return msgspec.json.decode(source.settings, type=PeersSettings)


def _timing(settings: PeersSettings, data: PeersConfigPatch) -> dict[str, float]:
    """What a person wants, as settings. Raises BadInput `peers.preset_and_values` or `peers.bad_timing`."""
    heartbeat_s, timeout_s = settings.heartbeat_s, settings.peer_timeout_s
    is_given = data.heartbeat_interval is not msgspec.UNSET or data.peer_timeout is not msgspec.UNSET
    if data.preset in PRESETS:
        if is_given:
            raise BadInput("peers.preset_and_values", "Give a preset or values of your own, not both.", field="preset")
        heartbeat_s, timeout_s = PRESETS[data.preset].heartbeat_s, PRESETS[data.preset].timeout_s
    if data.heartbeat_interval is not msgspec.UNSET:
        heartbeat_s = data.heartbeat_interval
    if data.peer_timeout is not msgspec.UNSET:
        timeout_s = data.peer_timeout
    problem = problem_of(heartbeat_s, timeout_s)
    if problem is not None:
        field = "heartbeatInterval" if data.peer_timeout is msgspec.UNSET else "peerTimeout"
        raise BadInput("peers.bad_timing", sentence(problem), field=field)
    return {"heartbeat_s": heartbeat_s, "peer_timeout_s": timeout_s}


def _view_config(settings: PeersSettings) -> PeersConfig:
    return PeersConfig(
        heartbeat_interval=settings.heartbeat_s,
        peer_timeout=settings.peer_timeout_s,
        preset=settings.preset,
        presets={
            name: PeerTiming(heartbeat_interval=one.heartbeat_s, peer_timeout=one.timeout_s)
            for name, one in PRESETS.items()
        },
    )


def _view_peer(source: Source, row: PeerRow) -> PeerView:
    return PeerView(
        id=row.id,
        name=row.name,
        user=row.user,
        host=row.host,
        group=row.group,
        state=row.state,
        since=row.since,
        last_seen=row.last_seen_at,
        addresses=list(row.addresses) if source.properties.get(ADDRESSES, True) else [],
        instance_id=row.instance or None,
        client=row.client,
        is_self=row.is_self,
    )
