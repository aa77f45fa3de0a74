"""Following: what others posted to ingest, handed to a source by position, as it is committed.

In: how the types begin, and the position behind which to begin. Out: events, oldest first. The follower keeps its
position in its own state, with what the events led to; so a crash repeats and skips nothing. Nothing polls: the commit
of an event wakes whoever follows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from posthouse.ledger.base import Announced, Database, Topic
from posthouse.ledger.events import FOLLOWED, events_behind
from posthouse.pipeline.directory import Known
from posthouse.pipeline.failing import broken
from posthouse.sources.base import Followed

FOLLOW_MAX = 200
"""So many events are handed over at a time."""

FOLLOWED_KIND = "ingest"


async def follow(database: Database, known: Known, prefix: str, after: int) -> AsyncIterator[tuple[Followed, ...]]:
    """Posted events whose type begins with the prefix, behind a position; waits for more until closed.

    Raises PosthouseError `source.broken` where the prefix is none that can be followed.
    """
    if not prefix.startswith(FOLLOWED):
        raise broken(f"only events that begin with {FOLLOWED} can be followed")
    (source,) = (one for one in known.directory.sources.values() if one.kind == FOLLOWED_KIND)
    woken = asyncio.Event()

    def hear(announced: Announced) -> None:
        if source.id in announced.get(Topic.FOLLOWED, ()):
            woken.set()

    unlisten = database.listen(hear)
    try:
        while True:
            woken.clear()
            found = await database.read(events_behind, source.id, after, limit=FOLLOW_MAX)
            if not found:
                await woken.wait()
                continue
            after = found[-1][0]
            fitting = tuple(Followed(seq=seq, event=event) for seq, event in found if event.type.startswith(prefix))
            if fitting:
                yield fitting
    finally:
        unlisten()
