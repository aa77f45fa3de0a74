"""Templates: an owner's own words, with expressions of an event in them.

    Build {{ data.number }} of {{ subject || 'something' }} took {{ data.seconds }} s

Comes in: a text, and an evaluation of one event's facts. Goes out: a text. There is nothing else in a template than
text and expressions: no loop, no condition, no name to reach. What an expression says stands there as `text_of` writes
it; a pair of braces that is meant as such is written as a text, `{{ '{{' }}`. A *document* is JSON whose texts are
templates: each is rendered by itself and encoded again, so that no value can break out of its place.

Always holds: what renders is no longer than it was told, and what does not says where: the offset in the template, and
within a document the JSON Pointer (RFC 6901) of its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec

from posthouse.rules.expressions import (
    Evaluation,
    Expression,
    ExpressionError,
    compile_expression,
    text_of,
)

TEMPLATE_MAX = 32_768
"""Characters of one template."""

DOCUMENT_MAX = 65_536
"""Characters of a document."""

RENDERED_MAX = 1_048_576
"""Bytes of a rendered document, and characters of each of its texts."""

NESTING_MAX = 50
"""How deep a document may be nested."""

OPEN, CLOSE = "{{", "}}"
# What closes an expression is looked for outside of its own texts and braces.
_TOKEN = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|\{|\}""", re.DOTALL)


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """An expression, and where in its template it begins."""

    expression: Expression
    position: int


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A template that can be rendered."""

    parts: tuple[str | Placed, ...]


def compile_template(text: str) -> Template:
    """A template from its text. Raises ExpressionError `template.invalid` or `expression.invalid`."""
    if len(text) > TEMPLATE_MAX:
        message = f"It has {TEMPLATE_MAX:,} characters at most, this one {len(text):,}."
        raise _invalid(message, TEMPLATE_MAX)
    found = _compiled(text)
    if isinstance(found, ExpressionError):
        raise found.moved(0)
    return found


def render(template: Template, evaluation: Evaluation, *, length_max: int) -> str:
    """The template's text for one event, cut at `length_max` characters.

    Raises ExpressionError `expression.failed` or `expression.too_costly`, where an expression says nothing usable.
    """
    said: list[str] = []
    left = length_max
    for part in template.parts:
        if left <= 0:
            break
        piece = (part if isinstance(part, str) else _said(part, evaluation))[:left]
        left -= len(piece)
        said.append(piece)
    return "".join(said)


def check_document(text: str) -> None:
    """Raise ExpressionError where a document is no JSON, or one of its texts is no template."""
    for pointer, leaf in _texts(_document(text), ""):
        try:
            compile_template(leaf)
        except ExpressionError as error:
            raise _in(pointer, error) from None


def render_document(text: str, evaluation: Evaluation) -> bytes:
    """The document for one event, as JSON.

    Raises ExpressionError as `check_document` and `render`, and `render.too_large`.
    """
    rendered = msgspec.json.encode(_rendered(_document(text), "", evaluation, [RENDERED_MAX]))
    if len(rendered) > RENDERED_MAX:
        raise _too_large()
    return rendered


def _said(placed: Placed, evaluation: Evaluation) -> str:
    try:
        return text_of(evaluation.value(placed.expression))
    except ExpressionError as error:
        message = f"{OPEN} {placed.expression.text} {CLOSE}: {error.message}"
        raise ExpressionError(error.code, message, position=placed.position) from None


def _rendered(value: Any, pointer: str, evaluation: Evaluation, left: list[int]) -> Any:
    """The value with its texts rendered. `left`: how many characters all of them together may still have."""
    match value:
        case str():
            try:
                said = render(compile_template(value), evaluation, length_max=left[0] + 1)
            except ExpressionError as error:
                raise _in(pointer, error) from None
            left[0] -= len(said)
            if left[0] < 0:
                raise _too_large()
            return said
        case dict():
            return {key: _rendered(inner, f"{pointer}/{_step(key)}", evaluation, left) for key, inner in value.items()}
        case list():
            return [_rendered(inner, f"{pointer}/{index}", evaluation, left) for index, inner in enumerate(value)]
        case _:
            return value


def _texts(value: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(inner, f"{pointer}/{_step(key)}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{pointer}/{index}")


@lru_cache(maxsize=256)
def _decoded(text: str) -> Any:
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        where = re.search(r"byte (\d+)", str(error))
        position = len(text.encode(errors="replace")[: int(where[1])].decode(errors="replace")) if where else 0
        return _invalid("This is no JSON.", position)
    except RecursionError:
        return _invalid("It is nested too deeply.", 0)
    return document if _depth(document) <= NESTING_MAX else _invalid("It is nested too deeply.", 0)


def _document(text: str) -> Any:
    if len(text) > DOCUMENT_MAX:
        raise _invalid(f"It has {DOCUMENT_MAX:,} characters at most, this one {len(text):,}.", DOCUMENT_MAX)
    found = _decoded(text)
    if isinstance(found, ExpressionError):
        raise found.moved(0)
    return found


def _depth(value: Any) -> int:
    deepest, waiting = 0, [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(one, dict | list):
            waiting.extend((inner, depth + 1) for inner in (one.values() if isinstance(one, dict) else one))
    return deepest


def _step(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


@lru_cache(maxsize=1024)
def _compiled(text: str) -> Template | ExpressionError:
    try:
        text.encode()
        return Template(parts=tuple(_parts(text)))
    except ExpressionError as error:
        return error
    except UnicodeEncodeError as error:
        return _invalid("It has a character that cannot be written.", error.start)


def _parts(text: str) -> Iterator[str | Placed]:
    done = 0
    while (begin := text.find(OPEN, done)) >= 0:
        if begin > done:
            yield text[done:begin]
        inner = begin + len(OPEN)
        end = _end(text, inner)
        if end is None:
            raise _invalid(f"The {OPEN} that begins here is not closed with {CLOSE}.", begin)
        inside = text[inner:end]
        before = inner + len(inside) - len(inside.lstrip())
        if not inside.strip():
            raise _invalid(f"There is nothing between {OPEN} and {CLOSE}.", begin)
        try:
            yield Placed(expression=compile_expression(inside.strip()), position=before)
        except ExpressionError as error:
            raise error.moved(before) from None
        done = end + len(CLOSE)
    if done < len(text):
        yield text[done:]


def _end(text: str, start: int) -> int | None:
    """Where the braces that close an expression begin: outside of its texts, and of its own braces."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        if token[0] == "{":
            depth += 1
        elif token[0] == "}" and depth:
            depth -= 1
        elif token[0] == "}" and text.startswith(CLOSE, token.start()):
            return token.start()
    return None


def _in(pointer: str, error: ExpressionError) -> ExpressionError:
    """The same error, with the place of its text in a document."""
    where = f"At {pointer[:200]}: " if pointer else ""
    return ExpressionError(error.code, where + error.message, position=error.position, field=f"#{pointer}")


def _too_large() -> ExpressionError:
    message = f"What comes out is larger than {RENDERED_MAX:,} bytes. Say less of the event."
    return ExpressionError("render.too_large", message, position=0)


def _invalid(message: str, position: int) -> ExpressionError:
    return ExpressionError("template.invalid", message, position=position)
