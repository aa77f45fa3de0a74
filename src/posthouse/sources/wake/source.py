"""The kind `wake-schedule`: at marked hours one event, upon which each account is asked something small.

In: the clock, the system's word that it is awake again, and what people want (`toggle`, `wake`). Out: `wake.due` once
for each slot and local date, `wake.skipped` for what was missed for too long. Who is woken, how often again and until
when is the business of its bindings' deliveries; nothing is sent or tried again from here.

    timer, resume, a person ──▶ rules/wake.step ──slots, and the run that they led to──▶ one commit ──▶ timer

What always holds: slots move in the commit of their run, so that one lost in a crash is done again and one that was
written is not. Without marked hours it waits for people alone, and no timer is set.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from posthouse.model.ids import BindingId, Millis
from posthouse.model.live import LiveEvent
from posthouse.model.sources import Emission, Property, SourceShape, StatePut
from posthouse.rules.wake import (
    Cause,
    Effect,
    Rewound,
    Run,
    Signal,
    Skipped,
    Tick,
    Toggle,
    Wake,
    next_look,
    step,
    zones_named,
)
from posthouse.sources.base import Preview, SourceContext, parse_settings
from posthouse.sources.inbox import Command
from posthouse.sources.wake.keeping import SLOT, LastRun, changes, put_last, state_of
from posthouse.sources.wake.settings import WakeSettings, settings_of
from posthouse.sources.wake.telling import (
    DUE,
    found_words,
    preview_data,
    rewound_words,
    run_draft,
    run_key,
    skipped_draft,
    skipped_words,
    update,
)
from posthouse.system.idle.base import DesktopSignal
from posthouse.system.logging import get_log
from posthouse.system.zones import load_zone

CLOCK_TIMER_S_MAX = 60.0
"""Looked at afresh after this long while a slot is to come: timers stand still while a machine sleeps."""

SLEPT_S = 30.0
"""The wall's clock went on by so much more than the one that stands still in sleep: the machine slept, or was set."""

TOGGLE, WAKE = "toggle", "wake"

_log = get_log(__name__)


