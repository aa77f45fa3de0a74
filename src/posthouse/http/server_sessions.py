"""`/api/servers/{name}/sessions`: the sessions of an OpenCode server, asked of it, and how they stand on the board."""

from __future__ import annotations

from typing import Annotated

from litestar import delete, get
from litestar.di import NamedDependency
from litestar.params import PathParameter

from posthouse.http.agents import KIND as AGENTS
from posthouse.http.problems import problems
from posthouse.http.server_state import ServerName, read_server, servers_source
from posthouse.http.server_views import ServerSession, ServerSessions
from posthouse.http.services import Services
from posthouse.ledger.state import state_between
from posthouse.model.agents import Agent
from posthouse.model.errors import Conflict, PosthouseError
from posthouse.model.sources import Scope
from posthouse.rules.process import ServerState
from posthouse.sources.agents.keeper import AGENT, agents_of
from posthouse.sources.agents.telling import TITLES
from posthouse.sources.servers import opencode
from posthouse.sources.servers.definitions import OPENCODE, Definition

COUNT_S = 2.0
"""How long a list of servers waits for one that does not answer."""

SessionId = Annotated[str, PathParameter(min_length=1, max_length=200, description="A session's id.")]


@get("/api/servers/{name:str}/sessions", responses=problems(404, 409))
async def list_server_sessions(name: ServerName, services: NamedDependency[Services]) -> ServerSessions:
    """The newest sessions of an OpenCode server. Titles are shown where the source `agents` lets them out."""
    return await _sessions(services, await _opencode(services, name))


@delete("/api/servers/{name:str}/sessions/{session_id:str}", status_code=200, responses=problems(404, 409))
async def disconnect_session(
    name: ServerName, session_id: SessionId, services: NamedDependency[Services]
) -> ServerSessions:
    """Delete a session at the server, with all that was said in it; answers those that are left."""
    definition = await _opencode(services, name)
    await opencode.delete_session(services.outbound, definition, session_id, await _password(services, definition))
    arguments = {"name": name, "session_id": session_id}
    await services.collection.command(servers_source(services), "disconnected", arguments)
    return await _sessions(services, definition)


async def count_sessions(services: Services, definition: Definition) -> int | None:
    """How many sessions it has, at most 100; None where it does not say so at once."""
    try:
        password = await _password(services, definition)
        return len(await opencode.list_sessions(services.outbound, definition, password, deadline_s=COUNT_S))
    except PosthouseError:
        return None


async def _sessions(services: Services, definition: Definition) -> ServerSessions:
    board, has_titles = await _board(services)
    found = await opencode.list_sessions(services.outbound, definition, await _password(services, definition))
    return ServerSessions(
        items=[
            ServerSession(
                id=one.id,
                title=one.title if has_titles else "",
                folder=one.folder,
                state=board[one.id].state if one.id in board else "idle",
                parent_id=one.parent_id,
                updated_at=one.updated_at,
            )
            for one in found
        ]
    )


async def _opencode(services: Services, name: str) -> Definition:
    definition, runtime = await read_server(services, name)
    if definition.preset != OPENCODE:
        raise Conflict("server.has_no_sessions", f"{name} is no OpenCode server: it has no sessions.")
    if runtime.process.state not in (ServerState.RUNNING, ServerState.UNHEALTHY):
        raise Conflict("server.not_started", f"{name} does not run. Start it with: posthouse servers start {name}")
    return definition


async def _board(services: Services) -> tuple[dict[str, Agent], bool]:
    """The agents on the board by id, and whether titles may be shown."""
    for source in services.known.directory.sources.values():
        if source.kind == AGENTS:
            has_titles = source.properties.get(TITLES, True)
            stored = await services.database.read(
                state_between, source.id, services.machine, AGENT, AGENT + "\U0010ffff", Scope.MACHINE
            )
            return {one.id: one for one in agents_of(stored, has_titles=has_titles)}, has_titles
    return {}, True


async def _password(services: Services, definition: Definition) -> str:
    """What the server was told to ask for, "" for nothing."""
    ref = definition.secret_env.get(opencode.PASSWORD)
    if ref is not None:
        return await services.secrets.get(ref) or ""
    return definition.env.get(opencode.PASSWORD, "")
