"""Another Posthouse: events are passed on as CloudEvents, one a line, and are delivered once the other side has them.

An event keeps its identity over every house that it passes through: the CloudEvents `source` and `id` are those of the
house where it was recorded first, and each house drops what it already has. The other side's 2xx follows its commit.
All of a request are taken or none: where one event is refused, the others are sent again without it; where there are
too many, in halves. Source: docs/handing-over.md, and https://github.com/ndjson/ndjson-spec.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any

import msgspec

from posthouse.model.deliveries import Outcome, OutcomeKind, SentRequest
from posthouse.model.errors import BadInput, Conflict, SecretsUnavailable
from posthouse.rules.pacing import Bucket
from posthouse.rules.routing import ABOUT_TARGET
from posthouse.system.outbound import Request
from posthouse.targets import cloud_events
from posthouse.targets.base import (
    CheckResult,
    Delivered,
    EndpointDraft,
    Field,
    FieldKind,
    Item,
    Parcel,
    SecretField,
    SecretRef,
    TargetContext,
)
from posthouse.targets.credentials import read_secret, withheld
from posthouse.targets.entering import convert
from posthouse.targets.headers import check_header_value
from posthouse.targets.http_exchange import exchange, out_of_time, shown
from posthouse.targets.urls import parse_url
from posthouse.targets.webhook import USER_AGENT

CONTENT_TYPE = "application/x-ndjson"
PASSED_ON = "/posthouse/"
"""How the origin of what came from another Posthouse begins."""

REQUESTS_MAX = 20
"""How often one parcel is sent again without what was refused; what is left then waits for its next attempt."""

NO_EVENTS = "event.none"
TOO_MANY_HOPS = "event.too_many_hops"


class PosthouseSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the other one listens, and a token of its that may hand events over."""

    url: Annotated[str, msgspec.Meta(max_length=2_048)]
    token: SecretRef


class PosthouseTarget:
    """The kind `posthouse`."""

    title = "Another Posthouse"
    summary = "Passes events on to another Posthouse: from laptops to the server at home, for example."
    fields = (
        Field(
            path=("url",),
            label="Address",
            kind=FieldKind.URL,
            is_required=True,
            placeholder="https://hub.example.com",
            help="Where its dashboard is.",
        ),
        Field(
            path=("token",),
            label="Token",
            kind=FieldKind.SECRET,
            is_required=True,
            help="Made there with: posthouse token create --scope ingest",
        ),
    )
    endpoint_fields: tuple[Field, ...] = ()
    takes_messages = False
    is_health_relevant = True
    can_update = False
    secret_fields = (SecretField(path=("token",), check=check_header_value),)

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate settings. Raises BadInput `target.settings_invalid` or `target.url_invalid` with the field."""
        parsed = convert(settings, PosthouseSettings)
        url = parse_url(parsed.url)
        if "?" in url:
            raise BadInput("target.url_invalid", "The address of a Posthouse has no query (?…).", field="url")
        return msgspec.Raw(msgspec.json.encode(msgspec.structs.replace(parsed, url=url.rstrip("/"))))

    def parse_endpoint(self, settings: dict[str, Any]) -> msgspec.Raw:
        """There is one endpoint, without settings. Raises BadInput `target.settings_invalid`."""
        if settings:
            raise BadInput("target.settings_invalid", "Another Posthouse has one endpoint, without settings.")
        return msgspec.Raw(b"{}")

    def pacing(self, settings: msgspec.Raw) -> Bucket | None:  # noqa: ARG002 - the protocol's
        """The other one says when it is too much."""
        return None

    def secret_names(self, settings: msgspec.Raw) -> tuple[str, ...]:
        """The token's reference."""
        return (_settings(bytes(settings)).token.secret,)

    async def check(self, context: TargetContext) -> CheckResult:
        """Hand over no event: the token is judged, and then the other side says that there was none."""
        try:
            token = await _token(context)
        except (SecretsUnavailable, Conflict) as error:
            return CheckResult(outcome=withheld(error))
        request = _request(context, token, b"")
        outcome = await _send(context, request, token)
        refusal = _refusal_of(outcome)
        if refusal is not None and refusal.code == NO_EVENTS:
            outcome = msgspec.structs.replace(outcome, kind=OutcomeKind.DELIVERED, detail="")
        elif outcome.kind is OutcomeKind.DELIVERED or (outcome.status_code == 400 and refusal is None):
            outcome = _other(outcome)
        return CheckResult(outcome=outcome, request=_shown(request))

    async def endpoints(self, context: TargetContext) -> tuple[EndpointDraft, ...]:  # noqa: ARG002 - the protocol's
        """The one address."""
        return (EndpointDraft(name="default"),)

    async def preview(self, context: TargetContext, parcel: Parcel) -> SentRequest:
        """What would be sent. Raises SecretsUnavailable, Conflict `target.secret_missing`."""
        return _shown(_request(context, await _token(context), _body(parcel.items)))

    async def deliver(self, context: TargetContext, parcel: Parcel) -> Delivered:
        """Pass the parcel on within the deadline."""
        try:
            token = await _token(context)
        except (SecretsUnavailable, Conflict) as error:
            return Delivered(outcomes=(withheld(error),) * len(parcel.items), request=None)
        first = _request(context, token, _body(parcel.items))
        handing = _Handing(context, token, parcel.items)
        return Delivered(outcomes=await handing.over(), request=_shown(first))


class _Taken(msgspec.Struct):
    """What became of one event."""

    id: str


class _TakenAll(msgspec.Struct):
    """What another Posthouse answers when it has committed."""

    events: list[_Taken]


class _Refusal(msgspec.Struct):
    """What another Posthouse answers when it refuses: problem details (RFC 9457)."""

    code: str
    detail: str = ""
    line: int | None = None
    index: int | None = None


