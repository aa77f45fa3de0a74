"""What of an event can be said, for those who choose from a list."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given

from posthouse.rules.expressions import Evaluation, Facts, compile_expression
from posthouse.rules.fields import FIELDS_MAX, SAMPLE_MAX, field_list
from tests.rules.test_expressions import json_values


def facts(data: Any) -> Facts:
    return Facts({"type": "build.finished"}, msgspec.Raw(msgspec.json.encode(data)))


def test_the_data_comes_first_and_odd_names_are_quoted() -> None:
    found = field_list(facts({"n": 7, "two words": {"deep": [1, 2]}, "text": "x" * 100}))
    assert found == [
        ("data.n", "7"),
        ('data."two words".deep', "[1,2]"),
        ("data.text", "x" * (SAMPLE_MAX - 1) + "…"),
        ("type", "build.finished"),
    ]


@given(json_values)
def test_every_field_is_an_expression_that_can_be_run(data: Any) -> None:
    found = field_list(facts(data))

    assert len(found) <= FIELDS_MAX
    for expression, sample in found:
        Evaluation(facts(data)).value(compile_expression(expression))
        assert len(sample) <= SAMPLE_MAX
