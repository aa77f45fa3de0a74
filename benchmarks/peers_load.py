"""What it costs to have a hundred peers: the real daemon with the source on, and their heartbeats by real UDP.

Each peer has an address of its own on loopback (127.45.1.1 to 127.45.1.100, which Linux has and others do not), a name
and an instance. Their heartbeats are spread evenly over the interval, as those of
machines that started at any time are. A run counts only where every peer stayed online and none was asked.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

from benchmarks.processes import Daemon, await_true, cpu_share, run_daemon
from benchmarks.records import Aim, Benchmark, Bound, FigureSpec, Measured, Run
from posthouse.model.ids import Millis
from posthouse.sources.lan.speaking import Voice
from posthouse.sources.lan.wire import Mode, Packet, decode

PEERS = 100
OWN = "127.45.0.1"
STANDARD_S, FAST_S = 60.0, 15.0
NEEDS = "Linux, whose loopback has an address for each peer"
AIMS = (Aim(bound=Bound.AT_MOST, limit=1.0),)
SETTLE_S = 8.0
"""Both hellos of the daemon are said by then, and answered."""

FIGURES = tuple(
    FigureSpec(
        name=f"peers_load.{name}", what=f"{what}: processor of the daemon", unit="% of a core", needs=NEEDS, aims=aims
    )
    for name, what, aims in (
        ("none", "peers on, and nobody there", ()),
        ("standard", "100 peers, a heartbeat each 60 s", AIMS),
        ("fast", "100 peers, a heartbeat each 15 s", AIMS),
    )
)


async def measure(run: Run) -> list[Measured]:
    """One daemon: first alone, then among all of them, then among all of them in a hurry."""
    if sys.platform != "linux":
        return []
    with run_daemon(run.folder) as daemon, _neighbours() as neighbours:
        daemon.api.patch(
            "sources", "peers", body={"settings": {"address": OWN, "port": neighbours.port, "mdns": False}}
        )
        daemon.api.post("sources", "peers", "enable")
        await asyncio.sleep(SETTLE_S)
        seconds = run.choose(60.0, 15.0)
        none = await cpu_share(daemon.pid, seconds, lambda part: run.progress(part / 3))
        await_true(lambda: neighbours.come() and _online(daemon) == PEERS, "a hundred peers")
        beating = asyncio.create_task(neighbours.beat(STANDARD_S))
        await asyncio.sleep(SETTLE_S)
        standard = await cpu_share(daemon.pid, seconds, lambda part: run.progress((1 + part) / 3))
        beating.cancel()
        # By the shorter timeout whoever beat half a minute ago would be asked.
        neighbours.beat_once()
        daemon.api.put("peers", "config", body={"preset": "fast"})
        beating = asyncio.create_task(neighbours.beat(FAST_S))
        await asyncio.sleep(SETTLE_S)
        fast = await cpu_share(daemon.pid, seconds, lambda part: run.progress((2 + part) / 3))
        beating.cancel()
        if _online(daemon) != PEERS or neighbours.were_asked():
            raise RuntimeError("a peer was missed")
    return [
        Measured(name="peers_load.none", value=none),
        Measured(name="peers_load.standard", value=standard),
        Measured(name="peers_load.fast", value=fast),
    ]


BENCHMARK = Benchmark(name="peers_load", figures=FIGURES, measure=measure)


class _Neighbours:
    """A hundred hosts that say what a Posthouse says."""

    def __init__(self, sockets: list[socket.socket], port: int) -> None:
        self.port = port
        self._sockets = sockets
        self._voices = [
            Voice(user=f"user{number}", host=f"host{number}", group="", instance=f"instance-{number}", now=_now)
            for number in range(len(sockets))
        ]

    def come(self) -> bool:
        """Everybody says hello once."""
        for number in range(PEERS):
            self._say(number, self._voices[number].entry())
        return True

    def beat_once(self) -> None:
        """Everybody beats now."""
        for number in range(PEERS):
            self._say(number, self._voices[number].beat())

    async def beat(self, interval_s: float) -> None:
        """Everybody beats once in each interval, one after the other, until cancelled."""
        begun_s, count = time.monotonic(), 0
        while True:
            self._say(count % PEERS, self._voices[count % PEERS].beat())
            count += 1
            await asyncio.sleep(max(begun_s + count * interval_s / PEERS - time.monotonic(), 0.0))

    def were_asked(self) -> bool:
        """Whether anybody was asked whether it is there."""
        packets = [decode(data) for one in self._sockets for data in _waiting(one)]
        return any(isinstance(one, Packet) and one.mode == Mode.GETINFO for one in packets)

    def _say(self, number: int, packet: bytes) -> None:
        self._sockets[number].sendto(packet, (OWN, self.port))


@contextmanager
def _neighbours() -> Iterator[_Neighbours]:
    """All of them, on a port that the daemon's own address has free as well."""
    with ExitStack() as sockets:
        first = sockets.enter_context(closing(_udp(_address(0), 0)))
        port = int(first.getsockname()[1])
        others = [sockets.enter_context(closing(_udp(_address(number), port))) for number in range(1, PEERS)]
        yield _Neighbours([first, *others], port)


def _address(number: int) -> str:
    return f"127.45.1.{number + 1}"


def _udp(address: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.bind((address, port))
    return made


def _waiting(one: socket.socket) -> Iterator[bytes]:
    while True:
        try:
            yield one.recv(65_536)
        except BlockingIOError:
            return


def _online(daemon: Daemon) -> int:
    online: int = daemon.api.get("peers")["online"]
    return online


def _now() -> Millis:
    return Millis(time.time_ns() // 1_000_000)
