"""What stands for a third party's kind: the same protocol, and behind it code that may do anything.

Its coroutines run in their source's room (see `room`); `parse` and `project`, which are pure and short, where they are
called. Everything that comes out is judged, and becomes `source.broken` where it does not fit. What always holds: a
property that is off is in no event that is stored and in no preview, whatever the kind put in; no call is waited for
for ever, and one that does not end is left behind and said to be.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from posthouse.model.errors import BadInput
from posthouse.model.ids import SourceId
from posthouse.model.sources import Emission, Property, Scope, SourceShape
from posthouse.sources.base import Preview, Signal, SourceContext, SourceSettings, State, follow_nothing
from posthouse.sources.foreign import checks
from posthouse.sources.foreign.blame import blame, broken, refusal
from posthouse.sources.foreign.checks import Wrong
from posthouse.sources.foreign.room import Call, Ended, Room, Said
from posthouse.system.logging import get_log

STOP_S = 5.0
"""How long a stop waits for a call to end, before it leaves the call's thread behind."""

READ_S = 600.0
"""The longest that one read may take."""

PREVIEW_S = 60.0
"""The longest that one preview may take."""

GLANCE_S = 1.0
"""How long a preview that nobody waits for any more has to end: a person waits behind it."""

SIGNAL_GAP_S = 0.05
"""The least time between two signals, so that a kind that yields without end costs the daemon little."""

LEFT_MAX = 3
"""How many threads of one source may be left behind; until one of them ends, the source is refused any more."""

