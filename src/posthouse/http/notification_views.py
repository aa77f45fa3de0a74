"""What `/api/notifications` takes and shows, and which setting each part of the config lies in."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from posthouse.http.shapes import FilterView
from posthouse.ledger.bindings import BindingState
from posthouse.model.agents import AgentEvent
from posthouse.model.ids import Millis
from posthouse.pipeline.notices import SWITCHES
from posthouse.rules.notice_fates import Fate
from posthouse.rules.notices import KINDS
from posthouse.settings import (
    NOTIFICATIONS_AWAY_S,
    NOTIFICATIONS_DEDUPE_S,
    NOTIFICATIONS_DIGEST_S,
    NOTIFICATIONS_ENABLED,
    NOTIFICATIONS_PROMPT_LIFETIME_S,
    NOTIFICATIONS_QUIET_ACTION,
    NOTIFICATIONS_QUIET_FROM,
    NOTIFICATIONS_QUIET_PRIORITY,
    NOTIFICATIONS_QUIET_UNTIL,
    NOTIFICATIONS_QUIET_ZONE,
    NOTIFICATIONS_SUBAGENTS,
    NOTIFICATIONS_TURN_LIFETIME_S,
    Setting,
)
from posthouse.settings.formats import OFF

NO_PRIORITY = 6
"""The setting that lets nothing pass in quiet hours, which the API calls null."""

NoticeName = Literal["turn-completed", "turn-error", "permission-required", "agent-spawned"]


class NoticeSwitches(msgspec.Struct, frozen=True, kw_only=True, rename="kebab"):
    """Whether each kind of event is told."""

    turn_completed: bool
    turn_error: bool
    permission_required: bool
    agent_spawned: bool


class QuietHoursView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """When nobody is to be woken: local times as HH:MM. `from` null: there are no quiet hours.

    `zone`: an IANA name, or local. `priority`: from it on they are passed over; null lets nothing pass. `action`:
    what comes in them waits for their end and goes as one digest, or is withheld.
    """

    from_: str | None = msgspec.field(name="from")
    until: str
    zone: str
    priority: int | None
    action: Literal["digest", "withhold"]


class NotificationConfig(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is told, and to which topic. `authToken` is always "": `hasAuthToken` says whether one is stored.

    Times are in seconds. `awayS`: told only when the desktop has been idle for so long; 0 is always.
    """

    enabled: bool
    server: str
    topic: str
    auth_token: Literal[""] = ""
    has_auth_token: bool
    events: NoticeSwitches
    notify_subagents: bool
    dedupe_s: float
    prompt_lifetime_s: float
    turn_lifetime_s: float
    quiet_hours: QuietHoursView
    digest_s: float
    away_s: float


class NoticeTypeView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A kind of event that can be told: its switch, its event type, and how it is told."""

    name: NoticeName
    type: AgentEvent
    title: str
    description: str
    default: bool
    priority: int
    tag: str


class ReceiverView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A binding that tells a person. `isPrimary`: the one that `topic`, `server` and the token are about."""

    binding_id: int
    target_id: int
    target: str
    kind: str
    endpoint: str
    is_primary: bool
    filter: FilterView
    state: BindingState


class NotificationsView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The whole of it. `zoneInForce`: the IANA zone by which quiet hours are read now."""

    config: NotificationConfig
    event_types: list[NoticeTypeView]
    defaults: NotificationConfig
    zone_in_force: str
    receivers: list[ReceiverView]


class QuietHoursPatch(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What to change of quiet hours; `from` null ends them, `priority` null lets nothing pass."""

    from_: str | msgspec.UnsetType | None = msgspec.field(name="from", default=msgspec.UNSET)
    until: str | msgspec.UnsetType = msgspec.UNSET
    zone: str | msgspec.UnsetType = msgspec.UNSET
    priority: Annotated[int, msgspec.Meta(ge=1, le=5)] | msgspec.UnsetType | None = msgspec.UNSET
    action: Literal["digest", "withhold"] | msgspec.UnsetType = msgspec.UNSET


