"""Idle time from a compositor: what it tells, and what is made of it."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from posthouse.system.idle.base import Confidence, IdleReading, IdleUnknown
from posthouse.system.idle.wayland import IDLE_S, WaylandProbe, open_wayland
from tests.clock import ManualClock
from tests.system.idle.desktops import Compositor, compositor, until

SEAT, NOTIFIER = ("wl_seat", 8), ("ext_idle_notifier_v1", 2)


async def idle_after(server: Compositor, probe: WaylandProbe) -> IdleReading:
    """What the probe says once it has heard that nobody is there."""
    server.idled()
    await until(lambda: probe._idled_s is not None)
    reading = await probe.read()
    assert reading is not None
    return reading


async def test_from_idled_and_resumed_the_time_is_known(tmp_path: Path, clock: ManualClock) -> None:
    async with compositor(tmp_path, ("wl_shm", 1), SEAT, NOTIFIER) as server:
        probe = await open_wayland({"XDG_RUNTIME_DIR": str(tmp_path)}, clock)
        at_once = await probe.read()
        clock.advance(IDLE_S)
        idle = await idle_after(server, probe)
        clock.advance(10)
        longer = await probe.read()
        server.resumed()
        await until(lambda: probe._idled_s is None)
        back = await probe.read()
        clock.advance(100)
        again = await idle_after(server, probe)
        probe.close()

    assert at_once is None
    assert idle == IdleReading(idle_s=5.0, probe="wayland", confidence=Confidence.LOW)
    assert longer == IdleReading(idle_s=15.0, probe="wayland", confidence=Confidence.LOW)
    assert back == IdleReading(idle_s=0.0, probe="wayland", confidence=Confidence.HIGH)
    assert again == IdleReading(idle_s=5.0, probe="wayland", confidence=Confidence.HIGH)


async def test_who_is_never_said_to_be_gone_is_there(tmp_path: Path, clock: ManualClock) -> None:
    async with compositor(tmp_path, SEAT, NOTIFIER):
        probe = await open_wayland({"XDG_RUNTIME_DIR": str(tmp_path)}, clock)
        clock.advance(IDLE_S)
        early = await probe.read()
        clock.advance(1)
        late = await probe.read()
        probe.close()

    assert early is None
    assert late == IdleReading(idle_s=0.0, probe="wayland", confidence=Confidence.LOW)


@pytest.mark.parametrize(
    ("version", "opcode", "confidence"), [(1, 1, Confidence.LOW), (2, 2, Confidence.HIGH), (9, 2, Confidence.HIGH)]
)
async def test_input_alone_is_asked_for_where_the_compositor_can_tell(
    tmp_path: Path, clock: ManualClock, version: int, opcode: int, confidence: Confidence
) -> None:
    async with compositor(tmp_path, SEAT, ("ext_idle_notifier_v1", version)) as server:
        probe = await open_wayland({"XDG_RUNTIME_DIR": str(tmp_path), "WAYLAND_DISPLAY": "wayland-0"}, clock)
        server.resumed()
        await until(lambda: probe._has_seen_input)
        reading = await probe.read()
        probe.close()

    assert [(receiver, number) for receiver, number, _ in server.requests if receiver not in (1, 2)] == [(5, opcode)]
    assert reading is not None
    assert reading.confidence is confidence


@pytest.mark.parametrize(
    ("offers", "why"), [([SEAT], "does not speak ext-idle-notify-v1"), ([NOTIFIER], "has no seat"), ([], "has no seat")]
)
async def test_a_compositor_that_cannot_tell_is_left(
    tmp_path: Path, clock: ManualClock, offers: list[tuple[str, int]], why: str
) -> None:
    async with compositor(tmp_path, *offers):
        with pytest.raises(IdleUnknown, match=why):
            await open_wayland({"XDG_RUNTIME_DIR": str(tmp_path)}, clock)


async def test_a_compositor_that_leaves_or_refuses_is_of_no_more_use(tmp_path: Path, clock: ManualClock) -> None:
    async with compositor(tmp_path, SEAT, NOTIFIER) as server:
        left = await open_wayland({"XDG_RUNTIME_DIR": str(tmp_path)}, clock)
        server.leave()
        await until(lambda: left._why_over != "")
        refused = await open_wayland({"XDG_RUNTIME_DIR": str(tmp_path)}, clock)
        server.send(1, 0, struct.pack("=III", 6, 1, 0))
        await until(lambda: refused._why_over != "")
        broken = await open_wayland({"XDG_RUNTIME_DIR": str(tmp_path)}, clock)
        server._writer.write(struct.pack("=II", 6, 3 << 16))  # type: ignore[union-attr]
        await until(lambda: broken._why_over != "")
        for probe, why in ((left, "has gone"), (refused, "refused"), (broken, "does not speak Wayland as we know it")):
            with pytest.raises(IdleUnknown, match=why):
                await probe.read()
            probe.close()


async def test_without_a_folder_for_sockets_there_is_no_compositor(clock: ManualClock) -> None:
    with pytest.raises(IdleUnknown, match="XDG_RUNTIME_DIR"):
        await open_wayland({}, clock)
