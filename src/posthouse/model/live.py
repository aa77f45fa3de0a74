"""Live events: the versioned, typed entries that the dashboard's stream carries.

    {"id": …, "timestamp": …, "cursor": "<epoch>:<offset>", "event": {"type": …, "payload": {"version": 1, …}}}

`epoch` is the ledger's identity, `offset` the entry's number in its live log. Instants are Unix milliseconds. Every
payload has a `version`. A reader passes over a type or version that it does not know, and says so in its log
(`parse_entry` answers `Unknown`); version 1 of every payload is read for ever. `pong`, `reload` and `cut` are said by
one stream to one client and are in no log: their cursor is that of the last entry before them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, get_args

import msgspec

from posthouse.model.deliveries import Counts
from posthouse.model.ids import DeliveryId, EndpointId, Millis, SourceId, TargetId
from posthouse.model.targets import HealthState, PauseCause

VERSION = 1

Level = Literal["info", "success", "warning", "error"]


class Payload(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What every payload has."""

    version: int = VERSION


class ServerStatus(Payload, frozen=True, kw_only=True):
    """The daemon starts, stops, or has stopped. After `started`, whatever is not in the ledger has begun afresh."""

    status: Literal["started", "stopping", "stopped"]
    timestamp: Millis
    message: str


class ActivityMessage(Payload, frozen=True, kw_only=True):
    """Something happened that a person may want to read."""

    level: Level
    message: str
    timestamp: Millis


class SessionUpdate(Payload, frozen=True, kw_only=True):
    """A session of an agent has moved."""

    session_id: str
    action: str
    timestamp: Millis


class ErrorEvent(Payload, frozen=True, kw_only=True):
    """Something went wrong that needs a person. `errorType` is a stable code."""

    error_type: str
    message: str
    details: str | None = None
    timestamp: Millis


class NewestDelivery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One of a lane's newest deliveries. `status` is the stored one."""

    id: DeliveryId
    status: str
    event_type: str
    attempts: int
    updated_at: Millis


class DeliveryUpdate(Payload, frozen=True, kw_only=True):
    """The deliveries of one lane have moved: how many there are by reported status now, and the newest few."""

    endpoint_id: EndpointId
    target_id: TargetId
    counts: Counts
    newest: tuple[NewestDelivery, ...]
    timestamp: Millis


class TargetHealthUpdate(Payload, frozen=True, kw_only=True):
    """The health of a target, or of one of its endpoints, is another one now. `endpointId` is null for the target's."""

    target_id: TargetId
    target: str
    endpoint_id: EndpointId | None
    endpoint: str | None
    state: HealthState
    cause: PauseCause | None
    reason: str
    detail: str
    since: Millis
    timestamp: Millis


class SourceAction(StrEnum):
    """What became of a source. run, gap: of one of its bindings, which goes by the clock."""

    ADDED = "added"
    CHANGED = "changed"
    ENABLED = "enabled"
    DISABLED = "disabled"
    REMOVED = "removed"
    FAILING = "failing"
    READING = "reading"
    RUN = "run"
    GAP = "gap"


class SourceUpdate(Payload, frozen=True, kw_only=True):
    """A source has changed, cannot be read or can be again, has run by the clock, or has left a gap.

    `detail`: why it fails; of a run its result, of a gap its reason. `count`: the slots that a gap passed over.
    """

    source_id: SourceId | None
    source: str
    action: SourceAction
    detail: str = ""
    binding_id: int | None = None
    count: int = 0
    timestamp: Millis


class PeerUpdate(Payload, frozen=True, kw_only=True):
    """Another host on the network has come, gone or changed."""

    peer_id: str
    name: str
    state: str
    timestamp: Millis


class AgentUpdate(Payload, frozen=True, kw_only=True):
    """An agent on this machine has moved on."""

    agent_id: str
    name: str
    state: str
    timestamp: Millis


class WakeUpdate(Payload, frozen=True, kw_only=True):
    """The wake schedule has woken an account, or tries again."""

    account: str
    state: str
    detail: str = ""
    timestamp: Millis


class Configured(StrEnum):
    """What can be configured, other than sources."""

    SETTING = "setting"
    TARGET = "target"
    BINDING = "binding"


class SettingsUpdate(Payload, frozen=True, kw_only=True):
    """A setting, target or binding has been changed.

    `name`: the setting's key or the target's name; "" of a binding. `id` is null for a setting. `value` is what a
    setting was set to. closing: a binding that takes nothing new and goes when nothing waits for it.
    """

    subject: Configured
    action: Literal["set", "reset", "added", "changed", "closing", "removed"]
    name: str
    id: int | None = None
    value: bool | int | float | str | None = None
    timestamp: Millis


class Pong(Payload, frozen=True, kw_only=True):
    """The answer to a ping, by its id."""

    id: str


