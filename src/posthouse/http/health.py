"""`/api/health`: whether the daemon does its work, for anyone who can reach it. No name and no secret is in it."""

from __future__ import annotations

from typing import Literal

import msgspec
from litestar import get
from litestar.di import NamedDependency

from posthouse.http.problems import problems
from posthouse.http.services import Services
from posthouse.ledger.base import Transaction
from posthouse.model.errors import HomeUnusable, LedgerError
from posthouse.model.ids import Millis
from posthouse.settings import DISK_FREE_BYTES_MIN
from posthouse.system.supervise import WorkerState


class WorkerView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One worker. `error` is the code of its last crash."""

    name: str
    state: WorkerState
    since: Millis
    restarts: int
    error: str | None


class LedgerHealth(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether the ledger answers, and how much room is left on its disk."""

    ok: bool
    free_bytes: int | None


class HealthView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """degraded: a worker is being started again, the ledger does not answer, or its disk is almost full."""

    status: Literal["ok", "degraded", "stopping"]
    version: str
    started_at: Millis
    workers: list[WorkerView]
    ledger: LedgerHealth


@get("/api/health", responses=problems(), security=[{}])
async def get_health(services: NamedDependency[Services]) -> HealthView:
    """How the daemon is doing. Needs no token."""
    return await read_health(services)


async def read_health(services: Services) -> HealthView:
    """How the daemon is doing at this moment."""
    ledger = await _read_ledger(services)
    workers = [
        WorkerView(name=one.name, state=one.state, since=one.since, restarts=one.restarts, error=one.error)
        for one in services.workers()
    ]
    is_low = ledger.free_bytes is None or ledger.free_bytes < services.configuration.settings[DISK_FREE_BYTES_MIN]
    is_degraded = not ledger.ok or is_low or any(one.state is WorkerState.RESTARTING for one in workers)
    return HealthView(
        status="stopping" if services.is_stopping() else "degraded" if is_degraded else "ok",
        version=services.version,
        started_at=services.started_at,
        workers=workers,
        ledger=ledger,
    )


async def _read_ledger(services: Services) -> LedgerHealth:
    try:
        await services.database.read(_touch)
        is_ok = True
    except LedgerError:
        is_ok = False
    try:
        free_bytes = services.disk.free_bytes()
    except HomeUnusable:
        free_bytes = None
    return LedgerHealth(ok=is_ok, free_bytes=free_bytes)


def _touch(tx: Transaction) -> None:
    tx.value("routing_number")
