"""Parcels: which deliveries of a binding go out together, in one request under one id.

`deliveries.parcel_id` says how a delivery goes:

    ''    ──claimed with others──▶ a parcel      it has never been sent, and waits for others to go with
    ''    ──claimed alone──▶ NULL                by itself, under its own id, for good
    a parcel ──refused as a whole──▶ NULL        so that one that is at fault does not take the others with it
    a parcel ──one of it has ended──▶ another    those that are left, under a new id

A parcel has a row that says of how many deliveries it was made; a lone delivery has none. What always holds: a parcel
goes only while all its deliveries wait, under one revision; so what an id stands for never changes, and nothing needs
to be told when one of them ends meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from posthouse.ledger.base import Transaction, json_text
from posthouse.model.ids import BindingId, EndpointId, Millis, ParcelId
from posthouse.rules.batches import CLAIMED_MAX, fitting

OPEN = ""
HEAD = 2


class Together(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries that go together, by ledger sequence; one by itself has no parcel."""

    seqs: tuple[int, ...]
    parcel_id: ParcelId | None = None


class _Seed(msgspec.Struct, frozen=True):
    """A delivery that is to go, and what decides what goes with it."""

    seq: int
    binding_id: BindingId
    revision: int
    parcel_id: ParcelId | None
    in_line: int


def take_due(
    tx: Transaction,
    endpoint_id: EndpointId,
    limit: int,
    now: Millis,
    fresh_id: Callable[[], str],
    take: Callable[[Together], None],
) -> None:
    """Hand up to `limit` requests' worth of due deliveries to `take`, which claims them.

    The first due goes first, with what may go with it, due or not. Ends early at about 2,000 deliveries.
    """
    requests, taken = 0, set[int]()
    while requests < limit and len(taken) < CLAIMED_MAX:
        seeds = tx.all("next_due_deliveries", endpoint_id=endpoint_id, now=now, limit=limit - requests)
        for seed in (_Seed(*row) for row in seeds):
            if seed.seq in taken or len(taken) >= CLAIMED_MAX:
                continue
            together = _with_others(tx, seed, now, fresh_id)
            take(together)
            taken.update(together.seqs)
            requests += 1
        if not seeds:
            return


def take_probe(
    tx: Transaction, seq: int, now: Millis, fresh_id: Callable[[], str], take: Callable[[Together], None]
) -> None:
    """Hand one delivery to `take`, or the parcel that it is a part of: a probe risks no others."""
    seed = _Seed(*tx.all("delivery_seed", seq=seq)[0])
    take(_with_others(tx, seed, now, fresh_id) if seed.parcel_id else Together(seqs=(seq,)))


def forget(tx: Transaction, parcel_ids: Sequence[ParcelId]) -> int:
    """Remove those of some parcels to which nothing belongs any more, with their bodies; how many."""
    return tx.change("remove_parcels", ids=json_text(parcel_ids))


def parcels_of(tx: Transaction, event_seqs: str) -> list[ParcelId]:
    """The parcels that deliveries of some events (a JSON text of their seqs) are or were a part of."""
    if not tx.value("has_parcels"):
        return []
    found: list[ParcelId] = msgspec.json.decode(tx.value("parcels_of_events", seqs=event_seqs))
    return found


def let_full_go(tx: Transaction, binding_id: BindingId, batch_max: int, now: Millis) -> None:
    """Let what waits for others go now, as far as it fills parcels."""
    while tx.change("let_full_go", binding_id=binding_id, size=batch_max, now=now):
        pass


def gather(tx: Transaction, binding_id: BindingId, now: Millis, *, is_batching: bool) -> None:
    """Apply a changed batch policy to what was never sent: it may go with others, or by itself. None waits longer."""
    tx.change("gather", binding_id=binding_id, now=now, parcel_id=OPEN if is_batching else None)


def _with_others(tx: Transaction, seed: _Seed, now: Millis, fresh_id: Callable[[], str]) -> Together:
    match seed.parcel_id:
        case None:
            return Together(seqs=(seed.seq,))
        case "":
            seqs = _line(tx, seed, now) if seed.in_line == HEAD else _open(tx, seed, now)
            return _new(tx, seqs, now, fresh_id)
        case parcel_id:
            waiting = tx.all("waiting_members", parcel_id=parcel_id, now=now)
            seqs = [seq for seq, revision in waiting if revision == seed.revision]
            if len(seqs) == tx.value("parcel_size", parcel_id=parcel_id):
                return Together(seqs=tuple(seqs), parcel_id=parcel_id)
            return _new(tx, seqs, now, fresh_id)


def _open(tx: Transaction, seed: _Seed, now: Millis) -> list[int]:
    """What waits for others, from the first due on."""
    room = tx.value("batch_max", binding_id=seed.binding_id)
    rows = tx.all("open_deliveries", binding_id=seed.binding_id, revision=seed.revision, now=now, limit=room)
    return sorted([seq for seq, _ in rows][: fitting([size for _, size in rows])])


def _line(tx: Transaction, seed: _Seed, now: Millis) -> list[int]:
    """The head of a strict line, and those right behind it that may go with it."""
    room = tx.value("batch_max", binding_id=seed.binding_id) - 1
    rows = tx.all("next_in_line", binding_id=seed.binding_id, revision=seed.revision, seq=seed.seq, now=now, limit=room)
    joining = next((index for index, row in enumerate(rows) if not row[2]), len(rows))
    head_size = tx.value("data_size", seq=seed.seq)
    count = fitting([head_size, *(size for _, size, _ in rows[:joining])])
    return [seed.seq, *(seq for seq, _, _ in rows[: count - 1])]


def _new(tx: Transaction, seqs: Sequence[int], now: Millis, fresh_id: Callable[[], str]) -> Together:
    """A new parcel, or a delivery that is left alone."""
    if len(seqs) == 1:
        return Together(seqs=tuple(seqs))
    parcel_id = ParcelId(fresh_id())
    tx.change("add_parcel", id=parcel_id, seq=seqs[0], size=len(seqs), now=now)
    return Together(seqs=tuple(seqs), parcel_id=parcel_id)
