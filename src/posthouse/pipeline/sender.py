"""The sender: makes one attempt at one parcel and says how it ended for each delivery in it.

Everything that shapes the request is read at this moment: the target's URL, headers and credentials, the owner's choice
of properties, the body's shape by the delivery's own revision. Whatever goes wrong ends as an Outcome: a broad except
stands here, so that one payload or target cannot reach another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from hashlib import sha256

import msgspec

from posthouse.ledger.results import OFFLINE_CODE
from posthouse.model.bindings import Shape
from posthouse.model.deliveries import (
    FILTER_FAILED,
    RENDER_FAILED,
    AttemptResult,
    ClaimedDelivery,
    ClaimedParcel,
    Outcome,
    OutcomeKind,
)
from posthouse.model.errors import PosthouseError, SecretsUnavailable
from posthouse.model.events import Event
from posthouse.model.ids import EndpointId, EventId, Millis, TargetId
from posthouse.model.messages import Message
from posthouse.model.sources import Source
from posthouse.model.targets import Endpoint, Target
from posthouse.pipeline.directory import Known
from posthouse.pipeline.notices import dashboard_url, notice_policy
from posthouse.rules.expressions import ExpressionError, filter_facts
from posthouse.rules.notice_words import digest_message
from posthouse.rules.notices import DEADLINE_S as NOTICE_DEADLINE_S
from posthouse.rules.notices import Withheld, held_back_until
from posthouse.rules.properties import allowed
from posthouse.rules.routing import is_true_of
from posthouse.rules.shaping import WHERE, place_of, shape_event
from posthouse.settings import (
    COMMANDS_ALLOWED,
    DELIVERY_DEADLINE_S,
    DELIVERY_RESPONSE_BYTES_MAX,
    Settings,
)
from posthouse.sources.base import kind_problem, source_kind
from posthouse.system.clock import Clock
from posthouse.system.logging import get_log
from posthouse.system.outbound import Outbound
from posthouse.system.secrets import SecretStore
from posthouse.targets.base import CheckResult, Delivered, Item, Parcel, TargetContext, TargetKind, target_kind

CHECK_GUARD_S = 5.0
"""A check that overstays its deadline by this much is cut off. Deliveries end by their target's own deadline, which its
contract suite tests, and after that by their lease."""

NETWORK_CODES = frozenset({"dns", "unreachable", "timeout"})
"""Where a target reports one of these as charged to nobody, this machine has no route: its own network is to blame."""

OFFLINE_DETAIL = "This machine has no network; it goes on when there is one."

UNPROJECTED = frozenset({"source.kind_unavailable", "source.broken"})
"""Where a source's kind cannot say what of an event may leave, nothing does: it waits, and no target is to blame."""

UNPROJECTED_WAIT_S = 30.0
"""How long until it is tried again: it takes a person to repair a kind."""

DIGEST_TYPE = "agents.digest"
"""The type of the event that stands for several in one message."""

HELD_BACK_DETAIL = "Quiet hours have begun; it goes when they end."

_log = get_log(__name__)


