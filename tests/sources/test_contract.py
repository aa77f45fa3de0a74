"""What every kind of source must do, over real files, databases and programs. A kind joins by its case in `cases`."""

from __future__ import annotations

import copy
import itertools
import json
import re
from pathlib import Path
from random import Random
from typing import Any, cast

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posthouse.model.bindings import Shape
from posthouse.model.errors import BadInput
from posthouse.model.sources import Emission, Property, SourceShape
from posthouse.rules.properties import allowed
from posthouse.sources.base import (
    KINDS,
    RESCAN,
    CoalescedSettings,
    SnapshotKind,
    SourceKind,
    SourceSettings,
    source_kind,
)
from tests.sources.cases import CASES, Case, harvest, reaped
from tests.sources.support import MemoryState, context_for, decoded, soon

WITH_PROPERTIES = [case for case in CASES if case.marks]
SNAPSHOTS = [case for case in CASES if case.shape is SourceShape.SNAPSHOT]
choices_of = st.dictionaries(st.integers(0, 20), st.booleans())

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(params=CASES, ids=lambda case: case.kind)
def case(request: pytest.FixtureRequest) -> Case:
    assert isinstance(request.param, Case)
    return request.param


@pytest.fixture(params=WITH_PROPERTIES, ids=lambda case: case.kind)
def told(request: pytest.FixtureRequest) -> Case:
    """A kind that has properties."""
    assert isinstance(request.param, Case)
    return request.param


@pytest.fixture
def kind(case: Case) -> SourceKind:
    return source_kind(case.kind)


def fields_of(kind: SourceKind) -> list[str]:
    return [one.encode_name for one in msgspec.structs.fields(kind.settings_type)]


def without(data: Any, volatile: tuple[str, ...]) -> Any:
    return {name: value for name, value in data.items() if name not in volatile}


def test_every_registered_kind_has_its_case() -> None:
    assert sorted(case.kind for case in CASES) == sorted(KINDS)


def test_a_kind_says_what_it_is(case: Case, kind: SourceKind) -> None:
    assert kind.title
    assert kind.shape is case.shape
    assert isinstance(kind.is_passive, bool)
    assert isinstance(kind.needs_schedule, bool)
    assert callable(getattr(kind, "collect" if kind.shape is SourceShape.SNAPSHOT else "run"))
    assert kind.shape is SourceShape.STREAM or callable(kind.signals)  # type: ignore[attr-defined]
    assert not (kind.needs_schedule and kind.shape is SourceShape.STREAM)
    assert not (kind.is_passive and kind.shape is SourceShape.SNAPSHOT)


def test_properties_have_names_of_their_own_and_titles_for_people(case: Case, kind: SourceKind) -> None:
    assert len({one.name for one in kind.properties}) == len(kind.properties)
    for one in kind.properties:
        assert isinstance(one, Property)
        assert re.fullmatch(r"[a-z][a-z0-9_]*", one.name)
        assert one.title[:1].isupper()
    assert set(case.marks) == set(case.names), "each property is shown to leave no mark"


def test_settings_are_described_field_by_field_in_a_schema(kind: SourceKind) -> None:
    assert issubclass(kind.settings_type, SourceSettings)
    schema = msgspec.json.schema_components([kind.settings_type])[1][kind.settings_type.__name__]
    for name, one in schema.get("properties", {}).items():
        assert '"description"' in json.dumps(one), f"{name} has no description"
    if kind.shape is SourceShape.SNAPSHOT and not kind.needs_schedule:
        assert issubclass(kind.settings_type, CoalescedSettings)


def test_accepted_settings_are_canonical(case: Case, kind: SourceKind, tmp_path: Path) -> None:
    once = kind.parse(case.lay_out(tmp_path))
    assert kind.parse(decoded(once)) == once
    assert list(decoded(once)) == fields_of(kind), "defaults are filled in"


