"""Prompts: what a receiver of notifications was told of a permission prompt decides what it is told now.

Asked for twice within a few seconds, a prompt is told once. Answered before it was told, it is not told any more; after
that, what was told is brought up to date where the target can. Decided inside the transaction that writes the new
deliveries (`rules.notices.settle_prompt`), so that two reports of one prompt cannot miss each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from posthouse.ledger.base import Transaction, json_text
from posthouse.model.deliveries import DeliveryStatus
from posthouse.model.ids import BindingId
from posthouse.rules.notices import Earlier, Fate, Notice, Withheld, settle_prompt

if TYPE_CHECKING:
    from posthouse.ledger.events import NewDelivery, NewEvent

Prompt = tuple[BindingId, str]
Decided = dict[int, tuple["NewDelivery", ...]]


class _Told(msgspec.Struct, kw_only=True):
    """What was told of a prompt: a row of the ledger, or one that this call is about to write, by its place."""

    earlier: Earlier
    seq: int | None = None
    place: tuple[int, int] = (0, 0)


def settle_prompts(tx: Transaction, items: Sequence[NewEvent], fresh: Sequence[int]) -> Decided:
    """The deliveries of those new events that are about prompts, by the event's place; ends what they make needless."""
    about = [
        (index, place, (new.binding_id, new.notice.prompt_key), new.notice)
        for index in fresh
        if items[index].event.correlation_key is not None
        for place, new in enumerate(items[index].deliveries)
        if new.notice is not None and new.notice.prompt_key is not None
    ]
    if not about:
        return {}
    return _Settling(tx, items, [prompt for _, _, prompt, _ in about]).settle(about)


class _Settling:
    """One call's work: new notices one after another, each seeing what those before it led to."""

    def __init__(self, tx: Transaction, items: Sequence[NewEvent], prompts: Sequence[Prompt]) -> None:
        self._tx = tx
        self._items = items
        self._told: dict[Prompt, list[_Told]] = {prompt: [] for prompt in prompts}
        self._decided: dict[int, list[NewDelivery]] = {}
        self._withdrawn: list[int] = []
        self._last_tries: list[int] = []
        rows = tx.all("deliveries_of_prompts", keys=json_text(sorted(self._told)))
        for binding_id, key, seq, status, created_at, is_maybe_sent, is_shared in rows:
            earlier = Earlier(
                status=DeliveryStatus(status),
                created_at=created_at,
                is_maybe_sent=bool(is_maybe_sent),
                is_shared=bool(is_shared),
            )
            self._told[binding_id, key].append(_Told(earlier=earlier, seq=seq))

    def settle(self, about: Sequence[tuple[int, int, Prompt, Notice]]) -> Decided:
        """Decide them all, and write what that ends."""
        for index, place, prompt, notice in about:
            self._settle_one(index, place, prompt, notice)
        now = self._items[about[-1][0]].event.recorded_at
        if self._last_tries:
            self._tx.change("let_no_other_try_follow", seqs=json_text(self._last_tries), now=now)
        if self._withdrawn:
            ended = self._tx.all("withdraw", seqs=json_text(self._withdrawn), now=now)
            for binding_id in {row[0] for row in ended}:
                self._tx.change("promote_head", binding_id=binding_id)
        return {index: tuple(deliveries) for index, deliveries in self._decided.items()}

    def _settle_one(self, index: int, place: int, prompt: Prompt, notice: Notice) -> None:
        told, now = self._told[prompt], self._items[index].event.recorded_at
        settled = settle_prompt(notice, [one.earlier for one in told], now)
        self._put(index, place, settled.notice)
        for one in (told[number] for number in settled.withdrawn):
            self._withdraw(one)
        self._last_tries += [seq for seq in (told[number].seq for number in settled.last_tries) if seq is not None]
        if not notice.is_resolution:
            is_withheld = settled.notice.fate is Fate.WITHHELD
            status = DeliveryStatus.WITHHELD if is_withheld else DeliveryStatus.PENDING
            told.append(_Told(earlier=Earlier(status=status, created_at=now), place=(index, place)))

    def _withdraw(self, told: _Told) -> None:
        told.earlier = msgspec.structs.replace(told.earlier, status=DeliveryStatus.WITHHELD)
        if told.seq is not None:
            self._withdrawn.append(told.seq)
            return
        index, place = told.place
        notice = self._deliveries(index)[place].notice
        assert notice is not None
        self._put(index, place, msgspec.structs.replace(notice, fate=Fate.WITHHELD, reason=Withheld.RESOLVED))

    def _put(self, index: int, place: int, notice: Notice) -> None:
        deliveries = self._deliveries(index)
        deliveries[place] = msgspec.structs.replace(
            deliveries[place], notice=notice, available_at=notice.available_at, lease=None
        )

    def _deliveries(self, index: int) -> list[NewDelivery]:
        return self._decided.setdefault(index, list(self._items[index].deliveries))
