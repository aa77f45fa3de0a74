"""The stream against a model client, driven by chance through cuts, lags, restarts and acknowledgements.

Whatever happens, in the end the client shows what the ledger has, has had every entry in order and once (or was told to
reload), and every critical entry is either acknowledged or owed to it.
"""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from posthouse.ledger.base import Transaction
from posthouse.ledger.live import tell, trim_live_log
from posthouse.model.ids import Millis
from posthouse.model.live import ErrorEvent, ErrorEventEvent
from tests.http.house import House
from tests.live.client import DEADLINE_S, Client, state_of
from tests.live.conftest import living_by_hand
from tests.parts import HandClock
from tests.receiver import Receiver

OPS = st.lists(
    st.one_of(
        st.tuples(st.just("post"), st.integers(1, 5)),
        st.tuples(st.sampled_from(["pause", "resume", "disable", "enable", "bind", "unbind", "add", "remove"])),
        st.tuples(st.sampled_from(["cut", "connect", "restart", "trim", "advance", "ack", "ping"])),
        st.tuples(st.just("error"), st.integers(1, 3)),
        st.tuples(st.just("buffer"), st.integers(10, 60)),
        st.tuples(st.just("burst"), st.integers(20, 150)),
    ),
    max_size=25,
)


class World:
    """A house that can be restarted, a receiver, one client, and what it has acknowledged."""

    def __init__(self, home: Path, receiver: Receiver) -> None:
        self.home, self.receiver, self.clock = home, receiver, HandClock()
        self.acknowledged: list[str] = []
        self.numbers = 0
        self.house: House
        self.client: Client
        self._stack = AsyncExitStack()

    async def begin(self) -> None:
        self.house = await self._stack.enter_async_context(living_by_hand(self.home, self.clock))

    async def end(self) -> None:
        await self._stack.aclose()

    async def restart(self) -> None:
        await self.end()
        await self.client.leave()
        await self.begin()
        self.client.house = self.house

    async def connect(self) -> None:
        await self.client.leave()
        await self.client.connect()
        assert self.client.status == 200

    async def do(self, name: str, count: int = 0) -> None:
        house = self.house
        match name:
            case "post":
                await house.post("/api/events", [{"type": "a.b", "data": {}}] * count)
            case "pause" | "resume":
                await house.post(f"/api/targets/hook/{name}")
            case "disable" | "enable":
                await house.post(f"/api/sources/claude-sessions/{name}")
            case "bind":
                await house.post("/api/bindings", {"source": "posthouse", "target": "hook"})
            case "unbind":
                await house.delete("/api/bindings/2?waiting=dismiss")
            case "add":
                self.numbers += 1
                await house.add_hook(self.receiver.url, f"more-{self.numbers}")
            case "remove":
                await house.delete(f"/api/targets/more-{self.numbers}")
            case "cut":
                await self.client.leave()
            case "connect":
                await self.connect()
            case "restart":
                await self.restart()
            case "trim":
                await house.database.run(trim_live_log, Millis(0), 5)
            case "advance":
                self.clock.advance(0.1)
            case "error" | "burst":
                await house.database.run(_tell_errors if name == "error" else _tell_much, count, self.clock.now())
            case "buffer":
                await house.patch("/api/settings/live.buffer", {"value": count})
            case "ping":
                await house.post("/api/live/ping", {"id": "p", "client": self.client.name})
            case "ack":
                owed = await self.owed()
                chosen = owed[: len(owed) // 2 + 1]
                await house.post("/api/live/ack", {"client": self.client.name, "ids": chosen})
                self.acknowledged += chosen

    async def owed(self) -> list[str]:
        answer = await self.house.get(f"/api/live/critical?client={self.client.name}")
        return [one["id"] for one in answer.json["items"]]

    async def settle(self) -> None:
        """Reload where it was told to, then let time pass until the client shows what a snapshot says."""
        await self.connect()
        await self.client.until_level()
        if self.client.is_stale:
            await self.client.leave()
            await self.client.load()
            await self.connect()
        async with asyncio.timeout(DEADLINE_S):
            while True:
                self.clock.advance(0.25)
                await self.client.until_level()
                shown = (await self.house.get("/api/live/snapshot")).json
                await self.client.until_level()
                if state_of(shown) == self.client.state:
                    return


def _tell_errors(tx: Transaction, count: int, now: Millis) -> None:
    for _ in range(count):
        tell(tx, ErrorEventEvent(ErrorEvent(error_type="test.error", message="no", timestamp=now)), now)


def _tell_much(tx: Transaction, count: int, now: Millis) -> None:
    from posthouse.ledger.settings import put_setting

    for number in range(count):
        put_setting(tx, "unknown.key", str(number), now=now)
    tx._execute("DELETE FROM settings WHERE key = 'unknown.key'")  # type: ignore[attr-defined]


def _critical(tx: Transaction) -> list[int]:
    return [row[0] for row in tx._execute("SELECT live_seq FROM live_critical ORDER BY number")]  # type: ignore[attr-defined]


async def play(home: Path, ops: list[tuple[Any, ...]]) -> None:
    async with Receiver() as receiver:
        world = World(home, receiver)
        await world.begin()
        await world.house.add_hook(receiver.url)
        await world.house.post("/api/bindings", {"source": "ingest", "target": "hook"})
        world.client = Client(world.house)
        await world.client.load()
        await world.connect()
        assert await world.owed() == []
        for op in ops:
            await world.do(*op)
        await world.settle()

        owed, epoch = await world.owed(), world.house.services.live.epoch
        critical = [f"{epoch}:{seq}" for seq in await world.house.database.read(_critical)]
        assert sorted(owed + world.acknowledged, key=critical.index) == critical
        assert owed == [one for one in critical if one not in set(world.acknowledged)]
        await world.client.leave()
        await world.end()


@given(ops=OPS)
@settings(max_examples=25)
def test_what_the_client_ends_up_with_is_what_the_ledger_has(ops: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        asyncio.run(play(home, ops))