class Sender:
    """Makes attempts and checks, for every lane."""

    def __init__(
        self, *, known: Known, outbound: Outbound, secrets: SecretStore, clock: Clock, settings: Settings,
        own_url: Callable[[], str] = lambda: "",
    ) -> None:  # fmt: skip
        """`own_url`: the address on which the daemon listens, for links in messages."""
        self._known = known
        self._outbound = outbound
        self._secrets = secrets
        self._clock = clock
        self._own_url = own_url
        self._checks: dict[TargetId, asyncio.Task[CheckResult]] = {}
        self._checks_ended = 0
        self._verdicts: dict[TargetId, tuple[int, bool]] = {}
        self.apply(settings)

    def apply(self, settings: Settings) -> None:
        """Take over changed settings."""
        self._deadline_s = settings[DELIVERY_DEADLINE_S]
        self._response_bytes_max = settings[DELIVERY_RESPONSE_BYTES_MAX]
        self._may_run_programs = settings[COMMANDS_ALLOWED]
        self._settings = settings
        self._notices = notice_policy(settings)

    async def send(self, claimed: ClaimedParcel) -> list[AttemptResult]:
        """Make one attempt within the deadline; one result per delivery, in order. Raises nothing but cancellation."""
        started_at, started_s = self._clock.now(), self._clock.monotonic_s()
        checks_before = self._checks_ended
        first, is_check_passed, is_health_relevant = claimed.deliveries[0], None, True
        try:
            is_health_relevant = target_kind(self._target_of(first.endpoint_id).kind).is_health_relevant
            delivered = await self._try(claimed)
            if is_health_relevant and any(outcome.kind is OutcomeKind.AUTH for outcome in delivered.outcomes):
                is_check_passed = await self._is_check_passed(first.endpoint_id, checks_before)
        except Exception as error:
            delivered = Delivered(outcomes=(_failed(error),) * len(claimed.deliveries), request=None)
        request = delivered.request
        duration_ms = round((self._clock.monotonic_s() - started_s) * 1000)
        jitter = self._clock.jitter()
        body_hash = None if request is None else sha256(request.body).digest()
        return [
            AttemptResult(
                delivery=delivery,
                outcome=_as_offline(outcome),
                started_at=started_at,
                duration_ms=duration_ms,
                jitter=jitter,
                request=request,
                body_hash=body_hash,
                is_check_passed=is_check_passed if outcome.kind is OutcomeKind.AUTH else None,
                is_health_relevant=is_health_relevant,
            )
            for delivery, outcome in zip(claimed.deliveries, delivered.outcomes, strict=True)
        ]

    async def check(self, target: Target) -> CheckResult:
        """Ask the target whether it would take a delivery; never raises for what the other side does."""
        try:
            async with asyncio.timeout(self._deadline_s + CHECK_GUARD_S):
                endpoints = tuple(one for one in self._known.directory.endpoints.values() if one.target_id == target.id)
                context = msgspec.structs.replace(self._context(target), endpoints=endpoints)
                return await target_kind(target.kind).check(context)
        except Exception as error:
            return CheckResult(outcome=_failed(error))

    async def _try(self, claimed: ClaimedParcel) -> Delivered:
        directory = self._known.directory
        first = claimed.deliveries[0]
        endpoint = directory.endpoints[first.endpoint_id]
        target = directory.targets[endpoint.target_id]
        source = directory.sources[first.event.source_id]
        if first.is_unjudged:
            return Delivered(outcomes=(self._unjudged(first, source),) * len(claimed.deliveries), request=None)
        kind, context = target_kind(target.kind), self._context(target)
        is_notification = first.binding_id in directory.notifying
        if is_notification:
            context = msgspec.structs.replace(context, deadline_s=min(context.deadline_s, NOTICE_DEADLINE_S))
            held_back = self._held_back(claimed)
            if held_back is not None:
                return Delivered(outcomes=(held_back,) * len(claimed.deliveries), request=None)
        parcel = await self._parcel(claimed, endpoint, source, kind)
        if is_notification and kind.takes_messages and len(parcel.items) > 1:
            delivered = await kind.deliver(context, self._as_digest(parcel))
            return msgspec.structs.replace(delivered, outcomes=delivered.outcomes * len(parcel.items))
        delivered = await kind.deliver(context, parcel)
        if len(delivered.outcomes) != len(parcel.items):
            raise ValueError(f"{len(delivered.outcomes)} outcomes for {len(parcel.items)} deliveries")
        return delivered

    def _held_back(self, claimed: ClaimedParcel) -> Outcome | None:
        """Why a notification does not go now: it was late, and came into quiet hours. None where it may go.

        One that a person wants sent again has no time limit of its own, and goes.
        """
        now = self._clock.now()
        limits = [
            held_back_until(one.event, self._notices, now) for one in claimed.deliveries if one.expires_at is not None
        ]
        until = max((limit for limit in limits if limit is not None), default=None)
        if until is None:
            return None
        return Outcome(
            kind=OutcomeKind.TRANSIENT,
            code=Withheld.QUIET_HOURS,
            detail=HELD_BACK_DETAIL,
            retry_after_s=(until - now) / 1000,
            is_chargeable=False,
        )

    def _as_digest(self, parcel: Parcel) -> Parcel:
        """One message for all, under the parcel's own id: it is sent, and replaced, as one."""
        told: list[tuple[Millis, Message]] = []
        for item in parcel.items:
            assert item.message is not None
            told.append((item.delivery.event.at, item.message))
        first = parcel.items[0]
        event = Event(
            id=EventId(parcel.id),
            project_id=first.delivery.event.project_id,
            source_id=first.delivery.event.source_id,
            machine=first.delivery.event.machine,
            type=DIGEST_TYPE,
            at=first.delivery.event.at,
            recorded_at=first.delivery.event.recorded_at,
        )
        message = digest_message(told, zone=self._notices.zone, dashboard=self._dashboard)
        item = Item(
            delivery=msgspec.structs.replace(first.delivery, event=event),
            data=event.data,
            source_name=first.source_name,
            message=message,
        )
        return msgspec.structs.replace(parcel, items=(item,))

    @property
    def _dashboard(self) -> str:
        return dashboard_url(self._settings, self._own_url)

    async def _parcel(self, claimed: ClaimedParcel, endpoint: Endpoint, source: Source, kind: TargetKind) -> Parcel:
        first = claimed.deliveries[0]
        shape = await self._known.shape(first.binding_id, first.revision)
        dashboard = self._dashboard if kind.takes_messages else ""
        items = tuple([_item(delivery, source, shape, kind, dashboard) for delivery in claimed.deliveries])
        return Parcel(id=claimed.id, endpoint=endpoint, shape=shape, items=items)

    def _unjudged(self, delivery: ClaimedDelivery, source: Source) -> Outcome:
        """Why the filter failed for this event: asked of the filter that there is now."""
        event = delivery.event
        detail = "The filter failed when this event came, and has been changed since. To send the event, replay it."
        for route in self._known.directory.routes.get(source.id, ()):
            if route.binding_id == delivery.binding_id:
                facts = filter_facts(event, source_name=source.name, machine=event.machine, now=event.recorded_at)
                try:
                    is_true_of(route.filter, facts)
                except ExpressionError as error:
                    detail = place_of(error.at(WHERE))
        return Outcome(kind=OutcomeKind.REJECTED, code=FILTER_FAILED, detail=detail)

    def _context(self, target: Target) -> TargetContext:
        return TargetContext(
            target=target,
            outbound=self._outbound,
            secrets=self._secrets,
            clock=self._clock,
            deadline_s=self._deadline_s,
            response_bytes_max=self._response_bytes_max,
            may_run_programs=self._may_run_programs,
        )

    async def _is_check_passed(self, endpoint_id: EndpointId, checks_before: int) -> bool:
        """The verdict of the target's check. One check speaks for every attempt that began before it ended.

        `checks_before`: how many checks had ended when the attempt began.
        """
        target = self._target_of(endpoint_id)
        number, is_passed = self._verdicts.get(target.id, (0, False))
        if number > checks_before:
            return is_passed
        task = self._checks.get(target.id)
        if task is None:
            task = self._checks[target.id] = asyncio.ensure_future(self.check(target))
            task.add_done_callback(lambda done: self._note_check(target.id, done))
        return (await asyncio.shield(task)).is_ok

    def _target_of(self, endpoint_id: EndpointId) -> Target:
        directory = self._known.directory
        return directory.targets[directory.endpoints[endpoint_id].target_id]

    def _note_check(self, target_id: TargetId, task: asyncio.Task[CheckResult]) -> None:
        del self._checks[target_id]
        if not task.cancelled():
            self._checks_ended += 1
            self._verdicts[target_id] = (self._checks_ended, task.result().is_ok)


