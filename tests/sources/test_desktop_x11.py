"""Desktop activity from a real X server with real input, and a logind that tells of a lock and a sleep."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from posthouse.model.sources import Emission
from posthouse.sources.desktop.source import DesktopActivity
from posthouse.system.clock import SystemClock
from posthouse.system.idle.presence import Presence
from tests.sources.support import MemoryState, context_for, decoded
from tests.system.idle.desktops import DEADLINE_S, Logind, bus, logind, needed, x_server


async def nothing() -> None:
    """Nothing has to be said."""


class Seat:
    """A source at an X server, and the logind of the same machine."""

    def __init__(self, display: int, told: Logind, presence: Presence) -> None:
        self.told = told
        self.state = MemoryState()
        self.emitted: list[Emission] = []
        self.context = context_for(
            "desktop-activity", {}, state=self.state, emitted=self.emitted, clock=SystemClock(), presence=presence
        )
        self.task: asyncio.Task[None] | None = None
        self._display = display

    @property
    def events(self) -> list[dict[str, Any]]:
        return [decoded(event.data) for one in self.emitted for event in one.events]

    async def touch(self) -> None:
        """Press a key."""
        environ = {**os.environ, "DISPLAY": f":{self._display}"}
        pressing = await asyncio.create_subprocess_exec(needed("xdotool"), "key", "a", env=environ)
        assert await pressing.wait() == 0

    async def until(self, check: Callable[[], bool], *, saying: Callable[[], Any] = nothing) -> None:
        """Say it again until it holds: nobody knows when the source begins to listen."""
        assert self.task is not None
        async with asyncio.timeout(DEADLINE_S):
            while not check():
                await saying()
                await asyncio.wait([self.task], timeout=0.02)

    async def shows(self) -> Any:
        return await DesktopActivity().preview(self.context)


@pytest.fixture
async def seat(tmp_path: Path) -> AsyncIterator[Seat]:
    with x_server() as display, bus(tmp_path) as address:
        environ = {
            "DISPLAY": f":{display}",
            "DBUS_SYSTEM_BUS_ADDRESS": address,
            "XDG_RUNTIME_DIR": str(tmp_path / "no"),
        }
        async with logind(address) as told:
            presence = Presence(environ, SystemClock(), platform="linux")
            found = Seat(display, told, presence)
            await found.touch()
            found.task = asyncio.create_task(DesktopActivity().run(found.context))
            yield found
            found.task.cancel()
            with suppress(asyncio.CancelledError):
                await found.task
            presence.close()


async def test_a_lock_ends_a_session_of_real_input_at_once(seat: Seat) -> None:
    await seat.until(lambda: bool(seat.emitted))
    await seat.until(lambda: bool(seat.events), saying=lambda: seat.told.lock(is_locked=True))

    (event,) = seat.events
    shown = await seat.shows()
    assert (event["ended_by"], event["probe"], event["confidence"]) == ("lock", "x11", "high")
    assert event["start_timestamp"] <= event["end_timestamp"]
    assert "and the screen is locked (x11)" in shown.found
    assert decoded(shown.data)["recent"] == [{key: event[key] for key in event if key not in ("source", "version")}]


async def test_a_sleep_ends_it_and_input_after_waking_begins_another(seat: Seat) -> None:
    await seat.until(lambda: bool(seat.emitted))
    await seat.until(lambda: bool(seat.events), saying=lambda: seat.told.sleep(is_near=True))
    assert decoded((await seat.shows()).data)["open"] is None

    async def wake() -> None:
        await seat.touch()
        await seat.told.sleep(is_near=False)

    before = len(seat.emitted)
    await seat.until(lambda: len(seat.emitted) > before, saying=wake)

    assert [one["ended_by"] for one in seat.events[:1]] == ["sleep"]
    first = seat.events[0]
    opened = decoded((await seat.shows()).data)["open"]
    assert opened is None or opened["start_timestamp"] >= first["end_timestamp"]
