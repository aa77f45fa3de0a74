"""What the real daemon uses while it has nothing to do: with an expired token before a backlog, and simply idle."""

from __future__ import annotations

import asyncio
import subprocess
import sys

from benchmarks.load import generate
from benchmarks.processes import Daemon, Receiver, await_true, cpu_share, memory_mib, run_daemon, run_receiver
from benchmarks.records import Aim, Benchmark, Bound, FigureSpec, Measured, Run
from posthouse.cli.demo_log import GrowingLog
from posthouse.targets.standard_webhooks import new_secret

WAITING = 10_000
POSTED_AT_ONCE = 500
SETTLE_S = 3.0
CONNECTIONS = 64
TRAFFIC_S = 2.0
CPU_AIM = Aim(bound=Bound.AT_MOST, limit=0.1)

PAUSED_FIGURES = (
    FigureSpec(
        name="paused.cpu",
        what="10,000 waiting on an expired token: processor",
        unit="% of a core",
        aims=(CPU_AIM,),
    ),
    FigureSpec(
        name="paused.requests",
        what="10,000 waiting on an expired token: requests made",
        unit="requests",
        aims=(Aim(bound=Bound.AT_MOST, limit=0),),
    ),
)
IDLE_FIGURES = (
    FigureSpec(name="idle.cpu", what="idle daemon: processor", unit="% of a core", aims=(CPU_AIM,)),
    FigureSpec(
        name="idle.memory",
        what="idle daemon after serving traffic: resident memory",
        unit="MiB",
        against="a Python that does nothing",
        aims=(Aim(bound=Bound.AT_MOST, limit=90),),
    ),
    FigureSpec(
        name="idle.memory_fresh",
        what="idle daemon before any traffic: resident memory",
        unit="MiB",
        against="a Python that does nothing",
    ),
    FigureSpec(name="idle.memory_share", what="idle daemon: proportional share of memory (PSS)", unit="MiB"),
)


async def measure_paused(run: Run) -> list[Measured]:
    """A receiver that answers 401, ten thousand events, and then nothing."""
    with run_receiver() as receiver, run_daemon(run.folder) as daemon:
        receiver.answer_with(401)
        daemon.add_webhook(receiver.url, auth={"kind": "bearer", "token": "expired"})
        _post(daemon, 1)
        await_true(lambda: daemon.api.get("targets", "hook", "health")["state"] == "paused", "the pause")
        for _ in range(WAITING // POSTED_AT_ONCE):
            _post(daemon, POSTED_AT_ONCE)
        daemon.await_counts(lambda counts: counts["targetPaused"] > WAITING)
        await asyncio.sleep(SETTLE_S)
        before = receiver.count()
        share = await cpu_share(daemon.pid, run.choose(30.0, 8.0), run.progress)
        requests = receiver.count() - before
    return [Measured(name="paused.cpu", value=share), Measured(name="paused.requests", value=requests)]


async def measure_idle(run: Run) -> list[Measured]:
    """Thousands of events, agents' logs under watch, and then nothing."""
    user = run.folder / "user"
    user.mkdir()
    log = GrowingLog(user / ".claude")
    for _ in range(50):
        log.grow()
    with run_receiver() as receiver, run_daemon(run.folder) as daemon:
        _bind_all(daemon, receiver)
        await asyncio.sleep(SETTLE_S)
        fresh, _ = memory_mib(daemon.pid)
        await _serve(daemon, run.choose(20_000, 10_000))
        await asyncio.sleep(SETTLE_S)
        share = await cpu_share(daemon.pid, run.choose(60.0, 10.0), run.progress)
        resident, proportional = memory_mib(daemon.pid)
        bare = _bare_python_mib()
    figures = [
        Measured(name="idle.cpu", value=share),
        Measured(name="idle.memory", value=resident, ratio=resident / bare, rounds={"bare": [bare]}),
        Measured(name="idle.memory_fresh", value=fresh, ratio=fresh / bare),
    ]
    if proportional is not None:
        figures.append(Measured(name="idle.memory_share", value=proportional))
    return figures


PAUSED = Benchmark(name="paused", figures=PAUSED_FIGURES, measure=measure_paused)
IDLE = Benchmark(name="idle", figures=IDLE_FIGURES, measure=measure_idle)


def _bind_all(daemon: Daemon, receiver: Receiver) -> None:
    daemon.add_webhook(receiver.url, signing={"secret": new_secret()})
    daemon.api.post("bindings", body={"source": "claude-sessions", "target": "hook"})
    pushed = daemon.api.post("sources", "claude-sessions", "push")
    if not pushed["deliveries"]:
        raise RuntimeError(f"the agents' logs told nothing: {pushed['note']}")


async def _serve(daemon: Daemon, count: int) -> None:
    """Let at least so many events come in over HTTP and go out: by then every cache has the size that it keeps."""
    while daemon.counts()["delivered"] < count:
        await generate(daemon.port, CONNECTIONS, 0.0, TRAFFIC_S, daemon.token)
        daemon.await_counts(lambda counts: counts["pending"] + counts["inFlight"] == 0)


def _post(daemon: Daemon, count: int) -> None:
    data = {"text": "x" * 250}
    daemon.api.post("events", body=[{"type": "benchmark.happened", "data": data} for _ in range(count)])


def _bare_python_mib() -> float:
    command = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        if process.stdout is not None:
            process.stdout.readline()
        resident, _ = memory_mib(process.pid)
        process.terminate()
    return resident
