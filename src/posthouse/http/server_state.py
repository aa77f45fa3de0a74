"""What the ledger has of managed servers, as the API's handlers read it."""

from __future__ import annotations

from typing import Annotated

from litestar.params import PathParameter

from posthouse.http.services import Services
from posthouse.ledger.base import Transaction
from posthouse.ledger.state import get_state, state_between
from posthouse.model.errors import Conflict, NotFound
from posthouse.model.ids import SourceId
from posthouse.model.sources import Scope
from posthouse.sources.servers.definitions import Definition
from posthouse.sources.servers.keeping import END, PROCESS, SERVER, TUNNEL, Runtime, definitions_of, runtimes_of

KIND = "servers"

ServerName = Annotated[str, PathParameter(min_length=1, max_length=50, description="A server's name.")]


def servers_source(services: Services) -> SourceId:
    """The one source of this kind. Raises Conflict `source.not_running` where there is none."""
    found = find_source(services)
    if found is None:
        raise Conflict("source.not_running", "The source servers is not here; see posthouse source list.")
    return found


def find_source(services: Services) -> SourceId | None:
    """The one source of this kind; None where there is none."""
    for source in services.known.directory.sources.values():
        if source.kind == KIND:
            return source.id
    return None


async def read_server(services: Services, name: str) -> tuple[Definition, Runtime]:
    """A server's definition and how it stands. Raises NotFound `server.not_found`."""
    source_id, state = find_source(services), dict[str, bytes]()
    if source_id is not None:
        state = await services.database.read(state_of_one, source_id, services.machine, name)
    definition = definitions_of(state).get(name)
    if definition is None:
        raise NotFound("server.not_found", f"There is no managed server {name[:50]!r}.")
    return definition, runtimes_of(state).get(name, Runtime())


def state_of_all(tx: Transaction, source_id: SourceId, machine: str) -> dict[str, bytes]:
    """All that is remembered of servers."""
    found: dict[str, bytes] = {}
    for prefix in (SERVER, PROCESS, TUNNEL):
        found |= state_between(tx, source_id, machine, prefix, prefix + END, Scope.MACHINE)
    return found


def state_of_one(tx: Transaction, source_id: SourceId, machine: str, name: str) -> dict[str, bytes]:
    """All that is remembered of one server."""
    keys = [prefix + name for prefix in (SERVER, PROCESS, TUNNEL)]
    found = {key: get_state(tx, source_id, machine, key, Scope.MACHINE) for key in keys}
    return {key: value for key, value in found.items() if value is not None}
