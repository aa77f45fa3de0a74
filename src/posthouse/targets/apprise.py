"""Apprise: messages to any of the services that the library Apprise knows by a URL: mail, chats, phones, desktops.

Each URL is a secret under a name that people give it, and an endpoint of its own, with its own health and result. The
library is an extra (`posthouse[apprise]`) and runs in a child for each parcel, which is ended with all that it started
at the deadline: the daemon never loads it. Apprise says only whether a service took a message, so what it did not take
is tried again. The requests are Apprise's own: what the settings say about addresses does not bind them.
Source: https://github.com/caronc/apprise, docs/decisions/apprise.md.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

import msgspec

from posthouse.model.deliveries import NOTIFY, Outcome, OutcomeKind, SentRequest
from posthouse.model.errors import BadInput, Conflict, SecretsUnavailable
from posthouse.model.events import Severity
from posthouse.rules.pacing import Bucket
from posthouse.rules.texts import without_controls
from posthouse.system.logging import redact
from posthouse.system.process import Ending, Finished, Program, plain_environment, run_program
from posthouse.system.process_words import complaint, end_of
from posthouse.targets.apprise_child import NOT_INSTALLED
from posthouse.targets.base import (
    ANY,
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
from posthouse.targets.headers import HIDDEN
from posthouse.targets.http_exchange import ECHO_LENGTH_MIN

ARGV = (sys.executable, "-P", "-m", "posthouse.targets.apprise_child")
"""With -P no file that lies where the daemon was started can pass for a part of it."""

ENVIRONMENT = {"NETRC": os.devnull, "PYTHONUTF8": "1"}
"""Without a netrc, passwords of the user's other programs are nobody's business here."""

URLS_MAX = 50
ANSWER_BYTES_MAX = 1_000_000
_TYPES = {
    Severity.INFO: "info",
    Severity.SUCCESS: "success",
    Severity.WARNING: "warning",
    Severity.ERROR: "failure",
}

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class AppriseSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The URLs by their names."""

    urls: Annotated[dict[Name, SecretRef], msgspec.Meta(min_length=1, max_length=URLS_MAX)]


