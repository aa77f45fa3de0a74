"""Presence: whether anybody sits at this machine, asked of whatever can say, when somebody wants to know.

    nothing ──read──▶ looking ──answers──▶ asked at each read ──fails──▶ waiting 5, 10 … 300 s ──read──▶ looking
                         └──nothing answers──▶ waiting

What always holds: a read never raises, takes a second at most, and costs nothing between reads. Unknown is None: it is
for the caller to say what that means. Order of looking on Linux and its kin: Wayland, KDE, X11, GNOME.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing

import msgspec

from posthouse.system.clock import Clock
from posthouse.system.idle.base import DesktopSignal, IdleProbe, IdleReading, IdleUnknown
from posthouse.system.logging import get_log

READ_S = 1.0
_LOCK_S = 0.3
RETRY_MIN_S, RETRY_MAX_S = 5.0, 300.0

_log = get_log(__name__)


class Found(msgspec.Struct, frozen=True):
    """What finding a probe came to. `words`: where there is none, one plain sentence why."""

    probe: IdleProbe | None
    words: str = ""


Opener = Callable[[], Awaitable[IdleProbe]]


async def find_probe(environ: Mapping[str, str], platform: str, clock: Clock) -> Found:
    """The first probe that answers, each given a share of a second, or why none does. Never raises."""
    whys = []
    openers = _openers(environ, platform, clock)
    for name, opener in openers.items():
        try:
            async with asyncio.timeout(READ_S / len(openers)):
                return Found(await opener())
        except TimeoutError:
            whys.append(f"{name}: no answer in time")
        except IdleUnknown as error:
            whys.append(f"{name}: {error}")
        except OSError as error:
            whys.append(f"{name}: {_os_words(error)}")
    return Found(None, f"Nobody can say whether somebody sits at this machine ({'; '.join(whys)}).")


def _openers(environ: Mapping[str, str], platform: str, clock: Clock) -> dict[str, Opener]:
    """What can be tried here, in order. Each is loaded when it is tried."""

    async def wayland() -> IdleProbe:
        from posthouse.system.idle.wayland import open_wayland

        return await open_wayland(environ, clock)

    async def kde() -> IdleProbe:
        from posthouse.system.idle.dbus import open_kde

        return await open_kde(environ)

    async def x11() -> IdleProbe:
        from posthouse.system.idle.x11 import open_x11

        return await open_x11(environ)

    async def gnome() -> IdleProbe:
        from posthouse.system.idle.dbus import open_gnome

        return await open_gnome(environ)

    async def macos() -> IdleProbe:
        from posthouse.system.idle.macos import open_macos

        return await open_macos()

    async def windows() -> IdleProbe:
        from posthouse.system.idle.windows import open_windows

        return await open_windows()

    match platform:
        case "darwin":
            return {"macOS": macos}
        case "win32":
            return {"Windows": windows}
        case _:
            return {"Wayland": wayland, "KDE": kde, "X11": x11, "GNOME": gnome}


def _os_words(error: OSError) -> str:
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        return "it does not run"
    return (error.strerror or type(error).__name__).lower()


class Presence:
    """Asks how long nobody has touched this machine, and whether it is locked. `close` it on the loop that read it."""

    def __init__(self, environ: Mapping[str, str], clock: Clock, *, platform: str = sys.platform) -> None:
        self.life = clock.uuid7()
        """Within one, times of the monotonic clock can be compared."""
        self._environ = environ
        self._clock = clock
        self._platform = platform
        self._probe: IdleProbe | None = None
        self._no_desktop_words = ""
        self._failures = 0
        self._look_again_s = 0.0
        self._reading = asyncio.Lock()

    @property
    def no_desktop_words(self) -> str:
        """Why the last read knew nothing, as one sentence for a person; "" where it did, or nobody has read."""
        return self._no_desktop_words

    async def read(self) -> IdleReading | None:
        """Look, within a second; None where nobody can say. Never raises but for being cancelled."""
        try:
            async with asyncio.timeout(READ_S), self._reading:
                return await self._read()
        except TimeoutError:
            self._give_up("Whoever could say whether somebody sits at this machine did not answer within a second.")
            return None

    async def signals(self) -> AsyncGenerator[DesktopSignal, None]:
        """What the system tells by itself, until closed; where it tells nothing, waits for ever. Never raises.

        A bus that breaks off, or is not there, is tried again every five minutes.
        """
        if self._platform in ("darwin", "win32"):
            await asyncio.get_running_loop().create_future()
        from posthouse.system.idle.dbus import logind_signals

        while True:
            try:
                async with aclosing(logind_signals(self._environ)) as told:
                    async for signal in told:
                        yield signal
            except (IdleUnknown, OSError) as error:
                why = str(error) if isinstance(error, IdleUnknown) else _os_words(error)
                _log.debug("nobody tells of locks and sleeps", detail=why)
            await asyncio.sleep(RETRY_MAX_S)

    def close(self) -> None:
        """Let go of the desktop. Safe to repeat."""
        if self._probe is not None:
            self._probe.close()
            self._probe = None

    async def _read(self) -> IdleReading | None:
        probe = self._probe or await self._find()
        if probe is None:
            return None
        try:
            reading = await probe.read()
        except (IdleUnknown, OSError) as error:
            why = str(error) if isinstance(error, IdleUnknown) else _os_words(error)
            self._give_up(f"Nobody can say whether somebody sits at this machine ({probe.name}: {why}).")
            return None
        self._failures, self._no_desktop_words = 0, ""
        if reading is None or reading.is_locked is not None or self._platform in ("darwin", "win32"):
            return reading
        return msgspec.structs.replace(reading, is_locked=await self._is_locked())

    async def _find(self) -> IdleProbe | None:
        if self._failures and self._clock.monotonic_s() < self._look_again_s:
            return None
        found = await find_probe(self._environ, self._platform, self._clock)
        self._probe = found.probe
        if found.probe is None:
            self._give_up(found.words)
        else:
            _log.info("somebody can say who sits here", probe=found.probe.name)
        return found.probe

    async def _is_locked(self) -> bool | None:
        from posthouse.system.idle.dbus import read_locked

        try:
            async with asyncio.timeout(_LOCK_S):
                return await read_locked(self._environ)
        except (IdleUnknown, OSError):
            return None

    def _give_up(self, words: str) -> None:
        """Leave the probe alone for a while, and say so once."""
        self.close()
        if self._failures == 0:
            _log.info("nobody can say who sits here", detail=words)
        self._no_desktop_words = words
        self._failures += 1
        wait_s = min(RETRY_MIN_S * 2.0 ** min(self._failures - 1, 16), RETRY_MAX_S)
        self._look_again_s = self._clock.monotonic_s() + wait_s
