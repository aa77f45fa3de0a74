"""Idle time from macOS: IOKit's HIDIdleTime, and from the window server whether the screen is locked. By ctypes.

Neither needs a permission. Written against Apple's headers and not run on a Mac yet.
Source: IOKit/IOKitLib.h, IOKit/hidsystem/IOHIDLib.h, CoreFoundation/CFNumber.h, CoreGraphics/CGSession.h.
"""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import Callable
from typing import Any

from posthouse.system.idle.base import IdleReading, IdleUnknown

IO_KIT = "/System/Library/Frameworks/IOKit.framework/IOKit"
CORE_FOUNDATION = "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation"
CORE_GRAPHICS = "/System/Library/Frameworks/CoreGraphics.framework/CoreGraphics"

_UTF_8 = 0x0800_0100
_SINT64 = 4
_REF, _PORT = ctypes.c_void_p, ctypes.c_uint32
_SIGNATURES: dict[str, dict[str, tuple[Any, list[Any]]]] = {
    IO_KIT: {
        "IOServiceMatching": (_REF, [ctypes.c_char_p]),
        "IOServiceGetMatchingService": (_PORT, [_PORT, _REF]),
        "IORegistryEntryCreateCFProperty": (_REF, [_PORT, _REF, _REF, ctypes.c_uint32]),
        "IOObjectRelease": (ctypes.c_int, [_PORT]),
    },
    CORE_FOUNDATION: {
        "CFStringCreateWithCString": (_REF, [_REF, ctypes.c_char_p, ctypes.c_uint32]),
        "CFNumberGetValue": (ctypes.c_bool, [_REF, ctypes.c_long, _REF]),
        "CFDictionaryGetValue": (_REF, [_REF, _REF]),
        "CFBooleanGetValue": (ctypes.c_bool, [_REF]),
        "CFRelease": (None, [_REF]),
    },
    CORE_GRAPHICS: {"CGSessionCopyCurrentDictionary": (_REF, [])},
}


class MacProbe:
    """Asks the kernel and the window server."""

    name = "macos"

    def __init__(self, io_kit: Any, core_foundation: Any, core_graphics: Any) -> None:
        self._io_kit = io_kit
        self._core = core_foundation
        self._graphics = core_graphics

    async def read(self) -> IdleReading:
        """Ask both, off the loop. Raises IdleUnknown."""
        return await asyncio.to_thread(self._read)

    def close(self) -> None:
        """Nothing is held between looks."""

    def _read(self) -> IdleReading:
        return IdleReading(idle_s=self._idle_ns() / 1e9, probe=self.name, is_locked=self._is_locked())

    def _idle_ns(self) -> int:
        # The dictionary that matches is consumed by the call that looks for it.
        service = self._io_kit.IOServiceGetMatchingService(0, self._io_kit.IOServiceMatching(b"IOHIDSystem"))
        if not service:
            raise IdleUnknown("IOKit knows no IOHIDSystem")
        key = self._core.CFStringCreateWithCString(None, b"HIDIdleTime", _UTF_8)
        number = self._io_kit.IORegistryEntryCreateCFProperty(service, key, None, 0)
        self._core.CFRelease(key)
        self._io_kit.IOObjectRelease(service)
        if not number:
            raise IdleUnknown("IOHIDSystem has no HIDIdleTime")
        value = ctypes.c_int64()
        is_read = self._core.CFNumberGetValue(number, _SINT64, ctypes.byref(value))
        self._core.CFRelease(number)
        if not is_read or value.value < 0:
            raise IdleUnknown("HIDIdleTime is no time")
        return value.value

    def _is_locked(self) -> bool | None:
        """None where this process belongs to no session of the window server."""
        session = self._graphics.CGSessionCopyCurrentDictionary()
        if not session:
            return None
        key = self._core.CFStringCreateWithCString(None, b"CGSSessionScreenIsLocked", _UTF_8)
        flag = self._core.CFDictionaryGetValue(session, key)  # belongs to the dictionary
        is_locked = bool(flag and self._core.CFBooleanGetValue(flag))
        self._core.CFRelease(key)
        self._core.CFRelease(session)
        return is_locked


async def open_macos(load: Callable[[str], Any] = ctypes.CDLL) -> MacProbe:
    """The probe, once it has answered. Raises IdleUnknown, or OSError where a framework is missing."""
    probe = MacProbe(*[_typed(load(path), functions) for path, functions in _SIGNATURES.items()])
    await probe.read()
    return probe


def _typed(library: Any, functions: dict[str, tuple[Any, list[Any]]]) -> Any:
    for name, (result, arguments) in functions.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
