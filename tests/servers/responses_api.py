"""A loopback server that speaks enough of OpenAI's Responses API for the real `codex` program.

It follows the public references at https://platform.openai.com/docs/api-reference/responses (request and answer) and
https://platform.openai.com/docs/api-reference/responses-streaming (the server-sent events). Every request is answered
with the next scripted `Reply`, or with a short text once the script has run out; every request is recorded.

Left out: authentication, storage, everything that is not streamed, and the validation of requests. Unknown routes are
answered 404 as the API does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class FunctionCall(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that the reply asks for, with its arguments. `namespace`: of a tool that stands in one."""

    name: str
    arguments: dict[str, Any]
    namespace: str = ""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One scripted answer.

    `status` other than 200 is an error of the service, with `text` as its words. `used_percent`: the rate limits that
    its headers tell of, for the first and the second window. `is_cut`: the stream ends before the answer is complete.
    """

    text: str = "Done."
    call: FunctionCall | None = None
    status: int = 200
    used_percent: tuple[float, float] | None = None
    resets_at_s: int = 0
    is_cut: bool = False


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it came. `body` is the decoded JSON, or None where there was none."""

    method: str
    path: str
    body: Any


class ResponsesApi:
    """The server's script and its record. `replies` are used in order."""

    def __init__(self, replies: tuple[Reply, ...] = ()) -> None:
        self.url = ""
        self.requests: list[Recorded] = []
        self._replies = list(replies)
        self._served = 0

    def add(self, *replies: Reply) -> None:
        """Append to the script."""
        self._replies.extend(replies)

    async def responses(self, request: web.Request) -> web.StreamResponse:
        """`POST /v1/responses`, streamed."""
        await self._record(request)
        reply = self._replies.pop(0) if self._replies else Reply()
        self._served += 1
        if reply.status != 200:
            error = {"message": reply.text, "type": "invalid_request_error", "code": "refused"}
            return web.json_response({"error": error}, status=reply.status)
        response = web.StreamResponse(headers={"content-type": "text/event-stream", **_limits(reply)})
        await response.prepare(request)
        for event in _stream(reply, self._served):
            await response.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        await response.write_eof()
        return response

    async def unknown(self, request: web.Request) -> web.StreamResponse:
        """Any other route."""
        await self._record(request)
        return web.json_response({"error": {"message": "Not found", "type": "invalid_request_error"}}, status=404)

    async def _record(self, request: web.Request) -> None:
        raw = await request.read()
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = None
        self.requests.append(Recorded(method=request.method, path=request.path, body=body))


@asynccontextmanager
async def responses_api(*replies: Reply) -> AsyncIterator[ResponsesApi]:
    """The server on a free port of 127.0.0.1 for as long as the block runs; `url` is its base address."""
    api = ResponsesApi(replies)
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/v1/responses", api.responses)
    app.router.add_route("*", "/{tail:.*}", api.unknown)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        api.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        yield api
    finally:
        await runner.cleanup()


def _limits(reply: Reply) -> dict[str, str]:
    """The headers in which the service tells how much of its limits is used."""
    if reply.used_percent is None:
        return {}
    first, second = reply.used_percent
    return {
        "x-codex-primary-used-percent": str(first),
        "x-codex-primary-window-minutes": "300",
        "x-codex-primary-reset-at": str(reply.resets_at_s),
        "x-codex-secondary-used-percent": str(second),
        "x-codex-secondary-window-minutes": "10080",
        "x-codex-secondary-reset-at": str(reply.resets_at_s),
    }


def _item(reply: Reply, number: int) -> dict[str, Any]:
    if reply.call is not None:
        called = {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", "name": reply.call.name}
        space = {"namespace": reply.call.namespace} if reply.call.namespace else {}
        return {**called, **space, "arguments": json.dumps(reply.call.arguments)}
    content = [{"type": "output_text", "text": reply.text, "annotations": []}]
    return {"type": "message", "id": f"msg_{number}", "role": "assistant", "content": content}


def _stream(reply: Reply, number: int) -> Iterator[dict[str, Any]]:
    """The events of one streamed response."""
    item = _item(reply, number)
    yield {"type": "response.created", "response": {"id": f"resp_{number}"}}
    if reply.is_cut:
        return
    yield {"type": "response.output_item.added", "output_index": 0, "item": item}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    usage = {
        "input_tokens": 11,
        "input_tokens_details": {"cached_tokens": 3},
        "output_tokens": 7,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 18,
    }
    yield {"type": "response.completed", "response": {"id": f"resp_{number}", "usage": usage}}
