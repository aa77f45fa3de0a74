"""What tests of notifications say to a house that has the source which tells of agents."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from posthouse.ledger.events import NewDelivery, NewEvent, insert
from posthouse.ledger.sources import ensure_sources, get_source
from posthouse.model.agents import AgentFacts, AgentPayload
from posthouse.model.events import Event
from posthouse.model.ids import DEFAULT_PROJECT, DeliveryId, EventId, Millis
from tests.http.house import Answer, House
from tests.receiver import Receiver

TOKEN = 'tk_"quoted\\secret'
DAY_MS = 86_400_000


async def with_agents(house: House) -> House:
    """The house with the source that tells of agents, as every installation has it."""
    await house.database.run(ensure_sources, ("agents",), house.services.clock.now())
    await house.services.known.reload()
    return house


def url_of(receiver: Receiver) -> str:
    return receiver.url.rpartition("/")[0]


async def put(house: House, **config: Any) -> Answer:
    return await house.ask("PUT", "/api/notifications", config)


async def config_of(house: House) -> Any:
    return (await house.get("/api/notifications")).json["config"]


async def secrets_kept(house: House) -> int:
    """How many secrets the store has."""
    path = house.services.home / "secrets.enc"
    return len(json.loads(path.read_text())["values"]) if path.exists() else 0


async def everything(house: House) -> Any:
    """All that a change could have touched, but for the live log."""
    paths = ("notifications", "settings", "targets", "bindings")
    return [(await house.get(f"/api/{path}")).json for path in paths]


async def told(
    house: House, *, status: str = "pending", reason: str | None = None, n: int = 1, **event: Any
) -> list[str]:
    """Write deliveries to the first receiver as routing would, far from being due, and end them as it is said."""
    row = (await house.get("/api/notifications")).json["receivers"][0]
    binding = (await house.get(f"/api/bindings/{row['bindingId']}")).json
    source = await house.database.read(get_source, binding["sourceId"])
    now = house.services.clock.now()
    ids: list[str] = []
    for number in range(n):
        agent = AgentFacts(id=f"agent-{number}", tool="claude-code", machine="here", project="shop", title="Mend it")
        body = Event(
            id=EventId(house.services.clock.uuid7()),
            project_id=DEFAULT_PROJECT,
            source_id=source.id,
            machine="here",
            type="agent.turn-completed",
            at=Millis(now - 5),
            recorded_at=now,
            data=msgspec.Raw(msgspec.json.encode(AgentPayload(agent=agent))),
        )
        body = msgspec.structs.replace(body, **event)
        new = NewDelivery(
            id=DeliveryId(house.services.clock.uuid7()),
            binding_id=binding["id"],
            endpoint_id=binding["endpointId"],
            revision=binding["revision"],
            available_at=Millis(now + DAY_MS),
        )
        routing = house.services.known.directory.routing
        (inserted,) = await house.database.run(insert, [NewEvent(event=body, deliveries=(new,), routing=routing)])
        assert not inserted.is_stale
        ids.append(new.id)

    def end(tx: Any) -> None:
        for one in ids:
            tx._execute("UPDATE deliveries SET status = ?, reason = ? WHERE id = ?", (status, reason, one))

    await house.database.run(end)
    return ids
