"""`/api/status`: all figures of one moment, and what needs a person."""

from __future__ import annotations

from collections.abc import Iterator

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
from posthouse.ledger.status import Figures, TargetFigures, read_figures
from posthouse.model.deliveries import Counts
from posthouse.model.expectations import Expectation, Subject
from posthouse.model.ids import Millis, TargetId
from posthouse.model.targets import SELF_HEALING, Health
from posthouse.pipeline.activity import ActivityState
from posthouse.rules.diagnosis import diagnose
from posthouse.settings import DISK_FREE_BYTES_MIN
from posthouse.sources.base import kind_problem


class LedgerView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The ledger's file and the disk it lies on."""

    path: str
    size_bytes: int
    free_bytes: int


class SourceStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A source and what came of it. `events` are those that are kept."""

    id: int
    name: str
    kind: str
    is_enabled: bool
    activity: ActivityView
    events: int
    last_event_at: Millis | None
    bindings: int
    counts: Counts


class TargetStatus(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A target and what became of what is sent to it. `queued` has not ended."""

    id: int
    name: str
    kind: str
    health: HealthOfTarget
    queued: int
    counts: Counts
    last_delivered_at: Millis | None


class Attention(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Something that needs a person: what it is, and what to do."""

    what: str
    do: str
    target: str | None = None
    source: str | None = None


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
    figures, health, silent = await services.database.read(read_standing)
    free_bytes = services.disk.free_bytes()
    now = services.clock.now()
    sources, targets = view_sources(services, figures), view_targets(figures, health)
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
        attention=[
            *_low_disk(services, free_bytes),
            *(Attention(what=one, do="Look at it.") for one in services.problems()),
            *_unavailable(sources),
            *_failing(sources),
            *_silent(silent, now),
            *_troubled(targets),
        ],
    )


def view_sources(services: Services, figures: Figures) -> list[SourceStatus]:
    """Each source and what came of it."""
    return [
        SourceStatus(
            id=one.source.id,
            name=one.source.name,
            kind=one.source.kind,
            is_enabled=one.source.is_enabled,
            activity=view_activity(services, one.source.id),
            events=one.events,
            last_event_at=one.last_event_at,
            bindings=one.bindings,
            counts=one.counts,
        )
        for one in figures.sources
    ]


def view_targets(figures: Figures, health: dict[TargetId, Health]) -> list[TargetStatus]:
    """Each target and what became of what is sent to it."""
    return [_target(one, health[one.target.id]) for one in figures.targets]


def _target(one: TargetFigures, health: Health) -> TargetStatus:
    return TargetStatus(
        id=one.target.id,
        name=one.target.name,
        kind=one.target.kind,
        health=view_health(health),
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
        problem = kind_problem(source.kind)
        if problem is not None:
            yield Attention(
                what=f"{source.name} cannot be used: {problem}",
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
        if source.activity.state is ActivityState.FAILING and kind_problem(source.kind) is None:
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


def read_standing(tx: Transaction) -> tuple[Figures, dict[TargetId, Health], list[Expectation]]:
    """All figures, the worst health within each target, and what is silent."""
    figures = read_figures(tx)
    targets = [one.target for one in figures.targets]
    health = {target.id: worst_health(target, list_endpoints(tx, target.id)) for target in targets}
    return figures, health, [one for one in list_expectations(tx) if one.told_at is not None]
