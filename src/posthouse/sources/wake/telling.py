"""How the wake schedule is told: its events, what the live stream says of it, and the preview's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from posthouse.model.events import EventDraft, Severity
from posthouse.model.ids import BindingId, Millis, SourceId
from posthouse.model.live import WakeUpdate, WakeUpdateEvent
from posthouse.rules.wake import SUPERSEDE_KEY, Rewound, Run, Skipped, WakeState

SOURCE = "wake-schedule"
PAYLOAD_VERSION = 1
DUE, SKIPPED = "wake.due", "wake.skipped"


def run_draft(run: Run, key: str, audience: Sequence[BindingId] | None) -> EventDraft:
    """The event of a run. Under its key the same slots of the same dates are told once."""
    return EventDraft(
        type=DUE,
        at=run.at,
        key=key,
        subject=run.reason,
        data=_data(run_data(run)),
        expires_at=run.expires_at,
        supersede_key=SUPERSEDE_KEY,
        audience=None if audience is None else tuple(audience),
    )


def run_data(run: Run) -> dict[str, Any]:
    """A run: `slots` are those that led to it, each with its local date and when it was due."""
    return {
        "reason": run.reason,
        "slots": [{"slot": f"{one.hour:02}:{one.minute:02}", "date": one.date, "due_at": one.at} for one in run.slots],
        "is_manual": run.is_manual,
        "recovery": run.recovery,
        "fired_at": run.at,
        "expires_at": run.expires_at,
    }


def skipped_draft(skipped: Skipped, now: Millis) -> EventDraft:
    """The event that tells of slots that were skipped."""
    data = {"count": skipped.count, "first_at": skipped.first_at, "last_at": skipped.last_at}
    return EventDraft(type=SKIPPED, at=now, subject=skipped_words(skipped), severity=Severity.WARNING, data=_data(data))


def run_key(source_id: SourceId, run: Run, fresh_id: str) -> str:
    """The key of a run's event: its slots with their dates, or what was never used before where a person asked.

    When they were due is part of it, since a person may give a slot another first fire on a date that it had.
    """
    if run.is_manual:
        return f"{source_id}/manual/{fresh_id}"
    named = [f"{one.date}T{one.hour:02}:{one.minute:02}@{one.at}" for one in run.slots]
    # Of hundreds that were missed together the first, the last and how many are as good a name as all of them.
    return f"{source_id}/{named[0]}/{named[-1]}/{len(named)}"


def update(state: str, detail: str, now: Millis, *, account: str = "") -> WakeUpdateEvent:
    """What the live stream is told. `account`: whom it is about, "" for everybody."""
    return WakeUpdateEvent(payload=WakeUpdate(account=account, state=state, detail=detail, timestamp=now))


def skipped_words(skipped: Skipped) -> str:
    """In plain words."""
    slots = "1 slot was" if skipped.count == 1 else f"{skipped.count} slots were"
    return f"{slots} missed for too long and skipped"


def rewound_words(rewound: Rewound) -> str:
    """In plain words."""
    return f"The clock was set back by days: {rewound.count} slot(s) wait for the next fire that it names"


def preview_data(state: WakeState) -> msgspec.Raw:
    """Every slot and when it fires next."""
    slots = [
        {"slot": f"{one.hour:02}:{one.minute:02}", "zone": one.zone, "next_at": one.next_at} for one in state.slots
    ]
    return _data({"slots": slots})


def found_words(state: WakeState) -> str:
    """What is marked, in plain words."""
    hours = list(dict.fromkeys(slot.hour for slot in state.slots))
    return f"Marked: {', '.join(f'{hour:02}:00' for hour in hours)}." if hours else "No hour is marked."


def _data(values: dict[str, Any]) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode({"source": SOURCE, "version": PAYLOAD_VERSION, **values}))
