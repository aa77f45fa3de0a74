"""One read of a snapshot source: what it found, compared per binding with what that binding was last sent.

A read is made on an *errand*: for the bindings that go by changes, for those whose run is due, for one by hand, or for
all by hand. Each binding sees its own projection of the data (the source's choices, narrowed by its own), so each has
its own fingerprint. A binding for which nothing changed gets nothing; a snapshot that is unchanged for all of them
makes no event. What is made by hand skips the comparison. Events, deliveries, state and the runs that asked for it
are one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from posthouse.ledger.base import Database, Transaction
from posthouse.ledger.events import newest_fingerprint
from posthouse.model.bindings import Shape
from posthouse.model.events import EventDraft
from posthouse.model.ids import BindingId
from posthouse.model.runs import RunDone, RunResult, Slot
from posthouse.model.sources import Emission, Source
from posthouse.pipeline.directory import Known
from posthouse.pipeline.intake import Intake, Posted
from posthouse.pipeline.sender import project
from posthouse.rules.changes import fingerprint, is_unchanged
from posthouse.rules.expressions import Facts
from posthouse.rules.properties import allowed
from posthouse.rules.routing import Judgement, Route, judge
from posthouse.sources.base import source_kind


class DueRun(msgspec.Struct, frozen=True, kw_only=True):
    """A binding's run that is due: its slot, and the one that was settled before it."""

    binding_id: BindingId
    before: Slot
    slot: Slot


class Errand(msgspec.Struct, frozen=True, kw_only=True):
    """For whom a read is made: bindings that go by changes and runs that are due; or by hand.

    `only`: by hand for this one binding. `is_push`: by hand for all of them.
    """

    is_for_changes: bool = False
    runs: tuple[DueRun, ...] = ()
    only: BindingId | None = None
    is_push: bool = False

    @property
    def is_by_hand(self) -> bool:
        """Whether a person asked: then it is sent at once, changed or not."""
        return self.is_push or self.only is not None

    def concerned(self, routes: Sequence[Route]) -> list[Route]:
        """Those of a source's bindings that it is made for."""
        due = {run.binding_id for run in self.runs}
        return [
            one
            for one in routes
            if self.is_push
            or one.binding_id == self.only
            or one.binding_id in due
            or (self.is_for_changes and not one.schedule.is_by_clock)
        ]


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What one read led to: the events, and for each binding that it was made for how it went."""

    posted: tuple[Posted, ...]
    results: dict[BindingId, RunResult]


class _Comparison:
    """What the bindings of one read were sent last, moved on by each of its events."""

    def __init__(self, source: Source, known: Known, newest: dict[BindingId, str | None]) -> None:
        self._source = source
        self._kind = source_kind(source.kind)
        self._known = known
        self._newest = newest

    async def changed(self, draft: EventDraft, routes: Sequence[Route], *, is_forced: bool) -> dict[BindingId, str]:
        """The fingerprint of what each of these bindings would see, of those that have not seen it."""
        data = msgspec.json.decode(draft.data)
        # Hundreds of bindings make few choices: each is projected once.
        marks: dict[tuple[tuple[str, bool], ...], str] = {}
        changed: dict[BindingId, str] = {}
        for route in routes:
            shape = await self._known.shape(route.binding_id, route.revision)
            choices = allowed(self._kind.properties, self._source.properties, shape)
            key = tuple(sorted(choices.items()))
            if key not in marks:
                shown = self._kind.project(data, choices)
                marks[key] = fingerprint(shown, volatile=self._kind.volatile, choices=choices)
            if is_forced or not is_unchanged(marks[key], self._newest.get(route.binding_id)):
                changed[route.binding_id] = self._newest[route.binding_id] = marks[key]
        return changed


async def take_snapshot(
    source: Source, emission: Emission, errand: Errand, *, database: Database, known: Known, intake: Intake
) -> Taken:
    """Commit what a read found: its state, the events that any binding has not seen, and the runs that were due.

    Raises as `Intake.take`.
    """
    routes = errand.concerned(known.directory.routes.get(source.id, ()))
    newest = await database.read(newest_fingerprints, [one.binding_id for one in routes]) if emission.events else {}
    comparison = _Comparison(source, known, newest)
    results = dict.fromkeys((one.binding_id for one in routes), RunResult.NOTHING_TO_TELL)
    told: list[EventDraft] = []
    marks: list[dict[BindingId, str]] = []
    for draft in (_kept(source, one, errand) for one in emission.events):
        facts = intake.facts(source, draft)
        wanting = [one for one in routes if _wants(one, draft, facts)]
        changed = await comparison.changed(draft, wanting, is_forced=errand.is_by_hand)
        for route in wanting:
            if route.binding_id in changed:
                results[route.binding_id] = RunResult.SENT
            elif results[route.binding_id] is not RunResult.SENT:
                results[route.binding_id] = RunResult.NOTHING_NEW
        # What changed and no binding wants is an event all the same; the clock alone makes none.
        if changed or (not wanting and (errand.is_for_changes or errand.is_push)):
            told.append(draft)
            marks.append(changed)
    runs = [
        RunDone(binding_id=run.binding_id, before=run.before, slot=run.slot, result=results[run.binding_id])
        for run in errand.runs
        if run.binding_id in results
    ]
    posted: list[Posted] = []
    if told or runs or emission.state_puts or emission.state_deletes or emission.updates:
        posted = await intake.take(
            source, told, state_puts=emission.state_puts, state_deletes=emission.state_deletes, fingerprints=marks,
            is_staggered=not errand.is_by_hand, runs=runs, updates=emission.updates,
        )  # fmt: skip
    return Taken(posted=tuple(posted), results=results)


def newest_fingerprints(tx: Transaction, binding_ids: Sequence[BindingId]) -> dict[BindingId, str | None]:
    """What each of these bindings was sent last, of one moment."""
    return {binding_id: newest_fingerprint(tx, binding_id) for binding_id in binding_ids}


def _kept(source: Source, draft: EventDraft, errand: Errand) -> EventDraft:
    """The draft with only what the source's owner lets out: what is off is not even stored."""
    audience = draft.audience if errand.only is None else (errand.only,)
    return msgspec.structs.replace(draft, data=project(source, Shape(), draft.data), audience=audience)


def _wants(route: Route, draft: EventDraft, facts: Facts) -> bool:
    is_meant = draft.audience is None or route.binding_id in draft.audience
    # One that cannot be judged is told of: its delivery is given up with the reason.
    return is_meant and judge(route.filter, draft, facts) is not Judgement.UNWANTED
