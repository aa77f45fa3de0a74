"""macOS and Windows by the calls that their documentation names; neither is run here."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from posthouse.system.idle import macos
from posthouse.system.idle.base import IdleReading, IdleUnknown
from posthouse.system.idle.macos import open_macos
from posthouse.system.idle.windows import LastInput, SessionHead, open_windows


class Function:
    """A function of a library: what it was called with is written down."""

    def __init__(self, calls: list[tuple[Any, ...]], name: str, answer: Any) -> None:
        self._calls, self._name, self._answer = calls, name, answer
        self.restype: Any = ...
        self.argtypes: Any = ...

    def __call__(self, *arguments: Any) -> Any:
        assert self.argtypes is not ..., f"{self._name} was called without its signature"
        assert len(arguments) == len(self.argtypes)
        self._calls.append((self._name, *[argument for argument in arguments if isinstance(argument, int | bytes)]))
        return self._answer(*arguments) if callable(self._answer) else self._answer


class Library:
    def __init__(self, calls: list[tuple[Any, ...]], **answers: Any) -> None:
        for name, answer in answers.items():
            setattr(self, name, Function(calls, name, answer))


def mac(calls: list[tuple[Any, ...]], **other: Any) -> dict[str, Library]:
    """A Mac that has been idle for 90 s and is locked, but for what is told otherwise."""

    def number(reference: int, kind: int, value: Any) -> bool:
        value._obj.value = 90_000_000_000
        return True

    answers = {
        "IOServiceMatching": 11,
        "IOServiceGetMatchingService": 12,
        "IORegistryEntryCreateCFProperty": 13,
        "IOObjectRelease": 0,
        "CFStringCreateWithCString": 14,
        "CFNumberGetValue": number,
        "CFDictionaryGetValue": 15,
        "CFBooleanGetValue": True,
        "CFRelease": None,
        "CGSessionCopyCurrentDictionary": 16,
    } | other
    return {
        path: Library(calls, **{name: answers[name] for name in functions})
        for path, functions in macos._SIGNATURES.items()
    }


async def test_macos_is_asked_for_its_nanoseconds_and_its_lock_and_everything_is_released() -> None:
    calls: list[tuple[Any, ...]] = []

    probe = await open_macos(mac(calls).__getitem__)
    del calls[:]
    reading = await probe.read()

    assert reading == IdleReading(idle_s=90.0, probe="macos", is_locked=True)
    assert calls == [
        ("IOServiceMatching", b"IOHIDSystem"),
        ("IOServiceGetMatchingService", 0, 11),
        ("CFStringCreateWithCString", b"HIDIdleTime", 0x0800_0100),
        ("IORegistryEntryCreateCFProperty", 12, 14, 0),
        ("CFRelease", 14),
        ("IOObjectRelease", 12),
        ("CFNumberGetValue", 13, 4),
        ("CFRelease", 13),
        ("CGSessionCopyCurrentDictionary",),
        ("CFStringCreateWithCString", b"CGSSessionScreenIsLocked", 0x0800_0100),
        ("CFDictionaryGetValue", 16, 14),
        ("CFBooleanGetValue", 15),
        ("CFRelease", 14),
        ("CFRelease", 16),
    ]


@pytest.mark.parametrize(
    ("other", "is_locked"),
    [
        ({"CFBooleanGetValue": False}, False),
        ({"CFDictionaryGetValue": None}, False),
        ({"CGSessionCopyCurrentDictionary": None}, None),
    ],
)
async def test_macos_is_unlocked_without_the_word_and_unknown_without_a_session(
    other: dict[str, Any],
    is_locked: bool | None,
) -> None:
    probe = await open_macos(mac([], **other).__getitem__)

    assert (await probe.read()).is_locked is is_locked


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"IOServiceGetMatchingService": 0}, "no IOHIDSystem"),
        ({"IORegistryEntryCreateCFProperty": None}, "no HIDIdleTime"),
        ({"CFNumberGetValue": False}, "no time"),
    ],
)
async def test_macos_without_an_answer_says_so(other: dict[str, Any], why: str) -> None:
    with pytest.raises(IdleUnknown, match=why):
        await open_macos(mac([], **other).__getitem__)


UNLOCKED = (1, 0, 7, 0, 1)


def windows(
    last_ms: int,
    now_ms: int,
    session: tuple[int, int, int, int, int] | None = UNLOCKED,
    *,
    calls: list[tuple[Any, ...]] | None = None,
    size: int = 232,
) -> dict[str, Library]:
    """A Windows with this input, and what the session says of itself; None: it says nothing."""
    head = SessionHead(*(session or UNLOCKED))

    def of_session(server: Any, number: int, what: int, where: Any, length: Any) -> int:
        where._obj.value, length._obj.value = ctypes.addressof(head), size
        return int(session is not None)

    def last_input(where: Any) -> int:
        assert where._obj.cbSize == ctypes.sizeof(LastInput) == 8
        where._obj.dwTime = last_ms
        return 1

    return {
        "user32": Library([], GetLastInputInfo=last_input),
        "kernel32": Library([], GetTickCount=now_ms),
        "wtsapi32": Library([] if calls is None else calls, WTSQuerySessionInformationW=of_session, WTSFreeMemory=None),
    }


@pytest.mark.parametrize(
    ("last_ms", "now_ms", "idle_s"), [(1_000, 4_500, 3.5), (7, 7, 0.0), (0xFFFF_FF00, 0x0000_00F4, 0.5)]
)
async def test_windows_counts_over_the_end_of_its_counter(last_ms: int, now_ms: int, idle_s: float) -> None:
    probe = await open_windows(windows(last_ms, now_ms).__getitem__)

    assert await probe.read() == IdleReading(idle_s=idle_s, probe="windows", is_locked=False)


@pytest.mark.parametrize(
    ("session", "size", "is_locked", "freed"),
    [
        ((1, 0, 7, 0, 0), 232, True, 1),
        ((1, 0, 7, 0, 1), 232, False, 1),
        ((1, 0, 7, 0, -1), 232, None, 1),
        ((2, 0, 7, 0, 0), 232, None, 1),
        ((1, 0, 7, 0, 0), 8, None, 1),
        (None, 0, None, 0),
    ],
)
async def test_windows_says_whether_the_session_is_locked_and_what_it_gave_is_freed(
    session: tuple[int, int, int, int, int] | None, size: int, is_locked: bool | None, freed: int
) -> None:
    calls: list[tuple[Any, ...]] = []
    probe = await open_windows(windows(0, 0, session, calls=calls, size=size).__getitem__)
    del calls[:]

    assert (await probe.read()).is_locked is is_locked
    assert calls == [("WTSQuerySessionInformationW", 0xFFFF_FFFF, 25), *[("WTSFreeMemory",)] * freed]


async def test_windows_without_input_says_so() -> None:
    libraries = windows(0, 1) | {"user32": Library([], GetLastInputInfo=0)}

    with pytest.raises(IdleUnknown, match="no input"):
        await open_windows(libraries.__getitem__)
