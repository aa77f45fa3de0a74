"""The kind `desktop-activity`: one event for each stretch of time in which somebody used keyboard or mouse.

In: looks at how long nobody has touched this machine (`system.idle`), every 30 s and whenever the system tells of a
lock or a sleep. Out: `desktop.session` once a session is over. What was typed or clicked is not known to it.

    run ──look──▶ rules/session ──a session is open, or is over──▶ state, and its event, in one commit ──wait──▶ look
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

import msgspec

from posthouse.model.errors import PosthouseError
from posthouse.model.sources import Emission, Property, SourceShape
from posthouse.rules.session import Ended, Look, Slept, Stopping, Unseen, step
from posthouse.sources.base import Preview, SourceContext
from posthouse.sources.desktop.keeping import Kept, Session, after_look, load, newest, put_kept, put_recent, session_of
from posthouse.sources.desktop.settings import DesktopSettings, parse_desktop_settings, settings_of
from posthouse.sources.desktop.telling import EVENT_TYPE, draft_of, found_words, preview_data
from posthouse.system.idle.base import Confidence, DesktopSignal, IdleReading
from posthouse.system.idle.presence import Presence
from posthouse.system.logging import get_log

STOP_S = 3.0
"""How long a stop may take to look once more and to tell of the open session; else the next start tells of it."""

_log = get_log(__name__)


class DesktopActivity:
    """The kind; it holds no state."""

    shape = SourceShape.STREAM
    is_passive = False
    needs_schedule = False
    settings_type = DesktopSettings
    title = "Desktop activity"
    properties: tuple[Property, ...] = ()
    volatile: tuple[str, ...] = ()

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate and complete; raises BadInput `source.bad_setting` naming the field."""
        return parse_desktop_settings(settings)

    def project(self, data: Any, allowed: Mapping[str, bool]) -> Any:  # noqa: ARG002 (there is nothing to choose)
        """The payload as it is. Pure."""
        return data

    async def run(self, context: SourceContext) -> None:
        """Look until cancelled; then the open session is told of.

        Raises PosthouseError `source.no_desktop` where nobody can say and no desktop was ever seen here.
        """
        follower = Follower(context, *await load(context.state))
        trouble: OSError | PosthouseError | None = None
        try:
            async with asyncio.TaskGroup() as group:
                listening = group.create_task(follower.listen())
                try:
                    await follower.follow()
                except (OSError, PosthouseError) as error:
                    trouble = error
                    listening.cancel()
        except asyncio.CancelledError:
            await follower.stop()
            raise
        if trouble is not None:
            raise trouble

    async def preview(self, context: SourceContext) -> Preview:
        """The open session and the last ones, after one look."""
        kept, recent = await load(context.state)
        follower = Follower(context, kept, recent)
        reading = await follower.presence.read()
        kept, sessions = follower.judged(reading)
        words = follower.presence.no_desktop_words
        return Preview(
            event_type=EVENT_TYPE,
            data=preview_data(kept, newest(sessions, recent)),
            found=found_words(kept, reading, context.clock.now()),
            problems=(words,) if reading is None and words else (),
        )


