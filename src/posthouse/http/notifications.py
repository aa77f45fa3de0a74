"""`/api/notifications`: what people are told of agents, where, and what became of it.

The config lies in the settings `notifications.*` and in the first ntfy receiver. It is judged and written as one; no
server is asked: that is what the test is for.
"""

from __future__ import annotations

from functools import partial

import msgspec
from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from posthouse.http.notification_receiver import KIND, Primary, Settled, Wanted, find_primary, settle
from posthouse.http.notification_trial import send_test
from posthouse.http.notification_views import (
    EVENT_TYPES,
    EVENTS,
    NotificationConfig,
    NotificationPatch,
    NotificationsView,
    NotificationTested,
    ReceiverName,
    ReceiverView,
    RecentNotification,
    RecentNotifications,
    field_of,
    setting_values,
    view_config,
)
from posthouse.http.problems import problems
from posthouse.http.removal import dismiss_waiting, finish_removal
from posthouse.http.requests import LIMIT_DEFAULT, Limit
from posthouse.http.services import Services
from posthouse.http.shapes import view_filter
from posthouse.http.target_secrets import forget_secrets, store_secrets
from posthouse.ledger.base import Transaction
from posthouse.ledger.receivers import Notification, Receiver, list_receivers, newest_notifications
from posthouse.model.deliveries import DeliveryStatus
from posthouse.model.errors import BadInput, PosthouseError
from posthouse.model.ids import Millis
from posthouse.model.targets import SELF_HEALING, PauseCause
from posthouse.rules.local_time import wall_of
from posthouse.rules.notice_fates import fate_of, words_of
from posthouse.settings import NOTIFICATIONS_QUIET_ZONE
from posthouse.settings.formats import LOCAL
from posthouse.system.zones import load_zone, local_zone_name
from posthouse.targets.base import extract_secrets
from posthouse.targets.ntfy_settings import NTFY_SH
from posthouse.targets.urls import parse_url

_FIELDS = {"url": "server", "auth.token": "authToken"}
"""What the kind of target calls its fields, and this API."""


@get("/api/notifications", responses=problems())
async def get_notifications(services: NamedDependency[Services]) -> NotificationsView:
    """What is told, to whom, and what could be."""
    return await _view(services)


@put("/api/notifications", responses=problems(404, 409, 413, 415))
async def change_notifications(
    data: JSONBody[NotificationPatch], services: NamedDependency[Services]
) -> NotificationsView:
    """Change what is given, all of it or nothing. No server is asked: send a test to see whether it answers."""
    try:
        settled = await _change(data, services)
    except PosthouseError as error:
        if error.field is not None:
            error.field = _FIELDS.get(error.field) or field_of(error.field)
        raise
    await _follow(services, settled)
    return await _view(services)


@post("/api/notifications/test", status_code=200, responses=problems(502))
async def test_notifications(services: NamedDependency[Services]) -> NotificationTested:
    """Send a test of a completed turn to the first ntfy receiver, and say what its server answered."""
    _, primary = await services.database.read(_read)
    return NotificationTested(status=await send_test(services, primary))


@get("/api/notifications/recent", responses=problems())
async def list_recent_notifications(
    services: NamedDependency[Services], limit: Limit = LIMIT_DEFAULT
) -> RecentNotifications:
    """The newest notifications to all receivers, and what became of each."""
    found = await services.database.read(newest_notifications, limit)
    zone, now = zone_in_force(services), services.clock.now()
    return RecentNotifications(items=[_view_recent(one, zone, now) for one in found])


def zone_in_force(services: Services) -> str:
    """The IANA zone by which quiet hours are read."""
    zone = services.configuration.settings[NOTIFICATIONS_QUIET_ZONE]
    return local_zone_name() if zone == LOCAL else zone


async def _view(services: Services) -> NotificationsView:
    receivers, primary = await services.database.read(_read)
    settings = services.configuration.settings
    return NotificationsView(
        config=view_config(
            settings.__getitem__,
            server=NTFY_SH if primary is None else primary.settings.url,
            topic="" if primary is None else primary.topic,
            has_auth_token=primary is not None and primary.has_token,
        ),
        event_types=list(EVENT_TYPES),
        defaults=_defaults(),
        zone_in_force=zone_in_force(services),
        receivers=[_view_receiver(one, primary) for one in receivers],
    )


