"""The figures of the status page, from counters that are kept as rows change: nothing here counts rows.

Every delivery is counted once, under the status that is reported: a waiting one whose endpoint or target is paused
counts as `target_paused` and not as pending or failed.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from posthouse.ledger.base import Transaction
from posthouse.ledger.sources import list_sources
from posthouse.ledger.targets import list_targets
from posthouse.model.deliveries import WAITING, Counts
from posthouse.model.ids import DEFAULT_PROJECT, Millis, ProjectId, SourceId, TargetId
from posthouse.model.sources import Source
from posthouse.model.targets import Target

LAST_DELIVERED_DEPTH = 200
"""How many of a binding's newest rows are searched for one that was delivered, so that a backlog costs nothing."""


class SourceFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a source. `events`: those that are kept; `last_event_at` outlives them.

    `last_delivered_at` is None where nothing of it was ever delivered, or long ago.
    """

    source: Source
    events: int
    last_event_at: Millis | None
    last_delivered_at: Millis | None
    bindings: int
    counts: Counts


class TargetFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What became of what is sent to a target. `last_delivered_at` is None where it is never, or long ago."""

    target: Target
    counts: Counts
    last_delivered_at: Millis | None


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """All figures of one moment."""

    counts: Counts
    events: int
    ledger_bytes: int
    sources: tuple[SourceFigures, ...]
    targets: tuple[TargetFigures, ...]


class _Share(msgspec.Struct, frozen=True):
    source_id: SourceId
    target_id: TargetId
    status: str
    count: int
    paused: int


class _Delivered(msgspec.Struct, frozen=True):
    source_id: SourceId
    target_id: TargetId
    at: Millis | None


def read_figures(tx: Transaction, *, project_id: ProjectId = DEFAULT_PROJECT) -> Figures:
    """Read them all. Takes as long as there are bindings, however many rows they have."""
    shares = [_Share(*row) for row in tx.all("delivery_counts", project_id=project_id)]
    events = {row[0]: (row[1], row[2]) for row in tx.all("event_counts", project_id=project_id)}
    bindings: dict[SourceId, int] = dict(tx.all("binding_counts", project_id=project_id))
    delivered = [
        _Delivered(*row) for row in tx.all("last_delivered", project_id=project_id, depth=LAST_DELIVERED_DEPTH)
    ]
    return Figures(
        counts=_sum(shares),
        events=sum(count for count, _ in events.values()),
        ledger_bytes=int(tx.value("ledger_size")),
        sources=tuple(
            SourceFigures(
                source=source,
                events=events.get(source.id, (0, None))[0],
                last_event_at=events.get(source.id, (0, None))[1],
                last_delivered_at=_last(one for one in delivered if one.source_id == source.id),
                bindings=bindings.get(source.id, 0),
                counts=_sum(share for share in shares if share.source_id == source.id),
            )
            for source in list_sources(tx, project_id=project_id)
        ),
        targets=tuple(
            TargetFigures(
                target=target,
                counts=_sum(share for share in shares if share.target_id == target.id),
                last_delivered_at=_last(one for one in delivered if one.target_id == target.id),
            )
            for target in list_targets(tx, project_id=project_id)
        ),
    )


def _last(delivered: Iterable[_Delivered]) -> Millis | None:
    return max((one.at for one in delivered if one.at is not None), default=None)


def _sum(shares: Iterable[_Share]) -> Counts:
    totals: dict[str, int] = {}
    for share in shares:
        paused = share.paused if share.status in WAITING else 0
        totals[share.status] = totals.get(share.status, 0) + share.count - paused
        totals["target_paused"] = totals.get("target_paused", 0) + paused
    return Counts(**totals)
