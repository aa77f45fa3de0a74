"""Desktop activity from look to event: an injected clock, a person moved by hand, and what is kept in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from posthouse.model.errors import BadInput, DiskLow, LedgerClosed, PosthouseError
from posthouse.model.sources import Emission
from posthouse.sources.desktop.source import DesktopActivity
from posthouse.system.idle.base import Confidence, DesktopSignal
from tests.parts import HandClock
from tests.sources.desk import Desk
from tests.sources.support import MemoryState, context_for, decoded, soon

START_S = 1_767_225_600


class House:
    """A source over a desk, with what it emitted; it may run more than once over one state."""

    def __init__(self) -> None:
        self.clock = HandClock()
        self.clock.rule(asyncio.get_running_loop())
        self.desk = Desk(self.clock)
        self.state = MemoryState()
        self.emitted: list[Emission] = []
        self.settings: dict[str, Any] = {}
        self.failure: PosthouseError | None = None

    @property
    def events(self) -> list[dict[str, Any]]:
        """What was told, oldest first."""
        return [decoded(event.data) for one in self.emitted for event in one.events]

    @property
    def ended(self) -> list[tuple[int, int, str]]:
        """Of each session that was told: its start and end in seconds since the test began, and why."""
        return [
            (one["start_timestamp"] - START_S, one["end_timestamp"] - START_S, one["ended_by"]) for one in self.events
        ]

    @asynccontextmanager
    async def at_work(self, *, is_killed: bool = False) -> AsyncIterator[asyncio.Task[None]]:
        """The source at work; `is_killed`: it ends without a word, as a process does that is killed."""
        context = context_for(
            "desktop-activity", self.settings, state=self.state, clock=self.clock, emitted=self.emitted,
            presence=self.desk,
        )  # fmt: skip
        context = replace(context, emit=partial(self._emit, context.emit))
        task = asyncio.create_task(DesktopActivity().run(context))
        try:
            await self.looked(task)
            yield task
        finally:
            before = dict(self.state.stored), list(self.emitted)
            task.cancel()
            with suppress(asyncio.CancelledError, PosthouseError):
                await task
            if is_killed:
                self.state.stored, self.emitted = before
                self.desk.life = self.clock.uuid7()

    async def _emit(self, commit: Callable[[Emission], Any], emission: Emission) -> None:
        if self.failure is not None:
            raise self.failure
        await commit(emission)

    async def looked(self, task: asyncio.Task[None] | None = None) -> None:
        """A look is over: the source waits for the next one."""
        await until(lambda: bool(self.clock.armed()) or (task is not None and task.done()))

    async def pass_time(self, seconds: float, *, is_touched: bool = False) -> None:
        """Let time pass, poll by poll of 30 s."""
        while seconds > 0:
            self.clock.advance(min(seconds, 30.0))
            if is_touched:
                self.desk.touch()
            seconds -= 30.0
            await until(lambda: bool(self.clock.armed()))

    async def tell(self, *signals: DesktopSignal) -> None:
        """The system tells of something, and the source has looked."""
        looks = self.desk.looks
        self.desk.tell(*signals)
        await until(lambda: self.desk.looks > looks)
        await self.looked()

    async def preview(self) -> Any:
        context = context_for("desktop-activity", self.settings, state=self.state, clock=self.clock, presence=self.desk)
        return await soon(DesktopActivity().preview(context))


async def until(check: Callable[[], bool]) -> None:
    """Let the loop turn until it holds."""
    async with asyncio.timeout(20.0):
        for _ in range(8):
            await asyncio.sleep(0)
        while not check():  # noqa: ASYNC110 (what is waited for has no event)
            await asyncio.sleep(0)


@pytest.fixture
async def house() -> House:
    return House()


async def test_a_session_is_told_once_it_is_over_and_ends_at_its_last_input(house: House) -> None:
    async with house.at_work():
        await house.pass_time(3_600, is_touched=True)
        assert house.events == []
        await house.pass_time(180)

        assert house.events == [
            {
                "source": "desktop-activity",
                "version": 1,
                "type": "desktop_session",
                "start_timestamp": START_S,
                "end_timestamp": START_S + 3_600,
                "duration_minutes": 60,
                "idle_threshold_seconds": 180,
                "ended_by": "idle",
                "probe": "desk",
                "confidence": "high",
            }
        ]
    (event,) = (event for one in house.emitted for event in one.events)
    assert (event.type, event.at) == ("desktop.session", (START_S + 3_600) * 1_000)
    assert len(house.events) == 1


async def test_the_open_session_is_kept_at_each_look_and_nothing_is_written_while_nobody_is_there(house: House) -> None:
    async with house.at_work():
        await house.pass_time(300, is_touched=True)
        assert len(house.emitted) == 11
        await house.pass_time(180)
        assert len(house.events) == 1
        written = len(house.emitted)
        await house.pass_time(36_000)

    assert len(house.emitted) == written


async def test_a_threshold_and_a_poll_of_ones_own_are_gone_by(house: House) -> None:
    house.settings = {"threshold_s": 60, "poll_s": 10.5}
    async with house.at_work():
        assert house.clock.armed() == [10.5]
        for _ in range(6):
            house.clock.advance(10.5)
            await house.looked()

        assert house.ended == [(0, 0, "idle")]
        assert house.events[0]["idle_threshold_seconds"] == 60


async def test_a_lock_ends_it_at_once_and_what_is_typed_to_unlock_begins_the_next(house: House) -> None:
    async with house.at_work():
        await house.pass_time(30)
        house.clock.advance(5)
        house.desk.touch()
        house.clock.advance(1)
        house.desk.is_locked = True
        await house.tell(DesktopSignal.LOCK_CHANGED)
        assert house.ended == [(0, 35, "lock")]

        await house.pass_time(600)
        house.clock.advance(2)
        house.desk.touch()
        house.clock.advance(1)
        house.desk.is_locked = False
        await house.tell(DesktopSignal.LOCK_CHANGED)
        await house.pass_time(180)

    assert house.ended == [(0, 35, "lock"), (638, 638, "idle")]


async def test_a_lock_that_nobody_tells_of_is_seen_at_the_next_look(house: House) -> None:
    async with house.at_work():
        house.desk.is_locked = True
        await house.pass_time(30)

        assert house.ended == [(0, 0, "lock")]


async def test_a_sleep_ends_it_and_waking_up_joins_nothing(house: House) -> None:
    async with house.at_work():
        house.clock.advance(10)
        house.desk.touch()
        house.clock.advance(1)
        await house.tell(DesktopSignal.SLEEPS)
        assert house.ended == [(0, 10, "sleep")]

        house.clock.jump(28_800)
        house.clock.advance(2)
        await house.tell(DesktopSignal.WAKES)
        assert (await house.preview()).found.startswith("No session is open.")
        house.clock.advance(3)
        house.desk.touch()
        await house.pass_time(30)
        await house.pass_time(180)

    assert house.ended == [(0, 10, "sleep"), (28_816, 28_816, "idle")]


async def test_a_short_sleep_of_which_was_heard_only_afterwards_joins_nothing(house: House) -> None:
    async with house.at_work():
        house.clock.jump(20)
        house.clock.advance(1)
        house.desk.touch()
        await house.tell(DesktopSignal.SLEEPS, DesktopSignal.WAKES)
        await house.pass_time(180)

    assert house.ended == [(0, 0, "sleep"), (21, 21, "idle")]


@pytest.mark.parametrize("jump_s", [28_800, -28_800])
async def test_a_sleep_of_which_nobody_tells_is_seen_by_the_clock(house: House, jump_s: float) -> None:
    async with house.at_work():
        await house.pass_time(60, is_touched=True)
        house.clock.jump(jump_s)
        await house.pass_time(30, is_touched=True)

        assert house.ended == [(0, 60, "sleep")]


async def test_a_stop_looks_once_more_and_tells_of_the_open_session(house: House) -> None:
    async with house.at_work():
        await house.pass_time(60, is_touched=True)
        house.clock.advance(20)
        house.desk.touch()
        house.clock.advance(4)

    assert house.ended == [(0, 80, "shutdown")]
    async with house.at_work():
        await house.pass_time(600)
    assert len(house.events) == 1


async def test_a_crash_loses_nothing_where_the_next_start_is_soon(house: House) -> None:
    async with house.at_work(is_killed=True):
        await house.pass_time(60, is_touched=True)
    house.clock.advance(25)
    house.desk.touch()
    house.clock.advance(5)
    async with house.at_work():
        await house.pass_time(180)

    assert house.ended == [(0, 85, "idle")]


async def test_a_session_that_a_crash_left_open_ends_at_its_last_look_at_most(house: House) -> None:
    async with house.at_work(is_killed=True):
        await house.pass_time(60, is_touched=True)
        house.clock.advance(10)
        house.desk.touch()
    house.clock.advance(7_200)
    house.desk.touch()
    async with house.at_work():
        assert house.ended == [(0, 60, "sleep")]
        await house.pass_time(180)

    assert house.ended == [(0, 60, "sleep"), (7_270, 7_270, "idle")]


async def test_an_end_whose_commit_is_in_doubt_is_told_again_under_its_key(house: House) -> None:
    async with house.at_work(is_killed=True):
        await house.pass_time(60, is_touched=True)
        kept = dict(house.state.stored)
        await house.pass_time(180)
    first = house.emitted[-1].events
    house.state.stored = kept
    async with house.at_work():
        pass

    again = house.emitted[-1].events
    assert [one.key for one in first] == [one.key for one in again] == [f"1/{START_S * 1_000}"]


async def test_without_any_desktop_it_says_so_in_plain_words_and_fails(house: House) -> None:
    house.desk.words = "Nobody can say whether somebody sits at this machine (X11: DISPLAY is not set)."
    async with house.at_work() as task:
        with pytest.raises(PosthouseError) as caught:
            await task

    assert (caught.value.code, caught.value.message) == ("source.no_desktop", house.desk.words)
    assert house.state.stored == {}
    shown = await house.preview()
    assert (shown.problems, shown.found) == ((house.desk.words,), "No session is open.")
    assert decoded(shown.data)["open"] is None


async def test_a_desktop_that_goes_ends_the_session_and_is_waited_for(house: House) -> None:
    async with house.at_work():
        await house.pass_time(60, is_touched=True)
        house.desk.words = "Nobody can say whether somebody sits at this machine (x11: it does not run)."
        await house.pass_time(60)
        assert house.events == []
        await house.pass_time(600)
        assert house.ended == [(0, 60, "shutdown")]
        house.desk.words = ""
        await house.pass_time(30, is_touched=True)
        await house.pass_time(180)

    assert house.ended == [(0, 60, "shutdown"), (750, 750, "idle")]


async def test_a_machine_that_had_a_desktop_once_waits_for_it_at_the_next_start(house: House) -> None:
    house.clock.advance(1_000)
    async with house.at_work():
        pass
    house.desk.words = "Nobody can say whether somebody sits at this machine (KDE: it does not run)."
    async with house.at_work():
        await house.pass_time(600)
        house.desk.words = ""
        await house.pass_time(30, is_touched=True)
        await house.pass_time(180)

    assert house.ended == [(1_630, 1_630, "idle")]


async def test_a_probe_that_has_only_begun_to_listen_invents_no_session(house: House) -> None:
    house.desk.confidence, house.desk.is_too_early = Confidence.LOW, True
    async with house.at_work():
        house.desk.is_too_early = False
        await house.pass_time(120)
        assert house.events == []
        await house.pass_time(30, is_touched=True)
        house.desk.confidence = Confidence.HIGH
        await house.pass_time(180)

    assert house.ended == [(150, 150, "idle")]
    assert house.events[0]["confidence"] == "low"


async def test_the_preview_shows_the_open_session_and_the_last_ten_and_consumes_nothing(house: House) -> None:
    async with house.at_work():
        for _ in range(12):
            await house.pass_time(30, is_touched=True)
            await house.pass_time(300)
        await house.pass_time(60, is_touched=True)
        house.clock.advance(4)
        kept = dict(house.state.stored)
        shown = await house.preview()

        assert house.state.stored == kept
    data = decoded(shown.data)
    assert data["recent"] == [
        {name: value for name, value in one.items() if name not in ("source", "version")}
        for one in reversed(house.events[2:-1])
    ]
    assert data["open"] == {
        "start_timestamp": START_S + 3_990,
        "last_input_timestamp": START_S + 4_020,
        "probe": "desk",
        "confidence": "high",
    }
    assert shown.found == "A session has been open for 34 s. Nothing was touched for 4 s (desk)."
    assert shown.problems == ()


async def test_a_preview_of_a_source_that_is_off_says_what_is_seen_now(house: House) -> None:
    house.clock.advance(7_500)
    house.desk.is_locked = True

    shown = await house.preview()

    assert shown.found == "No session is open. Nothing was touched for 2 h 5 min, and the screen is locked (desk)."
    assert decoded(shown.data) == {"source": "desktop-activity", "version": 1, "open": None, "recent": []}


async def test_a_stop_that_cannot_write_leaves_the_session_to_the_next_start(house: House) -> None:
    async with house.at_work() as task:
        await house.pass_time(60, is_touched=True)
        house.failure = LedgerClosed("ledger.closed", "The ledger is closed.")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    house.failure = None
    house.clock.advance(600)
    async with house.at_work():
        assert house.ended == [(0, 60, "sleep")]


async def test_a_look_that_cannot_be_written_is_a_failed_read_and_forgets_nothing(house: House) -> None:
    async with house.at_work() as task:
        await house.pass_time(60, is_touched=True)
        house.failure = DiskLow("disk.low", "There is no room.")
        house.clock.advance(30)
        with pytest.raises(DiskLow):
            await task
    house.failure = None
    async with house.at_work():
        await house.pass_time(180)

    assert house.ended == [(0, 60, "idle")]


def test_a_poll_longer_than_the_threshold_is_refused_by_name() -> None:
    with pytest.raises(BadInput) as caught:
        DesktopActivity().parse({"threshold_s": 20})

    assert (caught.value.code, caught.value.field) == ("source.bad_setting", "poll_s")
