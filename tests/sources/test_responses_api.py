"""The loopback Responses API: what it answers is shaped as the public reference says."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import ClientSession

from tests.servers.responses_api import FunctionCall, Reply, responses_api

ASK: dict[str, Any] = {"model": "m", "stream": True, "input": []}


def events_of(text: str) -> list[dict[str, Any]]:
    """The data of a stream's events."""
    return [json.loads(row.removeprefix("data: ")) for row in text.splitlines() if row.startswith("data: ")]


async def ask(url: str) -> tuple[int, dict[str, str], str]:
    async with ClientSession() as client, client.post(f"{url}/responses", json=ASK) as answer:
        return answer.status, dict(answer.headers), await answer.text()


async def test_a_scripted_reply_is_streamed_whole_with_its_limits_and_recorded() -> None:
    call = FunctionCall(name="exec_command", arguments={"cmd": "ls"}, namespace="shell")
    async with responses_api(Reply(text="Hi", used_percent=(1.5, 2.0), resets_at_s=9), Reply(call=call)) as api:
        status, headers, text = await ask(api.url)
        _, _, called = await ask(api.url)
        _, _, default = await ask(api.url)
    kinds = ["response.created", "response.output_item.added", "response.output_item.done", "response.completed"]
    assert (status, [one["type"] for one in events_of(text)]) == (200, kinds)
    assert events_of(text)[2]["item"]["content"][0]["text"] == "Hi"
    assert events_of(text)[3]["response"]["usage"]["total_tokens"] == 18
    assert (headers["x-codex-primary-used-percent"], headers["x-codex-secondary-reset-at"]) == ("1.5", "9")
    item = events_of(called)[2]["item"]
    assert (item["name"], item["namespace"], json.loads(item["arguments"])) == ("exec_command", "shell", {"cmd": "ls"})
    assert events_of(default)[2]["item"]["content"][0]["text"] == "Done."
    assert [(one.path, one.body) for one in api.requests] == [("/v1/responses", ASK)] * 3


async def test_errors_cut_streams_and_unknown_routes_are_answered_as_such() -> None:
    async with responses_api(Reply(status=429, text="slow down"), Reply(is_cut=True)) as api:
        status, _, text = await ask(api.url)
        _, _, cut = await ask(api.url)
        async with ClientSession() as client, client.get(f"{api.url}/models") as unknown:
            assert unknown.status == 404
    assert (status, json.loads(text)["error"]["message"]) == (429, "slow down")
    assert [one["type"] for one in events_of(cut)] == ["response.created"]
