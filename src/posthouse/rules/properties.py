"""Properties: which parts of a source's payload a binding lets out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from posthouse.model.bindings import Preset, Shape
from posthouse.model.sources import Property


def allowed(properties: Iterable[Property], chosen: Mapping[str, bool], shape: Shape) -> dict[str, bool]:
    """Whether each property leaves: the source's owner lets it out, and neither preset nor binding leave it out.

    `chosen` are the source's choices where they differ from the defaults.
    """
    return {
        one.name: chosen.get(one.name, one.default)
        and shape.properties.get(one.name, True)
        and _is_in(one, shape.preset)
        for one in properties
    }


def _is_in(one: Property, preset: Preset) -> bool:
    match preset:
        case Preset.FULL:
            return True
        case Preset.SUMMARY:
            return one.is_summary
        case Preset.NO_SENSITIVE:
            return not one.is_sensitive
    assert_never(preset)
