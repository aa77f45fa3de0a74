"""An owner's own words, rendered for any event."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.rules.expressions import Evaluation, ExpressionError, Facts
from posthouse.rules.templates import (
    DOCUMENT_MAX,
    RENDERED_MAX,
    TEMPLATE_MAX,
    check_document,
    compile_template,
    render,
    render_document,
)
from tests.rules.test_expressions import expressions, json_values, tried


def evaluation(data: Any, **fields: Any) -> Evaluation:
    return Evaluation(Facts({"type": "t", **fields}, msgspec.Raw(msgspec.json.encode(data))))


def rendered(text: str, data: Any = None, length_max: int = 1_000) -> str:
    return render(compile_template(text), evaluation(data), length_max=length_max)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ""),
        ("plain", "plain"),
        ("{{data.n}}", "7"),
        ("Build {{ data.n }} of {{ data.name || type }}!", "Build 7 of t!"),
        ("{{ {a: {b: data.n}} }}", '{"a":{"b":7}}'),
        ("{{ data.list }}{{ data.nothing }}", '[1,true,null,"x"]'),
        ("{{ '}}' }} {{ '{{' }} }} {", "}} {{ }} {"),
        ('{{ data."odd}}name" }}', "odd"),
        ('{{ `{"a": "}}"}`.a }}', "}}"),
        ("line\n{{ data.n }}\n", "line\n7\n"),
    ],
)
def test_a_template_says_its_text_and_its_values(text: str, said: str) -> None:
    assert rendered(text, {"n": 7, "list": [1, True, None, "x"], "odd}}name": "odd"}) == said


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("a {{ data.n", "template.invalid", 2),
        ("a {{  }}", "template.invalid", 2),
        ("abc {{ data. }}", "expression.invalid", 12),
        ("abc {{  nope(data) }}", "expression.invalid", 8),
        ("{{ data.a }} {{ data.b = `1` }}", "expression.invalid", 23),
        ("{{ it's }}", "expression.invalid", 5),
        ("x" * (TEMPLATE_MAX + 1), "template.invalid", TEMPLATE_MAX),
        ("a\ud800", "template.invalid", 1),
    ],
)
def test_what_is_no_template_is_refused_with_its_place(text: str, code: str, position: int) -> None:
    with pytest.raises(ExpressionError) as refused:
        compile_template(text)
    assert (refused.value.code, refused.value.position) == (code, position)


def test_an_event_that_does_not_suit_names_the_expression_and_its_place() -> None:
    with pytest.raises(ExpressionError, match=r"\{\{ length\(data.n\) \}\}: length\(\) cannot take this") as failed:
        rendered("Number {{ length(data.n) }}", {"n": 7})
    assert (failed.value.code, failed.value.position) == ("expression.failed", 10)


def test_what_comes_out_is_cut() -> None:
    assert rendered("{{ data }}{{ data }}{{ data }}", "x" * 900, length_max=1_000) == "x" * 1_000


DOCUMENT = json.dumps({"text": "{{ data.said }}", "n": 5, "deep": [{"a/b": "{{ type }}!"}, None, True]})


def test_a_document_keeps_its_form_whatever_a_value_says() -> None:
    said = '"}], "admin": true, \\ \n\u2028'

    body = render_document(DOCUMENT, evaluation({"said": said}))

    assert json.loads(body) == {"text": said, "n": 5, "deep": [{"a/b": "t!"}, None, True]}


@pytest.mark.parametrize(
    ("text", "code", "field", "position"),
    [
        ("{nothing}", "template.invalid", None, 1),
        ('{"ä": x}', "template.invalid", None, 6),
        ("", "template.invalid", None, 0),
        ('{"a/b": ["x", "{{ data. }}"]}', "expression.invalid", "#/a~1b/1", 8),
        ("[" * 60 + "]" * 60, "template.invalid", None, 0),
        ("[" * 5_000 + "]" * 5_000, "template.invalid", None, 0),
        ('"' + "x" * DOCUMENT_MAX + '"', "template.invalid", None, DOCUMENT_MAX),
    ],
)
def test_what_is_no_document_is_refused_with_its_place(text: str, code: str, field: str | None, position: int) -> None:
    with pytest.raises(ExpressionError) as refused:
        check_document(text)
    assert (refused.value.code, refused.value.field, refused.value.position) == (code, field, position)


def test_a_document_that_comes_out_too_large_is_an_error() -> None:
    text = json.dumps(["{{ data }}"] * 3)

    with pytest.raises(ExpressionError, match="larger") as failed:
        render_document(text, evaluation("x" * (RENDERED_MAX // 2)))

    assert failed.value.code == "render.too_large"


RENDER_CODES = {"expression.failed", "expression.too_costly", "render.too_large"}

templates = st.lists(st.text(alphabet="ab {}'\"\\\n", max_size=5) | expressions.map("{{{{ {} }}}}".format), max_size=4)


@given(templates.map("".join) | st.text(max_size=40), json_values, st.integers(0, 50))
def test_any_template_over_any_event_renders_within_its_bound_or_says_where(
    text: str, data: Any, length_max: int
) -> None:
    said = tried(lambda: rendered(text, data, length_max))

    if isinstance(said, ExpressionError):
        assert said.code in RENDER_CODES | {"template.invalid", "expression.invalid"}
        assert 0 <= said.position <= len(text)
    else:
        assert len(said) <= length_max


documents = st.recursive(
    st.none() | st.integers(-5, 5) | templates.map("".join) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(documents, json_values)
def test_any_document_over_any_event_is_json_of_the_same_form(document: Any, data: Any) -> None:
    text = json.dumps(document)

    refused = tried(lambda: check_document(text))
    body = tried(lambda: render_document(text, evaluation(data)))

    if isinstance(body, ExpressionError):
        assert body.code in RENDER_CODES | ({refused.code} if refused else set())
    else:
        assert _form(json.loads(body)) == _form(document)


def _form(value: Any) -> Any:
    match value:
        case str():
            return "text"
        case dict():
            return {key: _form(inner) for key, inner in value.items()}
        case list():
            return [_form(inner) for inner in value]
        case _:
            return value
