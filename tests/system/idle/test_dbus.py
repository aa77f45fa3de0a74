"""Idle time and locks over a real message bus, from a small desktop that answers as GNOME, KDE and logind do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from posthouse.system.idle.base import DesktopSignal, IdleUnknown
from posthouse.system.idle.dbus import logind_signals, open_gnome, open_kde, read_locked, session_bus
from tests.system.idle.desktops import DEADLINE_S, Answers, Logind, bus, desktop, logind

GNOME, KDE, COMMON, LOGIND = (
    "org.gnome.Mutter.IdleMonitor",
    "org.kde.screensaver",
    "org.freedesktop.ScreenSaver",
    "org.freedesktop.login1",
)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with bus(tmp_path) as found:
        yield found


async def test_gnome_answers_in_milliseconds(address: str) -> None:
    async with desktop(address, GNOME, answers={"GetIdletime": ("t", (12_345,))}) as asked:
        reading = await (await open_gnome({"DBUS_SESSION_BUS_ADDRESS": address})).read()

    assert (reading.idle_s, reading.probe, reading.is_locked) == (12.345, "gnome", None)
    assert asked[-1] == ("/org/gnome/Mutter/IdleMonitor/Core", "org.gnome.Mutter.IdleMonitor", "GetIdletime")


async def test_kde_answers_in_milliseconds(address: str) -> None:
    async with desktop(address, KDE, COMMON, answers={"GetSessionIdleTime": ("u", (2_500,))}) as asked:
        reading = await (await open_kde({"DBUS_SESSION_BUS_ADDRESS": address})).read()

    assert (reading.idle_s, reading.probe) == (2.5, "kde")
    assert asked[-1] == ("/ScreenSaver", "org.freedesktop.ScreenSaver", "GetSessionIdleTime")


async def test_what_is_not_kde_is_not_asked_as_kde(address: str) -> None:
    async with desktop(address, COMMON, answers={"GetSessionIdleTime": ("u", (1,))}) as asked:
        with pytest.raises(IdleUnknown, match="does not run"):
            await open_kde({"DBUS_SESSION_BUS_ADDRESS": address})

    assert asked == []


@pytest.mark.parametrize("answers", [{}, {"GetIdletime": ("s", ("soon",))}, {"GetIdletime": ("", ())}])
async def test_a_desktop_that_answers_with_no_time_is_left(address: str, answers: Answers) -> None:
    async with desktop(address, GNOME, answers=answers):
        with pytest.raises(IdleUnknown):
            await open_gnome({"DBUS_SESSION_BUS_ADDRESS": address})


async def test_without_the_desktop_on_the_bus_nothing_is_started(address: str) -> None:
    with pytest.raises(IdleUnknown, match="does not answer"):
        await open_gnome({"DBUS_SESSION_BUS_ADDRESS": address})


@pytest.mark.parametrize("is_locked", [True, False])
async def test_logind_says_whether_the_session_is_locked(address: str, is_locked: bool) -> None:
    async with desktop(address, LOGIND, answers={"Get": ("v", (("b", is_locked),))}) as asked:
        found = await read_locked({"DBUS_SYSTEM_BUS_ADDRESS": address})

    assert found is is_locked
    assert asked[-1] == ("/org/freedesktop/login1/session/auto", "org.freedesktop.DBus.Properties", "Get")


async def test_a_lock_that_is_no_truth_value_is_unknown(address: str) -> None:
    async with desktop(address, LOGIND, answers={"Get": ("v", (("s", "yes"),))}):
        assert await read_locked({"DBUS_SYSTEM_BUS_ADDRESS": address}) is None


async def heard(signals: AsyncGenerator[DesktopSignal, None], told: Logind) -> DesktopSignal:
    """The first thing that is told; until the match is in place, the machine is said to wake up."""
    coming = asyncio.ensure_future(anext(signals))
    async with asyncio.timeout(DEADLINE_S):
        while not coming.done():
            await told.sleep(is_near=False)
            await asyncio.wait([coming], timeout=0.01)
    return coming.result()


async def test_logind_tells_of_sleeps_and_locks_by_itself(address: str) -> None:
    async with (
        logind(address) as told,
        aclosing(logind_signals({"DBUS_SYSTEM_BUS_ADDRESS": address})) as signals,
        asyncio.timeout(DEADLINE_S),
    ):
        assert await heard(signals, told) is DesktopSignal.WAKES
        await told.sleep(is_near=True)
        await told.say("/org/freedesktop/login1/session/_32", "Session", {"IdleHint": ("b", True)})
        await told.say("/org/freedesktop/login1/seat/seat0", "Seat", {"LockedHint": ("b", True)})
        await told.lock(is_locked=True)
        rest = [one async for one in up_to(signals, DesktopSignal.LOCK_CHANGED)]

    assert [one for one in rest if one is not DesktopSignal.WAKES] == [
        DesktopSignal.SLEEPS,
        DesktopSignal.LOCK_CHANGED,
    ]


async def up_to(
    signals: AsyncGenerator[DesktopSignal, None], last: DesktopSignal
) -> AsyncGenerator[DesktopSignal, None]:
    async for one in signals:
        yield one
        if one is last:
            return


async def test_a_bus_that_ends_ends_its_signals(tmp_path: Path) -> None:
    with bus(tmp_path) as found:
        async with logind(found) as told:
            signals = logind_signals({"DBUS_SYSTEM_BUS_ADDRESS": found})
            await heard(signals, told)
    with pytest.raises(IdleUnknown, match="broke off"):
        while True:
            await anext(signals)


@pytest.mark.parametrize("named", ["tcp:host=127.0.0.1,port=1", "nonsense", "unix:"])
async def test_an_address_that_cannot_be_used_is_said(named: str) -> None:
    with pytest.raises(IdleUnknown, match="address"):
        await open_gnome({"DBUS_SESSION_BUS_ADDRESS": named})


async def test_a_bus_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        await open_gnome({"XDG_RUNTIME_DIR": str(tmp_path)})


def test_the_bus_is_found_where_the_environment_does_not_name_it() -> None:
    assert session_bus({"XDG_RUNTIME_DIR": "/run/user/7"}) == "unix:path=/run/user/7/bus"
    assert session_bus({"DBUS_SESSION_BUS_ADDRESS": "unix:path=/x"}) == "unix:path=/x"
