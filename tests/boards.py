"""A small kind of target with every sort of field and more than one endpoint: message boards behind one server.

`GET /boards` answers `[{"id": "7", "name": "Kitchen"}, …]`, the boards that can be posted to; whatever else is asked of
the server is answered as it likes. It lives here, not among the kinds that people can choose.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from posthouse.model.deliveries import Outcome, SentRequest
from posthouse.model.errors import BadInput
from posthouse.rules.pacing import Bucket
from posthouse.system.outbound import Request
from posthouse.targets.base import (
    ANY,
    KINDS,
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
from posthouse.targets.http_exchange import exchange
from posthouse.targets.urls import parse_url


class Login(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the server knows who posts."""

    kind: str = "none"
    user: str = ""
    token: SecretRef | None = None


class BoardSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of it."""

    server: str
    login: Login = Login()
    tags: list[str] = []
    headers: dict[str, str] = {}
    note: str = ""
    is_loud: bool = False
    keys: dict[str, SecretRef] = {}


class EndpointSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which board."""

    board: str


def _check_key(value: str) -> None:
    if not value:
        raise ValueError("must not be empty")


class Boards:
    """The kind `boards`."""

    title = "Message boards"
    summary = "Boards behind one server, for everyone who passes by."
    fields: tuple[Field, ...] = (
        Field(path=("server",), label="Server", kind=FieldKind.URL, is_required=True),
        Field(
            path=("login", "kind"),
            label="Sign in",
            kind=FieldKind.CHOICE,
            default="none",
            choices=(Choice(value="none", label="As anyone"), Choice(value="token", label="With a token")),
        ),
        Field(path=("login", "user"), label="User", is_required=True, when=When(path=("login", "kind"), value="token")),
        Field(
            path=("login", "token"),
            label="Token",
            kind=FieldKind.SECRET,
            is_required=True,
            when=When(path=("login", "kind"), value="token"),
        ),
        Field(path=("tags",), label="Tags", kind=FieldKind.LINES, help="One a line."),
        Field(path=("note",), label="Note", is_advanced=True, placeholder="optional"),
        Field(path=("is_loud",), label="Ring a bell", kind=FieldKind.SWITCH, is_advanced=True, default=False),
        Field(path=("headers",), label="More headers", kind=FieldKind.HEADERS, is_advanced=True),
        Field(path=("keys",), label="Keys", kind=FieldKind.SECRETS, is_advanced=True, help="For locked boards."),
    )
    takes_messages = False
    is_health_relevant = True
    can_update = False
    secret_fields: tuple[SecretField, ...] = (
        SecretField(path=("login", "token"), check=lambda _: None),
        SecretField(path=("keys", ANY), check=_check_key),
    )
    endpoint_fields: tuple[Field, ...] = (Field(path=("board",), label="Board", is_required=True, placeholder="7"),)

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        try:
            parsed = msgspec.convert(settings, BoardSettings)
        except msgspec.ValidationError as error:
            what, _, where = str(error).partition(" - at `$.")
            raise BadInput("target.settings_invalid", f"{what}.", field=where.rstrip("`") or None) from error
        if len(parsed.tags) > 3:
            raise BadInput("target.settings_invalid", "A board takes three tags at most.", field="tags")
        try:
            server = parse_url(parsed.server)
        except BadInput as error:
            raise BadInput("target.url_invalid", error.message, field="server") from error
        return msgspec.Raw(msgspec.json.encode(msgspec.structs.replace(parsed, server=server)))

    def parse_endpoint(self, settings: dict[str, Any]) -> msgspec.Raw:
        try:
            parsed = msgspec.convert(settings, EndpointSettings)
        except msgspec.ValidationError as error:
            what, _, where = str(error).partition(" - at `$.")
            raise BadInput("endpoint.settings_invalid", f"{what}.", field=where.rstrip("`") or None) from error
        if not parsed.board.isalnum():
            raise BadInput("endpoint.settings_invalid", "A board is a word of letters and digits.", field="board")
        return msgspec.Raw(msgspec.json.encode(parsed))

    def pacing(self, settings: msgspec.Raw) -> Bucket | None:
        """Boards take everything."""
        return None

    def secret_names(self, settings: msgspec.Raw) -> tuple[str, ...]:
        parsed = msgspec.json.decode(settings, type=BoardSettings)
        found = [*parsed.keys.values()] + ([] if parsed.login.token is None else [parsed.login.token])
        return tuple(one.secret for one in found)

    async def check(self, context: TargetContext) -> CheckResult:
        return CheckResult(outcome=await _ask(context, "GET", "/check"))

    async def endpoints(self, context: TargetContext) -> tuple[EndpointDraft, ...]:
        outcome = await _ask(context, "GET", "/boards")
        if outcome.kind != "delivered":
            raise EndpointsUnknown(outcome)
        return tuple(
            EndpointDraft(
                name=board["name"],
                identity=str(board["id"]),
                settings=msgspec.Raw(msgspec.json.encode({"board": str(board["id"])})),
            )
            for board in msgspec.json.decode(outcome.excerpt)
        )

    async def preview(self, context: TargetContext, parcel: Parcel) -> SentRequest:
        server = msgspec.json.decode(context.target.settings, type=BoardSettings).server.rstrip("/")
        board = msgspec.json.decode(parcel.endpoint.settings, type=EndpointSettings).board
        url = f"{server}/boards/{board}"
        return SentRequest(method="POST", url=url, headers=(), body=bytes(parcel.items[0].data))

    async def deliver(self, context: TargetContext, parcel: Parcel) -> Delivered:
        board = msgspec.json.decode(parcel.endpoint.settings, type=EndpointSettings).board
        outcome = await _ask(context, "POST", f"/boards/{board}", bytes(parcel.items[0].data))
        return Delivered(outcomes=(outcome,) * len(parcel.items), request=None)


async def _ask(context: TargetContext, method: str, path: str, body: bytes = b"") -> Outcome:
    settings = msgspec.json.decode(context.target.settings, type=BoardSettings)
    request = Request(
        method=method,
        url=settings.server.rstrip("/") + path,
        headers=(),
        body=body,
        deadline_s=context.deadline_s,
        response_bytes_max=1_000_000,
    )
    return await exchange(context.outbound, request, hidden=(), now=context.clock.now())


def register(patch: pytest.MonkeyPatch) -> None:
    """Let this process know the kind, as `boards`."""
    patch.setitem(KINDS, "boards", "tests.boards:Boards")
