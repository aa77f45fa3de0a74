"""The payload of `claude-sessions`, built from counted sessions, and its projection by the owner's choices.

    source, version, generated_at
    sessions[{id, project_path, git_branch, title, start_time, end_time, duration_seconds, message_count,
              model, models, tokens{input, output, cache_read, cache_creation}}]      newest first
    summary{sessions_in_window, total_tokens_in_window, total_duration_in_window_seconds}
    cache_efficiency        cache reads / (input + cache reads + cache creation), 4 decimals; null where there are none
    model_distribution[{model, sessions, responses, total_tokens, share}]             most tokens first

Total tokens are input + output throughout. `message_count` counts prompts. `model` is the one with the most output.
A title that was taken from a prompt stands in the session a second time as `first_prompt_preview`: so the projection
can tell it from a summary, and take both away, however often and in whatever order choices are applied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from posthouse.model.ids import Millis
from posthouse.model.sources import Property
from posthouse.sources.agent_logs.claude_lines import PREVIEW_CHARS_MAX
from posthouse.sources.agent_logs.claude_totals import Session, Tokens
from posthouse.sources.agent_logs.moments import time_of

SOURCE = "claude-sessions"
PAYLOAD_VERSION = 1
UNTITLED = "Untitled session"

PROPERTIES: tuple[Property, ...] = (
    Property(name="sessions", title="The sessions, one by one"),
    Property(name="cache_efficiency", title="How much of the input came from the cache", is_summary=True),
    Property(name="model_distribution", title="Which models were used, and how much", is_summary=True),
    Property(name="git_branches", title="The git branch of each session"),
    Property(name="first_prompt_preview", title="The start of the first prompt as title", is_sensitive=True),
)


def payload(sessions: Sequence[Session], *, now: Millis, since: Millis, has_prompts: bool) -> dict[str, Any] | None:
    """Everything there is to tell of the sessions that ended at or after `since`; None where there are none."""
    window = sorted((one for one in sessions if one.end_at >= since), key=lambda one: (-one.start_at, one.id))
    if not window:
        return None
    total = sum((one.tokens for one in window), Tokens())
    return {
        "source": SOURCE,
        "version": PAYLOAD_VERSION,
        "generated_at": time_of(now),
        "sessions": [_session(one, has_prompts=has_prompts) for one in window],
        "summary": {
            "sessions_in_window": len(window),
            "total_tokens_in_window": total.input + total.output,
            "total_duration_in_window_seconds": sum(_duration_s(one) for one in window),
        },
        "cache_efficiency": _cache_efficiency(total),
        "model_distribution": _models(window),
    }


def project(data: dict[str, Any], allowed: Mapping[str, bool]) -> dict[str, Any]:
    """The payload with every property left out that is not allowed; the argument is not changed. May be repeated."""
    on = {one.name: allowed.get(one.name, one.default) for one in PROPERTIES}
    kept = {name: value for name, value in data.items() if on.get(name, True)}
    if "sessions" in kept:
        kept["sessions"] = [_project_session(session, on) for session in kept["sessions"]]
    return kept


def sensitive_pointers(data: Mapping[str, Any]) -> tuple[str, ...]:
    """JSON Pointers (RFC 6901) to every value that comes from a prompt."""
    return tuple(
        f"/sessions/{index}/{name}"
        for index, session in enumerate(data.get("sessions", ()))
        if "first_prompt_preview" in session
        for name in ("title", "first_prompt_preview")
    )


def _project_session(session: Mapping[str, Any], on: Mapping[str, bool]) -> dict[str, Any]:
    kept = dict(session)
    if not on["git_branches"]:
        kept.pop("git_branch", None)
    if not on["model_distribution"]:
        kept.pop("model", None)
        kept.pop("models", None)
    if not on["first_prompt_preview"] and kept.pop("first_prompt_preview", None) is not None:
        kept["title"] = UNTITLED
    return kept


def _session(one: Session, *, has_prompts: bool) -> dict[str, Any]:
    preview = (one.first_prompt or "")[:PREVIEW_CHARS_MAX] if has_prompts and not one.summary else ""
    models = sorted(one.by_model, key=lambda model: (-one.by_model[model].output, model))
    described: dict[str, Any] = {
        "id": one.id,
        "project_path": one.project_path,
        "git_branch": one.git_branch,
        "title": one.summary or preview or UNTITLED,
        "start_time": time_of(one.start_at),
        "end_time": time_of(one.end_at),
        "duration_seconds": _duration_s(one),
        "message_count": one.prompt_count,
        "model": models[0] if models else None,
        "models": models,
        "tokens": {
            "input": one.tokens.input,
            "output": one.tokens.output,
            "cache_read": one.tokens.cache_read,
            "cache_creation": one.tokens.cache_creation,
        },
    }
    if preview:
        described["first_prompt_preview"] = preview
    return described


def _models(window: Sequence[Session]) -> list[dict[str, Any]]:
    totals: dict[str, int] = {}
    for one in window:
        for model, tokens in one.by_model.items():
            totals[model] = totals.get(model, 0) + tokens.input + tokens.output
    whole = sum(totals.values())
    return [
        {
            "model": model,
            "sessions": sum(model in one.by_model for one in window),
            "responses": sum(one.responses_by_model.get(model, 0) for one in window),
            "total_tokens": total,
            "share": round(total / whole, 4) if whole else 0.0,
        }
        for model, total in sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    ]


def _cache_efficiency(total: Tokens) -> float | None:
    taken = total.input + total.cache_read + total.cache_creation
    return round(total.cache_read / taken, 4) if taken else None


def _duration_s(one: Session) -> int:
    return (one.end_at - one.start_at) // 1000
