"""The fields of an event as expressions, for those who word a message: what there is to say, with a sample of each.

Comes in: the facts of one event. Goes out: pairs of an expression and the beginning of what it says. Always holds: each
expression is one of JMESPath that says just that; there are few enough to choose from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from posthouse.rules.expressions import Facts, text_of

FIELDS_MAX = 60
DEPTH_MAX = 4
SAMPLE_MAX = 60
"""Characters."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def field_list(facts: Facts) -> list[tuple[str, str]]:
    """The first fields, those of the data before others, lists as a whole. Raises ExpressionError as `Facts.value`."""
    found: list[tuple[str, str]] = []
    known = facts.value()
    for expression, value in _walk({"data": known["data"], **known}, ""):
        said = " ".join(text_of(value)[: SAMPLE_MAX * 4].split())
        found.append((expression, said if len(said) <= SAMPLE_MAX else f"{said[: SAMPLE_MAX - 1]}…"))
        if len(found) == FIELDS_MAX:
            break
    return found


def _walk(value: dict[str, Any], before: str) -> Iterator[tuple[str, Any]]:
    for key, inner in value.items():
        expression = before + (key if _PLAIN.fullmatch(key) else msgspec.json.encode(key).decode())
        if isinstance(inner, dict) and inner and expression.count(".") < DEPTH_MAX - 1:
            yield from _walk(inner, f"{expression}.")
        else:
            yield expression, inner
