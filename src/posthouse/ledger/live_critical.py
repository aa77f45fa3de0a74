"""Critical entries: owed to each registered client, in order, until that client acknowledges them.

They are numbered without a gap, so that what is owed can be counted even where the oldest rows are gone. A client is
an id that a browser keeps. What it is owed is everything above its floor that it has not acknowledged; whatever is
acknowledged without a gap raises the floor. A new client is owed what is younger than a day.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from posthouse.ledger.base import Transaction, json_text
from posthouse.ledger.live import LogRow
from posthouse.model.errors import Busy
from posthouse.model.ids import DEFAULT_PROJECT, Millis, ProjectId

DAY_MS = 86_400_000
OWED_TO_NEW_MS = DAY_MS
FORGET_AFTER_MS = 30 * DAY_MS
CLIENTS_MAX = 1_000
OWED_MAX = 1_000
"""Above this many, what is owed becomes one notice that counts it."""

KEPT_MAX = 10_000
"""Critical rows kept at most: of older ones that are still owed, only their number is known."""


class Owed(msgspec.Struct, frozen=True, kw_only=True):
    """What is owed to a client, in order; where `collapsed` is above 0, only how many there are up to number `last`.

    It collapses where there are more than `OWED_MAX`, or the rows of some of them are gone.
    """

    rows: list[LogRow]
    collapsed: int
    last: int


def register_client(tx: Transaction, client: str, now: Millis, *, project_id: ProjectId = DEFAULT_PROJECT) -> None:
    """Register a client, or note that it was seen. Raises Busy `live.too_many_clients`."""
    known = tx.value("live_client", project_id=project_id, client=client)
    if known is None and tx.value("count_live_clients", project_id=project_id) >= CLIENTS_MAX:
        raise Busy(
            "live.too_many_clients",
            f"{CLIENTS_MAX} clients are registered already; each is forgotten 30 days after it was last seen.",
        )
    tx.change("register_live_client", project_id=project_id, client=client, since=now - OWED_TO_NEW_MS, now=now)


def owed_to(tx: Transaction, client: str, now: Millis, *, project_id: ProjectId = DEFAULT_PROJECT) -> Owed:
    """What is owed to a client, which is registered by asking. Raises as `register_client`."""
    register_client(tx, client, now, project_id=project_id)
    floor = int(tx.value("live_client", project_id=project_id, client=client))
    count, last = tx.all("count_owed", project_id=project_id, client=client, floor=floor)[0]
    rows = tx.all("owed_entries", project_id=project_id, client=client, floor=floor, limit=OWED_MAX)
    if len(rows) < count:
        return Owed(rows=[], collapsed=count, last=last)
    return Owed(rows=[LogRow(*row[1:]) for row in rows], collapsed=0, last=last)


def acknowledge(
    tx: Transaction,
    client: str,
    live_seqs: Sequence[int],
    upto: int,
    now: Millis,
    *,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> int:
    """Note what a client has seen: entries by their numbers in the log, and all up to a number of the notice.

    Answers how many are still owed. Safe to repeat; what is not critical, or not owed, is passed over.
    """
    register_client(tx, client, now, project_id=project_id)
    _, last = tx.all("count_owed", project_id=project_id, client=client, floor=0)[0]
    _raise_floor(tx, client, min(upto, last), project_id)
    floor = int(tx.value("live_client", project_id=project_id, client=client))
    tx.change("acknowledge", project_id=project_id, client=client, live_seqs=json_text(list(live_seqs)), floor=floor)
    floor = int(tx.value("first_unacknowledged", project_id=project_id, client=client, floor=floor)) - 1
    _raise_floor(tx, client, floor, project_id)
    count, _ = tx.all("count_owed", project_id=project_id, client=client, floor=floor)[0]
    return int(count)


def forget_clients(tx: Transaction, now: Millis) -> None:
    """Forget clients that were not seen for 30 days, and the critical entries that are owed to nobody."""
    tx.change("forget_live_clients", before=now - FORGET_AFTER_MS)
    tx.change("trim_critical", young=now - OWED_TO_NEW_MS, most=KEPT_MAX)


def _raise_floor(tx: Transaction, client: str, floor: int, project_id: ProjectId) -> None:
    tx.change("raise_floor", project_id=project_id, client=client, floor=floor)
    tx.change("forget_acks", project_id=project_id, client=client, floor=floor)
