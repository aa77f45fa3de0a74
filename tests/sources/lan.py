"""Sources of peers on loopback, each at an address of its own, that are told of one another: real UDP, no network."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from typing import Any

import msgspec

from posthouse.model.live import PeerUpdate, PeerUpdateEvent
from posthouse.model.sources import Emission
from posthouse.sources.base import SourceContext
from posthouse.sources.inbox import Command, Inbox
from posthouse.sources.lan.board import PeerRow
from posthouse.sources.lan.keeping import rows_of
from posthouse.sources.lan.source import Peers
from posthouse.sources.lan.wire import Mode, Packet, decode
from posthouse.system.clock import SystemClock
from tests.parts import HandClock
from tests.sources.desk import Desk as Screen
from tests.sources.support import DEADLINE_S, MemoryState, context_for, decoded


def free_port(*addresses: str) -> int:
    """A UDP port that is free at all of these addresses."""
    while True:
        with closing(udp(addresses[0])) as first:
            port = int(first.getsockname()[1])
            try:
                for address in addresses[1:]:
                    udp(address, port).close()
            except OSError:
                continue
            return port


def udp(address: str, port: int = 0) -> socket.socket:
    """A socket there."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.bind((address, port))
    except OSError:
        made.close()
        raise
    return made


async def moment(task: asyncio.Task[None]) -> None:
    """Let packets pass, by the machine's own clock."""
    with suppress(TimeoutError):
        async with asyncio.timeout(0.01):
            await asyncio.wait([task])


class Desk:
    """One source of peers, with what came of it. Each `at_work` is one life."""

    def __init__(self, lan: Lan, name: str) -> None:
        self.name = name
        self.address = lan.addresses[name]
        self.state = MemoryState()
        self.emitted: list[Emission] = []
        self.inbox = Inbox("peers")
        self.screen = Screen(lan.clock)
        self._lan = lan
        self._task: asyncio.Task[None] | None = None

    def context(self, *, properties: dict[str, bool] | None = None, **settings: Any) -> SourceContext:
        others = [address for address in self._lan.addresses.values() if address != self.address]
        place = {"address": self.address, "port": self._lan.port, "hosts": others}
        wanted = {**place, "name": self.name, "mdns": False, **settings}
        context = context_for(
            "peers", wanted, state=self.state, emitted=self.emitted, properties=properties, clock=self._lan.clock,
            presence=self.screen,
        )  # fmt: skip
        return msgspec.structs.replace(context, inbox=self.inbox)

    @asynccontextmanager
    async def at_work(self, context: SourceContext | None = None) -> AsyncIterator[None]:
        """One life of the source; leaving it is an orderly stop."""
        self.inbox.open()
        self._task = asyncio.create_task(Peers().run(context or self.context()))
        try:
            await self.until(lambda: self.ask("stats"))
            yield
        finally:
            await self.stop()

    async def stop(self) -> None:
        assert self._task is not None
        self._task.cancel()
        while not self._task.done():
            await moment(self._task)
            # A good-bye is said twice: by a hand clock its pause has to pass.
            if isinstance(self._lan.clock, HandClock):
                self._lan.clock.advance(0.05)
        with suppress(asyncio.CancelledError):
            await self._task
        self.inbox.close()

    async def ask(self, name: str, **arguments: Any) -> Any:
        return await self.inbox.ask(Command(name=name, arguments=arguments))

    async def board(self) -> tuple[PeerRow, ...]:
        """Everybody, as the source at work says; this machine comes first."""
        rows: tuple[PeerRow, ...] = await self.ask("peers")
        return rows

    async def others(self) -> tuple[PeerRow, ...]:
        """Everybody but this machine."""
        return tuple(one for one in await self.board() if not one.is_self)

    async def sees(self) -> dict[str, str]:
        """The state of each peer by its name, as the source at work says."""
        return {one.name: one.state.value for one in await self.others()}

    def stored(self) -> dict[str, str]:
        """The same, as it was written."""
        return {one.name: one.state.value for one in rows_of(self.state.stored)}

    @property
    def told(self) -> list[tuple[str, str]]:
        """What was told: the type, and of whom."""
        events = [event for one in self.emitted for event in one.events]
        return [(event.type, decoded(event.data)["name"]) for event in events]

    @property
    def updates(self) -> list[PeerUpdate]:
        """What the live stream was told."""
        found = [update for one in self.emitted for update in one.updates]
        return [one.payload for one in found if isinstance(one, PeerUpdateEvent)]

    def events(self, event_type: str) -> list[dict[str, Any]]:
        return [decoded(event.data) for one in self.emitted for event in one.events if event.type == event_type]

    async def until(self, check: Callable[[], Any]) -> None:
        """Return when it holds; raises what the source raised."""
        assert self._task is not None
        async with asyncio.timeout(DEADLINE_S):
            while True:
                found = check()
                if await found if asyncio.iscoroutine(found) else found:
                    return
                await moment(self._task)
                if self._task.done():
                    self._task.result()

    async def until_sees(self, **states: str) -> None:
        async def does() -> bool:
            seen = await self.sees()
            return all(seen.get(name) == state for name, state in states.items())

        await self.until(does)


class Ghost:
    """Another program of the same protocol, played by hand."""

    def __init__(self, lan: Lan, name: str) -> None:
        self.name = name
        self.address = lan.addresses[name]
        self._lan = lan
        self._socket = udp(self.address, lan.port)
        self._socket.setblocking(False)
        self._number = 0
        self.heard: list[Packet] = []

    def close(self) -> None:
        self._socket.close()

    def say(self, to: Desk, mode: Mode, extra: str = "", *, options: int = 0) -> int:
        """Send one packet; its number."""
        self._number += 1
        head = f"1:{self._number}:{self.name}:attic:{mode | options}:"
        self.say_bytes(to, (head + extra).encode())
        return self._number

    def say_bytes(self, to: Desk, data: bytes) -> None:
        self.say_bytes_to(to.address, data)

    def say_bytes_to(self, address: str, data: bytes) -> None:
        self._socket.sendto(data, (address, self._lan.port))

    def hears(self) -> list[Mode]:
        """What it has heard in all, by what each packet is."""
        with suppress(BlockingIOError):
            while True:
                packet = decode(self._socket.recv(65_536))
                assert isinstance(packet, Packet), packet
                self.heard.append(packet)
        return [Mode(one.mode) for one in self.heard]

    def forget(self) -> None:
        """Nothing was heard."""
        self.hears()
        self.heard.clear()


class Lan:
    """A few desks on loopback. With a hand clock nothing passes by itself but the packets."""

    def __init__(self, *names: str, clock: HandClock | SystemClock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.addresses = {name: f"127.77.0.{number}" for number, name in enumerate(names, 1)}
        self.port = free_port(*self.addresses.values())

    def desk(self, name: str) -> Desk:
        return Desk(self, name)

    @contextmanager
    def ghost(self, name: str) -> Iterator[Ghost]:
        made = Ghost(self, name)
        try:
            yield made
        finally:
            made.close()
