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
    """The daemon starts, stops, or has stopped. After `started`, whatever is not in the ledger has begun afresh.

    `isClean`: whether it `stopped` in order; null where that is not what is told.
    """

    status: Literal["started", "stopping", "stopped"]
    timestamp: Millis
    message: str
    is_clean: bool | None = None


class ActivityMessage(Payload, frozen=True, kw_only=True):
    """Something happened that a person may want to read."""

    level: Level
    message: str
    timestamp: Millis


class SessionUpdate(Payload, frozen=True, kw_only=True):
    """A session of an OpenCode server has moved. `action`: the state that it has come to, as `agent_update` says it, or
    `disconnected`: a person has deleted it.
    """

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
    """The deliveries of one lane have moved: how many there are by reported status now, and the newest few.

    `target`, `endpoint`: the lane's names; "" in what was written before they were told.
    """

    endpoint_id: EndpointId
    target_id: TargetId
    counts: Counts
    newest: tuple[NewestDelivery, ...]
    timestamp: Millis
    target: str = ""
    endpoint: str = ""


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
    """What became of a source. run, gap: of one of its bindings, which goes by the clock. events: it recorded some."""

    ADDED = "added"
    CHANGED = "changed"
    ENABLED = "enabled"
    DISABLED = "disabled"
    REMOVED = "removed"
    FAILING = "failing"
    READING = "reading"
    RUN = "run"
    GAP = "gap"
    EVENTS = "events"


class SourceUpdate(Payload, frozen=True, kw_only=True):
    """A source has changed, cannot be read or can be again, has run by the clock, has left a gap, or recorded events.

    `events` tells of those alone that nothing takes: where deliveries arise, `delivery_update` tells of them. `detail`:
    why it fails; of a run its result, of a gap its reason, of events the newest one's type. `count`: the slots that a
    gap passed over; how many events.
    """

    source_id: SourceId | None
    source: str
    action: SourceAction
    detail: str = ""
    binding_id: int | None = None
    count: int = 0
    timestamp: Millis


class PeerUpdate(Payload, frozen=True, kw_only=True):
    """Another host on the network has come, gone or changed.

    `state`: online, suspect, offline or left; or `forgotten`, where it has left the list.
    """

    peer_id: str
    name: str
    state: str
    timestamp: Millis


class AgentUpdate(Payload, frozen=True, kw_only=True):
    """An agent has moved on: whoever shows the board looks at it again.

    `name`: its title, else its project, else its tool. `state`: see `model.agents`. `prompts`: how many permissions it
    waits for. `parentId`: of a subagent, the agent that it works for.
    """

    agent_id: str
    name: str
    state: str
    timestamp: Millis
    tool: str = ""
    project: str = ""
    prompts: int = 0
    parent_id: str | None = None


class ServerUpdate(Payload, frozen=True, kw_only=True):
    """A managed server has moved on, was added (its state is `stopped`), changed or removed.

    `state`: see `rules.process`, or `removed`. `detail`: why, in plain words; "" where its state has not moved.
    """

    server: str
    state: str
    detail: str = ""
    timestamp: Millis


class WakeUpdate(Payload, frozen=True, kw_only=True):
    """The wake schedule has moved on: whoever shows it looks again. What accounts answer, `delivery_update` tells.

    `state`: run, skipped (slots were missed for too long), rewound (the clock was set back by days), marked or cleared
    (an hour). `account`: whom it is about, "" for everybody.
    """

    account: str
    state: str
    detail: str = ""
    timestamp: Millis


class Configured(StrEnum):
    """What can be configured, other than sources."""

    SETTING = "setting"
    TARGET = "target"
    BINDING = "binding"
    ENDPOINT = "endpoint"
    EXPECTATION = "expectation"


class SettingsUpdate(Payload, frozen=True, kw_only=True):
    """A setting, target, endpoint, binding or expectation has been changed.

    `name`: the setting's key, the target's name, `target/endpoint`, or of whom something is expected; of a binding
    `source to target`, and "" in what was written before that was told. `id` is null for a setting and an expectation.
    `value`: what a setting was set to; within how many seconds something is expected. closing: a binding that takes
    nothing new and goes when nothing waits for it.
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


class ServerUpdateEvent(msgspec.Struct, frozen=True, tag_field="type", tag="server_update"):
    """`server_update`."""

    payload: ServerUpdate


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
    | ServerUpdateEvent
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
    """An entry as it came over the wire; one with an action or subject that came later is Unknown, too.

    Raises msgspec.MsgspecError where it is no entry at all.
    """
    known = _decode_loosely(data)
    if known.event.type not in EVENT_TYPES or known.event.payload.version != VERSION:
        return Unknown(known.cursor, known.event.type, known.event.payload.version)
    try:
        return _decode(data)
    except msgspec.ValidationError:
        return Unknown(known.cursor, known.event.type, known.event.payload.version)
