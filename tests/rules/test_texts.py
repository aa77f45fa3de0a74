"""Texts that must fit."""

from __future__ import annotations

from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.rules.texts import cut_bytes, without_controls

NOTE = "… (more)"


@given(text=st.text(), limit=st.integers(min_value=len(NOTE.encode()), max_value=200))
def test_what_is_cut_fits_is_a_beginning_and_ends_with_the_note(text: str, limit: int) -> None:
    cut = cut_bytes(text, limit, note=NOTE)

    assert len(cut.encode()) <= limit
    if len(text.encode()) <= limit:
        assert cut == text
    else:
        assert text.startswith(cut.removesuffix(NOTE))
        assert cut.endswith(NOTE)
        # No more is lost than the note, and one character that did not fit whole.
        assert len(cut.encode()) > limit - 4


def test_a_note_that_does_not_fit_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        cut_bytes("x" * 10, 4, note="five!")


@given(text=st.text())
def test_no_control_character_stays_but_those_that_are_kept(text: str) -> None:
    assert not any(category(one) == "Cc" for one in without_controls(text))
    assert {one for one in without_controls(text, keep="\n\t") if category(one) == "Cc"} <= {"\n", "\t"}


def test_what_joins_an_emoji_is_no_control_character() -> None:
    family = "👩\u200d👩\u200d👧"

    assert without_controls(f"a\x1b[31m\r\n{family}\x00") == f"a[31m {family}"