def project(source: Source, shape: Shape, data: msgspec.Raw) -> msgspec.Raw:
    """An event's data with only what may leave; untouched where the source has no properties.

    Raises PosthouseError `source.kind_unavailable` or `source.broken` where the source's kind cannot say.
    """
    kind = source_kind(source.kind)
    # One that is not available names no properties, and may have had some.
    if not kind.properties and kind_problem(source.kind) is None:
        return data
    projected = kind.project(msgspec.json.decode(data), allowed(kind.properties, source.properties, shape))
    return msgspec.Raw(msgspec.json.encode(projected))


def _item(delivery: ClaimedDelivery, source: Source, shape: Shape, kind: TargetKind, dashboard: str) -> Item:
    data = project(source, shape, delivery.event.data)
    shaped = shape_event(
        delivery.event,
        data,
        shape,
        source_name=source.name,
        takes_messages=kind.takes_messages,
        dashboard=dashboard,
    )
    return Item(delivery=delivery, data=shaped.data, source_name=source.name, message=shaped.message, body=shaped.body)


def _as_offline(outcome: Outcome) -> Outcome:
    """The same, or what is wrong where this machine has no network."""
    if outcome.is_chargeable or outcome.code not in NETWORK_CODES:
        return outcome
    return msgspec.structs.replace(outcome, code=OFFLINE_CODE, detail=OFFLINE_DETAIL)


def _failed(error: Exception) -> Outcome:
    """The outcome of an attempt that ended in an exception."""
    match error:
        case ExpressionError():
            return Outcome(kind=OutcomeKind.REJECTED, code=RENDER_FAILED, detail=place_of(error))
        case SecretsUnavailable():
            return Outcome(
                kind=OutcomeKind.TRANSIENT, code="secrets_unavailable", detail=error.message, is_chargeable=False
            )
        case PosthouseError() if error.code in UNPROJECTED:
            return Outcome(
                kind=OutcomeKind.TRANSIENT,
                code="source_unavailable",
                detail=error.message,
                retry_after_s=UNPROJECTED_WAIT_S,
                is_chargeable=False,
            )
        case TimeoutError():
            return Outcome(
                kind=OutcomeKind.TRANSIENT,
                code="timeout",
                detail="The target overstayed its deadline.",
                is_maybe_sent=True,
            )
        case _:
            _log.error("an attempt failed inside Posthouse", error=error)
            return Outcome(
                kind=OutcomeKind.TRANSIENT, code="internal", detail=f"Internal error: {type(error).__name__}."
            )
