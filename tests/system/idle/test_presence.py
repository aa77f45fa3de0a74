"""Presence: who is asked, in which order, and what happens where nobody can say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from posthouse.system.idle import presence as presence_module
from posthouse.system.idle.base import DesktopSignal, IdleProbe, IdleReading, IdleUnknown
from posthouse.system.idle.presence import Presence, find_probe
from tests.clock import ManualClock
from tests.parts import HandClock
from tests.system.idle.desktops import DEADLINE_S, bus, compositor, desktop, logind, until, x_server

GNOME = "org.gnome.Mutter.IdleMonitor"


class Answering:
    """A probe that answers as the test tells it to."""

    name = "answering"

    def __init__(self) -> None:
        self.answer: IdleReading | Exception | None = IdleReading(idle_s=1.0, probe="answering", is_locked=False)
        self.closed = 0

    async def read(self) -> IdleReading | None:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self) -> None:
        self.closed += 1


class Desktops:
    """What is found when somebody looks: each time the next answer, and the last one from then on."""

    def __init__(self, *answers: IdleProbe | Exception) -> None:
        self._answers = list(answers)
        self.looks = 0

    async def __call__(self) -> IdleProbe:
        self.looks += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Desktops]:
    """Let looking find these."""

    def find(*answers: IdleProbe | Exception) -> Desktops:
        desktops = Desktops(*answers)
        monkeypatch.setattr(presence_module, "_openers", lambda *_: {"One": desktops})
        return desktops

    return find


async def test_with_no_desktop_every_way_says_why_and_nothing_is_raised(tmp_path: Path, clock: ManualClock) -> None:
    environ = {"XDG_RUNTIME_DIR": str(tmp_path)}
    presence = Presence(environ, clock, platform="linux")

    assert presence.no_desktop_words == ""
    assert await presence.read() is None
    assert presence.no_desktop_words == (
        "Nobody can say whether somebody sits at this machine (Wayland: it does not run; KDE: it does not run; "
        "X11: DISPLAY is not set; GNOME: it does not run)."
    )
    presence.close()


@pytest.mark.parametrize(("platform", "name"), [("darwin", "macOS"), ("win32", "Windows")])
async def test_other_systems_have_one_way_each(platform: str, name: str, clock: ManualClock) -> None:
    assert list(presence_module._openers({}, platform, clock)) == [name]


async def test_the_ways_of_linux_are_tried_in_their_order(tmp_path: Path, clock: ManualClock) -> None:
    with bus(tmp_path) as address, x_server() as display:
        environ = {"XDG_RUNTIME_DIR": str(tmp_path), "DBUS_SESSION_BUS_ADDRESS": address}
        async with desktop(address, GNOME, answers={"GetIdletime": ("t", (1,))}):
            names = [await probe_name(environ, clock)]
            names.append(await probe_name({**environ, "DISPLAY": f":{display}"}, clock))
            answers = {"GetSessionIdleTime": ("u", (1,))}
            async with desktop(address, "org.kde.screensaver", "org.freedesktop.ScreenSaver", answers=answers):
                names.append(await probe_name({**environ, "DISPLAY": f":{display}"}, clock))
                async with compositor(tmp_path, ("wl_seat", 8), ("ext_idle_notifier_v1", 2)):
                    names.append(await probe_name({**environ, "DISPLAY": f":{display}"}, clock))

    assert names == ["gnome", "x11", "kde", "wayland"]


async def probe_name(environ: dict[str, str], clock: ManualClock) -> str:
    found = await find_probe(environ, "linux", clock)
    assert found.probe is not None, found.words
    found.probe.close()
    return found.probe.name


async def test_the_lock_of_logind_is_told_with_the_time_of_the_desktop(tmp_path: Path, clock: ManualClock) -> None:
    with bus(tmp_path) as address:
        environ = {"DBUS_SESSION_BUS_ADDRESS": address, "DBUS_SYSTEM_BUS_ADDRESS": address}
        presence = Presence(environ, clock, platform="linux")
        async with desktop(address, GNOME, answers={"GetIdletime": ("t", (4_000,))}):
            without = await presence.read()
            async with desktop(address, "org.freedesktop.login1", answers={"Get": ("v", (("b", True),))}):
                locked = await presence.read()
        gone = await presence.read()
        presence.close()

    assert without == IdleReading(idle_s=4.0, probe="gnome")
    assert locked == IdleReading(idle_s=4.0, probe="gnome", is_locked=True)
    assert gone is None
    assert presence.no_desktop_words.endswith("(gnome: org.gnome.Mutter.IdleMonitor does not answer).")


async def test_a_desktop_that_does_not_answer_is_left_after_a_second(tmp_path: Path, clock: ManualClock) -> None:
    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.transport.abort()
        left.set()

    left = asyncio.Event()
    server = await asyncio.start_unix_server(swallow, str(tmp_path / "wayland-0"))
    async with server:
        presence = Presence({"XDG_RUNTIME_DIR": str(tmp_path)}, clock, platform="linux")
        reading = await presence.read()
        presence.close()
        await left.wait()

    assert reading is None
    assert "Wayland: no answer in time" in presence.no_desktop_words


async def test_a_probe_is_found_once_and_asked_each_time(found: Callable[..., Desktops], clock: ManualClock) -> None:
    probe = Answering()
    desktops = found(probe)
    presence = Presence({}, clock)

    first = await presence.read()
    probe.answer = None
    second = await presence.read()
    presence.close()
    presence.close()

    assert (first, second) == (IdleReading(idle_s=1.0, probe="answering", is_locked=False), None)
    assert (desktops.looks, probe.closed) == (1, 1)
    assert presence.no_desktop_words == ""


@pytest.mark.parametrize("trouble", [IdleUnknown("it broke"), ConnectionResetError(104, "Connection reset")])
async def test_a_probe_that_fails_is_closed_and_looked_for_again_after_a_while(
    found: Callable[..., Desktops], clock: ManualClock, trouble: Exception
) -> None:
    broken, sound = Answering(), Answering()
    broken.answer = trouble
    desktops = found(broken, sound)
    presence = Presence({}, clock)

    readings = [await presence.read()]
    clock.advance(4.9)
    readings.append(await presence.read())
    looks = desktops.looks
    clock.advance(0.1)
    readings.append(await presence.read())

    assert readings == [None, None, sound.answer]
    assert (looks, desktops.looks, broken.closed) == (1, 2, 1)
    assert presence.no_desktop_words == ""


async def test_waits_double_up_to_five_minutes_and_begin_anew_after_an_answer(
    found: Callable[..., Desktops], clock: ManualClock
) -> None:
    desktops = found(IdleUnknown("nothing is here"))
    presence = Presence({}, clock)
    waits: list[float] = []
    for _ in range(9):
        looks, waited_s = desktops.looks, 0.0
        while desktops.looks == looks:
            await presence.read()
            clock.advance(2.5)
            waited_s += 2.5
        waits.append(waited_s - 2.5)

    assert waits == [0, 2.5, 7.5, 17.5, 37.5, 77.5, 157.5, 297.5, 297.5]
    assert presence.no_desktop_words.endswith("(One: nothing is here).")


async def test_readers_at_once_are_answered_by_one_look(found: Callable[..., Desktops], clock: ManualClock) -> None:
    desktops = found(Answering())
    presence = Presence({}, clock)

    readings = await asyncio.gather(*[presence.read() for _ in range(20)])

    assert all(reading is not None for reading in readings)
    assert desktops.looks == 1


async def test_a_bus_that_was_not_there_is_listened_to_once_it_is(tmp_path: Path) -> None:
    clock = HandClock()
    clock.rule(asyncio.get_running_loop())
    presence = Presence({"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={tmp_path}/bus"}, clock, platform="linux")
    signals = presence.signals()
    coming = asyncio.ensure_future(anext(signals))
    await until(lambda: clock.armed() == [300.0])

    with bus(tmp_path) as address:
        async with logind(address) as told:
            clock.advance(300)
            async with asyncio.timeout(DEADLINE_S):
                while not coming.done():
                    await told.lock(is_locked=True)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(0.01):
                            await asyncio.shield(coming)
            await signals.aclose()

    assert coming.result() is DesktopSignal.LOCK_CHANGED


@pytest.mark.parametrize("platform", ["darwin", "win32"])
async def test_where_nothing_is_told_by_itself_nothing_is_heard(platform: str) -> None:
    signals = Presence({}, ManualClock(), platform=platform).signals()
    coming = asyncio.ensure_future(anext(signals))
    done, _ = await asyncio.wait([coming], timeout=0)
    coming.cancel()

    assert not done
