"""Managed servers at work: real processes, a clock moved by hand, and what is kept in between.

    async with room.at_work():
        await room.add("web", "hang()")
        await room.tell("start", "web")
        await room.until_state("web", "running")

Nothing here waits for a time: `until` looks again whenever something was emitted, and lets the hand clock go on where
a test says how fast.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from posthouse.model.errors import PosthouseError
from posthouse.model.sources import Emission
from posthouse.sources.inbox import Command, Inbox
from posthouse.sources.servers.keeping import PROCESS, TUNNEL, Runtime, runtimes_of
from posthouse.sources.servers.source import Servers
from tests.parts import HandClock
from tests.sources.support import MemoryState, context_for, decoded

DEADLINE_S = 60.0
LOOK_S = 0.02

PREAMBLE = """
import os, signal, socket, sys, time
def say(*words):
    print(*words, flush=True)
def hang():
    while True:
        signal.pause()
def listen(port):
    one = socket.create_server(('127.0.0.1', port))
    return one
"""


class Room:
    """A source over a folder, with what it emitted; it may run more than once over one state."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = HandClock()
        self.clock.rule(asyncio.get_running_loop())
        self.state = MemoryState()
        self.emitted: list[Emission] = []
        self.properties: dict[str, bool] = {}
        self.is_allowed = True
        self.inbox = Inbox("servers")
        self.failure: PosthouseError | None = None
        self._woken = asyncio.Event()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[asyncio.Task[None]]:
        """The source at work; it is cancelled as a daemon does that stops."""
        self.inbox = Inbox("servers")
        base = context_for(
            "servers", {}, state=self.state, properties=self.properties, clock=self.clock, emitted=self.emitted
        )

        async def emit(emission: Emission) -> None:
            if self.failure is not None:
                raise self.failure
            await base.emit(emission)
            self._woken.set()

        context = msgspec.structs.replace(
            base, emit=emit, inbox=self.inbox, folder=self.folder / "servers", programs_allowed=lambda: self.is_allowed
        )
        self.inbox.open()
        task = asyncio.create_task(Servers().run(context))
        task.add_done_callback(lambda _: self._woken.set())
        try:
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError, PosthouseError):
                await task
            self.inbox.close()

    # What a person does.

    async def add(self, name: str, code: str, **more: Any) -> None:
        """Define a server that runs this Python code."""
        await self.add_command(name, python(code), **more)

    async def add_command(self, name: str, argv: list[str], *, confirm_tunnel: bool = False, **more: Any) -> None:
        definition = {"name": name, "argv": argv, "folder": str(self.folder), **more}
        await self.ask("add", definition=definition, confirm_tunnel=confirm_tunnel)

    async def tell(self, what: str, name: str) -> Any:
        return await self.ask(what, name=name)

    async def ask(self, what: str, **arguments: Any) -> Any:
        return await self.inbox.ask(Command(name=what, arguments=arguments))

    # What can be seen.

    def runtime(self, name: str) -> Runtime:
        return runtimes_of(self.state.stored, PROCESS).get(name, Runtime())

    def tunnel(self, name: str) -> Runtime:
        return runtimes_of(self.state.stored, TUNNEL).get(name, Runtime())

    def pid(self, name: str) -> int:
        found = self.runtime(name).process.pid
        assert found is not None
        return found

    def said(self, name: str) -> str:
        path = self.folder / "servers" / name / "output.log"
        return path.read_text() if path.exists() else ""

    @property
    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """Type and data of what was told, oldest first."""
        return [(event.type, decoded(event.data)) for one in self.emitted for event in one.events]

    def told(self, kind: str = "server.status") -> list[str]:
        """The states that were told, oldest first."""
        return [data["state"] for event_type, data in self.events if event_type == kind]

    @property
    def updates(self) -> list[Any]:
        return [update for one in self.emitted for update in one.updates]

    async def until(self, condition: Callable[[], object], *, pass_s: float = 0.0) -> None:
        """Return once it holds; meanwhile the hand clock goes on by so much at each look."""
        async with asyncio.timeout(DEADLINE_S):
            while not condition():
                self._woken.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._woken.wait()
                if pass_s:
                    self.clock.advance(pass_s)

    async def until_state(self, name: str, state: str, *, pass_s: float = 0.0) -> None:
        await self.until(lambda: self.runtime(name).process.state == state, pass_s=pass_s)


def python(code: str) -> list[str]:
    """The command of a child that runs this code, with `say`, `hang` and `listen`."""
    return [sys.executable, "-S", "-c", PREAMBLE + code]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_there(pid: int) -> bool:
    """Whether there is a process of this id, a zombie too."""
    return Path(f"/proc/{pid}").exists()


@contextmanager
def no_program_is_left(folder: Path) -> Iterator[None]:
    """End whatever a failed test has left that runs in this folder."""
    yield
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            if entry.name.isdecimal() and Path(os.readlink(entry / "cwd")) == folder and int(entry.name) != os.getpid():
                os.kill(int(entry.name), 9)


needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
