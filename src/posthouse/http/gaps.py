"""`/api/gaps`: the scheduled runs that led to no delivery, with the reason, and a way to run one after all."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from posthouse.http.bindings import run_now
from posthouse.http.problems import problems
from posthouse.http.requests import LIMIT_DEFAULT, Cursor, Limit, OptionalReference, Reference, after, next_cursor
from posthouse.http.services import Services
from posthouse.http.sources import PushedView
from posthouse.ledger.base import Transaction
from posthouse.ledger.bindings import BindingRow, get_binding
from posthouse.ledger.names import id_in
from posthouse.ledger.runs import SEQ_MAX, GapRow, get_gap, mark_gap_run, page_gaps
from posthouse.ledger.sources import get_source
from posthouse.model.errors import NotFound
from posthouse.model.ids import BindingId, Millis
from posthouse.model.runs import Gap, GapReason

WORDS = {
    GapReason.MISSED: "Missed: the daemon was not running, or the machine slept",
    GapReason.NOTHING_NEW: "Nothing new",
    GapReason.NOTHING_TO_TELL: "Nothing to tell",
    GapReason.READ_FAILED: "Could not be read",
    GapReason.SOURCE_OFF: "The source was off",
    GapReason.EDITED: "The schedule was changed before it was run",
}


class GapView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Consecutive runs without a delivery, for one reason. `isAtLeast`: there were more than `count`.

    `words` say the reason with its `detail`, for people. `zone` is the one that the schedule is meant in. `ranAt`: when
    a person ran it after all.
    """

    id: int
    binding_id: int
    source: str
    target: str
    endpoint: str
    reason: GapReason
    words: str
    detail: str
    first_at: Millis
    last_at: Millis
    zone: str
    count: int
    is_at_least: bool
    noted_at: Millis
    ran_at: Millis | None


class GapList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of gaps, newest first."""

    items: list[GapView]
    next_cursor: str | None


@get("/api/gaps", responses=problems(404))
async def list_gaps(
    services: NamedDependency[Services],
    binding: Annotated[int | None, QueryParameter(ge=1, le=2**53, description="A binding's number.")] = None,
    source: OptionalReference = None,
    cursor: Cursor = None,
    limit: Limit = LIMIT_DEFAULT,
) -> GapList:
    """Scheduled runs that led to no delivery, newest first."""
    found = await services.database.read(_page, binding, source, before=after(cursor) or SEQ_MAX, limit=limit)
    return GapList(
        items=[view_gap(row) for row in found], next_cursor=next_cursor([row.gap.seq for row in found], limit)
    )


@post("/api/gaps/{reference:str}/run", status_code=200, responses=problems(404, 409, 507))
async def run_gap(reference: Reference, services: NamedDependency[Services]) -> PushedView:
    """Read now for the gap's binding and send what it says, changed or not."""
    seq = id_in(reference)
    if seq is None:
        raise NotFound("gap.not_found", f"There is no gap {reference[:100]!r}; gaps go by their number.")
    gap, row = await services.database.read(_read, seq)
    pushed = await run_now(services, row)
    await services.database.run(mark_gap_run, gap.seq, services.clock.now())
    return pushed


def view_gap(row: GapRow) -> GapView:
    """A gap as the API shows it."""
    gap = row.gap
    return GapView(
        id=gap.seq,
        binding_id=gap.binding_id,
        source=row.source,
        target=row.target,
        endpoint=row.endpoint,
        reason=gap.reason,
        words=f"{WORDS[gap.reason]}: {gap.detail}" if gap.detail else WORDS[gap.reason],
        detail=gap.detail,
        first_at=gap.missed.first_at,
        last_at=gap.missed.last_at,
        zone=row.schedule.zone,
        count=gap.missed.count,
        is_at_least=gap.missed.is_at_least,
        noted_at=gap.noted_at,
        ran_at=gap.ran_at,
    )


def _page(tx: Transaction, binding: int | None, source: str | None, *, before: int, limit: int) -> list[GapRow]:
    return page_gaps(
        tx,
        binding_id=None if binding is None else get_binding(tx, BindingId(binding)).binding.id,
        source_id=None if source is None else get_source(tx, source, even_removed=True).id,
        before=before,
        limit=limit,
    )


def _read(tx: Transaction, seq: int) -> tuple[Gap, BindingRow]:
    gap = get_gap(tx, seq).gap
    return gap, get_binding(tx, gap.binding_id)
