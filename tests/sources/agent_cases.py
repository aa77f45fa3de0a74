"""What the contract suite lays out of agents: their logs, and what their hooks leave, with a mark in every property."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

SESSION, EARLIER = "99999999-0000-4000-8000-0000000mark5", "88888888-0000-4000-8000-0000000mark5"


def claude_line(session: str, day: str, second: int, **more: Any) -> dict[str, Any]:
    """A line of a session's log."""
    return {
        "sessionId": session,
        "cwd": "/srv/project-mark",
        "gitBranch": "branch-mark",
        "version": "2.1.330",
        "uuid": f"{session[:1]}-{second}",
        "timestamp": f"{day}T09:00:0{second}.000Z",
        **more,
    }


def claude_reply(number: int, **usage: int) -> dict[str, Any]:
    """What the model answered, as its line has it."""
    message = {"id": f"msg_{number}", "role": "assistant", "model": "claude-model-mark", "content": [], "usage": usage}
    return {"type": "assistant", "requestId": f"req_{number}", "message": message}


def lay_out_claude(folder: Path) -> dict[str, Any]:
    """Two sessions on two days: the newer one with a prompt only, the older one with a summary."""
    usage = {
        "input_tokens": 1681,
        "output_tokens": 77,
        "cache_read_input_tokens": 7319,
        "cache_creation_input_tokens": 1000,
    }
    prompt = {"type": "user", "message": {"role": "user", "content": "prompt-mark: sort the parcels"}}
    logs = {
        SESSION: [
            claude_line(SESSION, "2025-12-31", 1, **prompt),
            claude_line(SESSION, "2025-12-31", 2, **claude_reply(1, **usage)),
        ],
        EARLIER: [
            {"type": "summary", "summary": "summary-mark", "leafUuid": "8-1"},
            claude_line(EARLIER, "2025-12-30", 1, **prompt),
            claude_line(EARLIER, "2025-12-30", 2, **claude_reply(2, output_tokens=13)),
        ],
    }
    root = folder / "projects" / "-srv-project-mark"
    root.mkdir(parents=True)
    for session, lines in logs.items():
        (root / f"{session}.jsonl").write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    return {"roots": [str(folder / "projects")]}


def spoil_claude(folder: Path) -> None:
    """Lines that are torn, of the wrong type, and no JSON, with all marks in them."""
    for log in folder.glob("projects/*/*.jsonl"):
        lines = log.read_bytes().splitlines()
        torn = [line[: len(line) * 3 // 4] for line in lines]
        wrong = [line.replace(b'"usage":{', b'"usage":[{').replace(b'"role"', b'"rolle"') for line in lines]
        log.write_bytes(b"\n".join([*torn, *wrong, b"prompt-mark branch-mark summary-mark", *lines, lines[0][:-5]]))


def report(folder: Path, name: str, kind: str, **said: str) -> None:
    """What a hook leaves in the spool, in one step."""
    place = folder / "spool" / "agents" / "report"
    place.mkdir(parents=True, exist_ok=True)
    (place / f".{name}").write_bytes(msgspec.json.encode({"kind": kind, "agent_id": "a1", **said}))
    (place / f".{name}").rename(place / f"{name}.json")


def lay_out_agents(folder: Path) -> dict[str, Any]:
    """What an agent said while nobody listened."""
    report(folder, "1", "turn-completed", project="letters", title="title-mark", message="message-mark: done")
    return {}


def agents_happen(folder: Path) -> None:
    """It does what it was asked for."""
    report(folder, "2", "turn-started", message="message-mark: sort them")
    report(folder, "3", "turn-completed", message="message-mark: sorted")


def spoil_agents(folder: Path) -> None:
    """What lies there is torn, with all marks in it."""
    for file in (folder / "spool" / "agents" / "report").glob("*.json"):
        file.write_bytes(file.read_bytes()[:-4] + b"message-mark title-mark")


def codex_line(day: str, second: int, kind: str, **payload: Any) -> dict[str, Any]:
    """A line of a rollout."""
    return {"timestamp": f"{day}T09:00:0{second}.000Z", "type": kind, "payload": payload}


def codex_used(day: str, second: int, *counts: int) -> dict[str, Any]:
    """What a session has used so far: input, cached input, output and reasoning output."""
    names = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens")
    info = {"total_token_usage": dict(zip(names, counts, strict=True))}
    return codex_line(day, second, "event_msg", type="token_count", info=info)


def lay_out_codex(folder: Path) -> dict[str, Any]:
    """Two sessions on two days, of which the older one has a name and the newer one goes by its first prompt."""
    prompt = {"type": "user_message", "message": "prompt-mark: sort the parcels"}
    logs = {}
    for session, day, counts in ((SESSION, "2025-12-31", (40_001, 9, 2_003, 7)), (EARLIER, "2025-12-30", (5, 1, 2, 1))):
        logs[day, session] = [
            codex_line(day, 1, "session_meta", id=session, cwd="/srv/project-mark", git={"branch": "branch-mark"}),
            codex_line(day, 2, "turn_context", model="codex-model-mark"),
            codex_line(day, 3, "event_msg", **prompt),
            codex_used(day, 4, *counts),
        ]
    for (day, session), lines in logs.items():
        log = folder / "sessions" / day.replace("-", "/") / f"rollout-{day}T09-00-00-{session}.jsonl"
        log.parent.mkdir(parents=True)
        log.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
    (folder / "session_index.jsonl").write_bytes(
        msgspec.json.encode({"id": EARLIER, "thread_name": "name-mark"}) + b"\n"
    )
    return {"roots": [str(folder / "sessions")]}


def spoil_codex(folder: Path) -> None:
    """Lines that are torn, of the wrong type, and no JSON, with all marks in them."""
    for log in folder.glob("sessions/**/*.jsonl"):
        lines = log.read_bytes().splitlines()
        torn = [line[: len(line) * 3 // 4] for line in lines]
        wrong = [
            line.replace(b'"message":"', b'"message":["').replace(b'"cwd":"', b'"cwd":7,"was":"') for line in lines
        ]
        log.write_bytes(b"\n".join([*torn, *wrong, b"prompt-mark branch-mark name-mark", *lines, lines[0][:-5]]))
    (folder / "session_index.jsonl").write_bytes(b'{"id":3,"thread_name":"name-mark"}\nname-mark\n')
