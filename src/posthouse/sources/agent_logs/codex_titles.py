"""What Codex's sessions are called: the list that it keeps beside the folder of its logs, `session_index.jsonl`.

Its lines are `{id, thread_name, updated_at}`, the last one of an id counts, and the program only ever appends. Each
read takes in what was added. Lines of another shape are passed over. A list that was replaced or is gone takes all
names with it, and what lists there are is read anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec

from posthouse.model.agents import ID_MAX, TITLE_MAX
from posthouse.sources.agent_logs.codex_state import TITLES, Titles, decode_titles, title_key
from posthouse.sources.agent_logs.log_state import encode
from posthouse.sources.agent_logs.overlay import Overlay
from posthouse.sources.agent_logs.tree import look_at
from posthouse.sources.jsonl import Slice, read_slice

NAME = "session_index.jsonl"


class _Named(msgspec.Struct):
    id: str
    thread_name: str


_decode = msgspec.json.Decoder(_Named).decode


async def read_titles(state: Overlay, roots: Sequence[Path], excluded: Sequence[Path]) -> None:
    """Take in what was added to the lists beside these roots."""
    folders = sorted({root.absolute().parent for root in roots})
    seen = await asyncio.to_thread(look_at, [str(folder / NAME) for folder in folders], folders, excluded)
    stored = await state.get(TITLES)
    known = decode_titles(stored) if stored is not None else {}
    if not known.keys() <= seen.files.keys():
        known = await _forget(state)
    changed = [path for path, found in seen.files.items() if path not in known or not known[path].is_current(found)]
    while changed:
        path = changed.pop()
        part = await _read(path, known)
        if part is None:
            continue
        if part.is_anew and path in known:
            known = await _forget(state)
            changed = list(seen.files)
            continue
        for key, name in _names(part.lines).items():
            state.put(key, name)
        known[path] = part.cursor
        if not part.is_end:
            changed.append(path)
    value = encode(dict(sorted(known.items()))) if known else None
    if value is not None and value != stored:
        state.put(TITLES, value)
    elif value is None and stored is not None:
        state.delete(TITLES)


async def _read(path: str, known: Titles) -> Slice | None:
    try:
        return await asyncio.to_thread(read_slice, path, known.get(path))
    except OSError:
        return None  # Without it sessions go by their first prompt.


async def _forget(state: Overlay) -> Titles:
    for key in await state.items("title:"):
        state.delete(key)
    return {}


def _names(lines: Sequence[bytes]) -> dict[str, bytes]:
    names = {}
    for raw in lines:
        try:
            named = _decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if 0 < len(named.id) <= ID_MAX:
            names[title_key(named.id)] = " ".join(named.thread_name.split())[:TITLE_MAX].encode()
    return names
