"""A program that inserts without pause and says each id once its commit was answered: to be killed by a test."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from posthouse.ledger.base import Database
from posthouse.ledger.events import Lease, NewDelivery, NewEvent, insert
from posthouse.ledger.leases import claim
from posthouse.ledger.own_events import Author
from posthouse.ledger.results import complete
from posthouse.ledger.sqlite.database import open_sqlite
from posthouse.model.deliveries import AttemptResult, Outcome, OutcomeKind
from posthouse.model.events import Event
from posthouse.model.ids import DEFAULT_PROJECT, BindingId, DeliveryId, EndpointId, EventId, SourceId
from posthouse.system.clock import SystemClock

CLOCK = SystemClock()
ENDPOINT = EndpointId(1)


async def insert_for_ever(database: Database) -> None:
    routing = await database.read(lambda tx: tx.value("routing_number"))
    while True:
        now = CLOCK.now()
        event = Event(
            id=EventId(CLOCK.uuid7()),
            project_id=DEFAULT_PROJECT,
            source_id=SourceId(1),
            machine="here",
            type="t",
            at=now,
            recorded_at=now,
            subject="x" * 500,
        )
        delivery = NewDelivery(
            id=DeliveryId(CLOCK.uuid7()),
            binding_id=BindingId(1),
            endpoint_id=ENDPOINT,
            revision=1,
            available_at=now,
        )
        [inserted] = await database.run(insert, [NewEvent(event=event, deliveries=(delivery,), routing=routing)])
        print(inserted.id, flush=True)


async def deliver_for_ever(database: Database, owner: str) -> None:
    author = Author(machine="here", fresh_id=CLOCK.uuid7)
    while True:
        now = CLOCK.now()
        claimed = await database.run(claim, ENDPOINT, 5, Lease(owner=owner, until=10**12), now, 0.0, CLOCK.uuid7)
        outcome = Outcome(kind=OutcomeKind.DELIVERED, code="http_200", status_code=200)
        results = [
            AttemptResult(delivery=one, outcome=outcome, started_at=now, duration_ms=0, jitter=0.0)
            for one in claimed.deliveries
        ]
        await database.run(complete, ENDPOINT, results, now, 8, author)


async def main(path: Path, owner: str) -> None:
    database = await open_sqlite(path)
    async with asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(insert_for_ever(database))
        group.create_task(deliver_for_ever(database, owner))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
