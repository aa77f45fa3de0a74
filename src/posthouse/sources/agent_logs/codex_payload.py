"""The payload of `codex-sessions`, built from counted sessions, and its projection by the owner's choices.

    source, version, generated_at
    sessions[{id, project_path, git_branch, title, start_time, end_time, duration_seconds, session_span_seconds,
              agentic_seconds, message_count, model, models, tokens{input, output, cache_read, reasoning_output}}]
                                                                                        newest first
    summary{sessions_in_window, total_tokens_in_window, total_duration_in_window_seconds}

Tokens are as Codex counts them: input holds what was read from the cache, output holds reasoning. Total tokens are
input + output. `session_span_seconds` is from a session's first instant to its last, and `duration_seconds` the same
under the name that other agents' sessions have it by; `agentic_seconds` is the part of it in which something was heard
of the session at least every five minutes. `message_count` counts prompts. `model` is the one with the most output.
A title is the session's name, else the start of its first prompt; both are told only where `titles` is on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from posthouse.model.ids import Millis
from posthouse.model.sources import Property
from posthouse.sources.agent_logs.codex_log import Use
from posthouse.sources.agent_logs.codex_totals import Tally
from posthouse.sources.agent_logs.moments import time_of

SOURCE = "codex-sessions"
PAYLOAD_VERSION = 1
UNTITLED = "Untitled session"

PROPERTIES: tuple[Property, ...] = (
    Property(name="sessions", title="The sessions, one by one"),
    Property(name="titles", title="The name of each session, or the start of its first prompt", is_sensitive=True),
    Property(name="summary", title="How many sessions there were, and what they used in all", is_summary=True),
)


def payload(
    sessions: Sequence[Tally], names: Mapping[str, str], *, now: Millis, since: Millis, has_titles: bool
) -> dict[str, Any] | None:
    """Everything there is to tell of the sessions that ended at or after `since`; None where there are none.

    `names`: what sessions are called, by their id.
    """
    window = sorted((one for one in sessions if one.end_at >= since), key=lambda one: (-one.start_at, one.id))
    if not window:
        return None
    return {
        "source": SOURCE,
        "version": PAYLOAD_VERSION,
        "generated_at": time_of(now),
        "sessions": [_session(one, (names.get(one.id) or one.title) if has_titles else "") for one in window],
        "summary": {
            "sessions_in_window": len(window),
            "total_tokens_in_window": sum(used(one.use) for one in window),
            "total_duration_in_window_seconds": sum(_span_s(one) for one in window),
        },
    }


def project(data: dict[str, Any], allowed: Mapping[str, bool]) -> dict[str, Any]:
    """The payload with every property left out that is not allowed; the argument is not changed. May be repeated."""
    on = {one.name: allowed.get(one.name, one.default) for one in PROPERTIES}
    kept = {name: value for name, value in data.items() if on.get(name, True)}
    if "sessions" in kept and not on["titles"]:
        kept["sessions"] = [
            {**session, "title": UNTITLED} if "title" in session else session for session in kept["sessions"]
        ]
    return kept


def sensitive_pointers(data: Mapping[str, Any]) -> tuple[str, ...]:
    """JSON Pointers (RFC 6901) to every title."""
    return tuple(
        f"/sessions/{index}/title"
        for index, session in enumerate(data.get("sessions", ()))
        if session["title"] != UNTITLED
    )


def used(use: Use) -> int:
    """Total tokens: input + output."""
    return use[0] + use[2]


def _session(one: Tally, title: str) -> dict[str, Any]:
    models = sorted(one.outputs, key=lambda model: (-one.outputs[model], model))
    fresh, cached, output, reasoning = one.use
    return {
        "id": one.id,
        "project_path": one.project or None,
        "git_branch": one.branch or None,
        "title": title or UNTITLED,
        "start_time": time_of(Millis(one.start_at)),
        "end_time": time_of(Millis(one.end_at)),
        "duration_seconds": _span_s(one),
        "session_span_seconds": _span_s(one),
        "agentic_seconds": one.agentic_ms // 1_000,
        "message_count": one.prompts,
        "model": models[0] if models else None,
        "models": models,
        "tokens": {"input": fresh, "output": output, "cache_read": cached, "reasoning_output": reasoning},
    }


def _span_s(one: Tally) -> int:
    return (one.end_at - one.start_at) // 1_000
