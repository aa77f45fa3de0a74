"""A loopback server that speaks enough of Anthropic's Messages API for the real `claude` program.

It follows the public reference at https://docs.claude.com/en/api/messages (request and answer),
https://docs.claude.com/en/api/messages-streaming (the order of server-sent events) and
https://docs.claude.com/en/api/messages-count-tokens. Every message is answered with the next scripted `Reply`, or
with a short text once the script has run out; every request is recorded, and so is every message that was served.

Left out: authentication, model listing, batches, files, thinking blocks, prompt caching as behaviour (the cache
figures are scripted), rate limits, and the validation of requests. Unknown routes are answered 404 as the API does.
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


class ToolUse(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that the reply asks for."""

    name: str
    input: dict[str, Any]


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One scripted answer and the usage that it claims, in tokens; with an error, that and its text instead.

    `error` is a type and its status: ("invalid_request_error", 400). See https://docs.claude.com/en/api/errors.
    """

    error: tuple[str, int] | None = None
    text: str = "Done."
    tool: ToolUse | None = None
    input_tokens: int = 11
    output_tokens: int = 7
    cache_creation_input_tokens: int = 0
    cache_read_input_tokens: int = 0


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """One request as it came. `body` is the decoded JSON, or None where there was none."""

    method: str
    path: str
    body: Any


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """One message that was sent as an answer."""

    id: str
    model: str
    reply: Reply


class MessagesApi:
    """The server's script and its record. `replies` are used in order, by requests that offer tools only."""

    def __init__(self, replies: tuple[Reply, ...] = ()) -> None:
        self.url = ""
        self.requests: list[Recorded] = []
        self.served: list[Served] = []
        self._replies = list(replies)

    def add(self, *replies: Reply) -> None:
        """Append to the script."""
        self._replies.extend(replies)

    async def messages(self, request: web.Request) -> web.StreamResponse:
        """`POST /v1/messages`, streamed where it is asked for."""
        body = await self._record(request)
        served = self._answer(body)
        if served.reply.error is not None:
            kind, status = served.reply.error
            error = {"type": kind, "message": served.reply.text}
            return web.json_response({"type": "error", "error": error}, status=status)
        if not body.get("stream"):
            return web.json_response(_message(served, _blocks(served)))
        response = web.StreamResponse(headers={"content-type": "text/event-stream", "cache-control": "no-cache"})
        await response.prepare(request)
        for event in _stream(served):
            await response.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        await response.write_eof()
        return response

    async def count_tokens(self, request: web.Request) -> web.StreamResponse:
        """`POST /v1/messages/count_tokens`: a rough figure of four bytes a token."""
        body = await self._record(request)
        return web.json_response({"input_tokens": len(json.dumps(body)) // 4})

    async def unknown(self, request: web.Request) -> web.StreamResponse:
        """Any other route."""
        await self._record(request)
        error = {"type": "not_found_error", "message": "Not found"}
        return web.json_response({"type": "error", "error": error}, status=404)

    async def _record(self, request: web.Request) -> dict[str, Any]:
        raw = await request.read()
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = None
        self.requests.append(Recorded(method=request.method, path=request.path, body=body))
        return body if isinstance(body, dict) else {}

    def _answer(self, body: dict[str, Any]) -> Served:
        is_scripted = bool(body.get("tools")) and bool(self._replies)
        reply = self._replies.pop(0) if is_scripted else Reply()
        served = Served(id=f"msg_{len(self.served):024d}", model=str(body.get("model", "unknown")), reply=reply)
        self.served.append(served)
        return served


@asynccontextmanager
async def messages_api(*replies: Reply) -> AsyncIterator[MessagesApi]:
    """The server on a free port of 127.0.0.1 for as long as the block runs; `url` is its base address."""
    api = MessagesApi(replies)
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/v1/messages", api.messages)
    app.router.add_post("/v1/messages/count_tokens", api.count_tokens)
    app.router.add_route("*", "/{tail:.*}", api.unknown)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield api
    finally:
        await runner.cleanup()


def _blocks(served: Served) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": served.reply.text}]
    if served.reply.tool is not None:
        tool = served.reply.tool
        block_id = "toolu_" + served.id.removeprefix("msg_")
        blocks.append({"type": "tool_use", "id": block_id, "name": tool.name, "input": tool.input})
    return blocks


def _usage(reply: Reply, output_tokens: int) -> dict[str, int]:
    return {
        "input_tokens": reply.input_tokens,
        "output_tokens": output_tokens,
        "cache_creation_input_tokens": reply.cache_creation_input_tokens,
        "cache_read_input_tokens": reply.cache_read_input_tokens,
    }


def _message(served: Served, blocks: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": served.id,
        "type": "message",
        "role": "assistant",
        "model": served.model,
        "content": blocks,
        "stop_reason": "tool_use" if served.reply.tool else "end_turn",
        "stop_sequence": None,
        "usage": _usage(served.reply, served.reply.output_tokens),
    }


def _stream(served: Served) -> Iterator[dict[str, Any]]:
    """The events of one streamed message; the first carries a partial output figure, as the real service's does."""
    start = _message(served, []) | {"stop_reason": None, "usage": _usage(served.reply, 1)}
    yield {"type": "message_start", "message": start}
    yield {"type": "ping"}
    for index, block in enumerate(_blocks(served)):
        if block["type"] == "text":
            empty, delta = block | {"text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            empty = block | {"input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        yield {"type": "content_block_start", "index": index, "content_block": empty}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    stop_reason = "tool_use" if served.reply.tool else "end_turn"
    usage = {"output_tokens": served.reply.output_tokens}
    yield {"type": "message_delta", "delta": {"stop_reason": stop_reason, "stop_sequence": None}, "usage": usage}
    yield {"type": "message_stop"}