async def _change(data: NotificationPatch, services: Services) -> Settled:
    """Judge everything, and write it in one transaction. A new token is stored before, and goes where that fails."""
    for name in data.events:
        if name not in EVENTS:
            known = ", ".join(EVENTS)
            message = f"There is no event {name[:100]!r}. There is {known}."
            raise BadInput("notifications.unknown_event", message, field=f"events.{name[:100]}")
    token = {} if data.auth_token in (msgspec.UNSET, "") else {"kind": "token", "token": data.auth_token}
    entered = extract_secrets(KIND, {"auth": token}, scope=services.clock.uuid7())
    wanted = Wanted(
        server=None if data.server is msgspec.UNSET else parse_url(data.server, field="server").rstrip("/"),
        topic=None if data.topic is msgspec.UNSET else _topic(data.topic),
        token_ref=None if data.auth_token is msgspec.UNSET else next(iter(entered.values), ""),
        is_enabling=data.enabled is True,
    )
    beside = partial(settle, wanted=wanted, now=services.clock.now())
    async with store_secrets(services.secrets, entered.values):
        return await services.configuration.change(setting_values(data), beside)


async def _follow(services: Services, settled: Settled) -> None:
    """Let the pipeline take over what was written."""
    if settled.bound is not None:
        await services.collection.enable(settled.bound)
    await services.known.reload()
    services.silence.wake()
    if settled.before is not None and settled.after is not None:
        await forget_secrets(services.secrets, settled.before, but=settled.after)
        is_changed = bytes(settled.before.settings) != bytes(settled.after.settings)
        if is_changed and _awaits_a_person(settled.after.health.cause):
            # Its address or credentials are others now: that is what it was paused for.
            await services.dispatcher.resume(settled.after.id)
    if settled.removal is not None:
        await dismiss_waiting(services, settled.removal)
        await finish_removal(services, settled.removal)
    services.dispatcher.wake(settled.woken)


def _awaits_a_person(cause: PauseCause | None) -> bool:
    return cause is not None and cause not in SELF_HEALING and cause is not PauseCause.MANUAL


def _topic(text: str) -> str:
    topic = text.strip()
    if not topic.isprintable():
        raise BadInput("notifications.topic_invalid", "A topic has visible characters only.", field="topic")
    return topic


def _defaults() -> NotificationConfig:
    return view_config(lambda setting: setting.default, server=NTFY_SH, topic="", has_auth_token=False)


def _read(tx: Transaction) -> tuple[list[Receiver], Primary | None]:
    receivers = list_receivers(tx)
    return receivers, find_primary(tx, receivers)


def _view_receiver(receiver: Receiver, primary: Primary | None) -> ReceiverView:
    row = receiver.row
    first = None if primary is None or primary.row is None else primary.row.binding.id
    return ReceiverView(
        binding_id=row.binding.id,
        target_id=row.target_id,
        target=row.target,
        kind=receiver.kind,
        endpoint=row.endpoint,
        is_primary=row.binding.id == first,
        filter=view_filter(row.binding.filter),
        state=row.state,
    )


def _view_recent(told: Notification, zone: str, now: Millis) -> RecentNotification:
    delivery, agent = told.delivery, told.agent
    is_held = told.is_held and delivery.status is DeliveryStatus.PENDING and delivery.available_at > now
    held_until = f"{wall_of(delivery.available_at, load_zone(zone)):%H:%M}" if is_held else None
    return RecentNotification(
        delivery_id=delivery.id,
        event_id=delivery.event_id,
        event_type=delivery.event_type,
        agent_id=None if agent is None else agent.id,
        tool="" if agent is None else agent.tool,
        project="" if agent is None else agent.project,
        title="" if agent is None else agent.title,
        at=told.at,
        receiver=ReceiverName(target=delivery.target, endpoint=delivery.endpoint),
        fate=fate_of(delivery),
        reason=delivery.reason,
        words=words_of(delivery, held_until=held_until),
        updated_at=delivery.updated_at,
    )
