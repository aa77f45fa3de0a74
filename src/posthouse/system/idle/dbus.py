"""What desktops say over D-Bus: idle time of GNOME and KDE, and from logind whether the session is locked.

Each look is a connection of its own, so that nothing is held, no signal wakes us, and a desktop that has restarted is
no matter. Only who asks for logind's signals holds one, which is woken by locks and sleeps alone. Nothing is started by
being asked. jeepney is there wherever the keyring is, and is loaded when it is used.
Source: D-Bus Specification 0.43; org.gnome.Mutter.IdleMonitor (data/dbus-interfaces of mutter); kscreenlocker's
org.freedesktop.ScreenSaver, whose GetSessionIdleTime is milliseconds; org.freedesktop.login1(5).
"""

from __future__ import annotations

import os
import struct
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

from posthouse.system.idle.base import DesktopSignal, IdleReading, IdleUnknown
from posthouse.system.idle.local_socket import open_local

_SYSTEM_BUS = "unix:path=/run/dbus/system_bus_socket"
_HELLO_BYTES_MAX = 1_024


class _Method(NamedTuple):
    """A method to be called, and with what."""

    destination: str
    path: str
    interface: str
    name: str
    signature: str = ""
    arguments: tuple[Any, ...] = ()


_GNOME = _Method(
    "org.gnome.Mutter.IdleMonitor",
    "/org/gnome/Mutter/IdleMonitor/Core",
    "org.gnome.Mutter.IdleMonitor",
    "GetIdletime",
)
_KDE = _Method("org.freedesktop.ScreenSaver", "/ScreenSaver", "org.freedesktop.ScreenSaver", "GetSessionIdleTime")
# GNOME and others answer to the common name as well, without this method: the locker of KDE has a name of its own.
_HAS_KDE = _Method(
    "org.freedesktop.DBus",
    "/org/freedesktop/DBus",
    "org.freedesktop.DBus",
    "NameHasOwner",
    "s",
    ("org.kde.screensaver",),
)
# `auto` is the caller's own session, or where it has none (a user's service) the one that its user sits at.
_LOCKED = _Method(
    "org.freedesktop.login1",
    "/org/freedesktop/login1/session/auto",
    "org.freedesktop.DBus.Properties",
    "Get",
    "ss",
    ("org.freedesktop.login1.Session", "LockedHint"),
)
_FROM_LOGIND = "type='signal',sender='org.freedesktop.login1'"
_SLEEP_SIGNALS = (
    f"{_FROM_LOGIND},path='/org/freedesktop/login1',interface='org.freedesktop.login1.Manager',member='PrepareForSleep'"
)
_LOCK_SIGNALS = (
    f"{_FROM_LOGIND},path_namespace='/org/freedesktop/login1/session',member='PropertiesChanged',"
    "interface='org.freedesktop.DBus.Properties',arg0='org.freedesktop.login1.Session'"
)


class DBusProbe:
    """Asks a desktop on the session bus."""

    def __init__(self, name: str, address: str, method: _Method, needs: _Method | None) -> None:
        self.name = name
        self._address = address
        self._method = method
        self._needs = needs

    async def read(self) -> IdleReading:
        """Connect, ask, and close. Raises IdleUnknown or OSError."""
        async with _connected(self._address) as router:
            if self._needs is not None and (await _call(router, self._needs))[:1] != (True,):
                raise IdleUnknown("it does not run")
            (idle_ms, *_) = await _call(router, self._method) or (None,)
        if not isinstance(idle_ms, int):
            raise IdleUnknown("it answered with something else than a time")
        return IdleReading(idle_s=idle_ms / 1000, probe=self.name)

    def close(self) -> None:
        """Nothing is held between looks."""


async def open_gnome(environ: Mapping[str, str]) -> DBusProbe:
    """The probe of GNOME, once it has answered. Raises IdleUnknown or OSError."""
    return await _opened(DBusProbe("gnome", session_bus(environ), _GNOME, None))


async def open_kde(environ: Mapping[str, str]) -> DBusProbe:
    """The probe of KDE, once it has answered. Raises IdleUnknown or OSError."""
    return await _opened(DBusProbe("kde", session_bus(environ), _KDE, _HAS_KDE))


