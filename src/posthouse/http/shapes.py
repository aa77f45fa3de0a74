"""Filters and shapes as the API takes and shows them: which events a binding wants, and what it makes of them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from posthouse.http.sources import judge_properties
from posthouse.model.bindings import BodyFormat, Filter, Preset, Shape
from posthouse.model.events import Severity
from posthouse.model.messages import TAGS_MAX, MessageTemplate
from posthouse.model.sources import Source
from posthouse.rules.expressions import EXPRESSION_MAX
from posthouse.rules.shaping import check_filter, check_shape
from posthouse.rules.templates import DOCUMENT_MAX, TEMPLATE_MAX
from posthouse.sources.base import source_kind
from posthouse.targets.headers import check_headers

Glob = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Globs = Annotated[tuple[Glob, ...], msgspec.Meta(max_length=100)]
ExpressionText = Annotated[str, msgspec.Meta(min_length=1, max_length=EXPRESSION_MAX)]
TemplateText = Annotated[str, msgspec.Meta(max_length=TEMPLATE_MAX)]


class FilterView(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Which events: any of the type globs, any origin glob, at least the severity; an empty part matches all.

    `where`: an expression (JMESPath) over the event that must come out true.
    """

    types: Globs = ()
    origins: Globs = ()
    severity_min: Severity | None = None
    where: ExpressionText | None = None


class MessageTemplateView(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How people are told: texts with `{{ expressions }}`. What is null, or comes out empty, keeps its default.

    `priority` comes out as 1 to 5, `click` as a URL.
    """

    title: TemplateText | None = None
    body: TemplateText | None = None
    priority: TemplateText | None = None
    tags: Annotated[tuple[TemplateText, ...], msgspec.Meta(max_length=TAGS_MAX)] = ()
    click: TemplateText | None = None


class ShapeView(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What bodies look like. `properties` narrows the source's own choices: names that are switched off here.

    `select`: an expression (JMESPath) that makes the data of CloudEvents and raw bodies. `message`: how people are
    told. `body`: for the format template, a JSON document whose texts are templates.
    """

    format: BodyFormat = BodyFormat.CLOUDEVENTS
    headers: Annotated[dict[str, str], msgspec.Meta(max_length=50)] = {}
    preset: Preset = Preset.FULL
    properties: Annotated[dict[str, bool], msgspec.Meta(max_length=200)] = {}
    select: ExpressionText | None = None
    message: MessageTemplateView | None = None
    body: Annotated[str, msgspec.Meta(min_length=1, max_length=DOCUMENT_MAX)] | None = None


def enter_filter(view: FilterView) -> Filter:
    """The filter. Raises ExpressionError with the field and the position."""
    wanted = Filter(types=view.types, origins=view.origins, severity_min=view.severity_min, where=view.where)
    check_filter(wanted)
    return wanted


def enter_shape(view: ShapeView, source: Source) -> Shape:
    """The shape. Raises BadInput and ExpressionError with the field."""
    judge_properties(source.name, source_kind(source.kind), view.properties, field="shape.properties")
    shape = Shape(
        format=view.format,
        headers=check_headers(view.headers, field="shape.headers"),
        preset=view.preset,
        properties=view.properties,
        select=view.select,
        message=None if view.message is None else MessageTemplate(**msgspec.structs.asdict(view.message)),
        body=view.body,
    )
    check_shape(shape)
    return shape


def view_filter(wanted: Filter) -> FilterView:
    """A filter as the API shows it."""
    return FilterView(**msgspec.structs.asdict(wanted))


def view_shape(shape: Shape) -> ShapeView:
    """A shape as the API shows it."""
    values: dict[str, Any] = msgspec.structs.asdict(shape)
    message = None if shape.message is None else MessageTemplateView(**msgspec.structs.asdict(shape.message))
    return ShapeView(**values | {"message": message})
