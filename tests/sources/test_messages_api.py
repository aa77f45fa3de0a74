"""The loopback Messages API: what it answers is shaped as the public reference says."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import ClientSession

from tests.servers.messages_api import Reply, ToolUse, messages_api

ASK: dict[str, Any] = {"model": "m", "max_tokens": 9, "tools": [{"name": "T"}], "messages": []}


async def test_a_scripted_reply_is_given_whole_and_recorded() -> None:
    async with (
        messages_api(Reply(text="Hi", output_tokens=4)) as api,
        ClientSession(api.url) as client,
        client.post("/v1/messages", json=ASK) as answer,
    ):
        message = await answer.json()
    assert (message["content"], message["usage"]["output_tokens"]) == ([{"type": "text", "text": "Hi"}], 4)
    assert [(one.path, one.body) for one in api.requests] == [("/v1/messages", ASK)]
    assert [one.id for one in api.served] == [message["id"]]


async def test_a_streamed_reply_begins_partial_and_ends_with_its_usage() -> None:
    tool = ToolUse(name="T", input={"x": 1})
    async with (
        messages_api(Reply(text="Hi", tool=tool, output_tokens=4)) as api,
        ClientSession(api.url) as client,
        client.post("/v1/messages", json=ASK | {"stream": True}) as answer,
    ):
        assert answer.content_type == "text/event-stream"
        lines = (await answer.text()).splitlines()
    events = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    block = ["content_block_start", "content_block_delta", "content_block_stop"]
    assert [one["type"] for one in events] == [
        *("message_start", "ping", *block, *block),
        *("message_delta", "message_stop"),
    ]
    assert events[0]["message"]["usage"]["output_tokens"] == 1
    assert events[-2]["usage"]["output_tokens"] == 4
    assert json.loads(events[6]["delta"]["partial_json"]) == {"x": 1}


async def test_tokens_are_counted_and_unknown_routes_are_not_found() -> None:
    async with messages_api() as api, ClientSession(api.url) as client:
        async with client.post("/v1/messages/count_tokens", json=ASK) as answer:
            assert (await answer.json())["input_tokens"] > 0
        async with client.get("/v1/nowhere") as answer:
            assert (answer.status, (await answer.json())["type"]) == (404, "error")
    assert [one.method for one in api.requests] == ["POST", "GET"]
