"""What our lean servers have in common: they run on the fastest loop there is until their standard input ends."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run it on the loop that the daemon runs on."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(coroutine)


async def serve(protocol: Callable[[], asyncio.BaseProtocol]) -> None:
    """Serve a protocol on a free port of the loopback address, say which, and end when standard input does."""
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, backlog=1_024)
    say_listening(server.sockets[0].getsockname()[1])
    await until_input_ends()


def say_listening(port: int) -> None:
    """The line that the starter waits for."""
    sys.stdout.write(f"listening {port}\n")
    sys.stdout.flush()


async def until_input_ends() -> None:
    """Return when standard input has ended; a thread waits for it, so that the loop never looks."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wait() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait, daemon=True).start()
    await ended.wait()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        # There is none for Windows.
        return None
    return uvloop.new_event_loop
