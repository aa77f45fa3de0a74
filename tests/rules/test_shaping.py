"""What a binding makes of an event before it leaves, and what is refused when it is saved."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from posthouse.model.bindings import BodyFormat, Filter, Shape
from posthouse.model.errors import BadInput
from posthouse.model.messages import MessageTemplate
from posthouse.rules.expressions import ExpressionError
from posthouse.rules.shaping import Shaped, check_filter, check_shape, place_of, shape_event
from posthouse.rules.templates import RENDERED_MAX
from tests.targets.cases import make_event


def shaped(data: Any, **shape: Any) -> Shaped:
    raw = msgspec.Raw(json.dumps(data).encode())
    return shape_event(make_event(type="build.finished"), raw, Shape(**shape), source_name="ci")


def test_without_words_of_its_own_nothing_is_changed() -> None:
    made = shaped({"n": 7})

    assert (bytes(made.data), made.body) == (b'{"n": 7}', None)
    assert made.message is not None
    assert made.message.body == "n: 7"


def test_select_makes_the_data_and_leaves_the_message_the_whole_event() -> None:
    made = shaped(
        {"n": 7, "who": "ann"}, select="{kind: type, n: data.n}", message=MessageTemplate(body="{{data.who}}")
    )

    assert msgspec.json.decode(made.data) == {"kind": "build.finished", "n": 7}
    assert made.message is not None
    assert made.message.body == "ann"


def test_a_document_of_ones_own_is_the_body() -> None:
    made = shaped({"n": 7}, format=BodyFormat.TEMPLATE, body='{"text": "Build {{ data.n }}"}')
    assert json.loads(made.body or b"") == {"text": "Build 7"}


def test_a_kind_that_takes_no_messages_is_not_held_up_by_one() -> None:
    shape = Shape(message=MessageTemplate(title="{{ length(data.n) }}"))
    raw = msgspec.Raw(b'{"n": 7}')

    made = shape_event(make_event(), raw, shape, source_name="ci", takes_messages=False)

    assert made.message is None


@pytest.mark.parametrize(
    ("data", "shape", "place"),
    [
        (1, {"select": "length(data)"}, "shape.select, character 1: length() cannot take this"),
        ("x" * RENDERED_MAX, {"select": "[data, data]"}, "shape.select, character 1: What comes out is larger"),
        (
            {"n": 7},
            {"format": BodyFormat.TEMPLATE, "body": '{"a": ["n: {{ sum(data.n) }}"]}'},
            "shape.body#/a/0, character 7: At /a/0: {{ sum(data.n) }}: sum() cannot take this",
        ),
        (
            1,
            {"message": MessageTemplate(title="{{ keys(data) }}")},
            "shape.message.title, character 4: {{ keys(data) }}",
        ),
    ],
)
def test_what_an_event_does_not_suit_is_told_with_its_place(data: Any, shape: dict[str, Any], place: str) -> None:
    with pytest.raises(ExpressionError) as failed:
        shaped(data, **shape)
    assert place_of(failed.value).startswith(place)


@pytest.mark.parametrize(
    ("shape", "code", "field"),
    [
        ({"format": BodyFormat.TEMPLATE}, "binding.shape_invalid", "shape.body"),
        ({"body": "{}"}, "binding.shape_invalid", "shape.body"),
        ({"format": BodyFormat.TEMPLATE, "body": "{}", "select": "data"}, "binding.shape_invalid", "shape.select"),
        ({"format": BodyFormat.TEMPLATE, "body": "{"}, "template.invalid", "shape.body"),
        ({"format": BodyFormat.TEMPLATE, "body": '["{{"]'}, "template.invalid", "shape.body#/0"),
        ({"select": "data."}, "expression.invalid", "shape.select"),
        ({"message": MessageTemplate(click="{{ data. }}")}, "expression.invalid", "shape.message.click"),
    ],
)
def test_what_no_event_could_suit_is_refused_when_it_is_saved(shape: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(BadInput) as refused:
        check_shape(Shape(**shape))
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_filter_that_is_no_expression_is_refused_when_it_is_saved() -> None:
    check_filter(Filter(where="data.n > `3`"))
    with pytest.raises(ExpressionError, match="too soon") as refused:
        check_filter(Filter(where="data."))
    assert (refused.value.field, refused.value.position) == ("filter.where", 5)


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        (b'{"format":"raw"}', Shape(format=BodyFormat.RAW)),
        (b"{}", Shape()),
        (b'{"message":{"title":"a"}}', Shape(message=MessageTemplate(title="a"))),
    ],
)
def test_what_was_stored_before_is_still_read(stored: bytes, read: Shape) -> None:
    assert msgspec.json.decode(stored, type=Shape) == read
    assert msgspec.json.decode(b'{"types":["a"]}', type=Filter) == Filter(types=("a",))
    assert msgspec.json.encode(Filter(types=("a",))) == b'{"types":["a"]}'
