"""Idle time from Windows: GetLastInputInfo of the session that this process runs in, and whether that is locked.

By ctypes. A service runs in a session without input: there, nothing can be said. Written against the documentation
(of Windows 8 and newer: before, the flags of a lock were swapped) and not run on Windows yet.
Source: https://learn.microsoft.com/windows/win32/api/winuser/nf-winuser-getlastinputinfo, sysinfoapi GetTickCount,
wtsapi32 WTSQuerySessionInformationW with WTSSessionInfoEx (WTSINFOEXW).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from posthouse.system.idle.base import IdleReading, IdleUnknown

_TICKS = 1 << 32
"""Both counters are milliseconds in 32 bits, and begin anew every 49.7 days."""
_CURRENT_SERVER, _CURRENT_SESSION, _SESSION_INFO_EX = None, 0xFFFF_FFFF, 25
_LOCKED, _UNLOCKED = 0, 1


class LastInput(ctypes.Structure):
    """LASTINPUTINFO."""

    _fields_ = (("cbSize", ctypes.c_uint32), ("dwTime", ctypes.c_uint32))


class SessionHead(ctypes.Structure):
    """How WTSINFOEXW begins at level 1; its union is aligned to 8 bytes."""

    _fields_ = (
        ("Level", ctypes.c_uint32),
        ("Alignment", ctypes.c_uint32),
        ("SessionId", ctypes.c_uint32),
        ("SessionState", ctypes.c_int32),
        ("SessionFlags", ctypes.c_int32),
    )


class WindowsProbe:
    """Asks the session."""

    name = "windows"

    def __init__(self, user: Any, kernel: Any, sessions: Any) -> None:
        self._user = user
        self._kernel = kernel
        self._sessions = sessions

    async def read(self) -> IdleReading:
        """Ask; it takes microseconds. Raises IdleUnknown."""
        last = LastInput(cbSize=ctypes.sizeof(LastInput))
        if not self._user.GetLastInputInfo(ctypes.byref(last)):
            raise IdleUnknown("this session has no input")
        idle_ms = (self._kernel.GetTickCount() - last.dwTime) % _TICKS
        return IdleReading(idle_s=idle_ms / 1000, probe=self.name, is_locked=self._is_locked())

    def close(self) -> None:
        """Nothing is held between looks."""

    def _is_locked(self) -> bool | None:
        """None where the session does not say."""
        head, size = ctypes.c_void_p(), ctypes.c_uint32()
        if not self._sessions.WTSQuerySessionInformationW(
            _CURRENT_SERVER, _CURRENT_SESSION, _SESSION_INFO_EX, ctypes.byref(head), ctypes.byref(size)
        ):
            return None
        try:
            if not head.value or size.value < ctypes.sizeof(SessionHead):
                return None
            found = SessionHead.from_address(head.value)
            return {_LOCKED: True, _UNLOCKED: False}.get(found.SessionFlags) if found.Level == 1 else None
        finally:
            self._sessions.WTSFreeMemory(head)


async def open_windows(load: Callable[[str], Any] | None = None) -> WindowsProbe:
    """The probe, once it has answered. Raises IdleUnknown, or OSError where a library is missing."""
    load = load or ctypes.WinDLL  # type: ignore[attr-defined,unused-ignore]
    user, kernel, sessions = load("user32"), load("kernel32"), load("wtsapi32")
    user.GetLastInputInfo.restype, user.GetLastInputInfo.argtypes = ctypes.c_int, [ctypes.POINTER(LastInput)]
    kernel.GetTickCount.restype, kernel.GetTickCount.argtypes = ctypes.c_uint32, []
    asked = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
    sessions.WTSQuerySessionInformationW.restype, sessions.WTSQuerySessionInformationW.argtypes = ctypes.c_int, asked
    sessions.WTSFreeMemory.restype, sessions.WTSFreeMemory.argtypes = None, [ctypes.c_void_p]
    probe = WindowsProbe(user, kernel, sessions)
    await probe.read()
    return probe
