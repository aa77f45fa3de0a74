"""What a binding lets out: never more than the source's owner, the preset and the binding each allow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.bindings import Preset, Shape
from posthouse.model.sources import Property
from posthouse.rules.properties import allowed

ROWS = Property(name="rows", title="Rows")
TOTALS = Property(name="totals", title="Totals", is_summary=True)
SECRETS = Property(name="secrets", title="Secrets", is_sensitive=True)
SECRET_SUM = Property(name="secret_sum", title="Secret sum", is_sensitive=True, is_summary=True)
ALL = (ROWS, TOTALS, SECRETS, SECRET_SUM)
NAMES = [one.name for one in ALL]

choices = st.dictionaries(st.sampled_from(NAMES), st.booleans())
presets = st.sampled_from(Preset)


@pytest.mark.parametrize(
    ("chosen", "preset", "on"),
    [
        ({}, Preset.FULL, {"rows", "totals"}),
        ({}, Preset.SUMMARY, {"totals"}),
        ({}, Preset.NO_SENSITIVE, {"rows", "totals"}),
        ({"secrets": True, "secret_sum": True}, Preset.FULL, {"rows", "totals", "secrets", "secret_sum"}),
        ({"secrets": True, "secret_sum": True}, Preset.SUMMARY, {"totals", "secret_sum"}),
        ({"secrets": True, "secret_sum": True}, Preset.NO_SENSITIVE, {"rows", "totals"}),
        ({"rows": False}, Preset.FULL, {"totals"}),
        ({"rows": False, "totals": False}, Preset.SUMMARY, set()),
    ],
)
def test_a_preset_picks_from_what_the_source_lets_out(chosen: dict[str, bool], preset: Preset, on: set[str]) -> None:
    found = allowed(ALL, chosen, Shape(preset=preset))
    assert list(found) == NAMES
    assert {name for name, is_on in found.items() if is_on} == on


def test_what_the_source_has_off_no_binding_switches_on() -> None:
    shape = Shape(properties={"secrets": True, "rows": True})
    assert not allowed(ALL, {"rows": False}, shape)["rows"]
    assert not allowed(ALL, {}, shape)["secrets"]


@given(choices, presets, choices)
def test_a_property_leaves_only_if_source_preset_and_binding_each_allow_it(
    chosen: dict[str, bool], preset: Preset, narrowed: dict[str, bool]
) -> None:
    found = allowed(ALL, chosen, Shape(preset=preset, properties=narrowed))
    by_source = allowed(ALL, chosen, Shape())
    by_preset = allowed(ALL, chosen, Shape(preset=preset))
    for one in ALL:
        assert by_source[one.name] == chosen.get(one.name, not one.is_sensitive)
        assert by_preset[one.name] <= by_source[one.name]
        assert found[one.name] == (by_preset[one.name] and narrowed.get(one.name, True))


@given(choices, presets)
def test_names_that_the_source_does_not_have_change_nothing(narrowed: dict[str, bool], preset: Preset) -> None:
    shape = Shape(preset=preset, properties=narrowed)
    more = Shape(preset=preset, properties=narrowed | {"gone since": True})
    assert allowed(ALL, {"gone since": True}, more) == allowed(ALL, {}, shape)
