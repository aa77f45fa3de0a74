"""A probe: a request or a program whose answer is all that matters. Nothing of the event is sent.

It is asked whenever an event comes (of a source that wakes by the clock, say), and what it answers stands in the
attempt: status or exit code, and its own words. It takes no part in health: a target that refuses is a result like any
other, nothing is paused, and what would wait for a person elsewhere ends here, to be replayed. The check asks it too.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any, Literal, assert_never

import msgspec

from posthouse.model.deliveries import Outcome, SentRequest
from posthouse.model.errors import BadInput, Conflict, SecretsUnavailable
from posthouse.rules.pacing import Bucket
from posthouse.system.outbound import Request
from posthouse.system.secrets import SecretStore
from posthouse.targets.base import (
    ANY,
    CheckResult,
    Choice,
    Delivered,
    EndpointDraft,
    Field,
    FieldKind,
    Parcel,
    SecretField,
    SecretRef,
    TargetContext,
    When,
)
from posthouse.targets.credentials import read_secret, withheld
from posthouse.targets.entering import convert
from posthouse.targets.headers import HEADERS_MAX, HIDDEN, check_header_name, check_header_value, check_headers
from posthouse.targets.http_exchange import exchange, shown
from posthouse.targets.programs import (
    Argv,
    Run,
    Variables,
    check_program,
    check_variable,
    prepare,
    refuse_where_off,
    run,
    switched_off,
)
from posthouse.targets.urls import parse_url
from posthouse.targets.webhook import USER_AGENT

BODY_CHARACTERS_MAX = 32_768
_KIND = ("ask", "kind")


class _Ask(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True):
    """One way to ask."""


class AskByRequest(_Ask, frozen=True, kw_only=True, tag="request"):
    """A request. A body that is JSON is sent as that, any other as plain text."""

    url: str
    method: Literal["GET", "HEAD", "POST", "PUT"] = "GET"
    headers: dict[str, str] = {}
    secret_headers: Annotated[dict[str, SecretRef], msgspec.Meta(max_length=HEADERS_MAX)] = {}
    body: Annotated[str, msgspec.Meta(max_length=BODY_CHARACTERS_MAX)] = ""


class AskByProgram(_Ask, frozen=True, kw_only=True, tag="command"):
    """A program; it gets no input."""

    argv: Argv
    env: Variables = {}


class ProbeSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to ask."""

    ask: AskByRequest | AskByProgram


def _of(kind: str) -> When:
    return When(path=_KIND, value=kind)


