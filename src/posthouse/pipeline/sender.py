"""The sender: makes one attempt at one delivery and says how it ended.

Everything that shapes the request is read at this moment: the target's URL, headers and credentials, the owner's choice
of properties, the body's shape by the delivery's own revision. Whatever goes wrong ends as an Outcome: a broad except
stands here, so that one payload or target cannot reach another.
"""

from __future__ import annotations

import asyncio
from hashlib import sha256

import msgspec

from posthouse.ledger.results import OFFLINE_CODE
from posthouse.model.bindings import Shape
from posthouse.model.deliveries import AttemptResult, ClaimedDelivery, Outcome, OutcomeKind, SentRequest
from posthouse.model.errors import PosthouseError, SecretsUnavailable
from posthouse.model.ids import ParcelId, TargetId
from posthouse.model.sources import Source
from posthouse.model.targets import Endpoint, Target
from posthouse.pipeline.directory import Known
from posthouse.rules.properties import allowed
from posthouse.settings import DELIVERY_DEADLINE_S, DELIVERY_RESPONSE_BYTES_MAX, Settings
from posthouse.sources.base import kind_problem, source_kind
from posthouse.system.clock import Clock
from posthouse.system.logging import get_log
from posthouse.system.outbound import Outbound
from posthouse.system.secrets import SecretStore
from posthouse.targets.base import CheckResult, Delivered, Item, Parcel, TargetContext, target_kind

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

_log = get_log(__name__)


class Sender:
    """Makes attempts and checks, for every lane."""

    def __init__(
        self, *, known: Known, outbound: Outbound, secrets: SecretStore, clock: Clock, settings: Settings
    ) -> None:
        self._known = known
        self._outbound = outbound
        self._secrets = secrets
        self._clock = clock
        self._checks: dict[TargetId, asyncio.Task[CheckResult]] = {}
        self._checks_ended = 0
        self._verdicts: dict[TargetId, tuple[int, bool]] = {}
        self.apply(settings)

    def apply(self, settings: Settings) -> None:
        """Take over changed settings."""
        self._deadline_s = settings[DELIVERY_DEADLINE_S]
        self._response_bytes_max = settings[DELIVERY_RESPONSE_BYTES_MAX]

    async def send(self, delivery: ClaimedDelivery) -> AttemptResult:
        """Make one attempt within the deadline. Raises nothing but cancellation."""
        started_at, started_s = self._clock.now(), self._clock.monotonic_s()
        checks_before = self._checks_ended
        is_check_passed = None
        try:
            outcome, request = await self._try(delivery)
            if outcome.kind is OutcomeKind.AUTH:
                is_check_passed = await self._is_check_passed(delivery, checks_before)
        except Exception as error:
            outcome, request = _failed(error), None
        if not outcome.is_chargeable and outcome.code in NETWORK_CODES:
            outcome = msgspec.structs.replace(outcome, code=OFFLINE_CODE, detail=OFFLINE_DETAIL)
        return AttemptResult(
            delivery=delivery,
            outcome=outcome,
            started_at=started_at,
            duration_ms=round((self._clock.monotonic_s() - started_s) * 1000),
            jitter=self._clock.jitter(),
            request=request,
            body_hash=None if request is None else sha256(request.body).digest(),
            is_check_passed=is_check_passed,
        )

    async def check(self, target: Target) -> CheckResult:
        """Ask the target whether it would take a delivery; never raises for what the other side does."""
        try:
            async with asyncio.timeout(self._deadline_s + CHECK_GUARD_S):
                return await target_kind(target.kind).check(self._context(target))
        except Exception as error:
            return CheckResult(outcome=_failed(error))

    async def _try(self, delivery: ClaimedDelivery) -> tuple[Outcome, SentRequest | None]:
        directory = self._known.directory
        endpoint = directory.endpoints[delivery.endpoint_id]
        target = directory.targets[endpoint.target_id]
        source = directory.sources[delivery.event.source_id]
        parcel = await self._parcel(delivery, endpoint, source)
        delivered = await target_kind(target.kind).deliver(self._context(target), parcel)
        return _only_outcome(delivered), delivered.request

    async def _parcel(self, delivery: ClaimedDelivery, endpoint: Endpoint, source: Source) -> Parcel:
        shape = await self._known.shape(delivery.binding_id, delivery.revision)
        item = Item(delivery=delivery, data=project(source, shape, delivery.event.data), source_name=source.name)
        return Parcel(id=ParcelId(delivery.id), endpoint=endpoint, shape=shape, items=(item,))

    def _context(self, target: Target) -> TargetContext:
        return TargetContext(
            target=target,
            outbound=self._outbound,
            secrets=self._secrets,
            clock=self._clock,
            deadline_s=self._deadline_s,
            response_bytes_max=self._response_bytes_max,
        )

    async def _is_check_passed(self, delivery: ClaimedDelivery, checks_before: int) -> bool:
        """The verdict of the target's check. One check speaks for every attempt that began before it ended.

        `checks_before`: how many checks had ended when the attempt began.
        """
        directory = self._known.directory
        target = directory.targets[directory.endpoints[delivery.endpoint_id].target_id]
        number, is_passed = self._verdicts.get(target.id, (0, False))
        if number > checks_before:
            return is_passed
        task = self._checks.get(target.id)
        if task is None:
            task = self._checks[target.id] = asyncio.ensure_future(self.check(target))
            task.add_done_callback(lambda done: self._note_check(target.id, done))
        return (await asyncio.shield(task)).is_ok

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


def _only_outcome(delivered: Delivered) -> Outcome:
    (outcome,) = delivered.outcomes
    return outcome


def _failed(error: Exception) -> Outcome:
    """The outcome of an attempt that ended in an exception."""
    match error:
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