class Reload(Payload, frozen=True, kw_only=True):
    """What came after the client's cursor is not there any more: take a new snapshot, and go on from its cursor.

    replaced: it is of another ledger. ahead: the ledger has never come so far. trimmed: retention has taken it.
    """

    reason: Literal["replaced", "ahead", "trimmed"]


class Cut(Payload, frozen=True, kw_only=True):
    """The stream ends here; come back with the last cursor. slow: too much waited. auth: the token holds no more."""

    reason: Literal["slow", "stopping", "auth"]
    message: str


class ServerStatusEvent(msgspec.Struct, frozen=True, tag_field="type", tag="server_status"):
    """`server_status`."""

    payload: ServerStatus


class ActivityMessageEvent(msgspec.Struct, frozen=True, tag_field="type", tag="activity_message"):
    """`activity_message`."""

    payload: ActivityMessage


class SessionUpdateEvent(msgspec.Struct, frozen=True, tag_field="type", tag="session_update"):
    """`session_update`."""

    payload: SessionUpdate


class ErrorEventEvent(msgspec.Struct, frozen=True, tag_field="type", tag="error_event"):
    """`error_event`."""

    payload: ErrorEvent


class DeliveryUpdateEvent(msgspec.Struct, frozen=True, tag_field="type", tag="delivery_update"):
    """`delivery_update`."""

    payload: DeliveryUpdate


class TargetHealthEvent(msgspec.Struct, frozen=True, tag_field="type", tag="target_health"):
    """`target_health`."""

    payload: TargetHealthUpdate


class SourceUpdateEvent(msgspec.Struct, frozen=True, tag_field="type", tag="source_update"):
    """`source_update`."""

    payload: SourceUpdate


class PeerUpdateEvent(msgspec.Struct, frozen=True, tag_field="type", tag="peer_update"):
    """`peer_update`."""

    payload: PeerUpdate


class AgentUpdateEvent(msgspec.Struct, frozen=True, tag_field="type", tag="agent_update"):
    """`agent_update`."""

    payload: AgentUpdate


class WakeUpdateEvent(msgspec.Struct, frozen=True, tag_field="type", tag="wake_update"):
    """`wake_update`."""

    payload: WakeUpdate


class SettingsUpdateEvent(msgspec.Struct, frozen=True, tag_field="type", tag="settings_update"):
    """`settings_update`."""

    payload: SettingsUpdate


class PongEvent(msgspec.Struct, frozen=True, tag_field="type", tag="pong"):
    """`pong`."""

    payload: Pong


class ReloadEvent(msgspec.Struct, frozen=True, tag_field="type", tag="reload"):
    """`reload`."""

    payload: Reload


class CutEvent(msgspec.Struct, frozen=True, tag_field="type", tag="cut"):
    """`cut`."""

    payload: Cut


LiveEvent = (
    ServerStatusEvent
    | ActivityMessageEvent
    | SessionUpdateEvent
    | ErrorEventEvent
    | DeliveryUpdateEvent
    | TargetHealthEvent
    | SourceUpdateEvent
    | PeerUpdateEvent
    | AgentUpdateEvent
    | WakeUpdateEvent
    | SettingsUpdateEvent
    | PongEvent
    | ReloadEvent
    | CutEvent
)

EVENT_TYPES: dict[str, type[msgspec.Struct]] = {str(one.__struct_config__.tag): one for one in get_args(LiveEvent)}
"""The event's record by its type."""

UNLOGGED = frozenset({"pong", "reload", "cut"})
"""What a stream says itself."""


class LiveEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the stream, as clients get it. Of a logged entry, `id` is its cursor."""

    id: str
    timestamp: Millis
    cursor: str
    event: LiveEvent


class Unknown(msgspec.Struct, frozen=True):
    """An entry of a type or version that is not known here: to be passed over, and told of."""

    cursor: str
    type: str
    version: int | None


class _Version(msgspec.Struct):
    version: int


class _LooseEvent(msgspec.Struct):
    type: str
    payload: _Version


class _Loose(msgspec.Struct):
    cursor: str
    event: _LooseEvent


_decode = msgspec.json.Decoder(LiveEntry).decode
_decode_loosely = msgspec.json.Decoder(_Loose).decode


def type_of(event: LiveEvent) -> str:
    """The event's type: `delivery_update`."""
    return str(event.__struct_config__.tag)


def parse_entry(data: bytes | str) -> LiveEntry | Unknown:
    """An entry as it came over the wire. Raises msgspec.MsgspecError where it is no entry at all."""
    known = _decode_loosely(data)
    if known.event.type not in EVENT_TYPES or known.event.payload.version != VERSION:
        return Unknown(known.cursor, known.event.type, known.event.payload.version)
    return _decode(data)