class NotificationPatch(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What to change; what is absent stays as it is, single events too.

    `topic` "" lets the receiver go, while notifications are off. `authToken`: text replaces the stored one, "" clears
    it. `events`: by their names.
    """

    enabled: bool | msgspec.UnsetType = msgspec.UNSET
    server: str | msgspec.UnsetType = msgspec.UNSET
    topic: Annotated[str, msgspec.Meta(max_length=1_000)] | msgspec.UnsetType = msgspec.UNSET
    auth_token: Annotated[str, msgspec.Meta(max_length=4_096)] | msgspec.UnsetType = msgspec.UNSET
    events: Annotated[dict[str, bool], msgspec.Meta(max_length=20)] = {}
    notify_subagents: bool | msgspec.UnsetType = msgspec.UNSET
    dedupe_s: float | msgspec.UnsetType = msgspec.UNSET
    prompt_lifetime_s: float | msgspec.UnsetType = msgspec.UNSET
    turn_lifetime_s: float | msgspec.UnsetType = msgspec.UNSET
    quiet_hours: QuietHoursPatch = QuietHoursPatch()
    digest_s: float | msgspec.UnsetType = msgspec.UNSET
    away_s: float | msgspec.UnsetType = msgspec.UNSET

    def __repr__(self) -> str:
        return "NotificationPatch(<hidden>)"


class NotificationTested(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A test message was taken; `status` is what the server answered."""

    ok: Literal[True] = True
    status: int | None


class ReceiverName(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """To whom."""

    target: str
    endpoint: str


class RecentNotification(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A notification and what became of it. `at`: when it happened. `words`: why, in one sentence.

    `agentId` is null, and `tool`, `project` and `title` are empty, where it tells of no agent.
    """

    delivery_id: str
    event_id: str
    event_type: str
    agent_id: str | None
    tool: str
    project: str
    title: str
    at: Millis
    receiver: ReceiverName
    fate: Fate
    reason: str | None
    words: str
    updated_at: Millis


class RecentNotifications(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The newest notifications, newest first, on one page."""

    items: list[RecentNotification]
    next_cursor: str | None = None


EVENTS: dict[str, Setting[bool]] = {kind.name: SWITCHES[kind.type] for kind in KINDS.values()}
"""The switch of each kind of event, by its name."""

PLAIN: dict[str, Setting[Any]] = {
    "enabled": NOTIFICATIONS_ENABLED,
    "notify_subagents": NOTIFICATIONS_SUBAGENTS,
    "dedupe_s": NOTIFICATIONS_DEDUPE_S,
    "prompt_lifetime_s": NOTIFICATIONS_PROMPT_LIFETIME_S,
    "turn_lifetime_s": NOTIFICATIONS_TURN_LIFETIME_S,
    "digest_s": NOTIFICATIONS_DIGEST_S,
    "away_s": NOTIFICATIONS_AWAY_S,
}
"""The setting of each part of the config that is one value, by its attribute."""

QUIET: dict[str, Setting[Any]] = {
    "from_": NOTIFICATIONS_QUIET_FROM,
    "until": NOTIFICATIONS_QUIET_UNTIL,
    "zone": NOTIFICATIONS_QUIET_ZONE,
    "priority": NOTIFICATIONS_QUIET_PRIORITY,
    "action": NOTIFICATIONS_QUIET_ACTION,
}
"""The same of quiet hours, where null has a word of its own in the setting: `NULLS`."""

NULLS: dict[str, str | int] = {"from_": OFF, "priority": NO_PRIORITY}


def setting_values(patch: NotificationPatch) -> dict[str, str]:
    """The settings that a patch names, as JSON text by their keys; events must be known."""
    values: dict[str, Any] = {EVENTS[name].key: is_on for name, is_on in patch.events.items()}
    values |= {setting.key: getattr(patch, name) for name, setting in PLAIN.items()}
    for name, setting in QUIET.items():
        value = getattr(patch.quiet_hours, name)
        values[setting.key] = NULLS[name] if value is None else value
    return {key: msgspec.json.encode(value).decode() for key, value in values.items() if value is not msgspec.UNSET}


def field_of(key: str) -> str:
    """What the API calls the setting of this key: `quietHours.from`."""
    for name, setting in EVENTS.items():
        if setting.key == key:
            return f"events.{name}"
    for kind, fields, prefix in ((NotificationPatch, PLAIN, ""), (QuietHoursPatch, QUIET, "quietHours.")):
        names = {one.name: one.encode_name for one in msgspec.structs.fields(kind)}
        for attribute, setting in fields.items():
            if setting.key == key:
                return prefix + names[attribute]
    return key


def view_config(value_of: Any, *, server: str, topic: str, has_auth_token: bool) -> NotificationConfig:
    """The config as the API shows it; `value_of` gives the value of a setting."""
    quiet = {name: value_of(setting) for name, setting in QUIET.items()}
    shown: dict[str, Any] = {name: None if NULLS.get(name) == value else value for name, value in quiet.items()}
    return NotificationConfig(
        server=server,
        topic=topic,
        has_auth_token=has_auth_token,
        events=NoticeSwitches(**{name.replace("-", "_"): value_of(setting) for name, setting in EVENTS.items()}),
        quiet_hours=QuietHoursView(**shown),
        **{name: value_of(setting) for name, setting in PLAIN.items()},
    )


EVENT_TYPES: tuple[NoticeTypeView, ...] = tuple(
    NoticeTypeView(
        name=msgspec.convert(kind.name, NoticeName),
        type=kind.type,
        title=kind.title,
        description=kind.description,
        default=kind.is_on,
        priority=kind.priority,
        tag=kind.tag,
    )
    for kind in KINDS.values()
)
"""Every kind of event that is told of agents."""
