"""Wording: what a person is told of an event, in its owner's words or, where those say nothing, in plain ones.

Comes in: the event and its data as they may leave, and the binding's template. Goes out: a message. Always holds: it
fits the bounds of `Message`, has a title and a body, and no control characters but the line breaks of its body.
"""

from __future__ import annotations

from typing import Any

import msgspec

from posthouse.model.events import Event
from posthouse.model.messages import (
    BODY_MAX,
    CLICK_MAX,
    PRIORITY,
    TAG_MAX,
    TAGS_MAX,
    TITLE_MAX,
    Message,
    MessageTemplate,
)
from posthouse.rules.expressions import Evaluation, ExpressionError, event_facts
from posthouse.rules.notice_words import agent_message
from posthouse.rules.templates import compile_template, render
from posthouse.rules.texts import one_line, visible_lines

PRIORITIES = {str(number): number for number in range(1, 6)}
LINES_MAX = 20
FIELD = "shape.message"
VALUE_MAX = 300
"""Characters of one value in a message that nobody worded."""


def compose(
    event: Event,
    data: msgspec.Raw,
    *,
    source_name: str,
    wording: MessageTemplate | None = None,
    dashboard: str = "",
) -> Message:
    """The message of an event: its type and subject, then a line for each plain value of its data.

    An agent's is in plain words (`rules.notice_words`), with a link into the dashboard at the address given. `wording`
    replaces what it names. Raises ExpressionError with the part as its field (`shape.message.title`), where a template
    cannot be rendered for this event or comes out as what the part cannot be.
    """
    message = agent_message(event, data, dashboard=dashboard) or _plain_message(event, data, source_name)
    if wording is None:
        return message
    return _worded(message, wording, Evaluation(event_facts(event, data, source_name=source_name)))


def check_wording(wording: MessageTemplate) -> None:
    """Raise ExpressionError, with the part as its field, where a part is no template."""
    parts = {"title": wording.title, "body": wording.body, "priority": wording.priority, "click": wording.click}
    parts |= {f"tags[{index}]": tag for index, tag in enumerate(wording.tags)}
    for field, text in parts.items():
        try:
            compile_template(text or "")
        except ExpressionError as error:
            raise error.at(f"{FIELD}.{field}") from None


def _plain_message(event: Event, data: msgspec.Raw, source_name: str) -> Message:
    title = event.type if event.subject is None else f"{event.type}: {event.subject}"
    return Message(
        title=one_line(title)[:TITLE_MAX] or event.severity.value,
        body=_told(data)[:BODY_MAX] or f"From {source_name} on {event.machine}.",
        priority=PRIORITY[event.severity],
    )


def _worded(message: Message, wording: MessageTemplate, evaluation: Evaluation) -> Message:
    title = one_line(_part("title", wording.title, evaluation, BODY_MAX))[:TITLE_MAX]
    body = visible_lines(_part("body", wording.body, evaluation, BODY_MAX))
    priority = _part("priority", wording.priority, evaluation, TITLE_MAX).strip()
    if priority and priority not in PRIORITIES:
        raise _unfit("priority", f"A priority is a number from 1 to 5, not {priority[:40]!r}.")
    click = _part("click", wording.click, evaluation, CLICK_MAX + 1).strip()
    if click and not _is_link(click):
        raise _unfit("click", "What is opened must be a URL with http:// or https://, of 2,048 characters at most.")
    return Message(
        title=title or message.title,
        body=body if body.strip() else message.body,
        priority=PRIORITIES[priority] if priority else message.priority,
        tags=_tags(wording, evaluation),
        click=click,
    )


def _part(field: str, text: str | None, evaluation: Evaluation, length_max: int) -> str:
    try:
        return render(compile_template(text or ""), evaluation, length_max=length_max)
    except ExpressionError as error:
        raise error.at(f"{FIELD}.{field}") from None


def _tags(wording: MessageTemplate, evaluation: Evaluation) -> tuple[str, ...]:
    """Each part between commas is a tag; what comes twice stands once."""
    said = [_part(f"tags[{index}]", tag, evaluation, BODY_MAX) for index, tag in enumerate(wording.tags)]
    tags = (one_line(part)[:TAG_MAX] for text in said for part in text.split(","))
    return tuple(dict.fromkeys(tag for tag in tags if tag))[:TAGS_MAX]


def _is_link(text: str) -> bool:
    is_plain = len(text) <= CLICK_MAX and text.isprintable() and " " not in text
    return is_plain and text.lower().startswith(("http://", "https://"))


def _unfit(field: str, message: str) -> ExpressionError:
    return ExpressionError("template.unfit", message, position=0, field=f"{FIELD}.{field}")


def _told(data: msgspec.Raw) -> str:
    try:
        plain = _plain(msgspec.json.decode(data))
    except (msgspec.DecodeError, RecursionError):
        return ""
    return "\n".join(f"{key}: {_value(value)}" for key, value in plain[:LINES_MAX])


def _plain(data: Any) -> list[tuple[str, Any]]:
    """The parts that one line can say."""
    if not isinstance(data, dict):
        return []
    found = [(one_line(str(key)), value) for key, value in data.items()]
    return [(key, value) for key, value in found if key and isinstance(value, str | int | float | bool)]


def _value(value: str | int | float | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = one_line(str(value))
    return text if len(text) <= VALUE_MAX else f"{text[: VALUE_MAX - 1]}…"
