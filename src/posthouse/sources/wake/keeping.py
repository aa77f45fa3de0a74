"""What the wake schedule keeps in its state.

    slot/HH:MM          a slot of a marked hour, as `rules/wake.py` has it
    last                the last run: under which key its event was told, when and why
    account/<binding>   what is known of an account beside its binding, written where the binding is made

The slots and `last` are written in the commit of the run that they led to; what became of it is read from deliveries.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from posthouse.model.ids import BindingId, Millis
from posthouse.model.sources import StateKey, StatePut
from posthouse.rules.wake import WakeSlot, WakeState

SLOT, LAST, ACCOUNT = "slot/", "last", "account/"


class LastRun(msgspec.Struct, frozen=True, kw_only=True):
    """The last run. `key`: of its event."""

    key: str
    fired_at: Millis
    reason: str


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an account. `window_hours`: None is the source's own setting. `preset`: "" of no agent's."""

    window_hours: int | None = None
    preset: str = ""


_decode_slot = msgspec.json.Decoder(WakeSlot).decode
_decode_last = msgspec.json.Decoder(LastRun).decode
_decode_account = msgspec.json.Decoder(Account).decode


def state_of(stored: Mapping[str, bytes]) -> WakeState:
    """The slots among what is stored, in their order."""
    return WakeState(slots=tuple(_decode_slot(stored[key]) for key in sorted(stored) if key.startswith(SLOT)))


def last_of(stored: Mapping[str, bytes]) -> LastRun | None:
    """The last run among what is stored."""
    found = stored.get(LAST)
    return None if found is None else _decode_last(found)


def account_of(stored: Mapping[str, bytes], binding_id: BindingId) -> Account:
    """What is stored of an account."""
    found = stored.get(account_key(binding_id))
    return Account() if found is None else _decode_account(found)


def account_key(binding_id: BindingId) -> str:
    """Where an account stands in the state."""
    return f"{ACCOUNT}{binding_id}"


def put_account_state(binding_id: BindingId, account: Account) -> StatePut:
    """An account, to be written."""
    return StatePut(account_key(binding_id), msgspec.json.encode(account))


def put_last(last: LastRun) -> StatePut:
    """The last run, to be written."""
    return StatePut(LAST, msgspec.json.encode(last))


def changes(before: WakeState, after: WakeState) -> tuple[tuple[StatePut, ...], tuple[StateKey, ...]]:
    """What is to be written and forgotten for the slots to be these."""
    old = {_slot_key(slot): slot for slot in before.slots}
    new = {_slot_key(slot): slot for slot in after.slots}
    puts = tuple(StatePut(key, msgspec.json.encode(slot)) for key, slot in new.items() if old.get(key) != slot)
    return puts, tuple(StateKey(key) for key in old if key not in new)


def _slot_key(slot: WakeSlot) -> str:
    return f"{SLOT}{slot.hour:02}:{slot.minute:02}"
