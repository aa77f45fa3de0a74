"""`/api/servers`: the programs that Posthouse keeps alive: what they are, how they are, and what is to become of them.

What is stored is read from the ledger; what changes goes to the source `servers` at work, which alone decides. A secret
goes into the secret store before the definition that names it, and leaves it after the last one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from litestar import delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from posthouse.http.problems import problems
from posthouse.http.server_sessions import count_sessions
from posthouse.http.server_state import ServerName, find_source, read_server, servers_source, state_of_all, state_of_one
from posthouse.http.server_views import ServerInput, ServerList, ServerPatch, ServerView, given_of, view_server
from posthouse.http.services import Services
from posthouse.http.target_secrets import store_secrets
from posthouse.model.errors import BadInput, Conflict, NotFound
from posthouse.model.ids import SourceId
from posthouse.rules.process import ServerState
from posthouse.sources.servers.definitions import OPENCODE
from posthouse.sources.servers.keeping import TUNNEL, Runtime, definitions_of, moment, runtimes_of
from posthouse.targets.programs import check_variable


@get("/api/servers", responses=problems())
async def list_servers(services: NamedDependency[Services]) -> ServerList:
    """All managed servers, and what each one uses now."""
    source_id = find_source(services)
    if source_id is None:
        return ServerList(items=[])
    state = await services.database.read(state_of_all, source_id, services.machine)
    return ServerList(items=await _views(services, source_id, state))


@post("/api/servers", responses=problems(409, 413, 415))
async def create_server(data: JSONBody[ServerInput], services: NamedDependency[Services]) -> ServerView:
    """Define a server; nothing is started yet. Needs the setting `commands.allowed`."""
    source_id = servers_source(services)
    values, refs = _secrets(services, data)
    definition = given_of(data) | {"secret_env": refs}
    async with store_secrets(services.secrets, values):
        await _tell(services, source_id, "add", definition=definition, confirm_tunnel=data.confirm_tunnel)
    return await _view(services, source_id, data.name)


@get("/api/servers/{name:str}", responses=problems(404))
async def get_server(name: ServerName, services: NamedDependency[Services]) -> ServerView:
    """A managed server, and what it uses now."""
    await read_server(services, name)
    return await _view(services, servers_source(services), name)


@patch("/api/servers/{name:str}", responses=problems(404, 409, 413, 415))
async def change_server(
    name: ServerName, data: JSONBody[ServerPatch], services: NamedDependency[Services]
) -> ServerView:
    """Change what is given. It holds from the next start of the server on."""
    before = (await read_server(services, name))[0].secret_env
    source_id = servers_source(services)
    values, refs = _secrets(services, data)
    kept = {one: ref for one, ref in before.items() if one not in data.secret_env} | refs
    definition = given_of(data) | {"secret_env": kept}
    async with store_secrets(services.secrets, values):
        await _tell(services, source_id, "edit", name=name, definition=definition, confirm_tunnel=data.confirm_tunnel)
    for ref in set(before.values()) - set(kept.values()):
        await services.secrets.delete(ref)
    return await _view(services, source_id, name)


@delete("/api/servers/{name:str}", status_code=200, responses=problems(404, 409))
async def delete_server(name: ServerName, services: NamedDependency[Services]) -> ServerView:
    """Forget a server that is stopped, with its output and its secrets; answers what it was."""
    definition, _ = await read_server(services, name)
    source_id = servers_source(services)
    view = await _view(services, source_id, name)
    await _tell(services, source_id, "remove", name=name)
    for ref in definition.secret_env.values():
        await services.secrets.delete(ref)
    return view


@post("/api/servers/{name:str}/start", status_code=200, responses=problems(404, 409))
async def start_server(name: ServerName, services: NamedDependency[Services]) -> ServerView:
    """Start it. One that has failed gets a fresh budget of restarts; one that listens already is adopted."""
    return await _act(services, name, "start")


@post("/api/servers/{name:str}/stop", status_code=200, responses=problems(404, 409))
async def stop_server(name: ServerName, services: NamedDependency[Services]) -> ServerView:
    """Ask it to stop; it is killed where its grace was not enough. Answers at once: it may still be stopping."""
    return await _act(services, name, "stop")


@post("/api/servers/{name:str}/restart", status_code=200, responses=problems(404, 409))
async def restart_server(name: ServerName, services: NamedDependency[Services]) -> ServerView:
    """Stop it and start it again as it is defined now. Answers at once."""
    return await _act(services, name, "restart")


async def _act(services: Services, name: str, what: str) -> ServerView:
    await read_server(services, name)
    source_id = servers_source(services)
    await _tell(services, source_id, what, name=name)
    return await _view(services, source_id, name)


async def _tell(services: Services, source_id: SourceId, what: str, **arguments: Any) -> Any:
    return await services.collection.command(source_id, what, arguments)


async def _view(services: Services, source_id: SourceId, name: str) -> ServerView:
    state = await services.database.read(state_of_one, source_id, services.machine, name)
    found = await _views(services, source_id, state)
    if not found:
        raise NotFound("server.not_found", f"There is no managed server {name[:50]!r}.")
    return found[0]


async def _views(services: Services, source_id: SourceId, state: Mapping[str, bytes]) -> list[ServerView]:
    definitions, runtimes, tunnels = definitions_of(state), runtimes_of(state), runtimes_of(state, TUNNEL)
    at_work = [name for name in definitions if runtimes.get(name, Runtime()).process.pid is not None]
    figures: Mapping[str, Any] = {}
    if at_work:
        try:
            figures = await _tell(services, source_id, "figures", names=at_work)
        except Conflict:
            figures = {}  # The source does not run now: nobody knows.
    asked = [
        name for name in at_work
        if definitions[name].preset == OPENCODE and runtimes[name].process.state is ServerState.RUNNING
    ]  # fmt: skip
    counted = await asyncio.gather(*(count_sessions(services, definitions[name]) for name in asked))
    sessions = dict(zip(asked, counted, strict=True))
    now = moment(services.clock)
    return [
        view_server(
            definitions[name],
            runtimes.get(name, Runtime()),
            tunnels.get(name),
            now,
            figures=figures.get(name),
            sessions=sessions.get(name),
        )
        for name in sorted(definitions)
    ]


def _secrets(services: Services, data: ServerPatch) -> tuple[dict[str, str], dict[str, str]]:
    """The values of new secrets by the names under which they are stored, and these names by variable."""
    values, refs = {}, {}
    for variable, value in data.secret_env.items():
        if value is None:
            continue
        try:
            check_variable(value)
        except ValueError as error:
            raise BadInput("server.invalid", f"{variable[:100]}: {error}.", field="secretEnv") from error
        refs[variable] = f"servers/{services.clock.uuid7()}"
        values[refs[variable]] = value
    return values, refs
