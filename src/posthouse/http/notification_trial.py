"""A test message to the first ntfy receiver: made and sent as any other, and written nowhere.

Comes in: the receiver as it is saved. Goes out: the status of the server's answer, or a refusal with its own words,
without the token even where the server sends that back.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import msgspec

from posthouse.http.endpoints import context_of
from posthouse.http.notification_receiver import Primary
from posthouse.http.problems import CheckFailed
from posthouse.http.services import Services
from posthouse.model.agents import AgentEvent, AgentFacts, AgentPayload
from posthouse.model.deliveries import ClaimedDelivery, Outcome, OutcomeKind
from posthouse.model.errors import BadInput
from posthouse.model.events import Event, Severity
from posthouse.model.ids import DeliveryId, EventId, ParcelId
from posthouse.rules.diagnosis import Diagnosis, diagnose
from posthouse.rules.shaping import shape_event
from posthouse.rules.texts import without_controls
from posthouse.settings import DELIVERY_DEADLINE_S, NOTIFICATIONS_ENABLED, NOTIFICATIONS_TURN_COMPLETED
from posthouse.targets.base import Item, Parcel, target_kind
from posthouse.targets.headers import HIDDEN
from posthouse.targets.ntfy_settings import TokenAuth

DEADLINE_S = 10.0
"""Of the whole exchange; shorter where `delivery.deadline_s` is."""

GUARD_S = 5.0
"""What overstays its deadline by this much is cut off."""

WORDS_MAX = 200
"""Characters of what is told of a failure."""

TITLE = "Test notification"
BODY = "This is a test: what agents do will be told here."


class NotTaken(CheckFailed):
    """The test message did not arrive."""

    status = 502

    def __init__(self, message: str, diagnosis: Diagnosis) -> None:
        super().__init__("notifications.test_failed", message, diagnosis)


async def send_test(services: Services, primary: Primary | None) -> int | None:
    """Send it; the status of the answer. Raises BadInput where nothing would be told, NotTaken where it did not arrive.

    Codes: `notifications.disabled`, `notifications.topic_required`, `notifications.event_off`.
    """
    settings = services.configuration.settings
    if not settings[NOTIFICATIONS_ENABLED]:
        raise BadInput("notifications.disabled", "Notifications are switched off. Switch them on first.")
    if primary is None or primary.row is None:
        raise BadInput("notifications.topic_required", "There is no topic to send a test to.", field="topic")
    if not settings[NOTIFICATIONS_TURN_COMPLETED]:
        message = "The test is a completed turn, and those are not told. Switch turn-completed on first."
        raise BadInput("notifications.event_off", message, field="events.turn-completed")
    outcome = await _deliver(services, primary)
    if outcome.kind is not OutcomeKind.DELIVERED:
        raise NotTaken(await _told(services, primary, outcome), diagnose(outcome.code, outcome.status_code))
    return outcome.status_code


async def _deliver(services: Services, primary: Primary) -> Outcome:
    deadline_s = min(DEADLINE_S, services.configuration.settings[DELIVERY_DEADLINE_S])
    context = msgspec.structs.replace(context_of(services, primary.target), deadline_s=deadline_s)
    try:
        async with asyncio.timeout(deadline_s + GUARD_S):
            delivered = await target_kind(primary.target.kind).deliver(context, _parcel(services, primary))
    except TimeoutError:
        return Outcome(kind=OutcomeKind.TRANSIENT, code="timeout", detail="The target overstayed its deadline.")
    return delivered.outcomes[0]


def _parcel(services: Services, primary: Primary) -> Parcel:
    """A parcel as the lane would hand over, of an event that never was."""
    assert primary.row is not None
    assert primary.endpoint is not None
    binding, now = primary.row.binding, services.clock.now()
    agent = AgentFacts(
        id="posthouse-test", tool="posthouse", machine=services.machine, project="Posthouse", title=TITLE
    )
    event = Event(
        id=EventId(services.clock.uuid7()),
        project_id=binding.project_id,
        source_id=binding.source_id,
        machine=services.machine,
        type=AgentEvent.TURN_COMPLETED.value,
        at=now,
        recorded_at=now,
        severity=Severity.SUCCESS,
        subject=TITLE,
        data=msgspec.Raw(msgspec.json.encode(AgentPayload(agent=agent, message=BODY))),
    )
    delivery = ClaimedDelivery(
        seq=0, id=DeliveryId(services.clock.uuid7()), event_seq=0, binding_id=binding.id,
        endpoint_id=primary.endpoint.id, revision=binding.revision, fence=0, attempt=1, charged=0, available_at=now,
        expires_at=None, is_due=True, is_probe=False, event=event,
    )  # fmt: skip
    shaped = shape_event(event, event.data, binding.shape, source_name=primary.row.source)
    item = Item(
        delivery=delivery, data=shaped.data, source_name=primary.row.source, message=shaped.message, body=shaped.body
    )
    return Parcel(id=ParcelId(delivery.id), endpoint=primary.endpoint, shape=binding.shape, items=(item,))


class _Answer(msgspec.Struct):
    """What ntfy says of an error: https://docs.ntfy.sh/publish/."""

    error: str = ""


async def _told(services: Services, primary: Primary, outcome: Outcome) -> str:
    """What is told of a failure: the server's own words where it had any, and never the token."""
    words = _words_in(outcome.excerpt)
    if outcome.status_code is None or not words:
        told = outcome.detail or "It did not arrive."
    elif outcome.code == "ntfy_other":
        told = f"{outcome.detail} It said: {words}"
    else:
        phrase = HTTPStatus(outcome.status_code).phrase if outcome.status_code in set(HTTPStatus) else ""
        told = f"The server answered {f'{outcome.status_code} {phrase}'.strip()}: {words}"
    auth = primary.settings.auth
    token = await services.secrets.get(auth.token.secret) if isinstance(auth, TokenAuth) else None
    told = told.replace(token, HIDDEN) if token else told
    return told if len(told) <= WORDS_MAX else f"{told[: WORDS_MAX - 1]}…"


def _words_in(excerpt: bytes) -> str:
    """The error that ntfy names, else the answer as it is, on one line."""
    try:
        text = msgspec.json.decode(excerpt, type=_Answer).error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        text = ""
    return " ".join(without_controls(text or excerpt.decode("utf-8", "replace")).split())
