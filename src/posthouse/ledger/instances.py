"""Starts and stops of the daemon, so that the next start can tell of a crash."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from posthouse.ledger.base import Transaction
from posthouse.model.ids import Millis


class Instance(msgspec.Struct, frozen=True, kw_only=True):
    """One start of the daemon. `id` is fresh for every start."""

    id: str
    machine: str
    pid: int
    version: str
    started_at: Millis


def start_instance(tx: Transaction, instance: Instance) -> list[Instance]:
    """Note a start; the earlier ones on this machine that ended uncleanly and were not told of yet."""
    tx.change(
        "start_instance",
        id=instance.id,
        machine=instance.machine,
        pid=instance.pid,
        version=instance.version,
        now=instance.started_at,
    )
    rows = tx.all("unclean_instances", id=instance.id, machine=instance.machine)
    return [
        Instance(id=found, machine=machine, pid=pid, version=version, started_at=started_at)
        for found, machine, pid, version, started_at in rows
    ]


def tell_instances(tx: Transaction, instance_ids: Iterable[str]) -> None:
    """Note that unclean stops were told of; in the transaction that records the events that tell it."""
    for instance_id in instance_ids:
        tx.change("tell_instance", id=instance_id)


def stop_instance(tx: Transaction, instance_id: str, *, now: Millis) -> None:
    """Note a clean stop. Safe to repeat."""
    tx.change("stop_instance", id=instance_id, now=now)


def forget_instances(tx: Transaction, instance_id: str, *, before: Millis) -> int:
    """Drop starts from before an instant that have nothing left to tell, but the running one; how many."""
    return tx.change("forget_instances", id=instance_id, before=before)
