"""The main job, as a new user would try it: a real daemon, a real receiver, real logs of the real `claude` program."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.claude_program import CLAUDE, run_claude
from tests.e2e.processes import Daemon, until
from tests.receiver import Received, Receiver
from tests.servers.messages_api import Reply, messages_api

PROMPT = {"type": "user", "sessionId": "s1", "cwd": "/home/me/shop", "gitBranch": "main", "version": "2.1.0"}


def log_line(root: Path, number: int) -> None:
    """A prompt and its answer, appended to a session's log as the program does."""
    folder = root / "-home-me-shop"
    folder.mkdir(parents=True, exist_ok=True)
    at = (datetime.now(UTC) - timedelta(hours=1)).replace(minute=number).isoformat().replace("+00:00", "Z")
    prompt = PROMPT | {"uuid": f"u{number}", "timestamp": at, "message": {"role": "user", "content": f"do {number}"}}
    usage = {"input_tokens": 3, "output_tokens": 40, "cache_read_input_tokens": 7, "cache_creation_input_tokens": 0}
    message = {"id": f"msg_{number}", "model": "claude-sonnet-4-5", "content": [], "usage": usage}
    answer = PROMPT | {"type": "assistant", "uuid": f"a{number}", "timestamp": at, "message": message}
    with (folder / "11111111-0000-4000-8000-000000000000.jsonl").open("a") as log:
        log.write(f"{json.dumps(prompt)}\n{json.dumps(answer)}\n")


async def snapshot_with(receiver: Receiver, *, prompts: int, has_answer: bool = False) -> dict[str, Any]:
    """The first snapshot received that tells of so many prompts (and of tokens that an answer used)."""
    for count in range(1, 100):
        body = json.loads((await receiver.wait_for(count))[-1].body)
        data = body["data"]
        if body["type"] != "claude-sessions.snapshot" or told(data) != prompts:
            continue
        if data["summary"]["total_tokens_in_window"] or not has_answer:
            return dict(data)
    raise AssertionError("no snapshot tells of them")


def told(data: dict[str, Any]) -> int:
    """How many prompts a snapshot's sessions tell of."""
    return sum(int(session["message_count"]) for session in data["sessions"])


def verified(received: Received, secret: str) -> dict[str, Any]:
    """The body, if its signature fits."""
    Webhook(secret).verify(received.body, received.headers)
    return dict(json.loads(received.body))


async def test_a_growing_log_and_an_emitted_event_arrive_signed(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    log_line(root, 1)
    with Daemon(tmp_path) as daemon:
        await asyncio.to_thread(daemon.start)
        async with Receiver() as receiver:
            added = await asyncio.to_thread(
                daemon.cli_json, "target", "add", "webhook", "--name", "hook", "--url", receiver.url, "--sign"
            )
            (check,) = await receiver.wait_for(1)
            assert verified(check, added["secret"])["type"] == "posthouse.check"

            await asyncio.to_thread(daemon.cli, "source", "set", "claude-sessions", f"roots={json.dumps([str(root)])}")
            await asyncio.to_thread(daemon.cli, "source", "set", "claude-sessions", "quiet_s=0", "window_days=30")
            preview = await asyncio.to_thread(daemon.cli_json, "source", "preview", "claude-sessions")
            assert told(preview["data"]) == 1
            await asyncio.to_thread(daemon.cli, "bind", "claude-sessions", "hook")
            await snapshot_with(receiver, prompts=1)
            log_line(root, 2)
            grown = await snapshot_with(receiver, prompts=2)
            assert grown["summary"]["total_tokens_in_window"] == 2 * 43
            assert grown["sessions"][0]["title"] == "Untitled session"

            await asyncio.to_thread(daemon.cli, "bind", "ingest", "hook", "--filter", "build.*")
            before = len(receiver.requests)
            await asyncio.to_thread(daemon.cli, "emit", "build.finished", "--data", '{"ok": true}')
            await asyncio.to_thread(daemon.cli, "emit", "other.thing")
            emitted = verified((await receiver.wait_for(before + 1))[-1], added["secret"])
            assert (emitted["type"], emitted["data"]) == ("build.finished", {"ok": True})
            until(lambda: daemon.waiting() == 0, "everything is delivered")

        status = await asyncio.to_thread(daemon.cli, "status")
        listed = await asyncio.to_thread(daemon.cli_json, "deliveries", "--limit", "500")
        assert "hook" in status.stdout
        assert {one["status"] for one in listed["items"]} == {"delivered"}
        assert daemon.stop() == 0
        (stopped,) = daemon.ledger_copy("SELECT data FROM events WHERE type = 'daemon.stopped'")
        assert json.loads(stopped[0])["is_clean"] is True


@pytest.mark.timeout(600)
async def test_what_the_real_claude_program_did_arrives(tmp_path: Path) -> None:
    program = await asyncio.to_thread(CLAUDE.path_or_skip)
    home, folder = tmp_path / "claude-home", tmp_path / "work"
    for path in (home, folder):
        path.mkdir()
    reply = Reply(text="Three parcels.", input_tokens=11, output_tokens=29, cache_read_input_tokens=100)
    with Daemon(tmp_path, CLAUDE_CONFIG_DIR=str(home / ".claude")) as daemon:
        await asyncio.to_thread(daemon.start)
        async with Receiver() as receiver, messages_api(reply) as api:
            await asyncio.to_thread(
                daemon.cli, "target", "add", "webhook", "--name", "hook", "--url", receiver.url, "--no-check"
            )
            await asyncio.to_thread(daemon.cli, "source", "set", "claude-sessions", "quiet_s=0")
            await asyncio.to_thread(daemon.cli, "bind", "claude-sessions", "hook", "--without", "git_branches")
            await run_claude(program, "-p", "How many?", home=home, folder=folder, base_url=api.url)
            data = await snapshot_with(receiver, prompts=1, has_answer=True)

        (session,) = data["sessions"]
        assert session["tokens"] == {"input": 11, "output": 29, "cache_read": 100, "cache_creation": 0}
        assert "How many?" not in json.dumps(data)
        assert "git_branch" not in session
        assert daemon.stop() == 0