class ProbeTarget:
    """The kind `probe`."""

    title = "A probe"
    summary = "Asks something, by a request or a program, and keeps the answer. Nothing of the event is sent."
    fields = (
        Field(
            path=_KIND,
            label="Ask by",
            kind=FieldKind.CHOICE,
            default="request",
            choices=(Choice(value="request", label="A request"), Choice(value="command", label="A program")),
        ),
        Field(
            path=("ask", "url"),
            label="URL",
            kind=FieldKind.URL,
            is_required=True,
            placeholder="https://example.com/health",
            when=_of("request"),
        ),
        Field(
            path=("ask", "method"),
            label="Method",
            kind=FieldKind.CHOICE,
            default="GET",
            choices=tuple(Choice(value=name, label=name) for name in ("GET", "HEAD", "POST", "PUT")),
            when=_of("request"),
        ),
        Field(path=("ask", "body"), label="Body", help="JSON or plain text.", when=_of("request")),
        Field(
            path=("ask", "secret_headers"),
            label="Secret headers",
            kind=FieldKind.SECRETS,
            help="Such as authorization. Their values are kept as secrets.",
            when=_of("request"),
        ),
        Field(
            path=("ask", "headers"),
            label="More headers",
            kind=FieldKind.HEADERS,
            is_advanced=True,
            help="They are no secrets.",
            when=_of("request"),
        ),
        Field(
            path=("ask", "argv"),
            label="Program",
            kind=FieldKind.LINES,
            is_required=True,
            placeholder="/usr/local/bin/ask",
            help="The program on the first line, each argument on a line of its own. No shell reads them.",
            when=_of("command"),
        ),
        Field(
            path=("ask", "env"),
            label="Variables",
            kind=FieldKind.SECRETS,
            is_advanced=True,
            help="Environment variables that it is given. They are kept as secrets.",
            when=_of("command"),
        ),
    )
    endpoint_fields: tuple[Field, ...] = ()
    takes_messages = False
    is_health_relevant = False
    can_update = False
    secret_fields = (
        SecretField(path=("ask", "secret_headers", ANY), check=check_header_value),
        SecretField(path=("ask", "env", ANY), check=check_variable),
    )

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate settings.

        Raises BadInput with the field: `target.settings_invalid`, `target.url_invalid`, `target.program_invalid` and
        what `check_headers` raises.
        """
        parsed = convert(settings, ProbeSettings)
        match parsed.ask:
            case AskByRequest() as ask:
                parsed = ProbeSettings(ask=_canonical(ask))
            case AskByProgram(argv=argv, env=env):
                check_program(argv, env, field="ask.")
            case other:
                assert_never(other)
        return msgspec.Raw(msgspec.json.encode(parsed))

    def parse_endpoint(self, settings: dict[str, Any]) -> msgspec.Raw:
        """There is nothing to enter. Raises BadInput `endpoint.settings_invalid`."""
        if settings:
            raise BadInput("endpoint.settings_invalid", "A probe is one endpoint, without settings.", field="settings")
        return msgspec.Raw(b"{}")

    def pacing(self, settings: msgspec.Raw) -> Bucket | None:  # noqa: ARG002 - the protocol's
        """Whoever is asked says nothing of it."""
        return None

    def secret_names(self, settings: msgspec.Raw) -> tuple[str, ...]:
        """References of the secrets in these settings."""
        ask = _settings(bytes(settings)).ask
        refs = ask.secret_headers if isinstance(ask, AskByRequest) else ask.env
        return tuple(ref.secret for ref in refs.values())

    async def check(self, context: TargetContext) -> CheckResult:
        """Ask it."""
        outcome, request = await _ask(context, context.clock.uuid7())
        return CheckResult(outcome=outcome, request=request)

    async def endpoints(self, context: TargetContext) -> tuple[EndpointDraft, ...]:  # noqa: ARG002 - the protocol's
        """What is asked."""
        return (EndpointDraft(name="default"),)

    async def preview(self, context: TargetContext, parcel: Parcel) -> SentRequest:
        """What would be asked. Raises SecretsUnavailable, and Conflict `target.secret_missing` or
        `target.commands_off`.
        """
        ask = _settings(bytes(context.target.settings)).ask
        if isinstance(ask, AskByRequest):
            return (await _request(context, ask))[1]
        refuse_where_off(context)
        return (await _run(context.secrets, ask, parcel.id)).shown

    async def deliver(self, context: TargetContext, parcel: Parcel) -> Delivered:
        """Ask, once for all items."""
        outcome, request = await _ask(context, parcel.id)
        return Delivered(outcomes=(outcome,) * len(parcel.items), request=request)


async def _ask(context: TargetContext, delivery_id: str) -> tuple[Outcome, SentRequest | None]:
    """The answer, or the reason why nothing was asked."""
    ask = _settings(bytes(context.target.settings)).ask
    try:
        if isinstance(ask, AskByRequest):
            request, seen, hidden = await _request(context, ask)
            outcome = await exchange(context.outbound, request, hidden=hidden, now=context.clock.now())
            # Having no network is an answer too; waiting for it in a pause is what health is for.
            return msgspec.structs.replace(outcome, is_chargeable=True), seen
        if not context.may_run_programs:
            return switched_off(), None
        prepared = await _run(context.secrets, ask, delivery_id)
    except (SecretsUnavailable, Conflict) as error:
        return withheld(error), None
    return await run(context, prepared), prepared.shown


async def _request(context: TargetContext, ask: AskByRequest) -> tuple[Request, SentRequest, tuple[str, ...]]:
    """The request, as it may be shown, and the texts that may not. Raises SecretsUnavailable, Conflict."""
    secrets = {name: await read_secret(context.secrets, ref.secret) for name, ref in ask.secret_headers.items()}
    body = ask.body.encode()
    own = [("user-agent", USER_AGENT)] + ([("content-type", _content_type(body))] if body else [])
    request = Request(
        method=ask.method,
        url=ask.url,
        headers=(*own, *ask.headers.items(), *secrets.items()),
        body=body,
        deadline_s=context.deadline_s,
        response_bytes_max=context.response_bytes_max,
    )
    seen = shown(request, secret_header=None)
    headers = tuple((name, HIDDEN if name in secrets else value) for name, value in seen.headers)
    # Of `Bearer …` and its like the credential is the last part.
    hidden = (*secrets.values(), *(value.rpartition(" ")[2] for value in secrets.values()))
    return request, msgspec.structs.replace(seen, headers=headers), hidden


async def _run(store: SecretStore, ask: AskByProgram, delivery_id: str) -> Run:
    """The run. Raises SecretsUnavailable, Conflict."""
    return await prepare(store, ask.argv, ask.env, told={"POSTHOUSE_DELIVERY_ID": delivery_id}, stdin=b"")


def _canonical(ask: AskByRequest) -> AskByRequest:
    headers = check_headers(ask.headers, field="ask.headers")
    secret_headers: dict[str, SecretRef] = {}
    for name, ref in ask.secret_headers.items():
        field = f"ask.secret_headers.{name[:100]}"
        lower = check_header_name(name, field=field)
        if lower in headers or lower in secret_headers:
            raise BadInput("target.header_invalid", f"The header {lower} is given twice.", field=field)
        secret_headers[lower] = ref
    if ask.body and ask.method in ("GET", "HEAD"):
        raise BadInput("target.settings_invalid", f"{ask.method} has no body: use POST or PUT.", field="ask.body")
    url = parse_url(ask.url, field="ask.url")
    return msgspec.structs.replace(ask, url=url, headers=headers, secret_headers=secret_headers)


def _content_type(body: bytes) -> str:
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return "text/plain; charset=utf-8"
    return "application/json"


@lru_cache(maxsize=512)
def _settings(canonical: bytes) -> ProbeSettings:
    """What `parse` made, decoded once."""
    return msgspec.json.decode(canonical, type=ProbeSettings)