def test_an_unknown_setting_is_refused_by_name(case: Case, kind: SourceKind, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        kind.parse({**case.lay_out(tmp_path), "no_such_setting": 1})
    assert (caught.value.code, caught.value.field) == ("source.bad_setting", "no_such_setting")


def test_a_setting_of_the_wrong_type_is_refused_by_name(case: Case, kind: SourceKind, tmp_path: Path) -> None:
    good = case.lay_out(tmp_path)
    for name in fields_of(kind):
        with pytest.raises(BadInput) as caught:
            kind.parse({**good, name: [{"no such": True}]})
        assert caught.value.code == "source.bad_setting"
        assert (caught.value.field or "").startswith(name)


@pytest.mark.parametrize(
    ("case", "name", "value"),
    [pytest.param(one, *bad, id=f"{one.kind}-{bad[0]}-{bad[1]}") for one in CASES for bad in one.bad],
)
def test_a_setting_out_of_bounds_is_refused_by_name(case: Case, name: str, value: Any, tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        source_kind(case.kind).parse({**case.lay_out(tmp_path), name: value})
    assert caught.value.code == "source.bad_setting"
    assert (caught.value.field or "").startswith(name)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_junk_whatever_breaks_the_reading_of_settings(kind: SourceKind, data: st.DataObject) -> None:
    names = st.sampled_from([*fields_of(kind), "other"]) | st.text(max_size=10)
    junk = data.draw(st.dictionaries(names, json_values, max_size=4))
    try:
        canonical = kind.parse(junk)
    except BadInput as refused:
        assert refused.code == "source.bad_setting"  # noqa: PT017 - either way is fine, and both are judged
    else:
        assert kind.parse(decoded(canonical)) == canonical


async def test_a_preview_is_real_data_and_consumes_nothing(case: Case, kind: SourceKind, tmp_path: Path) -> None:
    parsed, memory = case.lay_out(tmp_path), MemoryState()
    context = context_for(
        case.kind, parsed, state=memory, properties=dict.fromkeys(case.names, True), may_run_programs=True
    )
    one, two = await soon(kind.preview(context)), await soon(kind.preview(context))
    assert memory.stored == {}
    assert without(decoded(one.data), kind.volatile) == without(decoded(two.data), kind.volatile)
    assert (one.event_type, one.sensitive, one.problems) == (two.event_type, two.sensitive, two.problems)
    assert one.event_type
    assert one.found
    assert one.problems == ()


async def test_a_preview_after_work_leaves_the_state_as_it_is(told: Case, tmp_path: Path) -> None:
    one = await harvest(told, tmp_path, dict.fromkeys(told.names, True))
    memory = MemoryState()
    memory.stored = dict(one.state)
    context = context_for(
        told.kind, settings_over(told, tmp_path), state=memory, properties=dict.fromkeys(told.names, True),
        may_run_programs=True,
    )  # fmt: skip
    await soon(source_kind(told.kind).preview(context))
    assert memory.stored == one.state


def settings_over(case: Case, folder: Path) -> dict[str, Any]:
    """The settings for a second, equal place."""
    again = folder / "again"
    again.mkdir()
    return case.lay_out(again)


def test_a_snapshot_says_what_it_is_of(told: Case) -> None:
    kind = source_kind(told.kind)
    one = reaped(told.kind)
    assert len(one.events) == told.events
    if kind.shape is SourceShape.SNAPSHOT:
        for event, data in zip(one.events, one.data, strict=True):
            assert event.type == f"{told.kind}.snapshot"
            assert (data["source"], data["version"]) == (told.kind, 1)
            assert "generated_at" in data
        assert set(kind.volatile) <= set(one.data[0])


def test_to_project_changes_nothing_that_it_was_given(told: Case) -> None:
    for data, choices in itertools.product(reaped(told.kind).data, told.choices()):
        before = copy.deepcopy(data)
        source_kind(told.kind).project(data, choices)
        assert data == before


def test_to_project_twice_is_to_project_by_what_both_allow(told: Case) -> None:
    project = source_kind(told.kind).project
    for data, one, two in itertools.product(reaped(told.kind).data, told.choices(), told.choices()):
        both = {name: one[name] and two[name] for name in one}
        assert project(project(data, one), two) == project(data, both)


def test_with_everything_on_to_project_leaves_all_as_it_is(told: Case) -> None:
    for data in reaped(told.kind).data:
        assert source_kind(told.kind).project(data, dict.fromkeys(told.names, True)) == data


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(random=st.randoms(use_true_random=False), picks=choices_of)
def test_payloads_that_lack_what_is_told_today_can_still_be_projected(
    told: Case, random: Random, picks: dict[int, bool]
) -> None:
    kind = source_kind(told.kind)
    choices = allowed(kind.properties, told.named(picks), Shape())
    for data in reaped(told.kind).data:
        older = thinned(data, random)
        once = kind.project(older, choices)
        assert kind.project(once, choices) == once
        assert json.loads(json.dumps(once)) == once


def thinned(value: Any, random: Random) -> Any:
    """The value with some of its fields gone."""
    match value:
        case dict():
            return {name: thinned(one, random) for name, one in value.items() if random.random() < 0.8}
        case list():
            return [thinned(one, random) for one in value]
        case _:
            return value


@pytest.mark.parametrize("snapshot", SNAPSHOTS, ids=lambda case: case.kind)
async def test_what_did_not_change_is_told_the_same_again(snapshot: Case, tmp_path: Path) -> None:
    kind = cast("SnapshotKind", source_kind(snapshot.kind))
    memory, emitted = MemoryState(), list[Emission]()
    context = context_for(
        snapshot.kind, snapshot.lay_out(tmp_path), state=memory, emitted=emitted, may_run_programs=True
    )
    told = []
    for _ in range(2):
        emission = await soon(kind.collect(context, RESCAN))
        memory.commit(emission)
        told.append([(event.type, without(decoded(event.data), kind.volatile)) for event in emission.events])
    assert told[0] == told[1]
