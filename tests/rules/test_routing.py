"""Which bindings an event goes to, when, and until when."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.bindings import Filter
from posthouse.model.errors import BadInput
from posthouse.model.events import Event, Severity
from posthouse.model.ids import BindingId, EndpointId, EventId, Millis, ProjectId, SourceId, TargetId
from posthouse.rules.routing import HOPS_MAX, STAGGER_MS, Route, check_hops, matches, plan

NOW = Millis(1_767_225_600_000)
RISING = list(Severity)


def event(**changes: Any) -> Event:
    fields: dict[str, Any] = {
        "id": EventId("019b76da-a800-7000-8000-000000000000"),
        "project_id": ProjectId(1),
        "source_id": SourceId(1),
        "machine": "machine",
        "type": "agent.turn-completed",
        "at": Millis(NOW - 60_000),
        "recorded_at": NOW,
    }
    return Event(**(fields | changes))


def route(binding_id: int, **changes: Any) -> Route:
    fields: dict[str, Any] = {
        "binding_id": BindingId(binding_id),
        "endpoint_id": EndpointId(binding_id * 10),
        "target_id": TargetId(binding_id * 100),
        "revision": 1,
    }
    return Route(**(fields | changes))


@pytest.mark.parametrize(
    ("wanted", "is_match"),
    [
        (Filter(), True),
        (Filter(types=("agent.turn-completed",)), True),
        (Filter(types=("agent.turn",)), False),
        (Filter(types=("agent.*",)), True),
        (Filter(types=("Agent.*",)), False),
        (Filter(types=("*.turn-?ompleted",)), True),
        (Filter(types=("agent.turn-[a-c]ompleted",)), True),
        (Filter(types=("agent.turn-[!c]ompleted",)), False),
        (Filter(types=("other", "*.nothing", "agent.*")), True),
        (Filter(origins=("shop",)), True),
        (Filter(origins=("sho?", "x")), True),
        (Filter(origins=("hub",)), False),
        (Filter(types=("agent.*",), origins=("hub",)), False),
        (Filter(types=("nothing",), origins=("shop",)), False),
        (Filter(severity_min=Severity.INFO), True),
        (Filter(severity_min=Severity.WARNING), True),
        (Filter(severity_min=Severity.ERROR), False),
    ],
)
def test_a_filter_wants_what_fits_all_its_parts(wanted: Filter, is_match: bool) -> None:
    assert matches(wanted, event(origin="shop", severity=Severity.WARNING)) is is_match


def test_a_glob_reaches_over_line_ends_and_not_past_the_end() -> None:
    assert matches(Filter(types=("a*z",)), event(type="a\n\nz"))
    assert not matches(Filter(types=("a*z",)), event(type="a\n\nz\n"))


def test_bindings_of_a_snapshot_burst_leave_ten_seconds_apart() -> None:
    planned = plan(
        event(),
        [route(1), route(2, filter=Filter(types=("no",))), route(3), route(4)],
        source_name="shop",
        is_staggered=True,
    )
    assert [(one.binding_id, one.available_at - NOW) for one in planned] == [(1, 0), (3, 10_000), (4, 20_000)]


def test_bindings_of_a_stream_leave_at_once() -> None:
    planned = plan(event(), [route(1), route(2)], source_name="shop", is_staggered=False)
    assert [one.available_at for one in planned] == [NOW, NOW]


def test_an_event_goes_only_to_its_audience_and_past_no_filter() -> None:
    routes = [route(1), route(2), route(3, filter=Filter(types=("no",)))]
    planned = plan(
        event(audience=(BindingId(2), BindingId(3), BindingId(9))), routes, source_name="shop", is_staggered=False
    )
    assert [one.binding_id for one in planned] == [2]


def test_an_audience_of_nobody_is_nobody() -> None:
    assert plan(event(audience=()), [route(1)], source_name="shop", is_staggered=False) == ()


def test_an_event_about_a_target_is_not_sent_to_that_target() -> None:
    routes = [route(1), route(2), route(3, target_id=TargetId(10))]
    planned = plan(event(correlation_key="target:100"), routes, source_name="shop", is_staggered=True)
    assert [(one.binding_id, one.available_at - NOW) for one in planned] == [(2, 0), (3, 10_000)]


@pytest.mark.parametrize(
    ("event_expires_at", "time_to_live_s", "expires_at"),
    [
        (None, None, None),
        (NOW + 5_000, None, NOW + 5_000),
        (None, 2.0, NOW + 2_000),
        (None, 0.0001, NOW + 1),
        (NOW + 5_000, 2.0, NOW + 2_000),
        (NOW + 1_000, 2.0, NOW + 1_000),
    ],
)
def test_a_delivery_expires_at_the_earlier_limit(
    event_expires_at: Millis | None, time_to_live_s: float | None, expires_at: int | None
) -> None:
    routes = [route(1, time_to_live_s=time_to_live_s)]
    (planned,) = plan(event(expires_at=event_expires_at), routes, source_name="shop", is_staggered=False)
    assert planned.expires_at == expires_at


def test_of_one_binding_the_newest_revision_is_planned() -> None:
    planned = plan(
        event(), [route(1), route(1, revision=3), route(1, revision=2)], source_name="shop", is_staggered=True
    )
    assert [(one.binding_id, one.revision) for one in planned] == [(1, 3)]


@pytest.mark.parametrize("hops", [0, 1, HOPS_MAX])
def test_eight_hops_are_allowed(hops: int) -> None:
    check_hops(hops)


@pytest.mark.parametrize("hops", [-1, HOPS_MAX + 1, 10**9])
def test_more_hops_are_refused(hops: int) -> None:
    with pytest.raises(BadInput, match="hop count") as refused:
        check_hops(hops)
    assert (refused.value.code, refused.value.field) == ("event.too_many_hops", "hops")


glob_texts = st.text(alphabet="ab.*?[]!-^\\\n", max_size=12)


@given(st.lists(glob_texts, min_size=1, max_size=4), st.text(alphabet="ab.[]!-^\\\nAB", max_size=12))
def test_globs_mean_what_fnmatch_means(globs: list[str], text: str) -> None:
    expected = any(fnmatchcase(text, glob) for glob in globs)
    assert matches(Filter(types=tuple(globs)), event(type=text)) is expected
    assert matches(Filter(origins=tuple(globs)), event(origin=text)) is expected


@given(st.sampled_from(RISING), st.sampled_from(RISING))
def test_severity_is_compared_by_rank(least: Severity, given_severity: Severity) -> None:
    is_match = matches(Filter(severity_min=least), event(severity=given_severity))
    assert is_match == (RISING.index(given_severity) >= RISING.index(least))


routes_drawn = st.lists(
    st.builds(
        route,
        st.integers(1, 8),
        revision=st.integers(1, 4),
        filter=st.sampled_from([Filter(), Filter(types=("agent.*",)), Filter(types=("no",))]),
        target_id=st.integers(1, 3).map(TargetId),
        time_to_live_s=st.none() | st.floats(0.001, 1e6),
    ),
    max_size=12,
    unique_by=lambda one: (one.binding_id, one.revision),
)
audiences = st.none() | st.lists(st.integers(1, 9).map(BindingId)).map(tuple)


@given(st.data(), routes_drawn, audiences, st.sampled_from([None, "target:1", "target:x", "other"]), st.booleans())
def test_a_plan_is_the_same_in_any_order_and_names_no_binding_twice(
    data: st.DataObject,
    routes: list[Route],
    audience: tuple[BindingId, ...] | None,
    about: str | None,
    is_staggered: bool,
) -> None:
    told = event(audience=audience, correlation_key=about)
    planned = plan(told, routes, source_name="shop", is_staggered=is_staggered)
    assert plan(told, data.draw(st.permutations(routes)), source_name="shop", is_staggered=is_staggered) == planned
    ids = [one.binding_id for one in planned]
    assert ids == sorted(set(ids))
    assert audience is None or set(ids) <= set(audience)
    waits_ms = [one.available_at - NOW for one in planned]
    assert waits_ms == [STAGGER_MS * index if is_staggered else 0 for index in range(len(planned))]


def test_an_expression_decides_beside_the_globs() -> None:
    told = event(data=msgspec.Raw(b'{"seconds": 7}'), subject="shop")
    routes = [
        route(1, filter=Filter(where="data.seconds > `5` && source == 'ci'")),
        route(2, filter=Filter(where="data.seconds > `9`")),
        route(3, filter=Filter(types=("no",), where="data.seconds > `5`")),
        route(4, filter=Filter(where="data.nothing")),
    ]
    planned = plan(told, routes, source_name="ci", is_staggered=False)
    assert [(one.binding_id, one.is_unjudged) for one in planned] == [(1, False)]


def test_an_event_that_a_filter_cannot_judge_is_planned_as_that() -> None:
    told = event(data=msgspec.Raw(b'{"seconds": 7}'))
    routes = [route(1, filter=Filter(where="length(data.seconds) > `5`")), route(2)]
    planned = plan(told, routes, source_name="ci", is_staggered=False)
    assert [(one.binding_id, one.is_unjudged) for one in planned] == [(1, True), (2, False)]


def test_data_is_not_looked_into_where_no_filter_asks() -> None:
    told = event(data=msgspec.Raw(b"no JSON"))
    routes = [route(1), route(2, filter=Filter(types=("no",), where="data")), route(3, filter=Filter(where="data"))]
    planned = plan(told, routes, source_name="ci", is_staggered=False)
    assert [(one.binding_id, one.is_unjudged) for one in planned] == [(1, False), (3, True)]
