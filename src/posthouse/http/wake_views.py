"""The wake schedule as the API shows it: records, and how what the ledger says is put into them. Pure.

Instants are Unix milliseconds, hours are whole ones of the local day.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec

from posthouse.ledger.wakes import Answer
from posthouse.model.deliveries import ENDED, DeliveryStatus
from posthouse.model.ids import Millis

ERROR_CHARACTERS_MAX = 500
WINDOW_HOURS_MAX = 168

Hour = Annotated[int, msgspec.Meta(ge=0, le=23)]
Label = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
WindowHours = Annotated[int, msgspec.Meta(ge=1, le=WINDOW_HOURS_MAX)]
ResultState = Literal[
    "waiting", "sending", "answered", "retrying", "paused", "failed", "expired", "replaced", "dismissed"
]


class WakeResult(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What an account answered. `ok` is null until it did; `status` is its HTTP status, null of a program.

    `error`: its own words where it refused, else why nothing was asked; "" where it answered. replaced: a newer wake
    came before it answered. `nextRetryAt`: when it is asked again, null where it is not.
    """

    account_id: int
    label: str
    ok: bool | None
    status: int | None
    error: str
    state: ResultState
    attempts: int
    next_retry_at: Millis | None
    delivery_id: str


class LastWake(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The last run. `ok`: whether every account answered; null while one has not, or where nobody was asked."""

    fired_at: Millis
    ok: bool | None
    reason: str
    results: list[WakeResult]


class PendingRetryView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The soonest retry that is pending; of several at that time the one with the most tries left.

    `accounts`: the labels of all that wait to be asked again.
    """

    retries_left: int
    next_retry_at: Millis
    reason: str
    accounts: list[str]


class AccountView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An account that is woken. `ask`: what it is asked; secrets are shown as `{"isSet": true}`.

    `windowHours`: how long its window of use lasts. `problem`: why it cannot be asked now, null where nothing is known
    to be in the way. Its deliveries are those of binding `id`, in the lane of `endpointId`.
    """

    id: int
    label: str
    preset: str | None
    window_hours: int
    ask: Any
    target_id: int
    endpoint_id: int
    problem: str | None


class ResetView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """When a window ends, as its own service said last; `source`: the source that heard it."""

    label: str
    at: Millis
    source: str


class WakeView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The wake schedule. `schedule`: the marked hours, and of each the next fire of its minutes 0, 15, 30 and 45.

    `zones`: the IANA zone of each marked hour; `timeZone` is theirs where they share one, else the daemon's own.
    `resetOffsetHours`: how long a window lasts unless its account says otherwise: a window begun at hour h is over at
    (h + offset) mod 24. `isOn`: whether the source runs; while it is off nothing is fired.
    """

    schedule: dict[str, dict[str, Millis]]
    time_zone: str
    reset_offset_hours: int
    probe_slot_minutes: int
    last_wake: LastWake | None
    pending_retry: PendingRetryView | None
    zones: dict[str, str]
    accounts: list[AccountView]
    resets: list[ResetView]
    is_on: bool


class ToggleInput(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """An hour to mark or to clear. Both are safe to repeat; marking again takes the new zone and times.

    `timeZone`: an IANA name; the daemon's own where there is none. `timestamps`: when the four slots fire first (a
    number each, in the order of their minutes, or by minute); with `off` neither has a meaning.
    """

    hour: Hour
    action: Literal["on", "off"]
    time_zone: Any = None
    timestamps: Any = None


class WakeInput(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Whom to wake now, by ids or labels; null is everybody."""

    accounts: Annotated[list[int | str], msgspec.Meta(min_length=1, max_length=100)] | None = None


class WakeRun(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A run that was just begun, and whom it asks."""

    fired_at: Millis
    reason: str
    accounts: list[str]


class AccountInput(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """An account to be woken. Either a `preset`, with what its program is to find in its environment, or an `ask`.

    `ask` is that of a target of kind `probe`: `{"kind": "request", "url": …}` or `{"kind": "command", "argv": […]}`.
    What stands in `env`, `ask.env` and `ask.secret_headers` is kept as secrets.
    """

    label: Label
    preset: Literal["claude", "codex"] | None = None
    ask: dict[str, Any] | None = None
    env: dict[str, str] = {}
    window_hours: WindowHours | None = None


class AccountList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Every account, in the order in which they were added. There is one page."""

    items: list[AccountView]
    next_cursor: None = None


class AccountChecked(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What an account answered when it was asked just now, outside of any run."""

    ok: bool
    status: int | None
    error: str


def view_result(answer: Answer) -> WakeResult:
    """What became of one account's part of a run."""
    state = _state_of(answer)
    ok = True if state == "answered" else False if answer.tried_at is not None or answer.status in ENDED else None
    return WakeResult(
        account_id=answer.binding_id,
        label=answer.target,
        ok=ok,
        status=answer.status_code,
        error="" if ok else error_words(answer.excerpt, answer.detail, answer.code) or _WORDS.get(state, ""),
        state=state,
        attempts=answer.attempts,
        next_retry_at=answer.next_retry_at,
        delivery_id=answer.delivery_id,
    )


def is_ok(results: Sequence[WakeResult]) -> bool | None:
    """Whether all answered: False as soon as one did not, None while that cannot be said, or of nobody."""
    if any(one.ok is False for one in results):
        return False
    return True if results and all(one.ok for one in results) else None


def error_words(excerpt: bytes | None, detail: str | None, code: str | None) -> str:
    """The other side's own words where there are any, else ours; at most 500 characters."""
    is_of_http = (code or "").startswith("http_")
    said = (excerpt or b"").decode(errors="replace").strip() if is_of_http else ""
    return (said or detail or code or "")[:ERROR_CHARACTERS_MAX]


def _state_of(answer: Answer) -> ResultState:
    if answer.is_paused:
        return "paused"
    match answer.status:
        case DeliveryStatus.PENDING:
            return "waiting"
        case DeliveryStatus.IN_FLIGHT:
            return "sending"
        case DeliveryStatus.DELIVERED:
            return "answered"
        case DeliveryStatus.FAILED:
            return "failed" if answer.next_retry_at is None else "retrying"
        case DeliveryStatus.EXPIRED:
            return "expired"
        case DeliveryStatus.DISMISSED:
            return "replaced" if answer.reason == "superseded" else "dismissed"
        case DeliveryStatus.DLQ | DeliveryStatus.WITHHELD:
            return "failed"


_WORDS = {
    "expired": "It could not be asked before the next slot came.",
    "replaced": "A newer wake came before it was asked.",
    "dismissed": "A person ended it before it was asked.",
}
"""Why an account that was never asked was not."""