_log = get_log(__name__)


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a kind says of itself, judged once when it is loaded."""

    shape: SourceShape
    needs_schedule: bool
    title: str
    properties: tuple[Property, ...]
    volatile: tuple[str, ...]
    settings_type: type[SourceSettings]


def read_facts(made: Any) -> Facts:
    """Judge a kind by the protocol. Raises Wrong, and whatever its attributes raise."""
    shape = checks.member(_attribute(made, "shape"), SourceShape, "shape")
    needs_schedule = checks.flag(_attribute(made, "needs_schedule"), "needs_schedule")
    wanted = {"run"} if shape is SourceShape.STREAM else {"collect"} if needs_schedule else {"collect", "signals"}
    for name in ("parse", "project", "preview", *sorted(wanted)):
        if not callable(_attribute(made, name)):
            raise Wrong(f"its {name} is a {checks.type_name(getattr(made, name))} where a method belongs")
    if checks.flag(_attribute(made, "is_passive"), "is_passive"):
        raise Wrong("is_passive is for the daemon's own kinds")
    return Facts(
        shape=shape,
        needs_schedule=needs_schedule,
        title=checks.text(_attribute(made, "title"), "title", longest=200, shortest=1),
        properties=_properties(_attribute(made, "properties")),
        volatile=checks.texts(_attribute(made, "volatile"), "volatile"),
        settings_type=_settings_type(_attribute(made, "settings_type")),
    )


class ForeignKind:
    """Satisfies both shapes of kind. One serves all sources of the kind, each with a room of its own."""

    is_passive = False

    def __init__(self, made: Any, kind: str, module: str, facts: Facts) -> None:
        self._made = made
        self._kind = kind
        self._module = module
        self._rooms: dict[SourceId, Room] = {}
        self._left: dict[SourceId, list[Room]] = {}
        self.shape = facts.shape
        self.needs_schedule = facts.needs_schedule
        self.title = facts.title
        self.properties = facts.properties
        self.volatile = facts.volatile
        self.settings_type = facts.settings_type

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """The settings in the kind's canonical form. Raises BadInput `source.bad_setting`, or `source.broken`."""
        try:
            return checks.settings(self._made.parse(dict(settings)))
        except BadInput as error:
            raise self._refusal(error) from None
        except BaseException as error:
            raise self._blame(error) from None

    def project(self, data: Any, allowed: Mapping[str, bool]) -> Any:
        """What the kind lets out of a copy of the data, as plain JSON. Raises `source.broken`."""
        try:
            return checks.projected(self._made.project(msgspec.json.decode(msgspec.json.encode(data)), dict(allowed)))
        except BaseException as error:
            raise self._blame(error) from None

    async def preview(self, context: SourceContext) -> Preview:
        """The kind's preview, with what is off left out. Raises OSError, PosthouseError."""
        found: Preview = await self._call(context, self._preview, limit_s=PREVIEW_S, patience_s=GLANCE_S)
        return found

    async def collect(self, context: SourceContext, signal: Signal) -> Emission:
        """One read. Raises OSError, PosthouseError."""
        found: Emission = await self._call(
            context, partial(self._collect, signal=signal), limit_s=READ_S, patience_s=STOP_S
        )
        return found

    async def run(self, context: SourceContext) -> None:
        """Run until cancelled. Raises OSError, PosthouseError; `source.broken` where it returns by itself."""
        await self._call(context, self._run, patience_s=STOP_S)
        raise broken(self._kind, "run returned; it is to go on until it is cancelled")

    async def signals(self, context: SourceContext) -> AsyncIterator[Signal]:
        """What the kind yields, until cancelled; nothing, of one that goes by the clock. Raises as `run`."""
        if self.needs_schedule:
            never: asyncio.Future[Signal] = asyncio.get_running_loop().create_future()
            yield await never
        call = self._enter(context, self._signals)
        try:
            while not isinstance(message := await call.next(), Ended):
                if isinstance(message, Said):
                    yield message.value
                    message.go_on()
            if message.error is not None:
                raise message.error
        finally:
            await self._end(call, context, STOP_S)
        raise broken(self._kind, "signals returned; it is to go on until it is cancelled")

    # On the daemon's loop.

    async def _call(
        self,
        context: SourceContext,
        work: Callable[[SourceContext, Call], Awaitable[Any]],
        *,
        patience_s: float,
        limit_s: float | None = None,
    ) -> Any:
        call = self._enter(context, work)
        timer = None if limit_s is None else call.expect_within(limit_s)
        try:
            message = await call.next()
        finally:
            if timer is not None:
                timer.cancel()
            await self._end(call, context, patience_s)
        if not isinstance(message, Ended):
            raise broken(self._kind, f"it did not answer within {limit_s:.0f} s")
        if message.error is not None:
            raise message.error
        return message.value

    def _enter(self, context: SourceContext, work: Callable[[SourceContext, Call], Awaitable[Any]]) -> Call:
        """Begin a call in the source's room, or in a fresh one."""
        source = context.source
        call = Call(lambda call: work(self._carried(context, call), call), context.progress)
        room = self._rooms.get(source.id)
        if room is not None and call.enter(room):
            return call
        self._left[source.id] = [one for one in self._left.get(source.id, ()) if one.is_alive]
        if len(self._left[source.id]) >= LEFT_MAX:
            message = f"{LEFT_MAX} earlier calls of {source.name} have not ended; repair it and restart the daemon"
            raise broken(self._kind, message)
        room = self._rooms[source.id] = Room(source.name, self._kind, self._module)
        call.enter(room)
        return call

    async def _end(self, call: Call, context: SourceContext, patience_s: float) -> None:
        has_ended = False
        try:
            has_ended = await call.end(patience_s)
        finally:
            if not has_ended:
                self._leave_behind(call.room, context)

    def _leave_behind(self, room: Room, context: SourceContext) -> None:
        source = context.source
        if self._rooms.get(source.id) is room:
            del self._rooms[source.id]
        left = self._left.setdefault(source.id, [])
        if room not in left:
            left.append(room)
            _log.warning("the code of a source did not end in time; its thread is left behind", source=source.name)

    def _carried(self, context: SourceContext, call: Call) -> SourceContext:
        """The context as the room sees it: what it does is done on the daemon's loop."""

        async def emit(emission: Emission) -> None:
            judged = self._kept(context, checks.emission(emission))
            await call.ask(partial(context.emit, judged))

        def progress(done: int, total: int) -> None:
            call.tell(checks.number(done, "progress"), checks.number(total, "progress"))

        source = replace(context.source, properties=dict(context.source.properties))
        state = _CarriedState(context.state, call)
        # What is asked for in here is done one after the other: waiting for a post would hold up all the rest. And whom
        # the daemon asks for presence is asked on the daemon's own loop.
        carried = {"state": state, "emit": emit, "progress": progress, "follow": follow_nothing}
        carried |= {"presence": None, "inbox": None}
        return replace(context, source=source, **carried)

    # In the room.

    async def _preview(self, context: SourceContext, _: Call) -> Preview:
        found = checks.preview(await _awaited(self._made.preview(context), "preview"))
        return replace(found, data=self._projected(context, found.data))

    async def _collect(self, context: SourceContext, _: Call, *, signal: Signal) -> Emission:
        return checks.emission(await _awaited(self._made.collect(context, signal), "collect"))

    async def _run(self, context: SourceContext, _: Call) -> None:
        await _awaited(self._made.run(context), "run")

    async def _signals(self, context: SourceContext, call: Call) -> None:
        signals = self._made.signals(context)
        if not isinstance(signals, AsyncGenerator):
            raise Wrong(f"signals returned a {checks.type_name(signals)} where an async generator belongs")
        async with aclosing(signals):
            async for signal in signals:
                await call.say(checks.signal(signal))
                await asyncio.sleep(SIGNAL_GAP_S)

    def _kept(self, context: SourceContext, emission: Emission) -> Emission:
        """A stream's events with what is off left out; those of a snapshot are projected when they are taken."""
        if self.shape is SourceShape.SNAPSHOT or not self.properties:
            return emission
        events = tuple(replace(one, data=self._projected(context, one.data)) for one in emission.events)
        return replace(emission, events=events)

    def _projected(self, context: SourceContext, data: msgspec.Raw) -> msgspec.Raw:
        if not self.properties:
            return data
        chosen = context.source.properties
        allowed = {one.name: chosen.get(one.name, one.default) for one in self.properties}
        return msgspec.Raw(msgspec.json.encode(self.project(msgspec.json.decode(data), allowed)))

    # Anywhere.

    def _blame(self, error: BaseException) -> Exception:
        return blame(error, self._kind, self._module)

    def _refusal(self, error: BadInput) -> Exception:
        try:
            return refusal(error)
        except BaseException as worse:
            return self._blame(worse)


