"""What the ledger is told of the daemon's own life: its start, its clean stop, and earlier stops that were unclean."""

from __future__ import annotations

from posthouse.ledger.base import Transaction
from posthouse.ledger.instances import Instance, start_instance, stop_instance, tell_instances
from posthouse.ledger.own_events import Author, about_daemon, record_own
from posthouse.model.events import Severity
from posthouse.model.ids import Millis


def note_start(tx: Transaction, instance: Instance, author: Author) -> None:
    """Note the start, and tell of it and of earlier stops that were unclean, in one transaction."""
    now = instance.started_at
    unclean = start_instance(tx, instance)
    drafts = [
        about_daemon(
            "daemon.stopped",
            {"is_clean": False, "pid": one.pid, "version": one.version, "started_at": one.started_at},
            severity=Severity.ERROR,
        )
        for one in unclean
    ]
    drafts.append(about_daemon("daemon.started", {"pid": instance.pid, "version": instance.version}))
    record_own(tx, drafts, now, author)
    tell_instances(tx, [one.id for one in unclean])


def note_stop(tx: Transaction, instance: Instance, now: Millis, author: Author) -> None:
    """Note a clean stop, and tell of it, in one transaction."""
    data = {"is_clean": True, "pid": instance.pid, "version": instance.version, "started_at": instance.started_at}
    record_own(tx, [about_daemon("daemon.stopped", dict(data))], now, author)
    stop_instance(tx, instance.id, now=now)
