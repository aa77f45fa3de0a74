"""`/api/source-kinds`: what kinds of sources there are, and what each one's settings and properties are.

Asking loads every kind. One that cannot be loaded is listed with the reason as its `problem`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import get
from litestar.di import NamedDependency

from posthouse.http.problems import problems
from posthouse.http.services import Services
from posthouse.model.sources import SourceShape
from posthouse.sources.base import (
    DEFAULT_KINDS,
    ONLY_ONE,
    KnownKind,
    SourceKind,
    kind_problem,
    known_kinds,
    load_kinds,
    source_kind,
)


class PropertyOfKind(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A part of a kind's data that a source's owner can switch on or off, and whether it starts on."""

    name: str
    title: str
    is_sensitive: bool
    is_summary: bool
    is_on: bool


class SourceKindView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A kind of source. `settings` is a JSON Schema of an object.

    `needsSchedule`: it is read by the clock or by hand only. `isDefault`: one is there from the start. `canBeAdded`:
    there may be more. `package`: which one brought it, null for Posthouse's own. `problem`: why it cannot be used.
    """

    kind: str
    title: str
    shape: SourceShape
    needs_schedule: bool
    is_default: bool
    can_be_added: bool
    properties: list[PropertyOfKind]
    settings: Any
    package: str | None
    problem: str | None


class SourceKindList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All kinds, on one page."""

    items: list[SourceKindView]
    next_cursor: str | None


@get("/api/source-kinds", responses=problems())
async def list_source_kinds(services: NamedDependency[Services]) -> SourceKindList:  # noqa: ARG001 (every route's shape)
    """Every kind of source, with what its settings may be."""
    kinds = await asyncio.to_thread(_load_all)
    items = [_view(name, known.distribution) for name, known in kinds.items()]
    return SourceKindList(items=items, next_cursor=None)


def settings_schema(kind: SourceKind) -> dict[str, Any]:
    """A JSON Schema of a kind's settings: an object whose properties have their bounds, defaults and descriptions."""
    settings_type = kind.settings_type
    _, components = msgspec.json.schema_components([settings_type], ref_template="#/$defs/{name}")
    schema: dict[str, Any] = components.pop(settings_type.__name__)
    return schema | ({"$defs": components} if components else {})


def _load_all() -> Mapping[str, KnownKind]:
    """All kinds, loaded. Off the event loop: what a package brings may take its time."""
    kinds = known_kinds()
    load_kinds(kinds)
    return kinds


def _view(name: str, package: str) -> SourceKindView:
    kind = source_kind(name)
    problem = kind_problem(name)
    return SourceKindView(
        kind=name,
        title=kind.title,
        shape=kind.shape,
        needs_schedule=kind.needs_schedule,
        is_default=name in DEFAULT_KINDS,
        can_be_added=name not in ONLY_ONE and problem is None,
        properties=[
            PropertyOfKind(
                name=one.name,
                title=one.title,
                is_sensitive=one.is_sensitive,
                is_summary=one.is_summary,
                is_on=one.default,
            )
            for one in kind.properties
        ],
        settings=settings_schema(kind),
        package=package or None,
        problem=problem,
    )
