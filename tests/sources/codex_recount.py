"""Codex's logs counted in the plainest way, all at once and from nothing: what the sources' counts are compared with.

It shares no code with them. In: the logs' bytes by path. Out: sessions and days, as the payloads have them.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

FIELDS = ("input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens")
GAP_MS = 300_000

Counts = tuple[int, ...]


def recount(logs: Mapping[str, bytes]) -> tuple[dict[str, dict[str, Any]], dict[str, Counts]]:
    """All sessions in which anything was asked or used by their id, and what was used by date."""
    files = defaultdict(list)
    for content in logs.values():
        session, facts = _read(content)
        if session and (facts["prompts"] or facts["snapshots"]):
            files[session].append(facts)
    sessions, days = {}, defaultdict[str, Counts](lambda: (0, 0, 0, 0))
    for session, held in files.items():
        sessions[session], by_day = _count(held)
        for date, counts in by_day.items():
            days[date] = _sum(days[date], counts)
    return sessions, dict(days)


def _read(content: bytes) -> tuple[str, dict[str, list[Any]]]:
    session = ""
    facts: dict[str, list[Any]] = {"prompts": [], "snapshots": [], "instants": []}
    for raw in content.splitlines(keepends=True):
        if not raw.endswith(b"\n"):
            continue
        try:
            line = json.loads(raw)
        except ValueError:
            continue
        payload = line["payload"]
        if line["type"] == "session_meta" and not session:
            session = payload["id"]
        if not session:
            continue
        at = round(datetime.fromisoformat(line["timestamp"]).timestamp() * 1_000)
        facts["instants"].append(at)
        if payload.get("type") == "user_message":
            facts["prompts"].append(at)
        if payload.get("type") == "token_count" and payload["info"]:
            usage = payload["info"]["total_token_usage"]
            counts = tuple(usage.get(name, 0) for name in FIELDS)
            if not facts["snapshots"] or facts["snapshots"][-1][1] != counts:
                facts["snapshots"].append((at, counts))
    return session, facts


def _count(held: list[dict[str, Any]]) -> tuple[dict[str, Any], dict[str, Counts]]:
    instants = [at for facts in held for at in facts["instants"]]
    start, end = min(instants), max(instants)
    prompts = [at for facts in held for at in facts["prompts"]]
    snapshots = sorted(one for facts in held for one in facts["snapshots"])
    if len(held) == 1:
        snapshots = held[0]["snapshots"]
    points, before = [start], None
    days = defaultdict[str, Counts](lambda: (0, 0, 0, 0))
    for at, counts in snapshots:
        if counts != before:
            points.append(at)
            date = datetime.fromtimestamp(at / 1_000, UTC).date().isoformat()
            days[date] = _sum(days[date], _above(counts, before or (0, 0, 0, 0)))
        before = counts
    points.append(end)
    gaps = [later - earlier for earlier, later in pairwise(points)]
    top = tuple(max((counts[n] for _, counts in snapshots), default=0) for n in range(4))
    return {
        "start": start,
        "end": end,
        "message_count": len(prompts) if len(held) == 1 else len(set(prompts)),
        "tokens": dict(zip(("input", "cache_read", "output", "reasoning_output"), top, strict=True)),
        "session_span_seconds": (end - start) // 1_000,
        "agentic_seconds": sum(gap for gap in gaps if 0 < gap < GAP_MS) // 1_000,
    }, {date: counts for date, counts in days.items() if any(counts)}


def _above(counts: Iterable[int], before: Iterable[int]) -> Counts:
    return tuple(max(one - other, 0) for one, other in zip(counts, before, strict=True))


def _sum(one: Iterable[int], other: Iterable[int]) -> Counts:
    return tuple(a + b for a, b in zip(one, other, strict=True))