async def read_locked(environ: Mapping[str, str]) -> bool | None:
    """Whether the session of whoever runs this is locked; None: logind says neither. Raises IdleUnknown, OSError."""
    async with _connected(_system_bus(environ)) as router:
        answer = await _call(router, _LOCKED)
    match answer:
        case (("b", bool(is_locked)),):
            return is_locked
        case _:
            return None


async def logind_signals(environ: Mapping[str, str]) -> AsyncGenerator[DesktopSignal, None]:
    """What logind tells of sleeps and of the locks of all sessions, until closed. Raises IdleUnknown or OSError."""
    from jeepney.bus_messages import message_bus  # type: ignore[import-untyped]

    async with _open(_system_bus(environ)) as connection:
        await connection.send(message_bus.Hello())
        for rule in (_SLEEP_SIGNALS, _LOCK_SIGNALS):
            await connection.send(message_bus.AddMatch(rule))
        while True:
            signal = _signal_in(await connection.receive())
            if signal is not None:
                yield signal


def session_bus(environ: Mapping[str, str]) -> str:
    """The address of the session bus, which a service's environment often does not name."""
    if named := environ.get("DBUS_SESSION_BUS_ADDRESS"):
        return named
    folder = environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid() if hasattr(os, 'getuid') else 0}"
    return f"unix:path={folder}/bus"


def _system_bus(environ: Mapping[str, str]) -> str:
    return environ.get("DBUS_SYSTEM_BUS_ADDRESS") or _SYSTEM_BUS


def _signal_in(message: Any) -> DesktopSignal | None:
    """What a message tells. Raises IdleUnknown where it refuses what was asked for."""
    from jeepney import HeaderFields, MessageType  # type: ignore[import-untyped]

    if message.header.message_type is MessageType.error:
        raise IdleUnknown("the bus does not let its signals be heard")
    match message.header.fields.get(HeaderFields.member), message.body:
        case "PrepareForSleep", (bool(is_near),):
            return DesktopSignal.SLEEPS if is_near else DesktopSignal.WAKES
        case "PropertiesChanged", (_, dict(changed), _) if "LockedHint" in changed:
            return DesktopSignal.LOCK_CHANGED
        case _:
            return None


async def _opened(probe: DBusProbe) -> DBusProbe:
    await probe.read()
    return probe


@asynccontextmanager
async def _open(address: str) -> AsyncIterator[Any]:
    """A connection that has yet to say hello. Raises IdleUnknown or OSError."""
    from jeepney.auth import BEGIN, Authenticator  # type: ignore[import-untyped]
    from jeepney.bus import get_connectable_addresses  # type: ignore[import-untyped]
    from jeepney.io.asyncio import DBusConnection  # type: ignore[import-untyped]
    from jeepney.io.common import RouterClosed  # type: ignore[import-untyped]

    try:
        path = next(get_connectable_addresses(address))
    except (RuntimeError, ValueError) as error:
        raise IdleUnknown("the address of the bus cannot be used") from error
    reader, writer = await open_local(path)
    try:
        exchange = Authenticator()
        for request in exchange:
            writer.write(request)
            exchange.feed(await reader.read(_HELLO_BYTES_MAX))
        writer.write(BEGIN)
        yield DBusConnection(reader, writer)
    except (EOFError, RouterClosed, ValueError, struct.error) as error:
        raise IdleUnknown("the bus broke off") from error
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()


@asynccontextmanager
async def _connected(address: str) -> AsyncIterator[Any]:
    """A connection that has said hello. Raises IdleUnknown or OSError."""
    from jeepney.bus_messages import message_bus
    from jeepney.io.asyncio import DBusRouter

    async with _open(address) as connection, DBusRouter(connection) as router:
        await router.send_and_get_reply(message_bus.Hello())
        yield router


async def _call(router: Any, method: _Method) -> tuple[Any, ...]:
    from jeepney import DBusAddress, MessageFlag, MessageType, new_method_call

    at = DBusAddress(method.path, bus_name=method.destination, interface=method.interface)
    message = new_method_call(at, method.name, method.signature or None, method.arguments)
    message.header.flags = MessageFlag.no_auto_start
    reply = await router.send_and_get_reply(message)
    if reply.header.message_type is not MessageType.method_return:
        raise IdleUnknown(f"{method.destination} does not answer")
    return tuple(reply.body)
