"""Sources in the ledger: which there are, their settings and choices, and whether they are on."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from posthouse.ledger.base import Row, Transaction, json_text
from posthouse.ledger.names import describe_near, id_in
from posthouse.model.errors import NotFound
from posthouse.model.ids import DEFAULT_PROJECT, Millis, ProjectId, SourceId
from posthouse.model.sources import Source

PAGE_MAX = 500

PASSIVE_KINDS = frozenset({"ingest", "posthouse"})
"""Kinds that read nothing of their own accord: they are on from the first start, all others start off."""


def ensure_sources(
    tx: Transaction, kinds: Iterable[str], now: Millis, *, project_id: ProjectId = DEFAULT_PROJECT
) -> None:
    """Make sure that each kind has its source, named after it. Safe to repeat; changes nothing that is there."""
    for kind in kinds:
        tx.change(
            "add_missing_source", project_id=project_id, kind=kind, is_enabled=int(kind in PASSIVE_KINDS), now=now
        )


def list_sources(
    tx: Transaction, *, after: int = 0, limit: int = PAGE_MAX, project_id: ProjectId = DEFAULT_PROJECT
) -> list[Source]:
    """Sources in the order of their ids, from the one after `after`."""
    return [_source_of(row) for row in tx.all("page_sources", project_id=project_id, after=after, limit=limit)]


def get_source(tx: Transaction, reference: str | int, *, project_id: ProjectId = DEFAULT_PROJECT) -> Source:
    """One source by its id or name. Raises NotFound `source.not_found`, with the names that are near."""
    row = tx.one("get_source", project_id=project_id, id=id_in(str(reference)), name=str(reference))
    if row is None:
        known = (name for (name,) in tx.all("source_names", project_id=project_id))
        message = f"There is no source {str(reference)[:100]!r}.{describe_near(str(reference), known)}"
        raise NotFound("source.not_found", message)
    return _source_of(row)


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
    return get_source(tx, source.id, project_id=project_id)


def enable_source(
    tx: Transaction,
    source_id: SourceId,
    *,
    is_enabled: bool,
    now: Millis,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> Source:
    """Switch a source on or off. Safe to repeat. Raises NotFound `source.not_found`."""
    tx.change("enable_source", project_id=project_id, id=source_id, is_enabled=int(is_enabled), now=now)
    return get_source(tx, source_id, project_id=project_id)


def _source_of(row: Row) -> Source:
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