_decode_taken = msgspec.json.Decoder(_TakenAll).decode
_decode_refusal = msgspec.json.Decoder(_Refusal).decode


class _Handing:
    """The requests for one parcel: sent again without what is refused, and in halves where it is too much."""

    def __init__(self, context: TargetContext, token: str, items: Sequence[Item]) -> None:
        self._context = context
        self._token = token
        self._items = items
        self._outcomes: dict[int, Outcome] = {}
        self._requests = 0
        self._deadline_s = context.clock.monotonic_s() + context.deadline_s

    async def over(self) -> tuple[Outcome, ...]:
        """An outcome for each item."""
        waiting = [list(range(len(self._items)))]
        while waiting:
            places = waiting.pop()
            outcome = await self._send(places)
            refusal = _refusal_of(outcome)
            culprit = None if refusal is None else _culprit(refusal, places)
            if culprit is not None and refusal is not None:
                self._outcomes[culprit] = _refused(outcome, refusal)
                rest = [place for place in places if place != culprit]
            elif outcome.status_code == 413 and len(places) > 1:
                half = len(places) // 2
                waiting += [places[half:], places[:half]]
                continue
            else:
                self._outcomes |= dict.fromkeys(places, outcome)
                rest = []
                if outcome.kind is not OutcomeKind.DELIVERED:
                    # What is behind it would fare no better now.
                    unsent = msgspec.structs.replace(outcome, is_maybe_sent=False)
                    self._outcomes |= {place: unsent for left in waiting for place in left}
                    break
            if rest:
                waiting.append(rest)
        return tuple(self._outcomes[place] for place in range(len(self._items)))

    async def _send(self, places: list[int]) -> Outcome:
        left_s = self._deadline_s - self._context.clock.monotonic_s()
        if self._requests >= REQUESTS_MAX or left_s <= 0:
            return out_of_time()
        self._requests += 1
        context = msgspec.structs.replace(self._context, deadline_s=left_s)
        request = _request(context, self._token, _body([self._items[place] for place in places]))
        outcome = await _send(context, request, self._token)
        if outcome.kind is OutcomeKind.DELIVERED and not _is_taken(outcome, len(places)):
            return _other(outcome)
        if outcome.status_code == 507:
            return msgspec.structs.replace(outcome, kind=OutcomeKind.RATE_LIMITED, code="posthouse_full")
        return outcome


def passed_on(item: Item) -> bytes:
    """An event as one line, under the identity that it has had since it was recorded first."""
    event = item.delivery.event
    if event.correlation_key is not None and event.correlation_key.startswith(ABOUT_TARGET):
        # What is about a target here is about none of the other side's.
        event = msgspec.structs.replace(event, correlation_key=f"{event.machine}/{event.correlation_key}")
    if event.origin.startswith(PASSED_ON) and event.key is not None:
        return cloud_events.to_json(event, item.data, source_name=item.source_name, identity=(event.origin, event.key))
    return cloud_events.to_json(event, item.data, source_name=item.source_name)


def _body(items: Sequence[Item]) -> bytes:
    return b"\n".join(passed_on(item) for item in items)


def _culprit(refusal: _Refusal, places: list[int]) -> int | None:
    """The item that was refused, where the refusal is about one: by its line from 1, or its index from 0."""
    index = refusal.index if refusal.line is None else refusal.line - 1
    return places[index] if index is not None and 0 <= index < len(places) else None


def _refused(outcome: Outcome, refusal: _Refusal) -> Outcome:
    code = "posthouse_hops" if refusal.code == TOO_MANY_HOPS else outcome.code
    detail = f"The other Posthouse refused this event: {refusal.detail} ({refusal.code})"
    return msgspec.structs.replace(outcome, kind=OutcomeKind.REJECTED, code=code, detail=detail)


def _refusal_of(outcome: Outcome) -> _Refusal | None:
    if outcome.status_code is None or outcome.status_code < 400:
        return None
    try:
        return _decode_refusal(outcome.excerpt)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _is_taken(outcome: Outcome, count: int) -> bool:
    """Whether the answer is that of a Posthouse with so many events; one that was cut says as much as it can."""
    try:
        return len(_decode_taken(outcome.excerpt).events) == count
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return outcome.excerpt.startswith(b'{"events":[') and not outcome.excerpt.rstrip().endswith(b"}]}")


def _other(outcome: Outcome) -> Outcome:
    detail = "Something answered, but it is no Posthouse."
    return msgspec.structs.replace(outcome, kind=OutcomeKind.REJECTED, code="posthouse_other", detail=detail)


async def _send(context: TargetContext, request: Request, token: str) -> Outcome:
    return await exchange(context.outbound, request, hidden=(token,), now=context.clock.now())


def _request(context: TargetContext, token: str, body: bytes) -> Request:
    return Request(
        method="POST",
        url=f"{_settings(bytes(context.target.settings)).url}/api/events",
        headers=(("content-type", CONTENT_TYPE), ("user-agent", USER_AGENT), ("authorization", f"Bearer {token}")),
        body=body,
        deadline_s=context.deadline_s,
        response_bytes_max=context.response_bytes_max,
    )


def _shown(request: Request) -> SentRequest:
    return shown(request, secret_header="authorization")  # noqa: S106 (a header's name)


async def _token(context: TargetContext) -> str:
    """Raises SecretsUnavailable, Conflict `target.secret_missing`."""
    return await read_secret(context.secrets, _settings(bytes(context.target.settings)).token.secret)


@lru_cache(maxsize=512)
def _settings(canonical: bytes) -> PosthouseSettings:
    """What `parse` made, decoded once."""
    return msgspec.json.decode(canonical, type=PosthouseSettings)