class WakeSchedule:
    """The kind; it holds no state."""

    shape = SourceShape.STREAM
    is_passive = False
    needs_schedule = False
    settings_type = WakeSettings
    title = "Wake schedule"
    properties: tuple[Property, ...] = ()
    volatile: tuple[str, ...] = ()
    commands: frozenset[str] = frozenset({TOGGLE, WAKE})
    """toggle: `rules.wake.Toggle`. wake: `bindings`, the accounts that are meant, or null for everybody."""

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate and complete; raises BadInput `source.bad_setting` naming the field."""
        return parse_settings(WakeSettings, settings)

    def project(self, data: Any, allowed: Mapping[str, bool]) -> Any:  # noqa: ARG002 (there is nothing to choose)
        """The payload as it is. Pure."""
        return data

    async def run(self, context: SourceContext) -> None:
        """Fire what is due until cancelled, and do what people want meanwhile."""
        keeper = _Keeper(context, await context.state.items(SLOT))
        async with asyncio.TaskGroup() as group:
            if context.inbox is not None:
                group.create_task(context.inbox.serve(keeper.answer))
            await keeper.follow(group)

    async def preview(self, context: SourceContext) -> Preview:
        """Every slot, and when it fires next."""
        state = state_of(await context.state.items(SLOT))
        return Preview(event_type=DUE, data=preview_data(state), found=found_words(state))


class _Keeper:
    """One source at work: what it knows is what is in its state."""

    def __init__(self, context: SourceContext, stored: Mapping[str, bytes]) -> None:
        self._context = context
        self._clock = context.clock
        self._policy = settings_of(context).policy
        self._state = state_of(stored)
        self._stepping = asyncio.Lock()
        self._due = asyncio.Event()
        self._is_start = True
        self._is_awake_again = False
        self._looked_at, self._looked_s = self._clock.now(), self._clock.monotonic_s()
        self._listening: asyncio.Task[None] | None = None

    async def follow(self, group: asyncio.TaskGroup) -> None:
        """Look at once, and then whenever something may be due."""
        timer: asyncio.TimerHandle | None = None
        try:
            while True:
                self._due.clear()
                await self._take(Tick(cause=self._cause()))
                self._listen_where_marked(group)
                wanted_at = next_look(self._state)
                if wanted_at is not None:
                    wait_s = min((wanted_at - self._clock.now()) / 1_000, CLOCK_TIMER_S_MAX)
                    timer = asyncio.get_running_loop().call_later(max(wait_s, 0.0), self._due.set)
                await self._due.wait()
                if timer is not None:
                    timer.cancel()
        finally:
            if timer is not None:
                timer.cancel()

    async def answer(self, command: Command) -> Any:
        """Do what a person wants. Raises BadInput `wake.hour_invalid`, `wake.timestamps_invalid`."""
        if command.name == TOGGLE:
            await self._take(msgspec.convert(command.arguments, Toggle))
            self._due.set()
            return None
        audience: list[BindingId] | None = command.arguments.get("bindings")
        (run,) = (one for one in await self._take(Wake(), audience) if isinstance(one, Run))
        return {"fired_at": run.at, "reason": run.reason}

    def _cause(self) -> Cause:
        """Why it looks now."""
        now, awake_s = self._clock.now(), self._clock.monotonic_s()
        slept_s = (now - self._looked_at) / 1_000 - (awake_s - self._looked_s)
        is_start, is_resume = self._is_start, self._is_awake_again or slept_s > SLEPT_S
        self._looked_at, self._looked_s = now, awake_s
        self._is_start = self._is_awake_again = False
        return Cause.START if is_start else Cause.RESUME if is_resume else Cause.PLAIN

    async def _take(self, signal: Signal, audience: Sequence[BindingId] | None = None) -> tuple[Effect, ...]:
        """Step, and commit the new state with what it led to."""
        async with self._stepping:
            zones = {name: load_zone(name) for name in zones_named(self._state, signal)}
            now = self._clock.now()
            state, effects = step(self._state, signal, now, self._policy, zones)
            puts, deletes = changes(self._state, state)
            if puts or deletes or effects or isinstance(signal, Toggle):
                told = self._told(effects, now, audience)
                emission = Emission(
                    events=told.events,
                    state_puts=puts + told.state_puts,
                    state_deletes=deletes,
                    updates=(*told.updates, *_toggled(signal, now)),
                )
                await self._context.emit(emission)
                self._state = state
        _note(effects)
        return effects

    def _told(self, effects: Sequence[Effect], now: Millis, audience: Sequence[BindingId] | None) -> Emission:
        """The events and live entries that effects lead to, and what is kept of the run."""
        events, updates, puts = [], list[LiveEvent](), list[StatePut]()
        for effect in effects:
            match effect:
                case Run():
                    key = run_key(self._context.source.id, effect, self._clock.uuid7())
                    events.append(run_draft(effect, key, audience))
                    puts.append(put_last(LastRun(key=key, fired_at=effect.at, reason=effect.reason)))
                    updates.append(update("run", effect.reason, now))
                case Skipped():
                    events.append(skipped_draft(effect, now))
                    updates.append(update("skipped", skipped_words(effect), now))
                case Rewound():
                    updates.append(update("rewound", rewound_words(effect), now))
        return Emission(events=tuple(events), state_puts=tuple(puts), updates=tuple(updates))

    def _listen_where_marked(self, group: asyncio.TaskGroup) -> None:
        """Hear of sleeps while there is something to miss."""
        if self._state.slots and self._listening is None and self._context.presence is not None:
            self._listening = group.create_task(self._listen())
        elif not self._state.slots and self._listening is not None:
            self._listening.cancel()
            self._listening = None

    async def _listen(self) -> None:
        if self._context.presence is None:
            return
        async with aclosing(self._context.presence.signals()) as signals:
            async for signal in signals:
                if signal is DesktopSignal.WAKES:
                    self._is_awake_again = True
                    self._due.set()


def _toggled(signal: Signal, now: Millis) -> tuple[LiveEvent, ...]:
    if not isinstance(signal, Toggle):
        return ()
    if signal.is_on:
        return (update("marked", f"{signal.hour:02}:00 {signal.zone}", now),)
    return (update("cleared", f"{signal.hour:02}:00", now),)


def _note(effects: Sequence[Effect]) -> None:
    for effect in effects:
        match effect:
            case Run():
                _log.info("waking", reason=effect.reason)
            case Skipped():
                _log.warning(skipped_words(effect), first_at=effect.first_at, last_at=effect.last_at)
            case Rewound():
                _log.warning(rewound_words(effect))
