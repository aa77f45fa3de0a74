"""What a person is told when nobody worded it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.messages import BODY_MAX, TAG_MAX, TAGS_MAX, TITLE_MAX, Message, MessageTemplate
from posthouse.rules.expressions import ExpressionError
from posthouse.rules.messages import check_wording, compose
from tests.targets.cases import make_event

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=30),
    max_leaves=20,
)


def composed(data: Any, **event: Any) -> Message:
    return compose(make_event(**event), msgspec.Raw(json.dumps(data).encode()), source_name="ingest")


def test_type_subject_and_plain_values_are_told() -> None:
    told = composed(
        {"ok": True, "seconds": 42, "branch": "main", "steps": [1, 2]}, type="build.finished", subject="shop"
    )

    assert (told.title, told.body) == ("build.finished: shop", "ok: yes\nseconds: 42\nbranch: main")


def test_an_event_without_plain_values_says_where_it_comes_from() -> None:
    assert composed([1, 2]).body == "From ingest on desk."


@given(data=ANYTHING, subject=st.none() | st.text(max_size=2_000))
def test_a_message_fits_its_bounds_and_has_nothing_invisible(data: Any, subject: str | None) -> None:
    told = composed(data, subject=subject)

    assert 1 <= len(told.title) <= TITLE_MAX
    assert 1 <= len(told.body) <= BODY_MAX
    assert told.title.isprintable()
    assert all(line.isprintable() for line in told.body.split("\n"))


def worded(data: Any = None, *, event: dict[str, Any] | None = None, **parts: Any) -> Message:
    told = make_event(**(event or {"type": "build.finished", "subject": "shop"}))
    return compose(told, msgspec.Raw(json.dumps(data).encode()), source_name="ci", wording=MessageTemplate(**parts))


def test_an_owners_words_replace_what_they_name() -> None:
    told = worded(
        {"n": 7, "ok": False, "tags": ["red", "late", "red"], "url": "https://ci.example/7"},
        title="Build {{ data.n }} of {{ subject }}",
        priority="{{ data.ok && '2' || '5' }}",
        tags=("ci", "{{ join(',', data.tags) }}"),
        click="{{ data.url }}",
    )

    assert told.title == "Build 7 of shop"
    assert told.body.startswith("n: 7\nok: no")
    assert (told.priority, told.tags, told.click) == (5, ("ci", "red", "late"), "https://ci.example/7")


def test_what_comes_out_empty_keeps_its_default() -> None:
    told = worded({"n": 7}, title="{{ data.title }}", body=" \n", priority=" ", tags=("{{ data.tag }}",), click="")

    assert told == composed({"n": 7}, type="build.finished", subject="shop")


@pytest.mark.parametrize(
    ("parts", "data", "code", "field", "position"),
    [
        ({"title": "abc {{ length(data) }}"}, 1, "expression.failed", "shape.message.title", 7),
        ({"priority": "high"}, None, "template.unfit", "shape.message.priority", 0),
        ({"priority": "6"}, None, "template.unfit", "shape.message.priority", 0),
        ({"click": "javascript:alert(1)"}, None, "template.unfit", "shape.message.click", 0),
        ({"click": "https://a.example/ b"}, None, "template.unfit", "shape.message.click", 0),
        ({"click": "https://a.example/{{ data }}"}, "x" * 2_048, "template.unfit", "shape.message.click", 0),
        ({"tags": ("a", "{{ sum(data) }}")}, 1, "expression.failed", "shape.message.tags[1]", 3),
    ],
)
def test_a_part_that_does_not_fit_says_which_and_where(
    parts: dict[str, Any], data: Any, code: str, field: str, position: int
) -> None:
    with pytest.raises(ExpressionError) as failed:
        worded(data, **parts)
    assert (failed.value.code, failed.value.field, failed.value.position) == (code, field, position)


def test_what_is_no_template_is_refused_before_any_event() -> None:
    with pytest.raises(ExpressionError) as refused:
        check_wording(MessageTemplate(title="fine", tags=("fine", "{{ data. }}")))
    assert (refused.value.field, refused.value.position) == ("shape.message.tags[1]", 8)


def test_data_that_cannot_be_read_is_told_of_all_the_same() -> None:
    told = compose(make_event(type="t", subject=None), msgspec.Raw(b"[" * 5_000 + b"]" * 5_000), source_name="ci")
    assert (told.title, told.body) == ("t", "From ci on desk.")


@given(data=ANYTHING, title=st.text(max_size=300), body=st.text(max_size=300), tag=st.text(max_size=200))
def test_words_of_any_kind_fit_the_bounds(data: Any, title: str, body: str, tag: str) -> None:
    values = {"data": data, "title": title, "body": body, "tag": tag}
    parts: dict[str, Any] = {
        "title": "{{ data.title }}",
        "body": "{{ data.body }}{{ data.data }}",
        "tags": ("{{ data.tag }}",) * 20,
    }

    told = worded(values, **parts)

    assert 1 <= len(told.title) <= TITLE_MAX
    assert 1 <= len(told.body) <= BODY_MAX
    assert len(told.tags) <= TAGS_MAX
    assert all(1 <= len(one) <= TAG_MAX and one.isprintable() for one in told.tags)
    assert told.title.isprintable()
    assert all(line.isprintable() for line in told.body.split("\n"))
