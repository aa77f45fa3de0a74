"""What a property that is off must leave nowhere: marks in real data, looked for wherever data comes to.

The rest of what every kind must do stands in `test_contract`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posthouse.model.bindings import Preset, Shape
from posthouse.model.errors import PosthouseError
from posthouse.model.ids import DEFAULT_PROJECT, SourceId
from posthouse.model.sources import Emission, Source, SourceShape
from posthouse.pipeline.sender import project as body_of
from posthouse.rules.changes import fingerprint
from posthouse.rules.properties import allowed
from posthouse.sources.base import RESCAN, SnapshotKind, source_kind
from tests.sources.cases import CASES, Case, Harvest, captured_log, harvest, reaped
from tests.sources.support import MemoryState, context_for, decoded, soon

ONE_BY_ONE = [(case, name) for case in CASES for name in case.marks]

choices_of = st.dictionaries(st.integers(0, 20), st.booleans())


@pytest.fixture(params=[case for case in CASES if case.marks], ids=lambda case: case.kind)
def told(request: pytest.FixtureRequest) -> Case:
    """A kind that has properties."""
    assert isinstance(request.param, Case)
    return request.param


def source_of(case: Case, choices: Mapping[str, bool]) -> Source:
    return Source(id=SourceId(1), project_id=DEFAULT_PROJECT, kind=case.kind, name=case.kind, properties=dict(choices))


def found_in(text: str | bytes | msgspec.Raw, marks: tuple[str, ...]) -> list[str]:
    """The marks that stand in a text, also where it is JSON or a path that spells them otherwise."""
    plain = text if isinstance(text, str) else bytes(text).decode("utf-8", "surrogateescape")
    return [mark for mark in marks if mark in plain or json.dumps(mark)[1:-1] in plain]


def test_with_everything_on_every_mark_is_there_and_shown(told: Case) -> None:
    one = reaped(told.kind)
    for name, marks in told.marks.items():
        carrier = told.carried_by.get(name)
        carriers = [event for event in one.events if carrier in (None, event.type)]
        assert carriers
        for event in carriers:
            assert found_in(event.data, marks) == list(marks), name


def test_a_preview_names_every_sensitive_value_that_it_shows(told: Case) -> None:
    for preview in (reaped(told.kind).before, reaped(told.kind).after):
        data = decoded(preview.data)
        for pointer in preview.sensitive:
            mask(data, pointer)
        for one in source_kind(told.kind).properties:
            if one.is_sensitive:
                assert found_in(json.dumps(data), told.marks[one.name]) == []


def mask(data: Any, pointer: str) -> None:
    """Put stars where a JSON Pointer (RFC 6901) leads; a KeyError where it leads nowhere."""
    *steps, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    for step in steps:
        data = data[int(step)] if isinstance(data, list) else data[step]
    place: Any = int(last) if isinstance(data, list) else last
    assert data[place] is not None
    data[place] = "***"


@pytest.mark.parametrize(("case", "name"), ONE_BY_ONE, ids=[f"{case.kind}-{name}" for case, name in ONE_BY_ONE])
async def test_a_property_that_is_off_leaves_no_trace_anywhere(case: Case, name: str, tmp_path: Path) -> None:
    marks = case.marks[name]
    for number, choices in enumerate(one for one in case.choices() if not one[name]):
        folder = tmp_path / str(number)
        folder.mkdir()
        one = await harvest(case, folder, choices)
        for where, text in places(case, choices, one):
            assert found_in(text, marks) == [], f"{where} with {choices}"
        assert_not_kept(case, name, one.state)


def assert_not_kept(case: Case, name: str, state: Mapping[str, bytes]) -> None:
    """Nothing of a property stands in the state."""
    is_sensitive = next(one for one in source_kind(case.kind).properties if one.name == name).is_sensitive
    marks = tuple(mark for mark in case.marks[name] if is_sensitive or mark not in case.kept)
    for key, value in state.items():
        assert found_in(key, marks) + found_in(value, marks) == [], f"{name} in the state at {key}"


@pytest.mark.parametrize(("case", "name"), ONE_BY_ONE, ids=[f"{case.kind}-{name}" for case, name in ONE_BY_ONE])
async def test_a_property_that_is_off_is_in_no_problem_and_no_error(case: Case, name: str, tmp_path: Path) -> None:
    context = context_for(
        case.kind, case.lay_out(tmp_path), properties={name: False}, emitted=[], may_run_programs=True
    )
    case.spoil(tmp_path)
    kind, said = source_kind(case.kind), list[str]()
    with captured_log() as log:
        for read in (kind.preview, *([kind.collect] if case.shape is SourceShape.SNAPSHOT else [])):  # type: ignore[attr-defined]
            try:
                result = await soon(read(context) if read == kind.preview else read(context, RESCAN))
            except (OSError, PosthouseError) as error:
                said.append(f"{error} {error!r} {error.__cause__!r}")
            else:
                said.append(msgspec.json.encode(result).decode())
    assert found_in("\n".join([*said, log.getvalue()]), case.marks[name]) == []


@pytest.mark.parametrize(
    ("case", "name"),
    [pytest.param(one, name, id=f"{one.kind}-{name}") for one, name in ONE_BY_ONE if one.shape is SourceShape.SNAPSHOT],
)
async def test_a_property_that_is_switched_off_leaves_the_state_at_the_next_read(
    case: Case, name: str, tmp_path: Path
) -> None:
    kind, memory = cast("SnapshotKind", source_kind(case.kind)), MemoryState()
    parsed = case.lay_out(tmp_path)
    for is_on in (True, False):
        choices = {**dict.fromkeys(case.names, True), name: is_on}
        emitted: list[Emission] = []
        context = context_for(
            case.kind, parsed, state=memory, properties=choices, emitted=emitted, may_run_programs=True
        )
        memory.commit(await soon(kind.collect(context, RESCAN)))
    assert_not_kept(case, name, memory.stored)


def places(case: Case, choices: Mapping[str, bool], one: Harvest) -> list[tuple[str, str | bytes | msgspec.Raw]]:
    """Wherever something of a source's data comes to: all of it as text."""
    kind = source_kind(case.kind)
    texts: list[tuple[str, str | bytes | msgspec.Raw]] = [("the log", one.log)]
    for preview in (one.before, one.after):
        texts += [("the preview", preview.data), ("its words", " ".join((preview.found, *preview.problems)))]
        texts += [("its pointers", " ".join(preview.sensitive))]
    for event in one.events:
        texts.append(("the event", msgspec.json.encode(event)))
        for preset in Preset:
            shape = Shape(preset=preset)
            on = allowed(kind.properties, choices, shape)
            texts += [
                (f"the body by {preset}", body_of(source_of(case, choices), shape, event.data)),
                (f"the fingerprint by {preset}", json.dumps(kind.project(decoded(event.data), on))),
            ]
    return texts


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(by_owner=choices_of, preset=st.sampled_from(Preset), by_binding=choices_of)
def test_no_body_holds_what_owner_preset_or_binding_leave_out(
    told: Case, by_owner: dict[int, bool], preset: Preset, by_binding: dict[int, bool]
) -> None:
    kind = source_kind(told.kind)
    owner, shape = told.named(by_owner), Shape(preset=preset, properties=told.named(by_binding))
    on = allowed(kind.properties, owner, shape)
    for event in reaped(told.kind).events:
        body = body_of(source_of(told, owner), shape, event.data)
        for name, marks in told.marks.items():
            assert on[name] or found_in(body, marks) == []


def test_a_fingerprint_knows_nothing_of_what_is_off(told: Case) -> None:
    kind = source_kind(told.kind)
    for choices in told.choices():
        for event in reaped(told.kind).events:
            text = bytes(event.data).decode()
            for name in (one for one in told.names if not choices[one]):
                for mark in told.marks[name]:
                    text = text.replace(mark, other_than(mark))
            real, other = (
                fingerprint(kind.project(data, choices), volatile=kind.volatile, choices=choices)
                for data in (decoded(event.data), json.loads(text))
            )
            assert real == other


def other_than(mark: str) -> str:
    """Another number, or another word."""
    if mark.startswith("0."):
        return "0.5"
    return ("7" if mark.isdigit() else "x") * len(mark)
