"""One process under watch: what happens to it goes through its machine, is committed, and is then done.

    a person, a timer, its end, its health ──▶ rules.process ──▶ state, events, updates in one commit ──▶ start, signal

What always holds: one signal at a time; nothing is done before the state that knows of it is committed; a cancelled
caller breaks nothing off in the middle, so that no process is started and then forgotten. Its end is told by the
kernel, waits are one timer, and between two questions after its health nothing wakes.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from signal import Signals

import msgspec

from posthouse.model.errors import Conflict, PosthouseError
from posthouse.model.sources import Emission, StatePut
from posthouse.rules.process import (
    Effect,
    Exited,
    Found,
    Healthy,
    Kill,
    Lost,
    NotSpawned,
    ProcessPolicy,
    RestartNow,
    ServerState,
    Signal,
    Spawn,
    Spawned,
    Start,
    Stop,
    Terminate,
    Timer,
    Told,
    Unhealthy,
    next_timer,
    step,
)
from posthouse.sources.addresses import Headers
from posthouse.sources.base import SourceContext
from posthouse.sources.servers import health, opencode
from posthouse.sources.servers.definitions import OPENCODE, Definition, HealthKind
from posthouse.sources.servers.keeping import LIFE, PROCESS, TUNNEL, Runtime, moment
from posthouse.sources.servers.output import OUTPUT, TUNNEL_OUTPUT, output_of
from posthouse.sources.servers.place import PortLock, listener_of, refuse_where_off
from posthouse.sources.servers.telling import OUTPUT_PROPERTY, changed, drafts_of, excerpt_of, is_trouble, updates_of
from posthouse.system.logging import get_log
from posthouse.system.managed_process import Child, Ended, find, left_by, start
from posthouse.system.outbound import Outbound
from posthouse.system.output_file import Place
from posthouse.system.process import plain_environment
from posthouse.system.process_figures import Meter

FIRST_ASK_S = 0.1
"""The first wait between two questions while it starts; it doubles up to the interval."""

KILLED_S = 10.0
"""How long a stop of the source waits for what was killed."""

TIMER_S_MAX = 60.0
"""Looked at afresh after this long while something is due: timers stand still while a machine sleeps."""

_log = get_log(__name__)

Moved = Callable[["Keeper"], Awaitable[None]]


class Keeper:
    """A server, or the tunnel of one. `moved` is awaited after each change of its state, before the next signal.

    `headers`: what an OpenCode with a password is asked with, as of when it began to be watched.
    """

    def __init__(
        self,
        context: SourceContext,
        definition: Definition,
        runtime: Runtime,
        outbound: Outbound,
        moved: Moved,
        *,
        is_tunnel: bool = False,
    ) -> None:
        self.definition = definition
        self.runtime = runtime
        self.is_tunnel = is_tunnel
        self.child: Child | None = None
        self.meter: Meter | None = None
        self.headers: Headers = ()
        self._context = context
        self._outbound = outbound
        self._moved = moved
        self._lock = asyncio.Lock()
        self._has_child = asyncio.Event()
        self._is_due = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._began: Place | None = None
        self._is_adopting = False
        self._port: PortLock | None = None

    @property
    def state(self) -> ServerState:
        """How it is doing."""
        return self.runtime.process.state

    @property
    def is_at_rest(self) -> bool:
        """Whether there is no process of it, and none to come."""
        return self.state in (ServerState.STOPPED, ServerState.FAILED) and self.runtime.process.pid is None

    @property
    def path(self) -> Path:
        """The file of its output."""
        return _folder_of(self._context) / self.definition.name / (TUNNEL_OUTPUT if self.is_tunnel else OUTPUT)

    async def run(self) -> None:
        """Watch its process and its timer until cancelled. Raises what a commit raises."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_time())
            while True:
                child = self.child
                if child is None:
                    self._has_child.clear()
                    await self._has_child.wait()
                    continue
                asking = group.create_task(self._watch_health())
                try:
                    ended = await child.ended(self.definition.stop_grace_s)
                finally:
                    asking.cancel()
                    await asyncio.wait([asking])
                await self.take(_exited(child, ended))

    async def begin(self, *, is_first: bool) -> None:
        """Take up what an earlier run left: find its process, or say that it is lost; start what is to be started."""
        process = self.runtime.process
        if process.pid is not None or process.is_spawning:
            child = None if process.pid is None else await asyncio.to_thread(find, process.pid, process.born)
            if child is None:
                # One that was started just before the daemon died, or what a server left that ended meanwhile.
                left = await asyncio.to_thread(left_by, self.path)
                child = next((one for one in left if process.is_spawning and one.is_alive()), None)
                for one in left:
                    if one is not child:
                        one.terminate()
            if child is not None and self._can_hold():
                self.child, self.headers = child, await self._headers_or_none()
                await self.take(Found(child.pid, child.born))
            else:
                await self.take(Lost())
        if self.is_tunnel:
            return
        is_to_start = self.definition.autostart if is_first else self.runtime.resume == LIFE
        if is_to_start and self.is_at_rest:
            await self.take(Start())
        self._arm()

    async def prepare(self) -> None:
        """Refuse a start that cannot come to anything, before anything is changed.

        Raises BadInput `source.commands_off`, Conflict `server.opencode_missing`, `server.port_taken`, `server.held`.
        """
        refuse_where_off(self._context)
        if self.runtime.process.pid is not None:
            return
        if self.definition.preset == OPENCODE:
            opencode.find_program(self.definition.argv[0])
        self._hold()
        try:
            await listener_of(self.definition, self._outbound, await self._headers())
        except PosthouseError:
            self._release_at_rest()
            raise

    async def take(self, signal: Signal, *, resume: str = "") -> None:
        """Take a signal, and do what comes of it. Cancelled, it is done to the end all the same."""
        working = asyncio.ensure_future(self._take(signal, resume))
        try:
            await asyncio.shield(working)
        finally:
            await asyncio.wait([working])

    async def redefine(self, definition: Definition) -> None:
        """Be defined otherwise; a process at work goes on as it was started."""
        async with self._lock:
            self.definition = definition

    async def wind_down(self) -> None:
        """The source ends: stop the process in order, and kill it after its grace; or leave it, if it is to stay."""
        self._disarm()
        if not self.definition.keep_running and not self.is_at_rest:
            process = self.runtime.process
            await self.take(Stop(), resume=LIFE if process.wanted else "")
            while self.child is not None:
                child = self.child
                try:
                    async with asyncio.timeout(self.definition.stop_grace_s):
                        ended = await child.ended(self.definition.stop_grace_s)
                except TimeoutError:
                    child.kill()
                    async with asyncio.timeout(KILLED_S):
                        ended = await child.ended(0.0)
                await self.take(_exited(child, ended))
        self._disarm()
        if self._port is not None:
            self._port.release()

    async def _keep_time(self) -> None:
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            await self.take(Timer())

    async def _take(self, signal: Signal, resume: str) -> None:
        async with self._lock:
            was = self.state
            waiting: list[Signal] = [signal]
            while waiting:
                for effect in await self._step(waiting.pop(0), resume):
                    match effect:
                        case Spawn():
                            waiting.append(await self._spawn())
                        case Terminate() if self.child is not None:
                            self.child.terminate(Signals[self.definition.stop_signal])
                        case Kill() if self.child is not None:
                            self.child.kill()
            self._arm()
            self._release_at_rest()
            if self.state is not was:
                await self._moved(self)

    async def _step(self, signal: Signal, resume: str) -> tuple[Effect, ...]:
        """Step and commit; what is left to be done."""
        now, before = moment(self._context.clock), self.runtime
        process, effects = step(before.process, signal, now, self._policy())
        after = _learned(before, msgspec.structs.replace(before, process=process), signal, effects, self.definition)
        if isinstance(signal, Found) and self._is_adopting:
            after = msgspec.structs.replace(after, is_adopted=True)
            self._is_adopting = False
        if isinstance(signal, Start | Stop | RestartNow):
            after = msgspec.structs.replace(after, resume=resume)
        if after != before or effects:
            await self._commit(before, after, effects, signal if isinstance(signal, Exited) else None)
        self.runtime = after
        if process.pid is None:
            self.child, self.meter = None, None
        elif self.child is not None:
            self.meter = self.meter or Meter(self.child, self._context.clock)
            self._has_child.set()
        return effects

    async def _commit(
        self, before: Runtime, after: Runtime, effects: tuple[Effect, ...], exited: Exited | None
    ) -> None:
        now = self._context.clock.now()
        told = [one for one in effects if isinstance(one, Told)]
        excerpt = None
        if self._context.allows(OUTPUT_PROPERTY) and any(is_trouble(one, exited) for one in told):
            lines, _ = await asyncio.to_thread(output_of(self.path).tail, 20)
            excerpt = excerpt_of([one.decode(errors="replace") for one in lines])
        events = [
            draft
            for one in told
            for draft in drafts_of(
                one, self.definition, before.process, after, now,
                exited=exited, excerpt=excerpt, is_tunnel=self.is_tunnel,
            )
        ]  # fmt: skip
        updates = [
            update
            for one in told
            for update in updates_of(one, self.definition, now, exited=exited, is_tunnel=self.is_tunnel)
        ]
        await self._context.emit(Emission(events=tuple(events), state_puts=(self._put(after),), updates=tuple(updates)))

    def _put(self, runtime: Runtime) -> StatePut:
        prefix = TUNNEL if self.is_tunnel else PROCESS
        return StatePut(prefix + self.definition.name, msgspec.json.encode(runtime))

    async def _learn(self, **learned: str) -> None:
        """Keep what it said of itself (its version, its address), and tell those who look."""
        async with self._lock:
            after = msgspec.structs.replace(self.runtime, **learned)
            if after != self.runtime:
                update = changed(self.definition.name, self.state, self._context.clock.now())
                await self._context.emit(Emission(state_puts=(self._put(after),), updates=(update,)))
                self.runtime = after

    async def _spawn(self) -> Signal:
        """Start it, or adopt what does its work already; never raises but for being cancelled."""
        definition = self.definition
        try:
            refuse_where_off(self._context)
            if not self.is_tunnel:
                self._hold()
                self.child = await listener_of(definition, self._outbound, await self._headers())
            self._is_adopting = self.child is not None
            if self.child is not None:
                return Found(self.child.pid, self.child.born)
            variables = definition.env | await self._secrets()
            output = output_of(self.path)
            await asyncio.to_thread(self.path.parent.mkdir, mode=0o700, parents=True, exist_ok=True)
            self._began = await asyncio.to_thread(output.end)
            self.child = await asyncio.to_thread(
                start,
                definition.tunnel if self.is_tunnel else definition.command,
                environment=plain_environment(os.environ, variables),
                folder=Path(definition.folder or "~").expanduser(),
                output=self.path,
            )
        except PosthouseError as error:
            return NotSpawned(error.message)
        except (OSError, ValueError) as error:
            return NotSpawned(_words_of(error))
        return Spawned(self.child.pid, self.child.born)

    async def _secrets(self) -> dict[str, str]:
        """The secret variables with their values. Raises SecretsUnavailable, Conflict `server.secret_missing`."""
        found: dict[str, str] = {}
        for name, ref in self.definition.secret_env.items():
            value = None if self._context.secrets is None else await self._context.secrets.get(ref)
            if value is None:
                raise Conflict("server.secret_missing", f"The secret variable {name} has no value: enter it anew.")
            found[name] = value
        return found

    async def _headers(self) -> Headers:
        """What an OpenCode with a password is asked with."""
        names = {**self.definition.env, **self.definition.secret_env}
        if self.definition.preset != OPENCODE or opencode.PASSWORD not in names:
            return ()
        variables = self.definition.env | await self._secrets()
        return opencode.authorization(variables.get(opencode.USER, ""), variables[opencode.PASSWORD])

    async def _watch_health(self) -> None:
        """Tell how it does until cancelled, or as long as there is something to be asked."""
        asked = self.definition.health
        output, began = output_of(self.path), self._began
        if began is None:
            # Of an earlier life: what it said since its file was last cut.
            began = Place((await asyncio.to_thread(output.end)).turn, 0)
        if self.is_tunnel:
            if not self.runtime.url:
                await self._learn(url=await health.until_url(output, began))
            await self.take(Healthy())
        elif asked.kind is HealthKind.LOG and not self.runtime.is_adopted:
            if self.state is not ServerState.RUNNING:
                await health.until_said(output, asked.contains, began)
                await self.take(Healthy())
        elif asked.kind in (HealthKind.HTTP, HealthKind.TCP) and self.definition.port is not None:
            await self._ask_again_and_again(self.definition.port)
        else:
            await self.take(Healthy())

    async def _ask_again_and_again(self, port: int) -> None:
        asked, wait_s = self.definition.health, FIRST_ASK_S
        self.headers = await self._headers_or_none()
        while True:
            problem, body = await health.ask(self._outbound, asked, self.definition.host, port, self.headers)
            if problem is None:
                if self.definition.preset == OPENCODE and not self.runtime.version:
                    await self._learn(version=opencode.version_in(body) or "")
                if self.state is not ServerState.RUNNING:
                    await self.take(Healthy())
            else:
                await self.take(Unhealthy(problem))
            is_new = self.state is ServerState.STARTING
            await asyncio.sleep(min(wait_s, asked.interval_s) if is_new else asked.interval_s)
            wait_s *= 2

    async def _headers_or_none(self) -> Headers:
        try:
            return await self._headers()
        except PosthouseError as error:
            _log.warning("a server is asked without its password", server=self.definition.name, code=error.code)
            return ()

    def _policy(self) -> ProcessPolicy:
        return ProcessPolicy(restart=self.definition.restart, stop_grace_s=self.definition.stop_grace_s)

    def _hold(self) -> None:
        """Take the right to what listens on its port. Raises Conflict `server.held`."""
        if self.definition.port is None or self.is_tunnel:
            return
        if self._port is not None and self._port.port != self.definition.port:
            self._port.release()
            self._port = None
        if self._port is None:
            self._port = PortLock.take(self.definition)

    def _can_hold(self) -> bool:
        try:
            self._hold()
        except Conflict as error:
            _log.warning("a server is kept by another daemon", server=self.definition.name, detail=error.message)
            return False
        return True

    def _release_at_rest(self) -> None:
        if self._port is not None and self.is_at_rest:
            self._port.release()
            self._port = None

    def _arm(self) -> None:
        """Set the one timer."""
        self._disarm()
        now = moment(self._context.clock)
        due_s = next_timer(self.runtime.process, now)
        if due_s is not None:
            delay_s = min(max(due_s - now.awake_s, 0.0), TIMER_S_MAX)
            self._timer = asyncio.get_running_loop().call_later(delay_s, self._is_due.set)

    def _disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _learned(
    before: Runtime, after: Runtime, signal: Signal, effects: tuple[Effect, ...], definition: Definition
) -> Runtime:
    """What a signal says beyond the machine: how often it was started again, as what, and by whom."""
    if isinstance(signal, Start | RestartNow):
        after = msgspec.structs.replace(after, restarts=0)
    if any(isinstance(one, Spawn) for one in effects):
        was_asked = isinstance(signal, Start) or (
            before.process.state is ServerState.STOPPING and not before.process.is_restart
        )
        after = msgspec.structs.replace(
            after,
            restarts=after.restarts if was_asked else after.restarts + 1,
            revision=definition.revision,
            is_adopted=False,
            version="",
            url="",
        )
    return after


def _exited(child: Child, ended: Ended) -> Exited:
    return Exited(child.pid, ended.code, ended.signal)


def _words_of(error: OSError | ValueError) -> str:
    if isinstance(error, OSError) and error.strerror:
        where = f" ({error.filename})" if isinstance(error.filename, str) else ""
        return f"{error.strerror}{where}"
    return "it cannot be given these words"


def _folder_of(context: SourceContext) -> Path:
    """Where output lies. Raises PosthouseError `source.no_folder` where the source has no place of its own."""
    if context.folder is None:
        raise PosthouseError("source.no_folder", "There is no folder for the output of servers.")
    return context.folder
