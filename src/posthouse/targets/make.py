"""Make: events to custom webhooks, found with an API token, or to one whose address was pasted.

Whoever has a webhook's address can start its scenario, so none is ever kept outside the secret store: an endpoint is
the webhook's number, and its address is asked for when it is first sent to, then remembered while Posthouse runs. 200
`Accepted` says that Make has queued it. Sources: https://developers.make.com/api-documentation (authentication,
organizations, teams, hooks), the types of Make's own SDK, and https://help.make.com/webhooks.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

import msgspec

from posthouse.model.deliveries import Outcome, OutcomeKind, SentRequest
from posthouse.model.errors import BadInput, Conflict, SecretsUnavailable
from posthouse.rules.pacing import Bucket
from posthouse.system.outbound import Request
from posthouse.targets.base import (
    CheckResult,
    Choice,
    Delivered,
    EndpointDraft,
    EndpointsUnknown,
    Field,
    FieldKind,
    Parcel,
    SecretField,
    SecretRef,
    TargetContext,
    When,
)
from posthouse.targets.credentials import read_secret, secret_missing, withheld
from posthouse.targets.entering import convert
from posthouse.targets.headers import HIDDEN, check_header_value
from posthouse.targets.http_exchange import ask, exchange, shown
from posthouse.targets.secret_urls import HookAddress, HookRule, hook_address
from posthouse.targets.urls import parse_url
from posthouse.targets.webhook import USER_AGENT, check_body, render

PAGE_SIZE = 100
PAGES_MAX = 100
ANSWER_BYTES_MAX = 4 * 1024 * 1024
REMEMBERED_MAX = 512
KEY_HEADER = "x-make-apikey"
LEGACY_HOST = "hook.integromat.com"
_LIKE = "https://hook.eu1.make.com/…"
_PATH = re.compile(r"/(?P<secret>[A-Za-z0-9_-]+)")
_HOST = re.compile(r"hook\.(?:[a-z0-9-]+\.)?(?:make\.com|make\.celonis\.com|integromat\.com|integromat\.celonis\.com)")
_ZONE = re.compile(r"[a-z]{2}[0-9]+")
_CONNECT = ("connect", "kind")
T = TypeVar("T")


class Account(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="account", forbid_unknown_fields=True):
    """An account, by its zone (a host name) and a token."""

    zone: Annotated[str, msgspec.Meta(min_length=1, max_length=250)]
    token: SecretRef


class Pasted(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", tag="url", forbid_unknown_fields=True):
    """One webhook, by its address."""

    url: SecretRef


class MakeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`key`: what the webhooks ask for, where they do (API key authentication)."""

    connect: Account | Pasted
    key: SecretRef | None = None

    def references(self) -> tuple[str, ...]:
        """The names of all secrets in here."""
        first = self.connect.token if isinstance(self.connect, Account) else self.connect.url
        return (first.secret,) if self.key is None else (first.secret, self.key.secret)


class HookSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A webhook of an account: its number, and the scenario that it starts. 0 is the one that was pasted."""

    hook: int = 0
    scenario: str = ""


def pasted_address(text: str) -> HookAddress:
    """The address that a person pasted. Raises ValueError without it."""
    address = hook_address(text, (HookRule(path=_PATH),), like=_LIKE)
    host = address.shown.removeprefix("https://").partition("/")[0]
    if _HOST.fullmatch(host) is None:
        raise ValueError(f"is not the address of a webhook of Make; one looks like {_LIKE}")
    return address


def _check_pasted(value: str) -> None:
    pasted_address(value)


class MakeTarget:
    """The kind `make`."""

    title = "Make"
    summary = "Starts Make scenarios that begin with a custom webhook."
    fields = (
        Field(
            path=_CONNECT,
            label="Connect",
            kind=FieldKind.CHOICE,
            default="url",
            choices=(
                Choice(value="url", label="One webhook, by URL"),
                Choice(value="account", label="All of an account, by API token"),
            ),
        ),
        Field(
            path=("connect", "url"),
            label="URL",
            kind=FieldKind.SECRET,
            is_required=True,
            placeholder=_LIKE,
            help="Of a Custom webhook module. It is kept as a secret.",
            when=When(path=_CONNECT, value="url"),
        ),
        Field(
            path=("connect", "zone"),
            label="Zone",
            is_required=True,
            placeholder="eu1.make.com",
            help="What the address begins with when you use Make.",
            when=When(path=_CONNECT, value="account"),
        ),
        Field(
            path=("connect", "token"),
            label="API token",
            kind=FieldKind.SECRET,
            is_required=True,
            help="From your profile, API access, with organizations:read, teams:read and hooks:read.",
            when=When(path=_CONNECT, value="account"),
        ),
        Field(
            path=("key",),
            label="API key of the webhooks",
            kind=FieldKind.SECRET,
            is_advanced=True,
            help="Only where the webhooks ask for one. It is sent as x-make-apikey.",
        ),
    )
    endpoint_fields: tuple[Field, ...] = ()
    takes_messages = False
    is_health_relevant = True
    can_update = False
    secret_fields = (
        SecretField(path=("connect", "url"), check=_check_pasted),
        SecretField(path=("connect", "token"), check=check_header_value),
        SecretField(path=("key",), check=check_header_value),
    )

    def __init__(self) -> None:
        self._remembered: dict[tuple[str, str, int], HookAddress] = {}

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate settings. Raises BadInput `target.settings_invalid` or `target.url_invalid` with the field."""
        parsed = convert(settings, MakeSettings)
        if isinstance(parsed.connect, Account):
            zone = _parse_zone(parsed.connect.zone)
            parsed = msgspec.structs.replace(parsed, connect=msgspec.structs.replace(parsed.connect, zone=zone))
        return msgspec.Raw(msgspec.json.encode(parsed))

    def parse_endpoint(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Webhooks are found, not entered. Raises BadInput `target.settings_invalid`."""
        if settings:
            raise BadInput("target.settings_invalid", "Webhooks of Make are found with a token, not entered.")
        return msgspec.Raw(b"{}")

    def pacing(self, settings: msgspec.Raw) -> Bucket | None:  # noqa: ARG002 - the protocol's
        """Make says when it is too much."""
        return None

    def secret_names(self, settings: msgspec.Raw) -> tuple[str, ...]:
        """References of the secrets in these settings."""
        return _settings(bytes(settings)).references()

    async def check(self, context: TargetContext) -> CheckResult:
        """Ask the account for its organizations; a pasted address can only be asked by a `posthouse.check` event."""
        settings = _settings(bytes(context.target.settings))
        try:
            if isinstance(settings.connect, Account):
                return await _check_account(context, settings.connect)
            message_id = context.clock.uuid7()
            sent = await self._send(context, settings, 0, message_id, check_body(context, message_id))
        except (SecretsUnavailable, Conflict) as error:
            return CheckResult(outcome=withheld(error))
        return CheckResult(outcome=sent.outcomes[0], request=sent.request)

    async def endpoints(self, context: TargetContext) -> tuple[EndpointDraft, ...]:
        """The custom webhooks of all teams that the token may see. Raises EndpointsUnknown."""
        settings = _settings(bytes(context.target.settings))
        if isinstance(settings.connect, Pasted):
            return (EndpointDraft(name="default", settings=msgspec.Raw(b"{}")),)
        try:
            token = await read_secret(context.secrets, settings.connect.token.secret)
        except (SecretsUnavailable, Conflict) as error:
            raise EndpointsUnknown(withheld(error)) from error
        return await _Listing(context, settings.connect.zone, token).drafts()

    async def preview(self, context: TargetContext, parcel: Parcel) -> SentRequest:
        """What `deliver` would send. Raises SecretsUnavailable, Conflict `target.secret_missing`."""
        settings = _settings(bytes(context.target.settings))
        if isinstance(settings.connect, Account):
            await read_secret(context.secrets, settings.connect.token.secret)
            place = f"https://hook.{settings.connect.zone}/{HIDDEN}"
            address = HookAddress(url=place, shown=place, hidden=())
        else:
            address = await _pasted(context, settings.connect)
        key = await _key(context, settings)
        return _shown(_post(context, address, parcel.id, render(parcel).body, key), address)

    async def deliver(self, context: TargetContext, parcel: Parcel) -> Delivered:
        """Post the parcel to its webhook."""
        settings = _settings(bytes(context.target.settings))
        hook = msgspec.json.decode(parcel.endpoint.settings, type=HookSettings).hook
        try:
            sent = await self._send(context, settings, hook, parcel.id, render(parcel).body)
        except (SecretsUnavailable, Conflict) as error:
            return Delivered(outcomes=(withheld(error),) * len(parcel.items), request=None)
        return Delivered(outcomes=sent.outcomes * len(parcel.items), request=sent.request)

    async def _send(
        self, context: TargetContext, settings: MakeSettings, hook: int, message_id: str, body: bytes
    ) -> Delivered:
        """One exchange within the deadline. Raises SecretsUnavailable, Conflict."""
        until_s = context.clock.monotonic_s() + context.deadline_s
        key = await _key(context, settings)
        forget = None
        if isinstance(settings.connect, Pasted):
            address = await _pasted(context, settings.connect)
        else:
            token = await read_secret(context.secrets, settings.connect.token.secret)
            place = forget = (settings.connect.zone, token, hook)
            if place not in self._remembered:
                try:
                    self._remember(place, await _find_address(context, *place))
                except EndpointsUnknown as unknown:
                    return Delivered(outcomes=(unknown.outcome,), request=None)
            address = self._remembered[place]
        bounded = msgspec.structs.replace(context, deadline_s=max(0.1, until_s - context.clock.monotonic_s()))
        request = _post(bounded, address, message_id, body, key)
        hidden = (*address.hidden, *((key,) if key else ()))
        outcome = await exchange(context.outbound, request, hidden=hidden, now=context.clock.now())
        if forget is not None and outcome.status_code in (404, 410):
            self._remembered.pop(forget, None)
        return Delivered(outcomes=(_judged(outcome),), request=_shown(request, address))

    def _remember(self, place: tuple[str, str, int], address: HookAddress) -> None:
        if len(self._remembered) >= REMEMBERED_MAX:
            self._remembered.clear()
        self._remembered[place] = address


class _Organization(msgspec.Struct):
    id: int
    zone: str | None = None


class _Organizations(msgspec.Struct):
    organizations: list[_Organization]


class _Team(msgspec.Struct):
    id: int
    name: str


class _Teams(msgspec.Struct):
    teams: list[_Team]


class _Hook(msgspec.Struct):
    id: int
    name: str
    udid: str = ""
    url: str | None = None
    gone: bool = False
    scenarioName: str | None = None  # noqa: N815 (Make's name)


class _Hooks(msgspec.Struct):
    hooks: list[_Hook]


class _OneHook(msgspec.Struct):
    hook: _Hook


class _Listing:
    """The walk from organizations over teams to webhooks, within one deadline."""

    def __init__(self, context: TargetContext, zone: str, token: str) -> None:
        self._context = context
        self._zone = zone
        self._token = token
        self._until_s = context.clock.monotonic_s() + context.deadline_s

    async def drafts(self) -> tuple[EndpointDraft, ...]:
        """Raises EndpointsUnknown."""
        teams = [team for one in await self._organizations() for team in await self._teams(one)]
        found = []
        for team in teams:
            for hook in await self._hooks(team):
                name = hook.name if len(teams) == 1 else f"{hook.name} ({team.name})"
                settings = HookSettings(hook=hook.id, scenario=hook.scenarioName or "")
                raw = msgspec.Raw(msgspec.json.encode(settings))
                found.append(EndpointDraft(name=name, identity=str(hook.id), settings=raw))
        return tuple(found)

    async def _organizations(self) -> list[_Organization]:
        found = await self._all("organizations", {}, _Organizations)
        return [one for one in found if one.zone in (None, "", self._zone)]

    async def _teams(self, organization: _Organization) -> list[_Team]:
        return await self._all("teams", {"organizationId": str(organization.id)}, _Teams)

    async def _hooks(self, team: _Team) -> list[_Hook]:
        found = await self._all("hooks", {"teamId": str(team.id), "typeName": "gateway-webhook"}, _Hooks)
        return [one for one in found if not one.gone]

    async def _all(self, what: str, query: dict[str, str], into: type[msgspec.Struct]) -> list[Any]:
        """What all pages of a list hold."""
        found: list[Any] = []
        for _ in range(PAGES_MAX):
            page = getattr(await self._ask(what, query, len(found), into), what)
            found += page
            if len(page) < PAGE_SIZE:
                break
        return found

    async def _ask(self, what: str, query: dict[str, str], offset: int, into: type[T]) -> T:
        left_s = self._until_s - self._context.clock.monotonic_s()
        if left_s <= 0:
            raise EndpointsUnknown(Outcome(kind=OutcomeKind.TRANSIENT, code="timeout"))
        bounded = msgspec.structs.replace(self._context, deadline_s=left_s)
        paged = query | {"pg[limit]": str(PAGE_SIZE), "pg[offset]": str(offset)}
        request = _get(bounded, self._zone, f"{what}?{urlencode(paged)}", self._token)
        return await _asked(bounded, request, self._token, into)


async def _check_account(context: TargetContext, account: Account) -> CheckResult:
    token = await read_secret(context.secrets, account.token.secret)
    query = urlencode({"pg[limit]": "1", "pg[offset]": "0"})
    request = _get(context, account.zone, f"organizations?{query}", token)
    kept = shown(request, secret_header="authorization")  # noqa: S106 (a header's name)
    try:
        await _asked(context, request, token, _Organizations)
    except EndpointsUnknown as unknown:
        return CheckResult(outcome=unknown.outcome, request=kept)
    return CheckResult(outcome=Outcome(kind=OutcomeKind.DELIVERED, code="http_200", status_code=200), request=kept)


async def _find_address(context: TargetContext, zone: str, token: str, hook: int) -> HookAddress:
    """Ask for a webhook's address. Raises EndpointsUnknown."""
    request = _get(context, zone, f"hooks/{hook}", token)
    try:
        found = (await _asked(context, request, token, _OneHook)).hook
    except EndpointsUnknown as unknown:
        if unknown.outcome.status_code == 404:
            gone = msgspec.structs.replace(unknown.outcome, kind=OutcomeKind.GONE, code="make_gone")
            raise EndpointsUnknown(gone) from unknown
        raise
    rule = HookRule(hosts=frozenset({f"hook.{zone}", LEGACY_HOST}), path=_PATH)
    try:
        return hook_address(found.url or f"https://hook.{zone}/{found.udid}", (rule,), like=_LIKE)
    except ValueError as error:
        detail = "Make gave an address for this webhook that is none of its own."
        raise EndpointsUnknown(Outcome(kind=OutcomeKind.REJECTED, code="make_other", detail=detail)) from error


async def _asked(context: TargetContext, request: Request, token: str, into: type[T]) -> T:
    """An answer of the API. Raises EndpointsUnknown; nothing was delivered then."""
    outcome, response = await ask(context.outbound, request, hidden=(token,), now=context.clock.now())
    outcome = msgspec.structs.replace(outcome, is_maybe_sent=False)
    if response is None or outcome.kind is not OutcomeKind.DELIVERED:
        raise EndpointsUnknown(outcome)
    try:
        return msgspec.json.decode(response.body, type=into)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        detail = "Something answered, but not as Make does."
        other = msgspec.structs.replace(outcome, kind=OutcomeKind.REJECTED, code="make_other", detail=detail)
        raise EndpointsUnknown(other) from error


def _get(context: TargetContext, zone: str, what: str, token: str) -> Request:
    return Request(
        method="GET",
        url=f"https://{zone}/api/v2/{what}",
        headers=(("user-agent", USER_AGENT), ("accept", "application/json"), ("authorization", f"Token {token}")),
        deadline_s=context.deadline_s,
        response_bytes_max=ANSWER_BYTES_MAX,
    )


def _post(context: TargetContext, address: HookAddress, message_id: str, body: bytes, key: str | None) -> Request:
    headers = [("content-type", "application/json"), ("user-agent", USER_AGENT), ("webhook-id", message_id)]
    if key is not None:
        headers.append((KEY_HEADER, key))
    return Request(
        method="POST",
        url=address.url,
        headers=tuple(headers),
        body=body,
        deadline_s=context.deadline_s,
        response_bytes_max=context.response_bytes_max,
    )


def _shown(request: Request, address: HookAddress) -> SentRequest:
    return shown(request, secret_header=KEY_HEADER, url=address.shown)


def _judged(outcome: Outcome) -> Outcome:
    """A full queue empties by itself, though it comes as a 400."""
    if outcome.status_code == 400 and b"queue is full" in outcome.excerpt.lower():
        return msgspec.structs.replace(outcome, kind=OutcomeKind.RATE_LIMITED, code="make_queue_full")
    return outcome


def _parse_zone(text: str) -> str:
    """The host of a zone: `eu1` is `eu1.make.com`; a private one is named in full."""
    zone = text.strip().lower().removeprefix("https://").rstrip("/")
    if _ZONE.fullmatch(zone):
        zone = f"{zone}.make.com"
    if "." not in zone or re.fullmatch(r"[a-z0-9.-]+", zone) is None:
        message = "A zone is the host that you use Make at, such as eu1.make.com."
        raise BadInput("target.settings_invalid", message, field="connect.zone")
    parse_url(f"https://{zone}", field="connect.zone")
    return zone


async def _pasted(context: TargetContext, connect: Pasted) -> HookAddress:
    """Raises SecretsUnavailable, Conflict `target.secret_missing`."""
    text = await read_secret(context.secrets, connect.url.secret)
    try:
        return pasted_address(text)
    except ValueError as error:
        raise secret_missing(f"The secret {connect.url.secret} {error}. Enter it again and reconnect.") from error


async def _key(context: TargetContext, settings: MakeSettings) -> str | None:
    return None if settings.key is None else await read_secret(context.secrets, settings.key.secret)


@lru_cache(maxsize=512)
def _settings(canonical: bytes) -> MakeSettings:
    """What `parse` made, decoded once."""
    return msgspec.json.decode(canonical, type=MakeSettings)
