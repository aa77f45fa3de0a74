"""A lean load generator: `python -m benchmarks.load PORT CONNECTIONS WARM_UP_S SECONDS`, the token on standard input.

Posts one small event over and over on so many kept connections, each waiting for its answer before it asks again, and
prints what came of it as JSON. It parses no more of an answer than its status and its length: what is measured is the
server.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import cast

import msgspec

from benchmarks.receiver import length_in
from benchmarks.serving import run

EVENT_BYTES = 300


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: answers per second within the window, how many were not 2xx, and the generator's own load."""

    per_s: float
    refused: int
    cpu_share: float


class Counter:
    """What all connections count into."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.done = 0
        self.refused = 0
        self.is_over = False


class Caller(asyncio.Protocol):
    """One connection: asks, waits, asks again."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        self._transport = cast("asyncio.WriteTransport", transport)
        self._transport.write(self._counter.request)

    def data_received(self, data: bytes) -> None:
        """Count a whole answer, and ask again."""
        data = self._rest + data if self._rest else data
        end = data.find(b"\r\n\r\n")
        if end < 0 or len(data) < end + 4 + length_in(data[:end]):
            self._rest = data
            return
        self._rest = b""
        counter = self._counter
        counter.done += 1
        if data[9:10] != b"2":
            counter.refused += 1
        if not counter.is_over:
            self._transport.write(counter.request)


def request_for(port: int, token: str) -> bytes:
    """The whole request: an event of about 300 bytes, without a key."""
    empty = msgspec.json.encode({"type": "benchmark.happened", "data": {"text": ""}})
    text = "x" * (EVENT_BYTES - len(empty))
    body = msgspec.json.encode({"type": "benchmark.happened", "data": {"text": text}})
    head = (
        f"POST /api/events HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def generate(port: int, connections: int, warm_up_s: float, seconds: float, token: str) -> Load:
    """Post for the warm-up and the window, count in the window."""
    counter = Counter(request_for(port, token))
    loop = asyncio.get_running_loop()
    callers = [await loop.create_connection(lambda: Caller(counter), "127.0.0.1", port) for _ in range(connections)]
    await asyncio.sleep(warm_up_s)
    done, started_s, cpu_s = counter.done, time.perf_counter(), time.process_time()
    await asyncio.sleep(seconds)
    done, took_s, cpu_s = counter.done - done, time.perf_counter() - started_s, time.process_time() - cpu_s
    counter.is_over = True
    for transport, _ in callers:
        transport.close()
    return Load(per_s=done / took_s, refused=counter.refused, cpu_share=cpu_s / took_s)


def main() -> None:
    """Run as told by the arguments."""
    port, connections = int(sys.argv[1]), int(sys.argv[2])
    warm_up_s, seconds = float(sys.argv[3]), float(sys.argv[4])
    token = sys.stdin.readline().strip()
    load = run(generate(port, connections, warm_up_s, seconds, token))
    sys.stdout.write(msgspec.json.encode(load).decode() + "\n")


if __name__ == "__main__":
    main()
