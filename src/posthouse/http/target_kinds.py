"""`/api/target-kinds`: what kinds of targets there are, and what a person enters for each."""

from __future__ import annotations

import asyncio

import msgspec
from litestar import get
from litestar.di import NamedDependency

from posthouse.http.problems import problems
from posthouse.http.services import Services
from posthouse.targets.base import KINDS, Field, FieldKind, TargetKind, target_kind


class ChoiceView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One of a few values, and what people call it."""

    value: str
    label: str


class FieldView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing to enter. `path`: where it stands in the settings. `isAdvanced`: most people leave it alone.

    `whenPath`, `whenValue`: it is asked for only while what stands at that path has that value.
    """

    path: list[str]
    label: str
    kind: FieldKind
    help: str
    placeholder: str
    is_required: bool
    is_advanced: bool
    choices: list[ChoiceView]
    default: str | bool | None
    when_path: list[str] | None
    when_value: str | None


class TargetKindView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A kind of target, with the fields of its form in the order in which they are asked for.

    `endpointFields`: what is entered for a further endpoint beside its name; null where people add none.
    """

    kind: str
    title: str
    summary: str
    fields: list[FieldView]
    endpoint_fields: list[FieldView] | None


class TargetKindList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All kinds, on one page."""

    items: list[TargetKindView]
    next_cursor: str | None


@get("/api/target-kinds", responses=problems())
async def list_target_kinds(services: NamedDependency[Services]) -> TargetKindList:  # noqa: ARG001 (every route's shape)
    """Every kind of target, with what is entered for it."""
    kinds = await asyncio.to_thread(lambda: {name: target_kind(name) for name in KINDS})
    return TargetKindList(items=[view_kind(name, kind) for name, kind in kinds.items()], next_cursor=None)


def view_kind(name: str, kind: TargetKind) -> TargetKindView:
    """A kind as the API shows it."""
    return TargetKindView(
        kind=name,
        title=kind.title,
        summary=kind.summary,
        fields=[_view_field(one) for one in kind.fields],
        endpoint_fields=[_view_field(one) for one in kind.endpoint_fields] or None,
    )


def _view_field(field: Field) -> FieldView:
    return FieldView(
        path=list(field.path),
        label=field.label,
        kind=field.kind,
        help=field.help,
        placeholder=field.placeholder,
        is_required=field.is_required,
        is_advanced=field.is_advanced,
        choices=[ChoiceView(value=one.value, label=one.label) for one in field.choices],
        default=field.default,
        when_path=None if field.when is None else list(field.when.path),
        when_value=None if field.when is None else field.when.value,
    )
