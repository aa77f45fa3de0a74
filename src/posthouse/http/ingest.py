"""`POST /api/events`: the hot path, a bare ASGI handler beside the framework (ASGI 3.0, https://asgi.readthedocs.io).

In this order: who asks, in which form, how much, what it says, and only then the ledger. Nothing is read of a body that
is refused by its headers, and no more of any body than its limit. The answer leaves after the commit: 202 with ids, 200
where every event was a duplicate by its key.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from posthouse.http.auth import Access
from posthouse.http.event_forms import Form, Limits, parse_events
from posthouse.http.problems import MEDIA_TYPE, UnsupportedMedia, expected, headers_of, problem_of
from posthouse.ledger.tokens import TokenScope
from posthouse.model.errors import BadInput, TooLarge
from posthouse.model.sources import Source
from posthouse.pipeline.intake import Intake, Posted
from posthouse.settings import INGEST_BODY_BYTES_MAX, INGEST_EVENT_BYTES_MAX, INGEST_ITEMS_MAX, Settings

Scope = dict[str, Any]
Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

CONTENT_TYPES_REMEMBERED_MAX = 64


class TakenEvent(msgspec.Struct, frozen=True, rename="camel"):
    """What became of one posted event. Of a duplicate, `id` is the first one's, and no delivery is made."""

    id: str
    deliveries: int
    duplicate: bool


class TakenEvents(msgspec.Struct, frozen=True, rename="camel"):
    """What became of the posted events, in their order."""

    events: list[TakenEvent]


class _ClientGone(Exception):
    """The connection ended before the body did."""


_encode = msgspec.json.Encoder().encode


class IngestRoute:
    """The route. What is posted belongs to `source`."""

    def __init__(self, *, access: Access, intake: Intake, source: Source, settings: Settings) -> None:
        self._access = access
        self._intake = intake
        self._source = source
        self._forms: dict[bytes, Form] = {}
        self.apply(settings)

    def apply(self, settings: Settings) -> None:
        """Take over changed settings."""
        self._body_bytes_max = settings[INGEST_BODY_BYTES_MAX]
        self._limits = Limits(event_bytes_max=settings[INGEST_EVENT_BYTES_MAX], items_max=settings[INGEST_ITEMS_MAX])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = scope["headers"]
        is_read = False
        try:
            self._access.judge(headers, TokenScope.INGEST)
            form = self._judge_form(headers)
            body = await self._read(receive)
            is_read = True
            drafts = parse_events(form, body, self._limits)
            posted = await self._intake.post(self._source, drafts, size_bytes=len(body))
        except _ClientGone:
            return
        except Exception as error:
            await _refuse(send, error, is_read=is_read)
            return
        is_new = any(not one.is_duplicate for one in posted)
        await _answer(send, 202 if is_new else 200, _render(posted))

    def _judge_form(self, headers: list[tuple[bytes, bytes]]) -> Form:
        """How the body is to be read, and that it may be."""
        content_type = b""
        for name, value in headers:
            if name == b"content-type":
                content_type = value
            elif name == b"content-length":
                self._judge_length(value)
            elif name == b"content-encoding" and value.lower() not in (b"", b"identity"):
                raise UnsupportedMedia("request.encoding_unsupported", "Send the body without a Content-Encoding.")
        form = self._forms.get(content_type)
        if form is None:
            form = _form_of(content_type)
            if len(self._forms) < CONTENT_TYPES_REMEMBERED_MAX:
                self._forms[content_type] = form
        return form

    def _judge_length(self, value: bytes) -> None:
        if not value.isdigit():
            raise BadInput("request.invalid", "Content-Length is not a number.")
        if len(value) > 18 or int(value) > self._body_bytes_max:
            raise self._too_large()

    async def _read(self, receive: Receive) -> bytes:
        """The whole body, but no more than its limit."""
        message = await receive()
        body: bytes = message.get("body", b"")
        if len(body) > self._body_bytes_max:
            raise self._too_large()
        if not message.get("more_body"):
            if message["type"] == "http.disconnect":
                raise _ClientGone
            return body
        parts = [body]
        size = len(body)
        while message.get("more_body"):
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _ClientGone
            part: bytes = message.get("body", b"")
            size += len(part)
            if size > self._body_bytes_max:
                raise self._too_large()
            parts.append(part)
        return b"".join(parts)

    def _too_large(self) -> TooLarge:
        return TooLarge(
            "request.too_large",
            f"One request may carry {self._body_bytes_max} bytes (ingest.body_bytes_max). Send it in parts.",
        )


def _form_of(content_type: bytes) -> Form:
    """The form that a Content-Type names (RFC 9110, 8.3); a charset may only be UTF-8."""
    name, _, rest = content_type.decode("latin-1").partition(";")
    charset = next(
        (
            value.strip().strip('"').lower()
            for key, _, value in (part.partition("=") for part in rest.split(";"))
            if key.strip().lower() == "charset"
        ),
        "utf-8",
    )
    try:
        form = Form(name.strip().lower())
    except ValueError:
        known = ", ".join(form.value for form in Form)
        raise UnsupportedMedia(
            "request.content_type_unsupported",
            f"Content-Type {name.strip()[:100]!r} is not taken. Send one of: {known}.",
        ) from None
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedMedia("request.content_type_unsupported", "JSON is sent in UTF-8.")
    return form


def _render(posted: list[Posted]) -> bytes:
    return _encode(TakenEvents([TakenEvent(one.id, one.deliveries, one.is_duplicate) for one in posted]))


async def _answer(send: Send, status: int, body: bytes) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))],
        }
    )
    await send({"type": "http.response.body", "body": body})


async def _refuse(send: Send, error: Exception, *, is_read: bool) -> None:
    """Answer with the problem; a connection whose body was not read is closed, so that it is never read."""
    known = expected(error)
    body = _encode(problem_of(known))
    headers = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), **headers_of(known)}
    if not is_read:
        headers["connection"] = "close"
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": known.status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
