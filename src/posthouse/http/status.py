"""`/api/status`: all figures of one moment, and what needs a person."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from litestar import get
from litestar.di import NamedDependency

from posthouse.http.problems import problems
from posthouse.http.services import Services
from posthouse.http.sources import ActivityView, view_activity
from posthouse.http.target_views import HealthOfTarget, view_health, worst_health
from posthouse.ledger.base import Transaction
from posthouse.ledger.endpoints import list_endpoints
from posthouse.ledger.expectations import list_expectations
from posthouse.ledger.status import Figures, SourceFigures, TargetFigures, read_figures
from posthouse.model.deliveries import Counts
from posthouse.model.expectations import Expectation, Subject
from posthouse.model.ids import Millis, TargetId
from posthouse.model.sources import SourceShape
from posthouse.model.targets import SELF_HEALING, Health
from posthouse.pipeline.activity import ActivityState
from posthouse.rules.diagnosis import diagnose
from posthouse.settings import DISK_FREE_BYTES_MIN
from posthouse.sources.base import kind_problem, source_kind


class LedgerView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The ledger's file and the disk it lies on."""

    path: str
    size_bytes: int
    free_bytes: int


class SourceStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A source and what came of it. `events` are those that are kept. `problem`: why its kind cannot be used.

    `lastDeliveredAt` is null where nothing of it was ever delivered, or long ago.
    """

    id: int
    name: str
    kind: str
    title: str
    shape: SourceShape
    needs_schedule: bool
    problem: str | None
    is_enabled: bool
    activity: ActivityView
    events: int
    last_event_at: Millis | None
    last_delivered_at: Millis | None
    bindings: int
    counts: Counts


class TargetStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A target and what became of what is sent to it. `queued` has not ended. `nextProbeAt`: while it is paused."""

    id: int
    name: str
    kind: str
    health: HealthOfTarget
    next_probe_at: Millis | None
    queued: int
    counts: Counts
    last_delivered_at: Millis | None


