"""Shaping: what a binding makes of an event before it leaves: its data, its message, the body of its own document.

Comes in: the event and its data as they may leave, and the shape. Goes out: what a target is handed. Everything here is
checked when it is saved (`check_shape`, `check_filter`); what only shows on some event is an ExpressionError with its
field, and gives up that one delivery.
"""

from __future__ import annotations

import msgspec

from posthouse.model.bindings import BodyFormat, Filter, Shape
from posthouse.model.errors import BadInput
from posthouse.model.events import Event
from posthouse.model.messages import Message
from posthouse.rules.expressions import Evaluation, ExpressionError, compile_expression, event_facts
from posthouse.rules.messages import check_wording, compose
from posthouse.rules.templates import RENDERED_MAX, check_document, render_document

SELECT, BODY, WHERE = "shape.select", "shape.body", "filter.where"


class Shaped(msgspec.Struct, frozen=True, kw_only=True):
    """What is handed over of an event. `body`: the rendered document, None where the format is another."""

    data: msgspec.Raw
    message: Message | None
    body: bytes | None


def shape_event(
    event: Event,
    data: msgspec.Raw,
    shape: Shape,
    *,
    source_name: str,
    takes_messages: bool = True,
    dashboard: str = "",
) -> Shaped:
    """Everything that a binding makes of an event. Raises ExpressionError with the field.

    `dashboard`: its address, for links in messages.
    """
    message = None
    if takes_messages:
        message = compose(event, data, source_name=source_name, wording=shape.message, dashboard=dashboard)
    body = None
    if shape.format is BodyFormat.TEMPLATE:
        body = _rendered(event, data, shape.body or "null", source_name)
    elif shape.select is not None:
        data = _selected(event, data, shape.select, source_name)
    return Shaped(data=data, message=message, body=body)


def check_shape(shape: Shape) -> None:
    """Raise ExpressionError, or BadInput `binding.shape_invalid`, with the field, for what no event could suit."""
    is_template = shape.format is BodyFormat.TEMPLATE
    if is_template and shape.body is None:
        raise BadInput("binding.shape_invalid", "The format template needs a body: a JSON document.", field=BODY)
    if shape.body is not None and not is_template:
        raise BadInput("binding.shape_invalid", "A body of your own goes with the format template.", field=BODY)
    if shape.select is not None and is_template:
        message = "The format template says itself what is sent: leave out select, or use another format."
        raise BadInput("binding.shape_invalid", message, field=SELECT)
    if shape.message is not None:
        check_wording(shape.message)
    try:
        if shape.select is not None:
            compile_expression(shape.select)
    except ExpressionError as error:
        raise error.at(SELECT) from None
    try:
        if shape.body is not None:
            check_document(shape.body)
    except ExpressionError as error:
        raise error.at(f"{BODY}{error.field or ''}") from None


def check_filter(wanted: Filter) -> None:
    """Raise ExpressionError with the field where a filter's expression cannot be used."""
    try:
        if wanted.where is not None:
            compile_expression(wanted.where)
    except ExpressionError as error:
        raise error.at(WHERE) from None


def place_of(error: ExpressionError) -> str:
    """Where and why, in one sentence for an attempt: `shape.message.title, character 12: …`."""
    return f"{error.field}, character {error.position + 1}: {error.message}"


def _selected(event: Event, data: msgspec.Raw, select: str, source_name: str) -> msgspec.Raw:
    evaluation = Evaluation(event_facts(event, data, source_name=source_name))
    try:
        selected = msgspec.json.encode(evaluation.value(compile_expression(select)))
    except ExpressionError as error:
        raise error.at(SELECT) from None
    if len(selected) > RENDERED_MAX:
        message = f"What comes out is larger than {RENDERED_MAX:,} bytes. Say less of the event."
        raise ExpressionError("render.too_large", message, position=0, field=SELECT)
    return msgspec.Raw(selected)


def _rendered(event: Event, data: msgspec.Raw, body: str, source_name: str) -> bytes:
    try:
        return render_document(body, Evaluation(event_facts(event, data, source_name=source_name)))
    except ExpressionError as error:
        raise error.at(f"{BODY}{error.field or ''}") from None
