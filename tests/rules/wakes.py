"""What the tests of the wake schedule share: steps, looks and marked hours, with instants as people write them."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from posthouse.model.ids import Millis
from posthouse.rules.wake import (
    GRACE_S,
    Cause,
    Effect,
    Run,
    Signal,
    Tick,
    Toggle,
    WakePolicy,
    WakeState,
    step,
    zones_named,
)
from tests.rules.zones import at, told

SECOND_MS = 1_000
MINUTE_MS = 60_000
BERLIN = "Europe/Berlin"
GRACE_MS = round(GRACE_S * 1_000)


def stepped(
    state: WakeState, signal: Signal, now: Millis, *, grace_s: float = GRACE_S
) -> tuple[WakeState, tuple[Effect, ...]]:
    zones = {name: ZoneInfo(name) for name in zones_named(state, signal)}
    return step(state, signal, now, WakePolicy(grace_s=grace_s), zones)


def marked(*hours: int, now: str, zone: str = BERLIN, timestamps: Sequence[float] | None = None) -> WakeState:
    state = WakeState()
    for hour in hours:
        given = None if timestamps is None else tuple(timestamps)
        state, effects = stepped(state, Toggle(hour=hour, is_on=True, zone=zone, timestamps=given), at(now))
        assert effects == ()
    return state


def ticked(
    state: WakeState, now: str | Millis, cause: Cause = Cause.PLAIN, *, grace_s: float = GRACE_S
) -> tuple[WakeState, tuple[Effect, ...]]:
    when = at(now) if isinstance(now, str) else now
    return stepped(state, Tick(cause=cause), when, grace_s=grace_s)


def only_run(effects: tuple[Effect, ...]) -> Run:
    (run,) = effects
    assert isinstance(run, Run)
    return run


def times(state: WakeState) -> list[str]:
    return [told(slot.next_at, slot.zone) for slot in state.slots]