class Attention(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Something that needs a person: what it is, and what to do."""

    what: str
    do: str
    target: str | None = None
    source: str | None = None


class Standing(NamedTuple):
    """What the ledger says of everything, of one moment. `probes`: each target's soonest, where one is set."""

    figures: Figures
    health: dict[TargetId, Health]
    probes: dict[TargetId, Millis]
    silent: list[Expectation]


class StatusView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Everything at a glance. `counts` holds every delivery once, under its reported status."""

    version: str
    home: str
    machine: str
    url: str
    started_at: Millis
    uptime_s: float
    ledger: LedgerView
    counts: Counts
    events: int
    sources: list[SourceStatus]
    targets: list[TargetStatus]
    attention: list[Attention]


@get("/api/status", responses=problems())
async def get_status(services: NamedDependency[Services]) -> StatusView:
    """What is flowing, what is waiting, and what needs a person."""
    standing = await services.database.read(read_standing)
    free_bytes = services.disk.free_bytes()
    now = services.clock.now()
    figures = standing.figures
    sources, targets = view_sources(services, figures), view_targets(standing)
    return StatusView(
        version=services.version,
        home=str(services.home),
        machine=services.machine,
        url=services.url(),
        started_at=services.started_at,
        uptime_s=max(now - services.started_at, 0) / 1000,
        ledger=LedgerView(path=str(services.ledger_path), size_bytes=figures.ledger_bytes, free_bytes=free_bytes),
        counts=figures.counts,
        events=figures.events,
        sources=sources,
        targets=targets,
        attention=view_attention(services, sources, targets, standing.silent, free_bytes, now),
    )


def view_attention(
    services: Services,
    sources: list[SourceStatus],
    targets: list[TargetStatus],
    silent: list[Expectation],
    free_bytes: int,
    now: Millis,
) -> list[Attention]:
    """Everything that needs a person."""
    return [
        *_low_disk(services, free_bytes),
        *(Attention(what=one, do="Look at it.") for one in services.problems()),
        *_unavailable(sources),
        *_failing(sources),
        *_silent(silent, now),
        *_troubled(targets),
    ]


def view_sources(services: Services, figures: Figures) -> list[SourceStatus]:
    """Each source and what came of it."""
    return [_source(services, one) for one in figures.sources]


def view_targets(standing: Standing) -> list[TargetStatus]:
    """Each target and what became of what is sent to it."""
    return [
        _target(one, standing.health[one.target.id], standing.probes.get(one.target.id))
        for one in standing.figures.targets
    ]


def _source(services: Services, one: SourceFigures) -> SourceStatus:
    source, kind = one.source, source_kind(one.source.kind)
    return SourceStatus(
        id=source.id,
        name=source.name,
        kind=source.kind,
        title=kind.title,
        shape=kind.shape,
        needs_schedule=kind.needs_schedule,
        problem=kind_problem(source.kind),
        is_enabled=source.is_enabled,
        activity=view_activity(services, source.id),
        events=one.events,
        last_event_at=one.last_event_at,
        last_delivered_at=one.last_delivered_at,
        bindings=one.bindings,
        counts=one.counts,
    )


def _target(one: TargetFigures, health: Health, next_probe_at: Millis | None) -> TargetStatus:
    return TargetStatus(
        id=one.target.id,
        name=one.target.name,
        kind=one.target.kind,
        health=view_health(health),
        next_probe_at=next_probe_at,
        queued=one.counts.queued,
        counts=one.counts,
        last_delivered_at=one.last_delivered_at,
    )


def _low_disk(services: Services, free_bytes: int) -> Iterator[Attention]:
    floor = services.configuration.settings[DISK_FREE_BYTES_MIN]
    if free_bytes < floor:
        yield Attention(
            what=f"Only {free_bytes >> 20} MiB are free on the disk of {services.home}. Nothing new is taken.",
            do=f"Make room: {floor >> 20} MiB are kept free (disk.free_bytes_min).",
        )


def _unavailable(sources: list[SourceStatus]) -> Iterator[Attention]:
    for source in sources:
        if source.problem is not None:
            yield Attention(
                what=f"{source.name} cannot be used: {source.problem}",
                do="What it told before waits. Put its kind right, or remove the source.",
                source=source.name,
            )


def _silent(expectations: list[Expectation], now: Millis) -> Iterator[Attention]:
    for one in expectations:
        since = one.set_at if one.silent_since is None else one.silent_since
        silent, expected = _span((now - since) / 1000), _span(one.silence_s)
        told = "had nothing to deliver" if one.subject is Subject.BINDING else "was not heard of"
        yield Attention(
            what=f"{one.name} {told} for {silent}; something is expected every {expected}.",
            do="See whether what it watches still happens, or expect it less often.",
            source=one.name if one.subject is Subject.SOURCE else None,
        )


def _span(seconds: float) -> str:
    """A duration in a unit that suits it, rounded down: `26 h`."""
    for size, at_least, unit in ((86_400, 2 * 86_400, "d"), (3_600, 3_600, "h"), (60, 60, "min")):
        if seconds >= at_least:
            return f"{int(seconds // size)} {unit}"
    return f"{max(int(seconds), 0)} s"


def _failing(sources: list[SourceStatus]) -> Iterator[Attention]:
    for source in sources:
        if source.activity.state is ActivityState.FAILING and source.problem is None:
            yield Attention(
                what=f"{source.name} cannot be read: {source.activity.detail}",
                do="Put that right; it is tried again by itself.",
                source=source.name,
            )


def _troubled(targets: list[TargetStatus]) -> Iterator[Attention]:
    for target in targets:
        health = target.health
        if health.cause is not None and health.cause not in SELF_HEALING:
            diagnosis = diagnose(health.reason, None)
            what = health.detail or diagnosis.what
            yield Attention(what=f"{target.name} is paused: {what}", do=diagnosis.advice, target=target.name)
        if target.counts.dlq:
            yield Attention(
                what=f"{target.counts.dlq} deliveries to {target.name} were given up.",
                do="See why, put it right, then replay or dismiss them.",
                target=target.name,
            )


def read_standing(tx: Transaction) -> Standing:
    """All figures, the worst health within each target, and what is silent."""
    figures = read_figures(tx)
    health, probes = {}, {}
    for target in (one.target for one in figures.targets):
        endpoints = list_endpoints(tx, target.id)
        health[target.id] = worst_health(target, endpoints)
        due = [one.health.probe_at for one in endpoints if one.health.probe_at is not None]
        if due:
            probes[target.id] = min(due)
    silent = [one for one in list_expectations(tx) if one.told_at is not None]
    return Standing(figures, health, probes, silent)
