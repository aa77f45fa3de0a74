"""One read of a snapshot source: what it found, compared per binding with what that binding was last sent.

Each binding sees its own projection of the data (the source's choices, narrowed by its own), so each has its own
fingerprint. A binding for which nothing changed gets nothing; a snapshot that is unchanged for all of them makes no
event. A manual push skips the comparison.
"""

from __future__ import annotations

import msgspec

from posthouse.ledger.base import Database
from posthouse.ledger.events import newest_fingerprint
from posthouse.model.events import EventDraft
from posthouse.model.ids import BindingId
from posthouse.model.sources import Emission, Source
from posthouse.pipeline.directory import Known
from posthouse.pipeline.intake import Intake, Posted
from posthouse.pipeline.sender import allowed_properties, project
from posthouse.rules.changes import fingerprint, is_unchanged
from posthouse.rules.routing import matches
from posthouse.sources.base import source_kind


async def take_snapshot(
    source: Source, emission: Emission, *, database: Database, known: Known, intake: Intake, is_forced: bool
) -> list[Posted]:
    """Commit a snapshot's state, and its event where any binding has not seen it yet."""
    posted: list[Posted] = []
    drafts = [_kept(source, draft) for draft in emission.events]
    puts, deletes = emission.state_puts, emission.state_deletes
    for draft in drafts:
        changed = await _changed_for(source, draft, database=database, known=known, is_forced=is_forced)
        if changed is None:
            continue
        posted += await intake.take(
            source,
            [draft],
            state_puts=puts,
            state_deletes=deletes,
            fingerprints=changed,
            is_staggered=not is_forced,
        )
        puts, deletes = (), ()
    if puts or deletes:
        await intake.take(source, [], state_puts=puts, state_deletes=deletes)
    return posted


def _kept(source: Source, draft: EventDraft) -> EventDraft:
    """The draft with only what the source's owner lets out: what is off is not even stored."""
    return msgspec.structs.replace(draft, data=project(source, {}, draft.data))


async def _changed_for(
    source: Source, draft: EventDraft, *, database: Database, known: Known, is_forced: bool
) -> dict[BindingId, str] | None:
    """The bindings that want this and have not seen it, each with its fingerprint; None where all who want it have."""
    kind = source_kind(source.kind)
    data = msgspec.json.decode(draft.data)
    routes = [one for one in known.directory.routes.get(source.id, ()) if matches(one.filter, draft)]
    changed: dict[BindingId, str] = {}
    for route in routes:
        shape = await known.shape(route.binding_id, route.revision)
        choices = allowed_properties(source, shape.properties)
        mark = fingerprint(kind.project(data, choices), volatile=kind.volatile, choices=choices)
        newest = await database.read(newest_fingerprint, route.binding_id)
        if is_forced or not is_unchanged(mark, newest):
            changed[route.binding_id] = mark
    return changed if changed or not routes else None
