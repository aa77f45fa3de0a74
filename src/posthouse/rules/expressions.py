"""Expressions: what an owner asks of an event, in JMESPath, judged before it is kept and bounded when it is run.

Comes in: a text, and what may be seen of one event (`Facts`). Goes out: a value of JSON, or the one error. Always
holds: an expression reaches nothing but its facts and its own literals; it ends within `STEPS_MAX` steps, whatever it
says and whatever the event holds; what it answers is as bounded as the work it took.

A step is about what it costs to look at one value. The library walks a tree of nodes, so each visit is counted; what it
does beyond that in one call (join, sort, compare, flatten) is counted by size before it is done.
Source: https://jmespath.org/specification.html
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import pairwise
from math import isfinite
from typing import Any

import msgspec
from jmespath import exceptions
from jmespath.functions import Functions, signature
from jmespath.lexer import Lexer
from jmespath.parser import Parser
from jmespath.visitor import Options, TreeInterpreter

from posthouse.model.errors import BadInput
from posthouse.model.events import Event, EventDraft
from posthouse.model.ids import Millis
from posthouse.rules.timestamps import rfc3339

EXPRESSION_MAX = 1_000
"""Characters."""

NESTING_MAX = 50
"""How deep one expression may stand within another."""

STEPS_MAX = 25_000
"""What one look at an event may cost: all the expressions of a message together, or one filter."""

ITEMS_PER_STEP = 8
CHARACTERS_PER_STEP = 1_024
"""How much of a list, or of a text, is passed through in the time of a step."""


class ExpressionError(BadInput):
    """An expression or a template that cannot be used, or that this event does not suit.

    `position`: the character, from 0, in the text of `field` at which it stands.
    """

    def __init__(self, code: str, message: str, *, position: int, field: str | None = None) -> None:
        super().__init__(code, message, field=field)
        self.position = position

    def moved(self, by: int) -> ExpressionError:
        """The same error in a text that has this expression further behind."""
        return ExpressionError(self.code, self.message, position=self.position + by, field=self.field)

    def at(self, field: str) -> ExpressionError:
        """The same error, with the field in which it stands."""
        return ExpressionError(self.code, self.message, position=self.position, field=field)


class Expression(msgspec.Struct, frozen=True, kw_only=True):
    """An expression that can be run."""

    text: str
    tree: Any


class Facts:
    """What an expression may see of one event. The data is decoded when it is first looked at."""

    __slots__ = ("_data", "_fields", "_value")

    def __init__(self, fields: Mapping[str, str | None], data: msgspec.Raw) -> None:
        self._fields = fields
        self._data = data
        self._value: dict[str, Any] | None = None

    def value(self) -> dict[str, Any]:
        """The object that expressions begin with. Raises ExpressionError `expression.failed` for unreadable data."""
        if self._value is None:
            try:
                self._value = {**self._fields, "data": msgspec.json.decode(self._data)}
            except (msgspec.DecodeError, RecursionError) as error:
                message = "The event's data cannot be looked into: it is nested too deeply, or has a number too large."
                raise ExpressionError("expression.failed", message, position=0) from error
        return self._value


def event_facts(event: Event, data: msgspec.Raw, *, source_name: str) -> Facts:
    """What words and bodies may see: the event, with the data that its owner lets out."""
    fields = _fields(event, source_name, machine=event.machine, at=event.at)
    return Facts({"id": event.id, "recorded_at": rfc3339(event.recorded_at), **fields}, data)


def filter_facts(event: Event | EventDraft, *, source_name: str, machine: str, now: Millis) -> Facts:
    """What a filter may see: all but what an event is given only when it is recorded."""
    at = now if event.at is None else event.at
    return Facts(_fields(event, source_name, machine=machine, at=at), event.data)


class Evaluation:
    """Runs expressions over the facts of one event, with one budget for all of them."""

    def __init__(self, facts: Facts, *, steps: int = STEPS_MAX) -> None:
        self._facts = facts
        self._steps = steps
        self._interpreter: _Interpreter | None = None

    def value(self, expression: Expression) -> Any:
        """What the expression says of the event: a value that can be written as JSON.

        Raises ExpressionError `expression.failed` or `expression.too_costly`, with position 0.
        """
        return self._run(expression, self._finite)

    def is_true(self, expression: Expression) -> bool:
        """Whether what it says is true, as JMESPath has it: not null, false, or empty. Raises as `value`."""
        return bool(self._run(expression, lambda found: found not in ("", [], {}, None) and found is not False))

    def _run(self, expression: Expression, finish: Callable[[Any], Any]) -> Any:
        facts = self._facts.value()
        if self._interpreter is None:
            self._interpreter = _Interpreter(self._spend)
        try:
            return finish(self._interpreter.visit(expression.tree, facts))
        except _TooCostly:
            message = f"It takes too long over this event: more than {STEPS_MAX:,} steps. Look at less of it."
            raise ExpressionError("expression.too_costly", message, position=0) from None
        except exceptions.JMESPathTypeError as error:
            message = f"{error.function_name}() cannot take this: it needs {_either(error.expected_types)}."
            raise ExpressionError("expression.failed", message, position=0) from None
        except (TypeError, ValueError, ArithmeticError, LookupError, RecursionError):
            message = "It cannot be worked out for this event: its values are not of the kind that is needed."
            raise ExpressionError("expression.failed", message, position=0) from None

    def _spend(self, steps: int) -> None:
        self._steps -= steps
        if self._steps < 0:
            raise _TooCostly

    def _finite(self, found: Any) -> Any:
        """The value as plain JSON, once it is known how large it is: it may hold one part many times.

        What is no JSON (a number that is none, an expression as a value) raises here, or is null.
        """
        _spend_on_all(found, self._spend)
        return msgspec.json.decode(msgspec.json.encode(found)) if isinstance(found, list | dict) else _scalar(found)


def compile_expression(text: str) -> Expression:
    """An expression from its text. Raises ExpressionError `expression.invalid` with the position."""
    if len(text) > EXPRESSION_MAX:
        message = f"An expression has {EXPRESSION_MAX:,} characters at most, this one {len(text):,}."
        raise _invalid(message, EXPRESSION_MAX)
    found = _compiled(text)
    if isinstance(found, ExpressionError):
        raise found.moved(0)
    return found


def text_of(value: Any) -> str:
    """A value as people read it: text as it is, nothing for null, all else as compact JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else msgspec.json.encode(value).decode()


