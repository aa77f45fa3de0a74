"""How peers are told: as events, as updates of the live stream, and in the preview. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from posthouse.model.events import EventDraft, Severity
from posthouse.model.ids import Millis
from posthouse.model.live import PeerUpdate, PeerUpdateEvent
from posthouse.model.peers import PeerState
from posthouse.sources.lan.board import PeerRow

SOURCE = "peers"
PAYLOAD_VERSION = 1
ADDRESSES, MESSAGES = "addresses", "messages"
ONLINE, SUSPECT, OFFLINE, MESSAGE = "peer.online", "peer.suspect", "peer.offline", "peer.message"
FORGOTTEN = "forgotten"


def state_draft(row: PeerRow, now: Millis, *, reason: str = "") -> EventDraft:
    """The event of a peer that has come, is silent, or has gone. `reason` of an end: explicit, timeout or cleanup."""
    type_ = {PeerState.ONLINE: ONLINE, PeerState.SUSPECT: SUSPECT}.get(row.state, OFFLINE)
    more = {"reason": reason} if type_ == OFFLINE else {}
    severity = Severity.WARNING if type_ == OFFLINE and reason == "timeout" else Severity.INFO
    return _draft(type_, row, now, severity, more)


def message_draft(row: PeerRow, text: str | None, now: Millis) -> EventDraft:
    """The event of a message that a peer sent; without its text where that is not allowed (None)."""
    return _draft(MESSAGE, row, now, Severity.INFO, {} if text is None else {"text": text})


def update_of(row: PeerRow, now: Millis) -> PeerUpdateEvent:
    """What the live stream says when a peer has changed."""
    return PeerUpdateEvent(PeerUpdate(peer_id=row.id, name=row.name, state=row.state, timestamp=now))


def forgotten_update(row: PeerRow, now: Millis) -> PeerUpdateEvent:
    """What the live stream says when a peer leaves the list."""
    return PeerUpdateEvent(PeerUpdate(peer_id=row.id, name=row.name, state=FORGOTTEN, timestamp=now))


def project(data: Any, allowed: Mapping[str, bool]) -> Any:
    """The decoded data without addresses and texts where they are not allowed. Pure."""
    if not isinstance(data, dict):
        return data
    parts = {ADDRESSES: ("peer_ip", "addresses"), MESSAGES: ("text",)}
    without = [name for part, names in parts.items() if not allowed[part] for name in names]
    kept = {name: value for name, value in data.items() if name not in without}
    if isinstance(kept.get("peers"), list):
        kept["peers"] = [project(one, allowed) for one in kept["peers"]]
    return kept


def board_data(rows: Iterable[PeerRow], *, has_addresses: bool) -> msgspec.Raw:
    """Everybody who is known, for a look at it: who is online comes first."""
    ordered = sorted(rows, key=lambda one: (one.state is not PeerState.ONLINE, one.name.casefold(), one.id))
    peers = [
        _facts(one, one.last_seen_at) | {"state": one.state} | ({"addresses": one.addresses} if has_addresses else {})
        for one in ordered
    ]
    if not has_addresses:
        peers = [{name: value for name, value in one.items() if name != "peer_ip"} for one in peers]
    return msgspec.Raw(msgspec.json.encode({"source": SOURCE, "version": PAYLOAD_VERSION, "peers": peers}))


def _draft(type_: str, row: PeerRow, now: Millis, severity: Severity, more: Mapping[str, Any]) -> EventDraft:
    data = {"source": SOURCE, "version": PAYLOAD_VERSION, **_facts(row, now), **more}
    if not row.addresses:
        del data["peer_ip"]
    return EventDraft(
        type=type_, at=now, severity=severity, subject=row.name, data=msgspec.Raw(msgspec.json.encode(data))
    )


def _facts(row: PeerRow, at: Millis) -> dict[str, Any]:
    """A peer as its events name it; `timestamp` is Unix milliseconds."""
    return {
        "peer_ip": row.addresses[0] if row.addresses else "",
        "username": row.user,
        "hostname": row.host,
        "name": row.name,
        "group": row.group,
        "instance_id": row.instance or None,
        "timestamp": at,
    }