class Follower:
    """One source at work: what it knows is what is in its state."""

    def __init__(self, context: SourceContext, kept: Kept | None, recent: tuple[Session, ...]) -> None:
        self.presence = _presence_of(context)
        self._context = context
        self._clock = context.clock
        self._settings = settings_of(context)
        self._kept = kept or Kept()
        self._recent = recent
        self._is_known = kept is not None
        self._is_in_sight = False
        self._due = asyncio.Event()
        self._is_sleep_near = False
        self._has_slept = False
        self._timer: asyncio.TimerHandle | None = None

    async def listen(self) -> None:
        """Look whenever the system tells of a lock or a sleep."""
        async with aclosing(self.presence.signals()) as signals:
            async for signal in signals:
                # Awake again: whatever was not told of the sleep before is told first, so that it joins nothing.
                self._is_sleep_near = signal is DesktopSignal.SLEEPS
                self._has_slept = self._has_slept or signal is DesktopSignal.WAKES
                self._due.set()

    async def follow(self) -> None:
        """Look again and again, at once and then after each poll."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                self._due.clear()
                await self._look()
                self._timer = loop.call_later(self._settings.poll_s, self._due.set)
                await self._due.wait()
                self._timer.cancel()
        finally:
            if self._timer is not None:
                self._timer.cancel()

    async def stop(self) -> None:
        """Tell of the open session, if there is one, after one more look. Never raises but for being cancelled."""
        if self._kept.desktop.open is None:
            return
        try:
            async with asyncio.timeout(STOP_S):
                kept, sessions = self.judged(await self.presence.read())
                kept, more = self._over(kept, Stopping(now=self._clock.now()))
                await self._keep(kept, sessions + more)
        except (OSError, TimeoutError, PosthouseError) as error:
            _log.warning("the open session is told of at the next start", detail=type(error).__name__)

    def judged(self, reading: IdleReading | None) -> tuple[Kept, tuple[Session, ...]]:
        """What is known after a look, and the sessions that it ended. Changes nothing."""
        now, awake_s, before = self._clock.now(), self._clock.monotonic_s(), self._kept
        signal: Look | Unseen = Unseen(now=now, awake_s=awake_s, boot=self.presence.life)
        if reading is not None:
            signal = Look(
                now=now,
                awake_s=awake_s,
                boot=self.presence.life,
                idle_s=reading.idle_s,
                is_locked=reading.is_locked is True,
                # A probe of which nothing was known before may have only begun to listen.
                is_sure=reading.confidence is Confidence.HIGH or self._is_in_sight,
            )
        desktop, over = step(before.desktop, signal, self._settings.policy)
        if reading is None:
            return msgspec.structs.replace(before, desktop=desktop), self._sessions(over, before)
        return after_look(before, desktop, reading), self._sessions(over, before)

    async def _look(self) -> None:
        """Look once, and keep what came of it."""
        if self._has_slept:
            self._has_slept = False
            await self._keep(*self._over(self._kept, Slept(now=self._clock.now())))
        is_sleep_near, self._is_sleep_near = self._is_sleep_near, False
        reading = await self.presence.read()
        if reading is None and self.presence.no_desktop_words and not self._is_known:
            raise PosthouseError("source.no_desktop", self.presence.no_desktop_words)
        kept, sessions = self.judged(reading)
        self._is_in_sight = reading is not None
        if is_sleep_near:
            kept, more = self._over(kept, Slept(now=self._clock.now()))
            sessions += more
        await self._keep(kept, sessions)

    def _over(self, kept: Kept, signal: Slept | Stopping) -> tuple[Kept, tuple[Session, ...]]:
        """What is known when a sleep or a stop has come, and the session that it ended. Changes nothing."""
        desktop, over = step(kept.desktop, signal, self._settings.policy)
        return msgspec.structs.replace(kept, desktop=desktop), self._sessions(over, kept)

    def _sessions(self, over: tuple[Ended, ...], told_by: Kept) -> tuple[Session, ...]:
        return tuple(session_of(one, told_by, self._settings.threshold_s) for one in over)

    async def _keep(self, kept: Kept, sessions: tuple[Session, ...]) -> None:
        """Commit what has changed and matters, and know it from then on."""
        recent = newest(sessions, self._recent)
        if sessions:
            events = tuple(draft_of(one, self._context.source.id) for one in sessions)
            await self._context.emit(Emission(events=events, state_puts=(put_kept(kept), put_recent(recent))))
        elif kept.desktop.open is not None or (not self._is_known and self._is_in_sight):
            await self._context.emit(Emission(state_puts=(put_kept(kept),)))
        self._is_known = self._is_known or self._is_in_sight
        self._kept, self._recent = kept, recent


def _presence_of(context: SourceContext) -> Presence:
    """Whom to ask. Raises PosthouseError `source.no_desktop` where there is nobody at all."""
    if context.presence is None:
        raise PosthouseError("source.no_desktop", "Nobody can say whether somebody sits at this machine.")
    return context.presence