class _TooCostly(Exception):
    """The budget is spent."""


class _Functions(Functions):
    """The built-in functions, with their work counted before it is done."""

    def __init__(self, spend: Callable[[int], None]) -> None:
        self._spend = spend

    def call_function(self, function_name: str, resolved_args: Any) -> Any:
        for argument in resolved_args:
            if isinstance(argument, list):
                size = len(argument)
                self._spend(size // ITEMS_PER_STEP)
                characters = sum(len(one) for one in argument if type(one) is str)
                # Sorting compares each text with about as many others as the length of the list has binary digits.
                self._spend(characters * size.bit_length() // CHARACTERS_PER_STEP)
            elif isinstance(argument, dict):
                self._spend(len(argument) // ITEMS_PER_STEP)
        return super().call_function(function_name, resolved_args)

    @signature({"types": []})
    def _func_to_string(self, value: Any) -> str:
        """As the library's, but never with what is no JSON in it, and not before its size is known."""
        _spend_on_all(value, self._spend)
        return value if isinstance(value, str) else msgspec.json.encode(value).decode()

    @signature({"types": ["array", "string"]}, {"types": []})
    def _func_contains(self, subject: Any, search: Any) -> bool:
        if isinstance(subject, str):
            # What is no text is in none.
            return isinstance(search, str) and search in subject
        if search is None or isinstance(search, str):
            return search in subject
        if isinstance(search, list | dict):
            _spend_on_all(subject, self._spend)
        self._spend(len(subject) // 2)
        return any(_are_equal(one, search) for one in subject)

    @signature({"types": ["string"]}, {"types": ["array-string"]})
    def _func_join(self, separator: str, array: list[str]) -> str:
        self._spend(len(separator) * len(array) // CHARACTERS_PER_STEP)
        return separator.join(array)


class _Interpreter(TreeInterpreter):
    """The library's interpreter, with its visits counted."""

    def __init__(self, spend: Callable[[int], None]) -> None:
        super().__init__(Options(custom_functions=_Functions(spend)))
        self._spend = spend
        self.COMPARATOR_FUNC = {  # type: ignore[misc]  # the library looks it up on itself
            "eq": self._is_equal,
            "ne": lambda left, right: not self._is_equal(left, right),
            **{name: _ordered(TreeInterpreter.COMPARATOR_FUNC[name]) for name in ("lt", "gt", "lte", "gte")},
        }

    def visit(self, node: Any, *args: Any, **kwargs: Any) -> Any:
        self._spend(1)
        found = super().visit(node, *args, **kwargs)
        if type(found) is str:
            self._spend(len(found) // CHARACTERS_PER_STEP)
        return found

    def visit_flatten(self, node: Any, value: Any) -> Any:
        base = self.visit(node["children"][0], value)
        if not isinstance(base, list):
            return None
        self._spend(sum(len(one) if isinstance(one, list) else 1 for one in base) // ITEMS_PER_STEP)
        return [each for one in base for each in (one if isinstance(one, list) else (one,))]

    def visit_slice(self, node: Any, value: Any) -> Any:
        if isinstance(value, list):
            self._spend(len(value) // ITEMS_PER_STEP)
        return super().visit_slice(node, value)

    def _is_equal(self, left: Any, right: Any) -> bool:
        if isinstance(left, list | dict) and isinstance(right, list | dict):
            _spend_on_all(left, self._spend)
        return _are_equal(left, right)


def _are_equal(left: Any, right: Any) -> bool:
    """Equal as JSON is: true is not 1."""
    return bool(TreeInterpreter.COMPARATOR_FUNC["eq"](left, right))


def _scalar(value: Any) -> Any:
    if isinstance(value, float) and not isfinite(value):
        return None
    if value is not None and not isinstance(value, str | int | float):
        raise TypeError
    return value


def _ordered(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Which of a number and a text comes first is not known, as the specification has it of all that are no numbers."""
    return lambda left, right: compare(left, right) if isinstance(left, str) is isinstance(right, str) else None


def _spend_on_all(value: Any, spend: Callable[[int], None]) -> None:
    """Count all that a value holds, each part as often as it is in it."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            spend(len(one) // CHARACTERS_PER_STEP)
        elif isinstance(one, list | dict):
            inner = one if isinstance(one, list) else one.values()
            spend(1 + len(one) // ITEMS_PER_STEP)
            spend(sum(len(each) for each in inner if type(each) is str) // CHARACTERS_PER_STEP)
            waiting.extend(each for each in inner if isinstance(each, list | dict))


@lru_cache(maxsize=1024)
def _compiled(text: str) -> Expression | ExpressionError:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tree = Parser().parse(text).parsed
            _check_tree(tree, text)
    except ExpressionError as error:
        return error
    except exceptions.EmptyExpressionError:
        return _invalid("There is no expression here.", 0)
    except exceptions.ParseError as error:
        return _invalid(_reason(error, text), min(error.lex_position, len(text)))
    except PendingDeprecationWarning:
        return _invalid("What stands in backticks must be JSON. Write a text in 'single quotes'.", text.find("`"))
    except RecursionError:
        return _invalid("It is nested too deeply.", 0)
    except (ValueError, LookupError):
        return _invalid("It is no expression of JMESPath.", 0)
    return Expression(text=text, tree=tree)


def _check_tree(tree: Any, text: str) -> None:
    """Refuse now what could only fail later: unknown functions, wrong counts of arguments, depth, unwritable texts."""
    waiting = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        if depth > NESTING_MAX:
            raise _invalid("It is nested too deeply.", 0)
        match node["type"]:
            case "function_expression":
                _check_call(node["value"], len(node["children"]), text)
            case "literal" | "field" | "key_val_pair":
                _check_writable(node["value"])
            case "slice" if node["children"][2] == 0:
                raise _invalid("A slice cannot go in steps of 0.", max(text.find(":0"), 0))
        waiting.extend((child, depth + 1) for child in node["children"] if isinstance(child, dict))


def _check_call(name: str, count: int, text: str) -> None:
    function = _Functions.FUNCTION_TABLE.get(name)
    if function is None:
        raise _invalid(f"There is no function {name}().", _position_of_call(name, text))
    wanted = function["signature"]
    is_variadic = bool(wanted) and wanted[-1].get("variadic", False)
    if count < len(wanted) or (count > len(wanted) and not is_variadic):
        least = "at least " if is_variadic else ""
        plural = "" if len(wanted) == 1 else "s"
        message = f"{name}() takes {least}{len(wanted)} argument{plural}, not {count}."
        raise _invalid(message, _position_of_call(name, text))


def _position_of_call(name: str, text: str) -> int:
    tokens = list(Lexer().tokenize(text))
    calls = (
        one["start"] for one, following in pairwise(tokens) if one["value"] == name and following["type"] == "lparen"
    )
    return int(next(calls, 0))


def _check_writable(value: Any) -> None:
    """Half a surrogate pair is text to Python, and to nobody else."""
    try:
        msgspec.json.encode(value)
    except (UnicodeEncodeError, TypeError) as error:
        raise _invalid("It has a character that cannot be written.", 0) from error


def _reason(error: exceptions.ParseError, text: str) -> str:
    if isinstance(error, exceptions.IncompleteExpressionError) or error.lex_position >= len(text):
        return "It ends too soon."
    if isinstance(error, exceptions.LexerError):
        if error.message.startswith("Unclosed"):
            return f"The {text[error.lex_position]} that begins here is not closed."
        if error.lexer_value == "=":
            return "To compare, write ==."
    return f"{str(error.token_value)[:40]} cannot stand here."


def _either(types: Any) -> str:
    words = [
        str(one).removeprefix("array-") + ("s in a list" if str(one).startswith("array-") else "") for one in types
    ]
    return " or ".join(words)


def _invalid(message: str, position: int) -> ExpressionError:
    return ExpressionError("expression.invalid", message, position=position)


def _fields(event: Event | EventDraft, source_name: str, *, machine: str, at: Millis) -> dict[str, str | None]:
    return {
        "type": event.type,
        "source": source_name,
        "origin": event.origin,
        "machine": machine,
        "subject": event.subject,
        "severity": event.severity.value,
        "at": rfc3339(at),
    }
