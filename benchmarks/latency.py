"""From enqueueing to the receiver: how long an event takes through the real daemon at a quiet ten a second.

The clock starts before the request to the daemon is written and stops when the receiver's process reads the webhook;
both read the system's monotonic clock. Half-way between two events the same bytes are posted to the receiver directly:
what the way costs with nothing in between.
"""

from __future__ import annotations

import asyncio
import time
from typing import Self

import msgspec

from benchmarks.processes import Daemon, run_daemon, run_receiver
from benchmarks.receiver import length_in
from benchmarks.records import Aim, Benchmark, Bound, FigureSpec, Measured, Run, percentile
from posthouse.targets.standard_webhooks import new_secret

INTERVAL_S = 0.1
WARM_UP = 10
DIRECT = "posted to the receiver directly"

FIGURES = (
    FigureSpec(
        name="latency.p50",
        what="enqueue to receiver at 10 events/s, half of them within",
        unit="ms",
        against=DIRECT,
        aims=(Aim(bound=Bound.AT_MOST, limit=3.0),),
    ),
    FigureSpec(
        name="latency.p99",
        what="enqueue to receiver at 10 events/s, 99 of 100 within",
        unit="ms",
        against=DIRECT,
        aims=(Aim(bound=Bound.AT_MOST, limit=15.0),),
    ),
)


async def measure(run: Run) -> list[Measured]:
    """Events and direct posts, in turn."""
    count = run.choose(400, 80)
    with run_receiver() as receiver, run_daemon(run.folder) as daemon:
        daemon.add_webhook(receiver.url, signing={"secret": new_secret()})
        async with (
            await Poster.connect(daemon.port, "/api/events", daemon.token) as through,
            await Poster.connect(receiver.port, "/hook", "none") as direct,
        ):
            for mark in range(WARM_UP):
                await through.post(mark)
                await direct.post(mark)
            _await_delivered(daemon, WARM_UP)
            receiver.stamps()
            sent = {"through": {}, "direct": {}}  # type: dict[str, dict[int, int]]
            for number in range(count):
                for name, poster, mark in (("through", through, 2 * number), ("direct", direct, 2 * number + 1)):
                    await asyncio.sleep(INTERVAL_S / 2)
                    sent[name][mark] = await poster.post(mark)
                run.progress((number + 1) / count)
        _await_delivered(daemon, WARM_UP + count)
        stamps = receiver.stamps()
    took = {name: [(stamps[mark] - at) / 1e6 for mark, at in marks.items()] for name, marks in sent.items()}
    return [_measured("latency.p50", took, 0.5), _measured("latency.p99", took, 0.99)]


BENCHMARK = Benchmark(name="latency", figures=FIGURES, measure=measure)


class Poster:
    """One kept connection over which marked events are posted, one at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        self._reader = reader
        self._writer = writer
        self._head = head

    @classmethod
    async def connect(cls, port: int, path: str, token: str) -> Self:
        """Connect; the head is made but for its length."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = (
            f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nauthorization: Bearer {token}\r\n"
            "content-type: application/json\r\ncontent-length: "
        )
        return cls(reader, writer, head)

    async def post(self, mark: int) -> int:
        """Post one event and await its answer; when it was begun, on the monotonic clock. Raises RuntimeError."""
        body = msgspec.json.encode({"type": "benchmark.happened", "data": {"mark": mark, "text": "x" * 200}})
        request = f"{self._head}{len(body)}\r\n\r\n".encode() + body
        started_ns = time.monotonic_ns()
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        await self._reader.readexactly(length_in(head))
        if head[9:10] != b"2":
            raise RuntimeError(f"a post was refused: {head[:80]!r}")
        return started_ns

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await self._writer.wait_closed()


def _await_delivered(daemon: Daemon, count: int) -> None:
    daemon.await_counts(lambda counts: counts["delivered"] == count)


def _measured(name: str, took: dict[str, list[float]], share: float) -> Measured:
    value, other = percentile(took["through"], share), percentile(took["direct"], share)
    rounds = {key: [round(one, 3) for one in values] for key, values in took.items()} if share == 0.5 else {}
    return Measured(name=name, value=value, ratio=value / other, rounds=rounds)
