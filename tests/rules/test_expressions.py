"""What an owner may ask of an event, where it fails, and what it may cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from posthouse.model.ids import Millis
from posthouse.rules.expressions import (
    EXPRESSION_MAX,
    Evaluation,
    ExpressionError,
    Facts,
    compile_expression,
    event_facts,
    filter_facts,
    text_of,
)
from tests.targets.cases import make_event

CODES = {"expression.failed", "expression.too_costly"}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=5),
    max_leaves=20,
)

PATHS = """
data; type; data.a; @; data.*; data[0]; data[]; data[::2]; `[1, 2]`; 'x'; `1`; data[?a > `1`]; keys(data); *; [*];
data[-1]; &data
"""
SHAPES = """
{0}; length({0}); to_string({0}); join(', ', {0}); contains({0}, {1}); {0} == {1}; sort({0}); [{0}, {1}];
{{a: {0}, b: {1}}}; {0} || {1}; !{0}; ({0}) | {1}; map(&{1}, {0}); merge({0}, {1}); sort_by({0}, &{1}); sum({0});
to_number({0}); {0} < {1}; max_by({0}, &{1}); floor({0}); type({0}); to_array({0}); values({0}); reverse({0});
not_null({0}, {1}); avg({0})
"""
paths = st.sampled_from(PATHS.split(";"))
shapes = st.sampled_from(SHAPES.split(";"))
expressions = st.builds(
    lambda outer, inner, one, other, third: outer.format(inner.format(one, other), third),
    shapes, shapes, paths, paths, paths,
)  # fmt: skip


def tried(call: Callable[[], Any]) -> Any:
    """What the call answers, or the one error."""
    try:
        return call()
    except ExpressionError as error:
        return error


def facts(data: Any, **fields: Any) -> Facts:
    return Facts(fields, msgspec.Raw(msgspec.json.encode(data)))


def said(text: str, data: Any = None, **fields: Any) -> Any:
    return Evaluation(facts(data, **fields)).value(compile_expression(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("data.seconds", 42),
        ("data.steps[?ok].name", ["build"]),
        ("data.title || subject", "shop"),
        ('data."two words"', 1),
        ("length(data.steps)", 2),
        ("data.nothing", None),
        ("{n: data.seconds, type: type}", {"n": 42, "type": "build.finished"}),
        ("to_string(data.steps[0])", '{"name":"build","ok":true}'),
        ("data.seconds == `42` && data.ok == `true`", True),
        ("data.ok == `1`", False),
        ("data.seconds < 'a'", None),
        ("contains('abc', `1`)", False),
        ("contains([`true`], `1`)", False),
    ],
)
def test_an_expression_says_what_the_event_holds(text: str, value: Any) -> None:
    data = {
        "seconds": 42,
        "ok": True,
        "two words": 1,
        "steps": [{"name": "build", "ok": True}, {"name": "test", "ok": False}],
    }
    assert said(text, data, type="build.finished", subject="shop") == value


def test_the_facts_are_the_event_and_nothing_else() -> None:
    event = make_event(type="build.finished", subject="shop")

    shown = event_facts(event, event.data, source_name="ingest").value()
    judged = filter_facts(event, source_name="ingest", machine="desk", now=Millis(0)).value()

    whole = {"id", "type", "source", "origin", "machine", "subject", "severity", "at", "recorded_at", "data"}
    assert set(shown) == whole
    assert set(judged) == whole - {"id", "recorded_at"}
    assert {name: shown[name] for name in judged} == judged
    assert (shown["source"], shown["at"][-1]) == ("ingest", "Z")


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("", 0, "no expression"),
        ("data.", 5, "too soon"),
        ("data.a = `1`", 7, "=="),
        ("data.a == 'open", 10, "not closed"),
        ("data ] a", 5, "] cannot stand here"),
        ("a.b || nope(data)", 7, "no function nope"),
        ("a.b || length(data, type)", 7, "takes 1 argument, not 2"),
        ("not_null()", 0, "at least 1"),
        ("a == `text`", 5, "single quotes"),
        ("a" * (EXPRESSION_MAX + 1), EXPRESSION_MAX, "1,000 characters"),
        ("(" * 900, 0, "nested too deeply"),
        ("|".join(["a"] * 60), 0, "nested too deeply"),
        ("data[::0]", 6, "steps of 0"),
        ('`"\\ud800"`', 0, "cannot be written"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(text: str, position: int, message: str) -> None:
    with pytest.raises(ExpressionError, match=message) as refused:
        compile_expression(text)
    assert (refused.value.code, refused.value.position) == ("expression.invalid", position)


@pytest.mark.parametrize(
    ("text", "data", "message"),
    [
        ("length(data)", 1, r"length\(\) cannot take this: it needs string or array or object"),
        ("join(', ', data)", ["a", 1], r"join\(\) cannot take this: it needs strings in a list"),
        ("&data", 1, "cannot be worked out"),
        ("[&data]", 1, "cannot be worked out"),
        ("sum(data)", [10**400, 0.5], "cannot be"),
    ],
)
def test_an_event_that_does_not_suit_is_one_error_without_its_values(text: str, data: Any, message: str) -> None:
    with pytest.raises(ExpressionError, match=message) as failed:
        said(text, data)
    assert failed.value.code == "expression.failed"


def test_data_that_cannot_be_decoded_is_that_error_too() -> None:
    with pytest.raises(ExpressionError, match="nested too deeply") as failed:
        Evaluation(Facts({}, msgspec.Raw(b"[" * 5_000 + b"]" * 5_000))).value(compile_expression("type"))
    assert failed.value.code == "expression.failed"


@pytest.mark.parametrize(
    ("value", "text"),
    [("a", "a"), (None, ""), (True, "true"), (1.5, "1.5"), ([1, "b"], '[1,"b"]'), ({"a": None}, '{"a":null}')],
)
def test_a_value_is_written_plainly(value: Any, text: str) -> None:
    assert text_of(value) == text


MEBIBYTE = 1_048_576
DOUBLED = "|".join(["data"] + ["[@,@]"] * 45)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("data[?@ > `1`]", [0] * (MEBIBYTE // 2)),
        ("data[?a > `1` || b == 'x']", [{"a": 1, "b": "x"}] * 60_000),
        (DOUBLED, 1),
        (f"({DOUBLED}) == ({DOUBLED})", 1),
        (f"to_string({DOUBLED})", 1),
        ("|".join(["data"] + ["[@,@][]"] * 30), [0] * (MEBIBYTE // 2)),
        ("|".join(["data"] + ["join('', [@,@])"] * 30), "x" * MEBIBYTE),
        ("join(data.glue, data.list)", {"glue": "x" * (MEBIBYTE // 2), "list": ["a"] * 100_000}),
        ("|".join(["data"] + ["sort(@)"] * 40), [f"{number:07}" for number in range(100_000)]),
        ("|".join(["data"] + ["reverse(@)"] * 40), [0] * (MEBIBYTE // 2)),
        ("contains(data, data[0])", [[0]] * (MEBIBYTE // 4)),
        ("[" + ",".join(["data"] * 150) + "][]", [0] * (MEBIBYTE // 2)),
    ],
)
def test_what_costs_too_much_is_broken_off(text: str, data: Any) -> None:
    with pytest.raises(ExpressionError, match="steps") as broken_off:
        said(text, data)
    assert broken_off.value.code == "expression.too_costly"


def test_a_budget_is_for_all_that_is_asked_of_one_event() -> None:
    evaluation = Evaluation(facts(list(range(100))), steps=500)
    expression = compile_expression("data[*]")

    evaluation.value(expression)
    with pytest.raises(ExpressionError, match="steps"):
        for _ in range(5):
            evaluation.value(expression)


def test_a_plain_question_of_a_large_event_is_cheap() -> None:
    data = {"name": "shop", "rows": [{"number": number} for number in range(20_000)], "text": "x" * 200_000}
    assert Evaluation(facts(data), steps=200).is_true(compile_expression("data.name == 'shop' && data.rows[7].number"))


@given(st.text(max_size=60) | st.text(alphabet="ab.[]{}()|&!?@*:,'`\"\\0 -<>=", max_size=40))
@example("data[0")
@example("f(a")
@example("{a: b")
@example('"\\')
def test_any_text_is_an_expression_or_refused_at_a_place_within_it(text: str) -> None:
    found = tried(lambda: compile_expression(text))

    if isinstance(found, ExpressionError):
        assert found.code == "expression.invalid"
        assert 0 <= found.position <= len(text)


@given(expressions, json_values)
def test_any_expression_over_any_event_says_json_or_the_one_error(text: str, data: Any) -> None:
    value = tried(lambda: said(text, data, type="t"))

    if isinstance(value, ExpressionError):
        assert value.code in CODES | {"expression.invalid"}
    else:
        assert msgspec.json.decode(msgspec.json.encode(value)) == value
        assert "object at 0x" not in text_of(value)


@pytest.mark.parametrize(
    "text", ["data.__class__", "@.__init__", "data.keys", "to_string(&a)", "type.upper", "data.get"]
)
def test_nothing_of_python_is_reached(text: str) -> None:
    found = tried(lambda: said(text, {"a": 1}, type="t"))

    assert found is None or found.code == "expression.failed"
