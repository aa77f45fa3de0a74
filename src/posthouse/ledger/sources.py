"""Sources in the ledger: which there are, their settings and choices, and whether they are on.

A removed source gives its name free at once, and its row stays for its events' sake, under a name that says so. Its
state goes in small steps (`removed_sources`, `forget_source`).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from posthouse.ledger.base import Row, Transaction, json_text
from posthouse.ledger.binding_changes import HasWaiting, Removal, Waiting, close_bindings, finish_closing
from posthouse.ledger.bindings import list_bindings
from posthouse.ledger.expectations import expect
from posthouse.ledger.live import tell_source
from posthouse.ledger.names import clean_name, describe_near, id_in
from posthouse.model.errors import Conflict, NotFound
from posthouse.model.expectations import Subject
from posthouse.model.ids import DEFAULT_PROJECT, BindingId, Millis, ProjectId, SourceId
from posthouse.model.live import SourceAction
from posthouse.model.sources import Source

PAGE_MAX = 500
FORGET_ROWS = 500
"""How much state is deleted in one step."""

KINDS_ON = frozenset({"agents", "ingest", "posthouse", "servers", "wake-schedule"})
"""Kinds that only take what is handed to them, or do what they are told: they are on from the first start, all others
start off."""


def ensure_sources(
    tx: Transaction, kinds: Iterable[str], now: Millis, *, project_id: ProjectId = DEFAULT_PROJECT
) -> None:
    """Make sure that each kind has its source, named after it. Safe to repeat; changes nothing that is there."""
    for kind in kinds:
        source_id = tx.value(
            "add_missing_source", project_id=project_id, kind=kind, is_enabled=int(kind in KINDS_ON), now=now
        )
        if source_id is not None:
            tell_source(tx, source_id, kind, SourceAction.ADDED, now, project_id=project_id)


def add_source(
    tx: Transaction,
    *,
    kind: str,
    name: str,
    settings: msgspec.Raw,
    properties: dict[str, bool],
    now: Millis,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> Source:
    """Add a source that is off. Raises BadInput `source.name_invalid`, Conflict `source.exists`."""
    name = clean_name(name, noun="source")
    if tx.value("is_source_name_taken", project_id=project_id, name=name):
        raise Conflict("source.exists", f"There is a source {name!r} already. Choose another name.", field="name")
    source_id = tx.value(
        "add_source",
        project_id=project_id,
        kind=kind,
        name=name,
        settings=bytes(settings).decode(),
        properties=json_text(properties),
        now=now,
    )
    tell_source(tx, source_id, name, SourceAction.ADDED, now, project_id=project_id)
    return get_source(tx, source_id, project_id=project_id)


def list_sources(
    tx: Transaction, *, after: int = 0, limit: int = PAGE_MAX, project_id: ProjectId = DEFAULT_PROJECT
) -> list[Source]:
    """Sources in the order of their ids, from the one after `after`."""
    return [source_of(row) for row in tx.all("page_sources", project_id=project_id, after=after, limit=limit)]


def get_source(
    tx: Transaction, reference: str | int, *, even_removed: bool = False, project_id: ProjectId = DEFAULT_PROJECT
) -> Source:
    """One source by its id or name. Raises NotFound `source.not_found`, with the names that are near."""
    row = tx.one(
        "get_source",
        project_id=project_id,
        id=id_in(str(reference)),
        name=str(reference),
        even_removed=int(even_removed),
    )
    if row is None:
        known = (name for (name,) in tx.all("source_names", project_id=project_id))
        message = f"There is no source {str(reference)[:100]!r}.{describe_near(str(reference), known)}"
        raise NotFound("source.not_found", message)
    return source_of(row)


def edit_source(
    tx: Transaction,
    source_id: SourceId,
    *,
    settings: msgspec.Raw | None = None,
    properties: dict[str, bool] | None = None,
    now: Millis,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> Source:
    """Replace the settings, and lay the given choices over those there are. Raises NotFound `source.not_found`."""
    source = get_source(tx, source_id, project_id=project_id)
    chosen = source.properties if properties is None else source.properties | properties
    tx.change(
        "edit_source",
        project_id=project_id,
        id=source.id,
        settings=bytes(source.settings if settings is None else settings).decode(),
        properties=json_text(chosen),
        now=now,
    )
    tell_source(tx, source.id, source.name, SourceAction.CHANGED, now, project_id=project_id)
    return get_source(tx, source.id, project_id=project_id)


def enable_source(
    tx: Transaction,
    source_id: SourceId,
    *,
    is_enabled: bool,
    now: Millis,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> Source:
    """Switch a source on or off; a removed one is off. Safe to repeat. Raises NotFound `source.not_found`."""
    get_source(tx, source_id, even_removed=not is_enabled, project_id=project_id)
    is_changed = tx.change("enable_source", project_id=project_id, id=source_id, is_enabled=int(is_enabled), now=now)
    source = get_source(tx, source_id, even_removed=True, project_id=project_id)
    if is_changed:
        action = SourceAction.ENABLED if is_enabled else SourceAction.DISABLED
        tell_source(tx, source_id, source.name, action, now, project_id=project_id)
    return source


def remove_source(
    tx: Transaction,
    source_id: SourceId,
    *,
    waiting: Waiting,
    now: Millis,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> Removal:
    """End a source's bindings and remove it; what has not ended is left to be delivered, or dismissed by the caller.

    Raises HasWaiting `source.has_waiting` or Conflict `source.is_bound` where `waiting` is refuse and something waits
    or is bound, NotFound `source.not_found`.
    """
    source = get_source(tx, source_id, project_id=project_id)
    bound = _bindings_of(tx, source.id, project_id)
    queued = sum(int(tx.value("count_unended", binding_id=binding_id)) for binding_id in bound)
    if queued and waiting is Waiting.REFUSE:
        raise HasWaiting("source.has_waiting", f"{queued} deliveries of {source.name} have not ended.", queued)
    if bound and waiting is Waiting.REFUSE:
        numbers = ", ".join(str(binding_id) for binding_id in bound[:10])
        raise Conflict(
            "source.is_bound",
            f"{source.name} is bound: {numbers}. End these bindings first, or say waiting=deliver to end them with it.",
            field="waiting",
        )
    close_bindings(tx, bound, now=now, project_id=project_id)
    expect(tx, Subject.SOURCE, source.id, None, now, project_id=project_id)
    tx.change("remove_source", project_id=project_id, id=source.id, name=_removed_name(tx, source, project_id), now=now)
    tell_source(tx, source.id, source.name, SourceAction.REMOVED, now, project_id=project_id)
    finish_closing(tx, now=now, project_id=project_id)
    return Removal(bindings=tuple(bound), waiting=queued)


def removed_sources(tx: Transaction, *, project_id: ProjectId = DEFAULT_PROJECT) -> list[SourceId]:
    """Removed sources whose state or settings are still kept."""
    return [SourceId(source_id) for (source_id,) in tx.all("removed_sources", project_id=project_id)]


def forget_source(tx: Transaction, source_id: SourceId, *, project_id: ProjectId = DEFAULT_PROJECT) -> bool:
    """Delete `FORGET_ROWS` of a removed source's state, and last its settings; whether that was all. Safe to repeat."""
    if tx.change("forget_source_state", project_id=project_id, id=source_id, limit=FORGET_ROWS) == FORGET_ROWS:
        return False
    tx.change("forget_source_settings", project_id=project_id, id=source_id)
    return True


def source_of(row: Row) -> Source:
    """The source in a row of its columns in the record's order."""
    source_id, project_id, kind, name, settings, properties, is_enabled, created_at, updated_at = row
    return Source(
        id=source_id,
        project_id=project_id,
        kind=kind,
        name=name,
        settings=msgspec.Raw(settings.encode()),
        properties=msgspec.json.decode(properties, type=dict[str, bool]),
        is_enabled=bool(is_enabled),
        created_at=created_at,
        updated_at=updated_at,
    )


def _bindings_of(tx: Transaction, source_id: SourceId, project_id: ProjectId) -> list[BindingId]:
    """Every binding of a source that is not removed, those that are closing too."""
    found: list[BindingId] = []
    while page := list_bindings(tx, source_id=source_id, after=found[-1] if found else 0, project_id=project_id):
        found += [row.binding.id for row in page]
    return found


def _removed_name(tx: Transaction, source: Source, project_id: ProjectId) -> str:
    """The source's name with a word that it is gone; ids are never used twice, but a person may have said it before."""
    name = f"{source.name} (removed {source.id})"
    while tx.value("is_source_name_taken", project_id=project_id, name=name):
        name += "'"
    return name
