"""What became of a notification, and why, in a plain sentence.

Comes in: the delivery, and until when it is held in the person's own time. Goes out: one of eight fates and the words
for it. Always holds: each end has its words, and none repeats what a receiver said.
"""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from posthouse.model.deliveries import Delivery, DeliveryStatus
from posthouse.rules.diagnosis import diagnose
from posthouse.rules.notices import WITHHELD_WORDS, Withheld


class Fate(StrEnum):
    """What became of a notification. merged: it told the same as one just before it. failed: it was given up."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    WITHHELD = "withheld"
    MERGED = "merged"
    EXPIRED = "expired"
    FAILED = "failed"
    DISMISSED = "dismissed"


WORDS: dict[str, str] = {
    **{reason.value: words for reason, words in WITHHELD_WORDS.items()},
    "time_limit": "It could not be sent while it was still worth having.",
    "superseded": "A newer one took its place.",
}
"""By the reason of a delivery."""


def fate_of(delivery: Delivery) -> Fate:
    """What became of it."""
    match delivery.status:
        case DeliveryStatus.PENDING | DeliveryStatus.FAILED:
            return Fate.WAITING
        case DeliveryStatus.IN_FLIGHT:
            return Fate.SENDING
        case DeliveryStatus.DELIVERED:
            return Fate.SENT
        case DeliveryStatus.WITHHELD:
            return Fate.MERGED if delivery.reason == Withheld.MERGED else Fate.WITHHELD
        case DeliveryStatus.EXPIRED:
            return Fate.EXPIRED
        case DeliveryStatus.DLQ:
            return Fate.FAILED
        case DeliveryStatus.DISMISSED:
            return Fate.DISMISSED
        case _:
            assert_never(delivery.status)


def words_of(delivery: Delivery, *, held_until: str | None = None) -> str:
    """Why, in one sentence. `held_until`: the local time that it is kept back for, None where it is not."""
    match fate_of(delivery):
        case Fate.WAITING:
            return _waiting(delivery, held_until)
        case Fate.SENDING:
            return "It is on its way."
        case Fate.SENT:
            return "The receiver took it."
        case Fate.FAILED:
            return f"Given up: {_met(delivery)}"
        case Fate.DISMISSED:
            return WORDS.get(delivery.reason or "", "A person dismissed it.")
        case Fate.WITHHELD | Fate.MERGED | Fate.EXPIRED:
            reason = delivery.reason or "no reason on record"
            return WORDS.get(reason, f"A rule of its owner ended it: {reason}.")


def _waiting(delivery: Delivery, held_until: str | None) -> str:
    if delivery.is_paused:
        return "The receiver is paused; it goes when that is over."
    if delivery.status is DeliveryStatus.FAILED:
        return f"Tried in vain, and tried again: {_met(delivery)}"
    if held_until is not None:
        return f"Kept back until {held_until}, to go with what else comes."
    return "It is next in line."


def _met(delivery: Delivery) -> str:
    """What the last attempt met; a sentence."""
    return diagnose(delivery.last_code or "", delivery.last_status_code).what
