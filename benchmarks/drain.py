"""Draining a backlog: signed webhooks of 1 KiB to a lean receiver on loopback, with everything that a lane does.

Against it stands the same HTTP client with as many requests at a time and of the same size, and no ledger. Processor
time is that of this process alone: the parts of the daemon, without the receiver.
"""

from __future__ import annotations

import asyncio
import secrets
import time

from benchmarks.house import House, data_of, open_house
from benchmarks.processes import Receiver, run_receiver
from benchmarks.records import Aim, Benchmark, Bound, FigureSpec, Measured, Run, interleave, measured
from posthouse.pipeline.delivery import Dispatcher
from posthouse.settings import DELIVERY_CONCURRENCY
from posthouse.system.http_client import HttpClient
from posthouse.system.outbound import Request
from posthouse.system.supervise import Supervisor
from posthouse.targets import cloud_events
from posthouse.targets.standard_webhooks import sign

DATA_BYTES = 1_024
PATIENCE_S = 120.0
CLIENT = "the HTTP client alone"
BATCH_MAX = 100

FIGURES = (
    FigureSpec(
        name="drain.rate",
        what="backlog of signed webhooks of 1 KiB",
        unit="deliveries/s",
        against=CLIENT,
        aims=(Aim(bound=Bound.AT_LEAST, limit=5_000), Aim(bound=Bound.AT_LEAST, limit=0.4, is_ratio=True)),
    ),
    FigureSpec(
        name="drain.batched",
        what="backlog of the same in batches of 100",
        unit="deliveries/s",
        against="each by itself",
    ),
    FigureSpec(name="drain.cpu", what="processor time per 1,000 deliveries", unit="ms", against=CLIENT),
)


async def measure(run: Run) -> list[Measured]:
    """Client, lane, and a lane that sends batches, in turn."""
    count = run.choose(20_000, 8_000)
    cpu: dict[str, list[float]] = {"client": [], "lane": []}
    outbound = HttpClient()
    try:
        with run_receiver() as receiver:
            async with (
                open_house(run.folder / "single") as house,
                open_house(run.folder / "batched") as batched,
                Supervisor(house.clock) as supervisor,
                Supervisor(house.clock) as other,
            ):
                await house.bind_webhook(receiver.url)
                await batched.bind_webhook(receiver.url, batch_max=BATCH_MAX)
                dispatcher, gathering = house.dispatcher(supervisor, outbound), batched.dispatcher(other, outbound)
                found = await interleave(
                    run.choose(5, 3),
                    {
                        "client": lambda: _send_all(house, outbound, receiver, count, cpu["client"]),
                        "lane": lambda: _drain(house, dispatcher, count, cpu["lane"]),
                        "batched": lambda: _drain(batched, gathering, count, []),
                    },
                    run.progress,
                )
                await dispatcher.stop()
                await gathering.stop()
    finally:
        await outbound.close()
    return [
        measured("drain.rate", found, "lane", against="client"),
        measured("drain.batched", found, "batched", against="lane"),
        measured("drain.cpu", cpu, "lane", against="client"),
    ]


BENCHMARK = Benchmark(name="drain", figures=FIGURES, measure=measure)


async def _drain(house: House, dispatcher: Dispatcher, count: int, cpu: list[float]) -> float:
    """Fill the ledger, let the lane go, wait for the end; deliveries per second."""
    before = await house.delivered()
    await house.fill(count, data_of(DATA_BYTES))
    started_s, started_cpu_s = time.perf_counter(), time.process_time()
    await dispatcher.start()
    await house.await_delivered(before + count, within_s=PATIENCE_S)
    took_s = time.perf_counter() - started_s
    cpu.append((time.process_time() - started_cpu_s) / count * 1e6)
    return count / took_s


async def _send_all(house: House, outbound: HttpClient, receiver: Receiver, count: int, cpu: list[float]) -> float:
    """The same requests, signed beforehand, as many at a time as a lane sends; requests per second."""
    request = _request(house, receiver.url)
    concurrency = house.settings[DELIVERY_CONCURRENCY]

    async def send() -> None:
        for _ in range(count // concurrency):
            await outbound.send(request)

    started_s, started_cpu_s = time.perf_counter(), time.process_time()
    await asyncio.gather(*(send() for _ in range(concurrency)))
    took_s = time.perf_counter() - started_s
    sent = count // concurrency * concurrency
    cpu.append((time.process_time() - started_cpu_s) / sent * 1e6)
    return sent / took_s


def _request(house: House, url: str) -> Request:
    """What a lane would send."""
    data = data_of(DATA_BYTES)
    event = house.new_event(data).event
    body = cloud_events.to_json(event, data, source_name=house.source.name)
    timestamp_s = house.clock.now() // 1000
    signature = sign([secrets.token_bytes(32)], message_id=event.id, timestamp_s=timestamp_s, body=body)
    headers = (
        ("content-type", cloud_events.CONTENT_TYPE),
        ("user-agent", "Posthouse/benchmark"),
        ("webhook-id", event.id),
        ("webhook-timestamp", str(timestamp_s)),
        ("webhook-signature", signature),
    )
    return Request(method="POST", url=url, headers=headers, body=body)
