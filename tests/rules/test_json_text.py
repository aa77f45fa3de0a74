"""JSON text is edited in one place and stays as it was in every other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.rules.json_text import NotJson, put_in, read, take_out

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
LAYOUTS = st.sampled_from([None, 0, 1, 2, 4, "\t"])


def text_of(value: Any, layout: Any, line_end: str) -> str:
    return json.dumps(value, indent=layout, ensure_ascii=False).replace("\n", line_end)


@given(VALUES, LAYOUTS, st.sampled_from(["\n", "\r\n"]))
def test_a_text_is_read_as_json_reads_it(value: Any, layout: Any, line_end: str) -> None:
    assert read(text_of(value, layout, line_end)).value == value


@given(st.dictionaries(st.text(), VALUES, max_size=4), VALUES, st.text(), LAYOUTS, st.sampled_from(["\n", "\r\n"]))
def test_a_member_that_is_put_in_is_the_last_one_and_taking_it_out_gives_the_text_back(
    value: dict[str, Any], new: Any, name: str, layout: Any, line_end: str
) -> None:
    value.pop(name, None)
    before = text_of(value, layout, line_end)

    after = put_in(before, read(before), new, name=name or "hooks")

    wanted = {**value, name or "hooks": new}
    assert (json.loads(after), list(json.loads(after))) == (wanted, list(wanted))
    assert take_out(after, read(after), len(value)) == before


@given(st.lists(VALUES, min_size=1, max_size=5), st.data(), LAYOUTS)
def test_any_item_can_be_taken_out(value: list[Any], data: st.DataObject, layout: Any) -> None:
    index = data.draw(st.integers(0, len(value) - 1))
    text = text_of(value, layout, "\n")

    assert json.loads(take_out(text, read(text), index)) == value[:index] + value[index + 1 :]


def test_a_new_member_is_laid_out_like_the_one_before_it() -> None:
    text = '{\n\t"a": 1,\n\t"b": [1,2]\n}\n'

    assert (
        put_in(text, read(text), {"d": []}, name="c") == '{\n\t"a": 1,\n\t"b": [1,2],\n\t"c": {\n\t\t"d": []\n\t}\n}\n'
    )
    assert put_in('{"a": 1}', read('{"a": 1}'), [2], name="b") == '{"a": 1,"b": [2]}'
    assert put_in('{"a": 1, "b": 2}', read('{"a": 1, "b": 2}'), 3, name="c") == '{"a": 1, "b": 2, "c": 3}'


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        ('{\n  "a": 1,\n}', "line 3", 3),
        ('{"a": 1 /* why */}', "line 1", 1),
        ('{"a": NaN}', "NaN", None),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', '"c" stands twice', None),
        ("[" * 100_000, "nested", None),
        ('{"a": ' + "9" * 5_000 + "}", "digits", None),
        ("\ufeff{}", "BOM", 1),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(text: str, words: str, line: int | None) -> None:
    with pytest.raises(NotJson, match=words) as caught:
        read(text)

    assert caught.value.line == line
