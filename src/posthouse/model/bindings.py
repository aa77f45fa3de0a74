"""Bindings: the wire from a source's events to an endpoint, and the policy under which they travel."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from posthouse.model.deliveries import OutcomeKind
from posthouse.model.events import Severity
from posthouse.model.ids import BindingId, EndpointId, Millis, ProjectId, SourceId
from posthouse.model.messages import MessageTemplate

RETRY_SCHEDULE_S: tuple[float, ...] = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""The default waits between attempts, in seconds: ten tries over about three days."""

NOTICE_RETRY_SCHEDULE_S: tuple[float, ...] = (5, 15, 60, 300, 900, *(3_600,) * 24, *(86_400,) * 21)
"""The default of bindings that notify: quick at first, then hourly for a day, then daily. A lifetime ends it sooner."""


class Mode(StrEnum):
    """When a binding's source is read for it: whenever it changes, or by the clock."""

    ON_CHANGE = "on_change"
    INTERVAL = "interval"
    DAILY = "daily"
    WEEKLY = "weekly"
    CRON = "cron"


class Weekday(StrEnum):
    """The days of the week, in the order of ISO 8601."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


class Schedule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """When a binding's source is read for it. Each mode has fields of its own; those of other modes are None.

    `every_s`: interval, whole seconds from 60 to 31 days. `at`: daily and weekly, local time "HH:MM". `day`: weekly.
    `cron`: five fields as in crontab(5). `zone`: the IANA zone in which `at`, `day` and `cron` are meant.
    """

    mode: Mode = Mode.ON_CHANGE
    every_s: int | None = None
    at: str | None = None
    day: Weekday | None = None
    cron: str | None = None
    zone: str = "UTC"

    @property
    def is_by_clock(self) -> bool:
        """Whether the clock says when, and not the source."""
        return self.mode is not Mode.ON_CHANGE


class Preset(StrEnum):
    """A choice of properties by what they are: all that the source lets out, only summaries, or none sensitive."""

    FULL = "full"
    SUMMARY = "summary"
    NO_SENSITIVE = "no_sensitive"


class BodyFormat(StrEnum):
    """How an event is wrapped: CloudEvents 1.0 structured JSON, its data alone, or as the binding's own document."""

    CLOUDEVENTS = "cloudevents"
    RAW = "raw"
    TEMPLATE = "template"


class Filter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which events a binding wants: every part that is given must match. Globs are case-sensitive `*`, `?`, `[…]`.

    `where`: an expression (JMESPath, see `rules.expressions`) that must come out true.
    """

    types: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    severity_min: Severity | None = None
    where: str | None = None


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How a binding's deliveries are retried and judged.

    `retry_schedule_s`: the wait before each retry, in seconds, at most 50 of up to 30 days each; its length + 1 is the
    budget of attempts. `retry_kinds`: the outcome kinds that are worth another try. `time_to_live_s`: a delivery not
    sent this long after its event was recorded is `expired`; None is for ever. `is_health_relevant`: whether failures
    count against the endpoint. `is_strict_order`: one request at a time, by ledger sequence. `batch_max`: how many
    deliveries may share a request, 1 to 1,000; one leaves when so many wait, or the oldest has waited `batch_wait_s`
    (0 to 3,600 seconds; with 0, whatever waits goes together). `is_notification`: its deliveries notify a person, so
    the settings `notifications.*` say which are sent, and when (`rules.notices`).
    """

    retry_schedule_s: tuple[float, ...] = RETRY_SCHEDULE_S
    retry_kinds: tuple[OutcomeKind, ...] = (OutcomeKind.TRANSIENT, OutcomeKind.RATE_LIMITED)
    time_to_live_s: float | None = None
    is_health_relevant: bool = True
    is_strict_order: bool = False
    batch_max: int = 1
    batch_wait_s: float = 0.0
    is_notification: bool = False


class Shape(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a binding's bodies look like: kept for ever under a revision number, so that a body can be explained.

    `preset` and `properties` narrow the source's own choices: what is switched off here (False) or left out by the
    preset does not leave; what the source has off stays off. `select`: an expression that makes the data of CloudEvents
    and raw bodies. `message`: how people are told. `body`: the document of the format `template`, in JSON; its texts
    are templates.
    """

    format: BodyFormat = BodyFormat.CLOUDEVENTS
    headers: dict[str, str] = {}
    preset: Preset = Preset.FULL
    properties: dict[str, bool] = {}
    select: str | None = None
    message: MessageTemplate | None = None
    body: str | None = None


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """The wire: which events of which source go to which endpoint, how, and under which policy."""

    id: BindingId
    project_id: ProjectId
    source_id: SourceId
    endpoint_id: EndpointId
    schedule: Schedule = Schedule()
    filter: Filter = Filter()
    policy: Policy = Policy()
    shape: Shape = Shape()
    revision: int = 1
    created_at: Millis = Millis(0)
