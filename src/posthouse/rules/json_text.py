"""Edits to JSON text that leave every other character as it was: a member or item is put in or taken out. Pure.

A text is read into a tree of places. A container's new last child is laid out like the one before it, and taking it
out again gives back the text that was there. JSON is RFC 8259: no comments, no trailing commas; names that stand
twice in one object are refused, since nobody could say which of them counts.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple, NoReturn

_SPACE = " \t\r\n"
_DECODER = json.JSONDecoder()


class NotJson(ValueError):
    """The text is no JSON, or not one that can be edited; the words say why. `line`: from 1, where it is known."""

    def __init__(self, words: str, line: int | None = None) -> None:
        super().__init__(words)
        self.line = line


class Node(NamedTuple):
    """A value in a text: its place, what it is, and, of an object or array, its children in order."""

    start: int
    end: int
    value: Any
    children: tuple[Child, ...] = ()

    def child(self, name: str) -> Node | None:
        """The member of that name."""
        return next((one.node for one in self.children if one.name == name), None)


class Child(NamedTuple):
    """A member of an object (its place begins with its name) or an item of an array, whose name is ""."""

    start: int
    name: str
    node: Node

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.node.end


def read(text: str) -> Node:
    """The tree of a text. Raises NotJson."""
    try:
        json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
        return _node(text, _skip(text, 0))
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} in line {error.lineno}.", error.lineno) from error
    except RecursionError as error:
        raise NotJson("It is nested too deeply.") from error
    except NotJson:
        raise
    except ValueError as error:
        raise NotJson(f"{error}.") from error


def put_in(text: str, container: Node, value: Any, *, name: str = "") -> str:
    """The text with a new last child in an object or array of it, laid out like its neighbours."""
    unit = _unit(text)
    line_end = "\r\n" if "\r\n" in text else "\n"
    if container.children:
        last = container.children[-1]
        before = container.children[-2].end + 1 if len(container.children) > 1 else container.start + 1
        # Between two children stands a comma, perhaps with spaces around it: the layout is what follows it.
        lead = text[before : last.start].rpartition(",")[2]
        if "\n" not in lead:
            return f"{text[: last.end]},{lead}{_compact(name, value)}{text[last.end :]}"
        indent = lead.rpartition("\n")[2]
        return f"{text[: last.end]},{lead}{_laid_out(name, value, indent, unit, line_end)}{text[last.end :]}"
    own = _indent_of_line(text, container.start)
    child = _laid_out(name, value, own + unit, unit, line_end)
    inside = f"{line_end}{own}{unit}{child}{line_end}{own}"
    return f"{text[: container.start + 1]}{inside}{text[container.end - 1 :]}"


def take_out(text: str, container: Node, index: int) -> str:
    """The text without one child of an object or array of it."""
    children = container.children
    if len(children) == 1:
        return text[: container.start + 1] + text[container.end - 1 :]
    if index == 0:
        return text[: children[0].start] + text[children[1].start :]
    return text[: children[index - 1].end] + text[children[index].end :]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise NotJson(f'"{name}" stands twice in one object.')
        found[name] = value
    return found


def _no_constant(name: str) -> NoReturn:
    raise NotJson(f"{name} is no number of JSON.")


def _node(text: str, start: int) -> Node:
    """The value that begins there; the text is known to be JSON."""
    opened = text[start]
    if opened not in "{[":
        value, end = _DECODER.raw_decode(text, start)
        return Node(start, end, value)
    children: list[Child] = []
    place = _skip(text, start + 1)
    while text[place] not in "}]":
        first, name = place, ""
        if opened == "{":
            name, place = _DECODER.raw_decode(text, place)
            place = _skip(text, _skip(text, place) + 1)
        node = _node(text, place)
        children.append(Child(first, name, node))
        place = _skip(text, node.end)
        if text[place] == ",":
            place = _skip(text, place + 1)
    value = {one.name: one.node.value for one in children} if opened == "{" else [one.node.value for one in children]
    return Node(start, place + 1, value, tuple(children))


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in _SPACE:
        place += 1
    return place


def _unit(text: str) -> str:
    """By how much the text is indented: as its first indented line is, else by two spaces."""
    for line in text.splitlines():
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        if indent and line.strip():
            return indent
    return "  "


def _indent_of_line(text: str, place: int) -> str:
    line = text[text.rfind("\n", 0, place) + 1 : place]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _compact(name: str, value: Any) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return f"{json.dumps(name, ensure_ascii=False)}: {shown}" if name else shown


def _laid_out(name: str, value: Any, indent: str, unit: str, line_end: str) -> str:
    shown = json.dumps(value, ensure_ascii=False, indent=unit)
    if name:
        shown = f"{json.dumps(name, ensure_ascii=False)}: {shown}"
    return shown.replace("\n", line_end + indent)
