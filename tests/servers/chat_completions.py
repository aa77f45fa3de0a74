"""A loopback server that speaks enough of the Chat Completions API for programs with an OpenAI-compatible provider.

It follows the public reference at https://platform.openai.com/docs/api-reference/chat (request, answer and the streamed
chunks, which end with `data: [DONE]`). Every request that offers tools is answered with the next scripted `Reply`, or
with a short text once the script has run out; a request without tools (a title is asked for) with a short text always.

Left out: authentication, listing of models, everything but one choice of text or one call of a tool, and the validation
of requests. Unknown routes are answered 404.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

DEADLINE_S = 60.0
TITLE = "A short talk"
"""What a request without tools is answered."""


class ToolCall(msgspec.Struct, frozen=True, kw_only=True):
    """A tool that the reply asks for."""

    name: str
    input: dict[str, Any]


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """One scripted answer. With a `status` of 400 or more it is an error, and `text` says which.

    `before`: waited for before anything is sent.
    """

    text: str = "Done."
    tool: ToolCall | None = None
    status: int = 200
    before: asyncio.Event | None = None


class ChatCompletions:
    """The server's script and its record: the decoded bodies of all requests with tools."""

    def __init__(self, replies: tuple[Reply, ...] = ()) -> None:
        self.url = ""
        self.asked: list[dict[str, Any]] = []
        self._replies = list(replies)
        self._served = 0
        self._moved = asyncio.Condition()

    def add(self, *replies: Reply) -> None:
        """Append to the script."""
        self._replies.extend(replies)

    async def wait_for(self, text: str) -> None:
        """Return when a request with tools has come that holds this text. Raises TimeoutError."""
        async with asyncio.timeout(DEADLINE_S), self._moved:
            await self._moved.wait_for(lambda: any(text in json.dumps(body) for body in self.asked))

    async def complete(self, request: web.Request) -> web.StreamResponse:
        """`POST /v1/chat/completions`, streamed where it is asked for."""
        body = await request.json()
        async with self._moved:
            reply = self._reply(body)
            self._moved.notify_all()
        if reply.before is not None:
            await reply.before.wait()
        if reply.status >= 400:
            error = {"message": reply.text, "type": "invalid_request_error", "code": None}
            return web.json_response({"error": error}, status=reply.status)
        self._served += 1
        with suppress(ConnectionError):
            # Who asked may be gone by now.
            return await self._send(request, body, reply)
        return web.Response(status=499)

    async def _send(self, request: web.Request, body: dict[str, Any], reply: Reply) -> web.StreamResponse:
        if not body.get("stream"):
            return web.json_response(self._whole(body, reply))
        response = web.StreamResponse(headers={"content-type": "text/event-stream", "cache-control": "no-cache"})
        await response.prepare(request)
        for chunk in self._chunks(body, reply):
            await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
        await response.write(b"data: [DONE]\n\n")
        await response.write_eof()
        return response

    def _reply(self, body: dict[str, Any]) -> Reply:
        if not body.get("tools"):
            return Reply(text=TITLE)
        self.asked.append(body)
        return self._replies.pop(0) if self._replies else Reply()

    def _message(self, reply: Reply) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": reply.text}
        if reply.tool is not None:
            function = {"name": reply.tool.name, "arguments": json.dumps(reply.tool.input)}
            message["tool_calls"] = [
                {"index": 0, "id": f"call_{self._served}", "type": "function", "function": function}
            ]
        return message

    def _head(self, body: dict[str, Any], kind: str) -> dict[str, Any]:
        model = str(body.get("model", "unknown"))
        return {"id": f"chatcmpl-{self._served}", "object": kind, "created": 1_700_000_000, "model": model}

    def _whole(self, body: dict[str, Any], reply: Reply) -> dict[str, Any]:
        choice = {"index": 0, "message": self._message(reply), "finish_reason": _finish(reply)}
        return self._head(body, "chat.completion") | {"choices": [choice], "usage": _USAGE}

    def _chunks(self, body: dict[str, Any], reply: Reply) -> Iterator[dict[str, Any]]:
        head = self._head(body, "chat.completion.chunk")
        yield head | {"choices": [{"index": 0, "delta": self._message(reply), "finish_reason": None}]}
        yield head | {"choices": [{"index": 0, "delta": {}, "finish_reason": _finish(reply)}]}
        yield head | {"choices": [], "usage": _USAGE}


_USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


def _finish(reply: Reply) -> str:
    return "tool_calls" if reply.tool is not None else "stop"


@asynccontextmanager
async def chat_completions(*replies: Reply) -> AsyncIterator[ChatCompletions]:
    """The server on a free port of 127.0.0.1 for as long as the block runs; `url` is its base address, with `/v1`."""
    api = ChatCompletions(replies)
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/v1/chat/completions", api.complete)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        api.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        yield api
    finally:
        await runner.cleanup()
