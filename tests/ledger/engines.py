"""The engines that the conformance suite runs over. A new one is one class and one entry in `ENGINES`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import apsw

from posthouse.ledger.base import Database
from posthouse.ledger.sqlite.database import open_sqlite

COUNTERS_OFF = """
    SELECT binding_id, status, sum(counted), sum(kept) FROM (
        SELECT binding_id, status, count AS counted, 0 AS kept FROM delivery_counters
        UNION ALL SELECT binding_id, status, 0, count(*) FROM deliveries GROUP BY binding_id, status
        UNION ALL SELECT source_id, 'event', count, 0 FROM event_counters
        UNION ALL SELECT source_id, 'event', 0, count(*) FROM events GROUP BY source_id
    ) AS both_books GROUP BY binding_id, status HAVING sum(counted) <> sum(kept)
"""
WITHOUT_EVENT = "SELECT id FROM deliveries WHERE event_seq NOT IN (SELECT seq FROM events)"
TWO_HEADS = """
    SELECT binding_id FROM deliveries WHERE in_line = 2 AND status IN ('pending', 'failed', 'in_flight')
    GROUP BY binding_id HAVING count(*) > 1
"""
NO_HEAD = """
    SELECT DISTINCT binding_id FROM deliveries WHERE in_line = 1 AND status IN ('pending', 'failed', 'in_flight')
    AND binding_id NOT IN (
        SELECT binding_id FROM deliveries WHERE in_line = 2 AND status IN ('pending', 'failed', 'in_flight'))
"""
LEASE_AMISS = "SELECT id FROM deliveries WHERE (status = 'in_flight') <> (lease_owner IS NOT NULL)"
END_AMISS = """
    SELECT id FROM deliveries WHERE (status IN ('pending', 'failed', 'in_flight')) <> (ended_at IS NULL)
    OR charged > attempts + 1
"""
PARCEL_AMISS = "SELECT id FROM deliveries WHERE parcel_id > '' AND parcel_id NOT IN (SELECT id FROM parcels)"
PARCEL_LEFT = """
    SELECT id FROM parcels WHERE id NOT IN (SELECT parcel_id FROM deliveries WHERE parcel_id > '')
    AND id NOT IN (SELECT parcel_id FROM attempts WHERE parcel_id IS NOT NULL)
"""
PARCEL_GREW = """
    SELECT p.id FROM parcels AS p JOIN deliveries AS d ON d.parcel_id = p.id GROUP BY p.id HAVING count(*) > p.size
"""
OPEN_BUT_SENT = "SELECT id FROM deliveries WHERE parcel_id = '' AND (attempts > 0 OR status IN ('in_flight', 'failed'))"
FAULTS = {
    "a counter is off": COUNTERS_OFF,
    "a delivery without its event": WITHOUT_EVENT,
    "a line with two heads": TWO_HEADS,
    "a line without a head": NO_HEAD,
    "a lease without a claim, or the reverse": LEASE_AMISS,
    "an end without its instant, or the reverse": END_AMISS,
    "a delivery in a parcel that is not there": PARCEL_AMISS,
    "a parcel to which nothing belongs": PARCEL_LEFT,
    "a parcel with more in it than it was made of": PARCEL_GREW,
    "something that was sent still waits for others": OPEN_BUT_SENT,
}
"""What must be empty in every ledger at every moment."""


class Engine(Protocol):
    """One kind of ledger, at one place of its own."""

    async def open(self) -> Database:
        """Open it, made and migrated if need be."""
        ...

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What another connection sees."""
        ...

    def faults(self) -> list[object]:
        """Everything that contradicts itself; empty in a sound ledger."""
        ...


class SqliteEngine:
    """The ledger in one file."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.db"

    async def open(self) -> Database:
        return await open_sqlite(self.path)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        connection = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def faults(self) -> list[object]:
        found: list[object] = [row for row in self.rows("PRAGMA integrity_check") if row != ("ok",)]
        return found + [(fault, *row) for fault, sql in FAULTS.items() for row in self.rows(sql)]


ENGINES: dict[str, Callable[[Path], Engine]] = {"sqlite": SqliteEngine}
