"""The live log: entries are written in the transactions of what they tell of, and read back in the order of commits.

Numbers rise by one and are never used twice; the log is only ever cut at its old end. What is critical is copied, so
that it outlives the log for as long as a client is owed it (`ledger.live_critical`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from posthouse.ledger.base import Row, Topic, Transaction, json_text
from posthouse.model.deliveries import WAITING, Counts
from posthouse.model.ids import DEFAULT_PROJECT, EndpointId, Millis, ProjectId, SourceId
from posthouse.model.live import (
    Configured,
    DeliveryUpdate,
    DeliveryUpdateEvent,
    Level,
    LiveEvent,
    NewestDelivery,
    SettingsUpdate,
    SettingsUpdateEvent,
    SourceAction,
    SourceUpdate,
    SourceUpdateEvent,
    type_of,
)
from posthouse.rules.live import Extent, is_critical, level_of

NEWEST = 5
"""How many of a lane's newest deliveries an update names."""

UNTOLD_MAX = 500
"""How many of the newest events are looked at after a start: what a stop leaves untold is a quarter of a second's."""

TRIM_STEP = 1_000


class LogRow(msgspec.Struct, frozen=True):
    """An entry as it lies in the ledger."""

    seq: int
    at: Millis
    type: str
    payload: str


def tell(
    tx: Transaction,
    event: LiveEvent,
    now: Millis,
    *,
    level: Level | None = None,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> None:
    """Write an entry; a critical one is owed to every client from now on. `level` where the event does not say it."""
    event_type, payload = type_of(event), json_text(event.payload)
    level = level or level_of(event)
    columns = {"project_id": project_id, "now": now, "type": event_type, "payload": payload}
    seq = tx.value("add_live_entry", level=level, **columns)
    if is_critical(event, level):
        tx.change("add_critical_entry", live_seq=seq, **columns)
    tx.announce(Topic.LIVE)


def tell_source(
    tx: Transaction,
    source_id: SourceId,
    name: str,
    action: SourceAction,
    now: Millis,
    *,
    detail: str = "",
    project_id: ProjectId = DEFAULT_PROJECT,
) -> None:
    """Tell what became of a source."""
    update = SourceUpdate(source_id=source_id, source=name, action=action, detail=detail, timestamp=now)
    tell(tx, SourceUpdateEvent(update), now, project_id=project_id)


def tell_run(
    tx: Transaction,
    binding_id: int,
    action: Literal[SourceAction.RUN, SourceAction.GAP],
    detail: str,
    now: Millis,
    *,
    count: int = 0,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> None:
    """Tell what came of a binding's runs; of a gap, how many slots it passed over."""
    row = tx.one("names_of_binding", binding_id=binding_id)
    if row is None:
        return
    update = SourceUpdate(
        source_id=row[0],
        source=row[1],
        action=action,
        detail=detail,
        binding_id=binding_id,
        count=count,
        timestamp=now,
    )
    tell(tx, SourceUpdateEvent(update), now, project_id=project_id)


def tell_events(tx: Transaction, seqs: Iterable[int], now: Millis) -> None:
    """Tell, once per source, of events by their positions, as far as they are there and nothing takes them.

    The daemon's own are told of where they arise.
    """
    for source_id, project_id, source, count, newest, _ in tx.all("events_by_source", seqs=json_text(list(seqs))):
        update = SourceUpdate(
            source_id=source_id, source=source, action=SourceAction.EVENTS, detail=newest, count=count, timestamp=now
        )
        tell(tx, SourceUpdateEvent(update), now, project_id=project_id)


def untold_events(tx: Transaction) -> frozenset[int]:
    """Of the newest events, the positions of those that nothing takes and that a stop has left untold."""
    return frozenset(row[0] for row in tx.all("untold_events", limit=UNTOLD_MAX))


def tell_configured(
    tx: Transaction,
    subject: Configured,
    action: Literal["set", "reset", "added", "changed", "closing", "removed"],
    now: Millis,
    *,
    name: str = "",
    subject_id: int | None = None,
    value: bool | int | float | str | None = None,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> None:
    """Tell of something that was configured; a binding's name is found here."""
    if subject is Configured.BINDING:
        name = tx.value("name_of_binding", project_id=project_id, subject_id=subject_id) or ""
    update = SettingsUpdate(subject=subject, action=action, name=name, id=subject_id, value=value, timestamp=now)
    tell(tx, SettingsUpdateEvent(update), now, project_id=project_id)


def tell_lanes(tx: Transaction, endpoint_ids: Iterable[EndpointId], now: Millis) -> None:
    """Tell where the deliveries of these lanes stand now."""
    for endpoint_id in endpoint_ids:
        row = tx.one("lane_facts", endpoint_id=endpoint_id)
        if row is not None:
            update = lane_update(tx, endpoint_id, row, now)
            tell(tx, DeliveryUpdateEvent(update), now, project_id=row[2])


def read_lanes(tx: Transaction, now: Millis, *, project_id: ProjectId = DEFAULT_PROJECT) -> list[DeliveryUpdate]:
    """Where the deliveries of every lane stand."""
    found = []
    for (endpoint_id,) in tx.all("lanes_of_project", project_id=project_id):
        row = tx.one("lane_facts", endpoint_id=endpoint_id)
        if row is not None:
            found.append(lane_update(tx, endpoint_id, row, now))
    return found


def lane_update(tx: Transaction, endpoint_id: EndpointId, facts: Row, now: Millis) -> DeliveryUpdate:
    """Where the deliveries of one lane stand: by reported status, from the counters, and the newest few."""
    target_id, is_paused, _, target, endpoint = facts
    counts: dict[str, int] = {}
    for status, count in tx.all("lane_counts", endpoint_id=endpoint_id):
        reported = "target_paused" if is_paused and status in WAITING else status
        counts[reported] = counts.get(reported, 0) + count
    rows = tx.all("newest_of_lane", endpoint_id=endpoint_id, limit=NEWEST)
    return DeliveryUpdate(
        endpoint_id=endpoint_id,
        target_id=target_id,
        counts=Counts(**counts),
        newest=tuple(
            NewestDelivery(id=found, status=status, event_type=event_type, attempts=attempts, updated_at=updated_at)
            for found, status, event_type, attempts, updated_at in rows
        ),
        timestamp=now,
        target=target,
        endpoint=endpoint,
    )


def ledger_epoch(tx: Transaction) -> str:
    """The ledger's identity: what every cursor of its live log begins with."""
    epoch: str = tx.value("ledger_epoch")
    return epoch


def live_extent(tx: Transaction) -> Extent:
    """What the live log has: the number of its first entry and of the last that was ever written."""
    first, last = tx.all("live_extent")[0]
    return Extent(first=first or last + 1, last=last)


def read_log(
    tx: Transaction, after: int, *, limit: int, project_id: ProjectId = DEFAULT_PROJECT
) -> tuple[Extent, list[LogRow]]:
    """Entries behind a number, in order, and what there is to read: both of one moment."""
    rows = tx.all("live_entries", project_id=project_id, after=after, limit=limit)
    return live_extent(tx), [LogRow(*row) for row in rows]


def newest_entries(
    tx: Transaction, types: Sequence[str], *, limit: int, project_id: ProjectId = DEFAULT_PROJECT
) -> list[LogRow]:
    """The newest entries of some types, newest first."""
    rows = tx.all("newest_live_entries", project_id=project_id, types=json_text(list(types)), limit=limit)
    return [LogRow(*row) for row in rows]


def trim_live_log(tx: Transaction, before: Millis, most: int, *, limit: int = TRIM_STEP) -> bool:
    """Remove up to `limit` entries that are older than an instant or beyond the newest `most`; whether that was all.

    Entries go from the old end only, so that what is left has no hole, whatever the clock did.
    """
    upto = max(int(tx.value("live_trim_by_age", before=before)), live_extent(tx).last - most)
    return tx.change("trim_live_log", upto=upto, limit=limit) < limit
