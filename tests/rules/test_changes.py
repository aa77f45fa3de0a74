"""Fingerprints: equal where nothing changed, different where anything did."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from posthouse.rules.changes import fingerprint, is_unchanged

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values: st.SearchStrategy[Any] = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)
objects = st.dictionaries(st.text(), values, max_size=6)
choices = st.dictionaries(st.text(), st.booleans(), max_size=4)


def reversed_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: reversed_keys(inner) for name, inner in reversed(value.items())}
    return [reversed_keys(inner) for inner in value] if isinstance(value, list) else value


def written(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


@given(objects, choices)
def test_the_order_of_keys_is_no_change(data: dict[str, Any], allowed: dict[str, bool]) -> None:
    one = fingerprint(data, volatile=(), choices=allowed)
    assert fingerprint(reversed_keys(data), volatile=(), choices=reversed_keys(allowed)) == one
    assert len(one) == 64


@given(objects, values, values)
def test_a_volatile_field_is_no_change_whatever_it_holds_and_whether_it_is_there(
    data: dict[str, Any], first: Any, second: Any
) -> None:
    prints = {
        fingerprint(state, volatile=("generated_at",), choices={})
        for state in (data | {"generated_at": first}, data | {"generated_at": second})
    }
    without = {name: value for name, value in data.items() if name != "generated_at"}
    assert prints == {fingerprint(without, volatile=("generated_at",), choices={})}


@given(values, values, choices, choices)
def test_two_fingerprints_are_equal_exactly_where_data_and_choices_are(
    first: Any, second: Any, first_choices: dict[str, bool], second_choices: dict[str, bool]
) -> None:
    is_same = (written(first), first_choices) == (written(second), second_choices)
    one = fingerprint(first, volatile=(), choices=first_choices)
    other = fingerprint(second, volatile=(), choices=second_choices)
    assert (one == other) == is_same


@given(objects, st.text(), values)
def test_any_other_field_is_a_change(data: dict[str, Any], name: str, value: Any) -> None:
    changed = data | {name: [value, data.get(name)]}
    one = fingerprint(data, volatile=(), choices={})
    assert fingerprint(changed, volatile=(), choices={}) != one


def test_a_volatile_name_further_down_is_a_change() -> None:
    one, other = (
        fingerprint({"session": {"generated_at": at}}, volatile=("generated_at",), choices={}) for at in (1, 2)
    )
    assert one != other


def test_switching_a_property_is_a_change_even_where_the_data_is_the_same() -> None:
    prints = {fingerprint({"a": 1}, volatile=(), choices=chosen) for chosen in ({}, {"x": True}, {"x": False})}
    assert len(prints) == 3


def test_a_file_name_that_is_no_unicode_has_a_fingerprint() -> None:
    assert fingerprint({"name": "\udcff"}, volatile=(), choices={}) != fingerprint(
        {"name": ""}, volatile=(), choices={}
    )


def test_unchanged_is_what_the_newest_delivery_already_said() -> None:
    assert is_unchanged("aa", "aa")
    assert not is_unchanged("aa", "bb")
    assert not is_unchanged("aa", None)
