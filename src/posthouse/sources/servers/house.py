"""All managed servers of a source at work, and what people tell it.

    inbox ──one at a time──▶ answer ──▶ keepers (a server each, and its tunnel beside it) ──▶ addresses (for agents)

A tunnel runs while its server does, and goes with it.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

import msgspec

from posthouse.model.errors import BadInput, Conflict, NotFound
from posthouse.model.live import SessionUpdate, SessionUpdateEvent
from posthouse.model.sources import Emission, StateKey, StatePut
from posthouse.rules.process import RestartNow, ServerState, Start, Stop
from posthouse.sources.base import SourceContext
from posthouse.sources.inbox import Command
from posthouse.sources.servers import opencode
from posthouse.sources.servers.definitions import OPENCODE, SERVERS_MAX, Definition, complete
from posthouse.sources.servers.keeper import Keeper
from posthouse.sources.servers.keeping import (
    LIFE,
    PROCESS,
    SERVER,
    TUNNEL,
    Runtime,
    definitions_of,
    put_definition,
    runtimes_of,
)
from posthouse.sources.servers.output import BYTES_MAX, OUTPUT, TUNNEL_OUTPUT, output_of
from posthouse.sources.servers.place import listener_of, refuse_where_off
from posthouse.sources.servers.telling import REMOVED, changed
from posthouse.sources.watch import Changes, watch
from posthouse.system.http_client import HttpClient
from posthouse.system.logging import get_log

LIVED = "life"
"""The key of state that holds the life of the daemon in which the source ran last."""

_UP = (ServerState.RUNNING, ServerState.UNHEALTHY)

_log = get_log(__name__)


class House:
    """The servers. `open`, then `run` until cancelled, then `close`."""

    def __init__(self, context: SourceContext) -> None:
        self._context = context
        self._outbound = HttpClient()
        self._keepers: dict[str, Keeper] = {}
        self._tunnels: dict[str, Keeper] = {}
        self._group: asyncio.TaskGroup | None = None
        self._runs: dict[str, list[asyncio.Task[None]]] = {}
        self._is_first = False
        self._has_servers = asyncio.Event()
        self._answers: Mapping[str, Callable[[Mapping[str, Any]], Awaitable[Any]]] = {
            "add": self._add,
            "edit": self._edit,
            "remove": self._remove,
            "start": self._start,
            "stop": self._stop,
            "restart": self._restart,
            "figures": self._figures,
            "disconnected": self._disconnected,
        }

    async def open(self) -> None:
        """Read what is known."""
        state = self._context.state
        definitions = definitions_of(await state.items(SERVER))
        processes = runtimes_of(await state.items(PROCESS))
        tunnels = runtimes_of(await state.items(TUNNEL), TUNNEL)
        self._is_first = await state.get(LIVED) != LIFE.encode()
        for name, definition in definitions.items():
            self._take_in(definition, processes.get(name, Runtime()), tunnels.get(name, Runtime()))

    async def run(self) -> None:
        """Keep every server, and answer people, until cancelled. Raises what a commit raises."""
        async with asyncio.TaskGroup() as group:
            self._group = group
            if self._is_first and self._keepers:
                await self._context.emit(Emission(state_puts=(StatePut(LIVED, LIFE.encode()),)))
            for keeper in (*self._tunnels.values(), *self._keepers.values()):
                await keeper.begin(is_first=self._is_first)
            for name in self._keepers:
                self._watch(name)
            self._tell_addresses()
            group.create_task(self._cut_output())
            if self._context.inbox is not None:
                group.create_task(self._context.inbox.serve(self.answer))

    async def close(self) -> None:
        """Stop all that is not to stay, side by side, tunnels first."""
        try:
            for keepers in (self._tunnels, self._keepers):
                async with asyncio.TaskGroup() as group:
                    for keeper in keepers.values():
                        group.create_task(keeper.wind_down())
        finally:
            self._context.addresses.put(OPENCODE, {})
            await self._outbound.close()

    async def leave(self) -> None:
        """The source has failed: servers go on as they are, and are found again."""
        await self._outbound.close()

    async def answer(self, command: Command) -> Any:
        """Do what a person wants. Raises PosthouseError kinds."""
        return await self._answers[command.name](command.arguments)

    # What a person wants.

    async def _add(self, arguments: Mapping[str, Any]) -> None:
        refuse_where_off(self._context)
        definition = complete(arguments["definition"])
        if definition.name in self._keepers:
            raise Conflict("server.exists", f"There is a managed server {definition.name} already.", field="name")
        if len(self._keepers) >= SERVERS_MAX:
            raise Conflict("server.too_many", f"There are {SERVERS_MAX} managed servers; more are not kept.")
        self._judge(definition, (), arguments)
        if definition.preset == OPENCODE:
            opencode.find_program(definition.argv[0])
            await listener_of(definition, self._outbound, ())
        await self._context.emit(
            Emission(
                state_puts=(put_definition(definition), StatePut(LIVED, LIFE.encode())),
                updates=(changed(definition.name, ServerState.STOPPED, self._context.clock.now()),),
            )
        )
        self._take_in(definition, Runtime(), Runtime())
        self._watch(definition.name)

    async def _edit(self, arguments: Mapping[str, Any]) -> None:
        keeper = self._keeper(arguments)
        given = arguments["definition"]
        if {"name", "preset"} & given.keys():
            raise BadInput("server.invalid", "The name and the preset of a server stay as they are.", field="name")
        before = keeper.definition
        definition = complete(given, before=before)
        if definition.command != before.command or definition.tunnel != before.tunnel:
            refuse_where_off(self._context)
        if definition.url != before.url and not keeper.is_at_rest:
            message = f"{before.name} listens where it was started. Stop it first, then give it another host or port."
            raise Conflict("server.not_stopped", message, field="port")
        self._judge(definition, before.tunnel, arguments)
        update = changed(definition.name, keeper.state, self._context.clock.now())
        await self._context.emit(Emission(state_puts=(put_definition(definition),), updates=(update,)))
        await keeper.redefine(definition)
        await self._tunnels[definition.name].redefine(definition)
        if not definition.tunnel:
            await self._tunnels[definition.name].take(Stop())
        self._tell_addresses()

    async def _remove(self, arguments: Mapping[str, Any]) -> None:
        keeper = self._keeper(arguments)
        name = keeper.definition.name
        if not keeper.is_at_rest or not self._tunnels[name].is_at_rest:
            message = f"{name} has not stopped. Stop it first: posthouse servers stop {name}"
            raise Conflict("server.not_stopped", message)
        gone = tuple(StateKey(prefix + name) for prefix in (SERVER, PROCESS, TUNNEL))
        update = changed(name, REMOVED, self._context.clock.now())
        await self._context.emit(Emission(state_deletes=gone, updates=(update,)))
        for task in self._runs.pop(name, []):
            task.cancel()
        del self._keepers[name], self._tunnels[name]
        await asyncio.to_thread(shutil.rmtree, keeper.path.parent, ignore_errors=True)

    async def _start(self, arguments: Mapping[str, Any]) -> None:
        keeper = self._keeper(arguments)
        await keeper.prepare()
        await keeper.take(Start())

    async def _stop(self, arguments: Mapping[str, Any]) -> None:
        await self._keeper(arguments).take(Stop())

    async def _restart(self, arguments: Mapping[str, Any]) -> None:
        keeper = self._keeper(arguments)
        await keeper.prepare()
        await keeper.take(RestartNow())

    async def _figures(self, arguments: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for name in arguments["names"]:
            keeper = self._keepers.get(name)
            figures = None if keeper is None or keeper.meter is None else await keeper.meter.look()
            if figures is not None:
                shown = msgspec.to_builtins(figures)
                shown["memory_bytes"] = shown.pop("rss_bytes")
                found[name] = shown
        return found

    async def _disconnected(self, arguments: Mapping[str, Any]) -> None:
        now = self._context.clock.now()
        update = SessionUpdate(session_id=str(arguments["session_id"])[:200], action="disconnected", timestamp=now)
        await self._context.emit(Emission(updates=(SessionUpdateEvent(update),)))

    def _keeper(self, arguments: Mapping[str, Any]) -> Keeper:
        keeper = self._keepers.get(arguments["name"])
        if keeper is None:
            raise NotFound("server.not_found", f"There is no managed server {str(arguments['name'])[:50]!r}.")
        return keeper

    def _judge(self, definition: Definition, tunnel: tuple[str, ...], arguments: Mapping[str, Any]) -> None:
        """Refuse what does not fit with the others, and a new tunnel that nobody has confirmed."""
        others = (one.definition for one in self._keepers.values() if one.definition.name != definition.name)
        for other in others:
            if definition.port is not None and other.port == definition.port:
                message = f"Port {definition.port} is that of {other.name}. Choose another one."
                raise Conflict("server.port_used", message, field="port")
        if definition.tunnel and definition.tunnel != tunnel and not arguments.get("confirm_tunnel"):
            raise BadInput(
                "server.tunnel_unconfirmed",
                "A tunnel opens this server to everyone on the internet who knows or guesses its address. Say that "
                "this is what you want (confirmTunnel, --confirm-tunnel), and give the server a password.",
                field="confirm_tunnel",
            )

    # What follows from it.

    def _take_in(self, definition: Definition, runtime: Runtime, tunnel: Runtime) -> None:
        name = definition.name
        self._keepers[name] = Keeper(self._context, definition, runtime, self._outbound, self._server_moved)
        self._tunnels[name] = Keeper(self._context, definition, tunnel, self._outbound, _nobody, is_tunnel=True)

    def _watch(self, name: str) -> None:
        if self._group is not None:
            both = (self._keepers[name], self._tunnels[name])
            self._runs[name] = [self._group.create_task(_until_removed(one)) for one in both]
            self._has_servers.set()

    async def _server_moved(self, keeper: Keeper) -> None:
        """The state of a server is another one: its tunnel follows, and so does who hears it."""
        tunnel = self._tunnels[keeper.definition.name]
        if keeper.state is ServerState.RUNNING and keeper.definition.tunnel:
            await tunnel.take(Start())
        elif keeper.state not in _UP and tunnel.runtime.process.wanted:
            await tunnel.take(Stop())
        self._tell_addresses()

    def _tell_addresses(self) -> None:
        urls = {
            one.definition.url: one.headers
            for one in self._keepers.values()
            if one.definition.preset == OPENCODE and one.state in _UP and one.definition.url is not None
        }
        self._context.addresses.put(OPENCODE, urls)

    async def _cut_output(self) -> None:
        """Keep the files of output within their size, woken by their growth."""
        folder = self._context.folder
        if folder is None:
            return
        await self._has_servers.wait()
        watching = cast("AsyncGenerator[Changes, None]", watch([folder], depth=1))
        async with aclosing(watching) as changes:
            async for change in changes:
                grown = {Path(one) for one in change.paths if Path(one).name in (OUTPUT, TUNNEL_OUTPUT)}
                if change.is_rescan:
                    grown |= {one.path for one in (*self._keepers.values(), *self._tunnels.values())}
                for path in grown:
                    await _cut(path)


async def _cut(path: Path) -> None:
    """Cut a file of output that is over its size. The look is one quick call, since it is made at each growth."""
    try:
        if path.stat().st_size <= BYTES_MAX:
            return
        cut = await asyncio.to_thread(output_of(path).rotate)
    except FileNotFoundError:
        return
    except OSError as error:
        _log.warning("output could not be cut", path=str(path), detail=error.strerror)
        return
    if cut is not None and cut.lost_bytes:
        _log.warning("a server says more than can be kept", path=str(path), lost_bytes=cut.lost_bytes)


async def _nobody(keeper: Keeper) -> None:
    """Nothing follows from it."""


async def _until_removed(keeper: Keeper) -> None:
    """Watch until its server is removed, which cancels this alone."""
    await keeper.run()
