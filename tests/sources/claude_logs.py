"""Lines of Claude Code's logs, written by hand: what the tests of counting share."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

DAY = datetime(2025, 12, 30, tzinfo=UTC)
"""The day from which `minute` counts, two before the tests' clock."""


def moment(minute: float) -> str:
    """So many minutes after the beginning of `DAY`, as the log writes it."""
    return (DAY + timedelta(minutes=minute)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def line(kind: str, uuid: str, minute: float | None, *, session: str = "s1", **more: Any) -> bytes:
    """One line with its newline; without a time where `minute` is None."""
    common: dict[str, Any] = {"type": kind, "uuid": uuid, "sessionId": session}
    if minute is not None:
        common["timestamp"] = moment(minute)
    return json.dumps(common | more).encode() + b"\n"


def prompt(uuid: str, minute: float | None, text: str = "Sort the parcels", **more: Any) -> bytes:
    """What a person asked."""
    return line("user", uuid, minute, message={"role": "user", "content": text}, **more)


def answer(
    uuid: str,
    minute: float | None,
    *,
    message: str | None,
    model: str = "opus",
    tokens: tuple[int, int, int, int] = (0, 0, 0, 0),
    tools: tuple[str, ...] = (),
    **more: Any,
) -> bytes:
    """What the model answered; `tokens` are input, output, cache reads and cache creation."""
    names = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    body = {
        "id": message,
        "role": "assistant",
        "model": model,
        "content": [{"type": "tool_use", "id": tool} for tool in tools],
        "usage": dict(zip(names, tokens, strict=True)),
    }
    return line("assistant", uuid, minute, message=body, **more)


def summary(text: str, leaf: str) -> bytes:
    """A title, of the session that holds this line."""
    return json.dumps({"type": "summary", "summary": text, "leafUuid": leaf}).encode() + b"\n"