class _CarriedState:
    """Satisfies State, on whichever loop the kind's code runs."""

    def __init__(self, state: State, call: Call) -> None:
        self._state = state
        self._call = call

    async def get(self, key: str, *, scope: Scope = Scope.MACHINE) -> bytes | None:
        """The value, or None."""
        get = partial(self._state.get, checks.state_key(key), scope=checks.scope(scope))
        return await self._call.ask(get)

    async def get_many(self, keys: Sequence[str], *, scope: Scope = Scope.MACHINE) -> dict[str, bytes]:
        """The values of those keys that there are, in one look."""
        wanted = checks.texts(list(keys), "keys")
        return await self._call.ask(partial(self._state.get_many, wanted, scope=checks.scope(scope)))

    async def items(self, prefix: str, *, scope: Scope = Scope.MACHINE) -> dict[str, bytes]:
        """All pairs whose key begins with the prefix, in key order."""
        items = partial(self._state.items, checks.state_key(prefix), scope=checks.scope(scope))
        return await self._call.ask(items)

    async def between(self, first: str, end: str, *, scope: Scope = Scope.MACHINE) -> dict[str, bytes]:
        """All pairs from the key `first` on and before `end`, in key order."""
        ends = checks.state_key(first), checks.state_key(end)
        return await self._call.ask(partial(self._state.between, *ends, scope=checks.scope(scope)))


def _attribute(made: Any, name: str) -> Any:
    try:
        return getattr(made, name)
    except AttributeError:
        raise Wrong(f"it has no {name}") from None


def _properties(value: object) -> tuple[Property, ...]:
    found: list[Property] = []
    for one in checks.items(value, "properties", most=200):
        if type(one) is not Property:
            raise Wrong(f"one of its properties is a {checks.type_name(one)} where Property belongs")
        found.append(
            Property(
                name=checks.text(one.name, "a property's name", longest=100, shortest=1),
                title=checks.text(one.title, "a property's title", longest=200),
                is_sensitive=checks.flag(one.is_sensitive, "is_sensitive"),
                is_summary=checks.flag(one.is_summary, "is_summary"),
            )
        )
    if len({one.name for one in found}) < len(found):
        raise Wrong("two of its properties have one name")
    return tuple(found)


def _settings_type(value: object) -> type[SourceSettings]:
    if not isinstance(value, type) or not issubclass(value, SourceSettings):
        raise Wrong("its settings_type is no subclass of SourceSettings")
    try:
        _, named = msgspec.json.schema_components([value])
    except TypeError:
        named = {}
    if value.__name__ not in named:
        raise Wrong("its settings_type has a field that no JSON schema can say")
    return value


async def _awaited(value: Any, name: str) -> Any:
    if not inspect.isawaitable(value):
        raise Wrong(f"{name} returned a {checks.type_name(value)} where a coroutine belongs")
    return await value