class _Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Which of the URLs an endpoint is."""

    url: str


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """One message, as the child is told of it."""

    title: str
    body: str
    type: str


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a child is asked to do."""

    url: str
    messages: tuple[_Told, ...]


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a child says."""

    is_known: bool
    sent: list[bool]
    said: list[str]


def check_url(value: str) -> None:
    """Raise ValueError, without the value, for what cannot be a URL of Apprise."""
    scheme, separator, rest = value.partition("://")
    is_scheme = scheme.isascii() and scheme.replace("-", "").replace("+", "").isalnum()
    if not (separator and rest and is_scheme) or len(value) > 8_192 or not value.isprintable() or " " in value:
        raise ValueError("must be a URL of Apprise, such as tgram://token/chat, on one line and without spaces")


class AppriseTarget:
    """The kind `apprise`."""

    title = "Apprise"
    summary = "Messages to the many services that the library Apprise knows: mail, chats, phones, desktops."
    fields = (
        Field(
            path=("urls",),
            label="Services",
            kind=FieldKind.SECRETS,
            is_required=True,
            help="A name and Apprise's URL for each, such as tgram://token/chat. The URLs are kept as secrets.",
        ),
    )
    endpoint_fields: tuple[Field, ...] = ()
    takes_messages = True
    is_health_relevant = True
    can_update = False
    secret_fields = (SecretField(path=("urls", ANY), check=check_url),)

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate settings. Raises BadInput `target.settings_invalid` with the field."""
        parsed = convert(settings, AppriseSettings)
        for name in parsed.urls:
            if not name.isprintable() or name != name.strip() or "/" in name or name.isdecimal():
                message = f"{name[:100]!r} is no name: use visible characters without /, and not digits alone."
                raise BadInput("target.settings_invalid", message, field="urls")
        return msgspec.Raw(msgspec.json.encode(parsed))

    def parse_endpoint(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Endpoints are the URLs of the target. Raises BadInput `endpoint.settings_invalid`."""
        if settings:
            message = "The endpoints are the URLs of the target: edit the target to add one."
            raise BadInput("endpoint.settings_invalid", message, field="settings")
        return msgspec.Raw(b"{}")

    def pacing(self, settings: msgspec.Raw) -> Bucket | None:  # noqa: ARG002 - the protocol's
        """Each service has limits of its own, which Apprise does not tell."""
        return None

    def secret_names(self, settings: msgspec.Raw) -> tuple[str, ...]:
        """References of the URLs."""
        return tuple(ref.secret for ref in _settings(bytes(settings)).urls.values())

    async def check(self, context: TargetContext) -> CheckResult:
        """Let Apprise look at every URL: whether it knows the service, and all is there. Nothing is sent."""
        outcome = None
        for name in _settings(bytes(context.target.settings)).urls:
            try:
                url = await _url(context, name)
            except (SecretsUnavailable, Conflict) as error:
                return CheckResult(outcome=withheld(error))
            answer = await _ask(context, url, ())
            outcome = answer if isinstance(answer, Outcome) else _looked_at(name, url, answer)
            if outcome.kind is not OutcomeKind.DELIVERED:
                break
        assert outcome is not None
        return CheckResult(outcome=outcome)

    async def endpoints(self, context: TargetContext) -> tuple[EndpointDraft, ...]:
        """One for each URL, by its name."""
        names = _settings(bytes(context.target.settings)).urls
        return tuple(
            EndpointDraft(name=name, settings=msgspec.Raw(msgspec.json.encode(_Endpoint(url=name)))) for name in names
        )

    async def preview(self, context: TargetContext, parcel: Parcel) -> SentRequest:
        """The message, with the service's scheme. Raises SecretsUnavailable, Conflict `target.secret_missing`."""
        return _shown(await _url(context, _name_of(parcel)), _messages(parcel.items))

    async def deliver(self, context: TargetContext, parcel: Parcel) -> Delivered:
        """Send a message for each item; where the service does not take one, those behind it wait with it."""
        try:
            url = await _url(context, _name_of(parcel))
        except (SecretsUnavailable, Conflict) as error:
            return Delivered(outcomes=(withheld(error),) * len(parcel.items), request=None)
        messages = _messages(parcel.items)
        answer = await _ask(context, url, messages)
        if isinstance(answer, Outcome):
            outcomes = (answer,) * len(messages)
        else:
            outcomes = tuple(_judged(answer, url, place) for place in range(len(messages)))
        return Delivered(outcomes=outcomes, request=_shown(url, messages))


async def _url(context: TargetContext, name: str) -> str:
    """Raises SecretsUnavailable, Conflict `target.secret_missing`."""
    ref = _settings(bytes(context.target.settings)).urls.get(name)
    if ref is None:
        message = f"There is no URL named {name} any more. Add it again under this name, or bind another endpoint."
        raise Conflict("target.secret_missing", message)
    return await read_secret(context.secrets, ref.secret)


def _name_of(parcel: Parcel) -> str:
    return msgspec.json.decode(parcel.endpoint.settings, type=_Endpoint).url


def _messages(items: Sequence[Item]) -> tuple[_Told, ...]:
    return tuple(_told(item) for item in items)


def _told(item: Item) -> _Told:
    message = item.message
    assert message is not None
    body = without_controls(message.body, keep="\n\t")
    return _Told(
        title=without_controls(message.title),
        body=f"{body}\n{message.click}" if message.click else body,
        type=_TYPES[item.delivery.event.severity],
    )


def _shown(url: str, messages: tuple[_Told, ...]) -> SentRequest:
    body = msgspec.json.encode(messages[0] if len(messages) == 1 else messages)
    return SentRequest(method=NOTIFY, url=f"{url.partition('://')[0]}://{HIDDEN}", headers=(), body=body)


async def _ask(context: TargetContext, url: str, messages: tuple[_Told, ...]) -> _Answer | Outcome:
    """What a child answers, or the outcome where it gave no answer."""
    program = Program(
        argv=ARGV,
        environment=plain_environment(os.environ, ENVIRONMENT),
        deadline_s=context.deadline_s,
        output_bytes_max=ANSWER_BYTES_MAX,
        stdin=msgspec.json.encode(_Asked(url=url, messages=messages)),
    )
    try:
        finished = await run_program(program, context.clock)
    except OSError as error:
        detail = f"Apprise's process could not be started: {error.strerror or type(error).__name__}."
        return Outcome(kind=OutcomeKind.TRANSIENT, code="apprise_broken", detail=detail)
    return _read(finished, url, context.deadline_s, is_sending=bool(messages))


def _read(finished: Finished, url: str, deadline_s: float, *, is_sending: bool) -> _Answer | Outcome:
    if finished.ending is Ending.DEADLINE:
        detail = f"The service did not take it within {deadline_s:g} s."
        return Outcome(kind=OutcomeKind.TRANSIENT, code="timeout", detail=detail, is_maybe_sent=is_sending)
    if finished.exit_code == NOT_INSTALLED:
        detail = "Apprise is not installed beside Posthouse. Install it: pip install 'posthouse[apprise]'"
        return Outcome(kind=OutcomeKind.AUTH, code="apprise_missing", detail=detail)
    try:
        return msgspec.json.decode(finished.stdout, type=_Answer)
    except msgspec.MsgspecError:
        blotted = msgspec.structs.replace(finished, stderr_tail=_blot(finished.stderr_tail, url))
        detail = f"Apprise's process {end_of(finished)}. {complaint(blotted)}".strip()
        return Outcome(kind=OutcomeKind.TRANSIENT, code="apprise_broken", detail=detail, is_maybe_sent=is_sending)


def _judged(answer: _Answer, url: str, place: int) -> Outcome:
    """What came of one message. Those behind one that was not taken were not tried."""
    if not answer.is_known:
        return _unknown(answer, url)
    if place < len(answer.sent) and answer.sent[place]:
        return Outcome(kind=OutcomeKind.DELIVERED, code="apprise_sent")
    return Outcome(
        kind=OutcomeKind.TRANSIENT,
        code="apprise_failed",
        detail=f"The service did not take it. {_words(answer, url)}".strip(),
        is_maybe_sent=place < len(answer.sent),
    )


def _looked_at(name: str, url: str, answer: _Answer) -> Outcome:
    if answer.is_known:
        return Outcome(kind=OutcomeKind.DELIVERED, code="apprise_known")
    outcome = _unknown(answer, url)
    return msgspec.structs.replace(outcome, detail=f"{name}: {outcome.detail}")


def _unknown(answer: _Answer, url: str) -> Outcome:
    detail = f"Apprise does not know what to do with this URL. {_words(answer, url)}".strip()
    return Outcome(kind=OutcomeKind.REJECTED, code="apprise_url", detail=detail)


def _words(answer: _Answer, url: str) -> str:
    """What Apprise logged, on one line and without any part of the URL that may be secret."""
    text = _blot("\n".join(answer.said).encode(), url).decode("utf-8", "replace")
    return redact(" ".join(without_controls(text).split()))[:500]


def _blot(text: bytes, url: str) -> bytes:
    for part in _parts(url):
        text = text.replace(part.encode(), HIDDEN.encode())
    return text


@lru_cache(maxsize=64)
def _parts(url: str) -> tuple[str, ...]:
    """The URL and every part of it that is long enough to be looked for, the longest first; any may be a credential."""
    found = {url}
    try:
        parts = urlsplit(url)
    except ValueError:
        pieces = url.split("/")
    else:
        login, _, host = parts.netloc.rpartition("@")
        name, _, port = host.partition(":")
        pieces = [login, *login.split(":"), *parts.path.split("/")]
        pieces += [pair.partition("=")[2] for pair in parts.query.split("&")]
        if not ("." in name and (port.isdecimal() or not port)):
            # Many services have a token where others have their host.
            pieces += [host, name, port]
    for piece in pieces:
        found |= {piece, unquote(piece)}
    return tuple(sorted((one for one in found if len(one) >= ECHO_LENGTH_MIN), key=len, reverse=True))


@lru_cache(maxsize=512)
def _settings(canonical: bytes) -> AppriseSettings:
    """What `parse` made, decoded once."""
    return msgspec.json.decode(canonical, type=AppriseSettings)
