"""What every form of event shares: the types of its fields, and decoding whose errors are ours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec

from posthouse.model.errors import BadInput
from posthouse.model.ids import Millis

DEPTH_MAX = 100
AT_MAX = 253_402_300_799_999
"""The last millisecond of the year 9999."""

T = TypeVar("T")

_VISIBLE = r"^[^\x00-\x1f\x7f]*\Z"
TypeText = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=_VISIBLE)]
ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=_VISIBLE)]
LongText = Annotated[str, msgspec.Meta(max_length=1_000, pattern=_VISIBLE)]
Instant = Annotated[int, msgspec.Meta(ge=0, le=AT_MAX)] | Annotated[datetime, msgspec.Meta(tz=True)]
"""Unix milliseconds, or RFC 3339 text with its offset."""

_decode_any = msgspec.json.Decoder().decode


def decode(decoder: Callable[[bytes | msgspec.Raw], T], text: bytes | msgspec.Raw) -> T:
    """Decode with errors as ours: `event.not_json`, `event.<field>_missing`, `event.unknown_field` and the like."""
    try:
        return decoder(text)
    except msgspec.ValidationError as error:
        raise _misfit(str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput("event.not_json", f"This is not JSON in UTF-8: {_first_words(error)}.") from error
    except RecursionError as error:
        raise _too_deep() from error


def check_data(data: msgspec.Raw, field: str = "data") -> None:
    """Raise BadInput `event.data_invalid` where later readers could choke: not UTF-8, too deep, numbers too large."""
    try:
        value = _decode_any(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput("event.data_invalid", f"The event's data: {_first_words(error)}.", field=field) from error
    except RecursionError as error:
        raise _too_deep() from error
    text = memoryview(data)
    if len(text) > 2 * DEPTH_MAX and isinstance(value, dict | list) and _depth_exceeds(value):
        raise _too_deep()


def to_millis(instant: int | datetime, field: str) -> Millis:
    """Unix milliseconds. Raises BadInput `event.<field>_invalid` before 1970."""
    if isinstance(instant, int):
        return Millis(instant)
    try:
        millis = round(instant.timestamp() * 1000)
    except (OverflowError, ValueError):
        millis = -1
    if not 0 <= millis <= AT_MAX:
        raise BadInput(f"event.{_snake(field)}_invalid", f"{field} must lie in the years 1970 to 9999.", field=field)
    return Millis(millis)


def _too_deep() -> BadInput:
    return BadInput("event.too_deep", f"The JSON is nested more than {DEPTH_MAX} levels deep.", field="data")


def _depth_exceeds(value: Any) -> bool:
    """Whether anything lies more than DEPTH_MAX levels deep; level by level, so that depth costs no stack."""
    level = [value]
    for _ in range(DEPTH_MAX):
        level = [
            child
            for node in level
            for child in (node.values() if type(node) is dict else node)
            if type(child) in (dict, list)
        ]
        if not level:
            return False
    return True


def _misfit(text: str) -> BadInput:
    """Our words for msgspec's: its messages are "what - at `$.path`"."""
    what, _, where = text.partition(" - at `")
    field = where.rstrip("`").removeprefix("$").removeprefix(".")
    if what.startswith("Object missing required field `"):
        field = what.removeprefix("Object missing required field `").rstrip("`")
        return BadInput(f"event.{_snake(field)}_missing", f"The event has no {field}.", field=field)
    if what.startswith("Object contains unknown field `"):
        field = what.removeprefix("Object contains unknown field `").rstrip("`")[:100]
        return BadInput("event.unknown_field", f"An event has no field {field!r}. Is it misspelt?", field=field)
    if not field.isalpha():
        return BadInput("event.invalid", f"This is not an event: {what}.")
    if "matching regex" in what:
        what = "No control characters may be in it"
    return BadInput(f"event.{_snake(field)}_invalid", f"{field}: {what}.", field=field)


def _first_words(error: Exception) -> str:
    """What a decoder says, without the input that some repeat."""
    if isinstance(error, UnicodeDecodeError):
        return "a byte is not UTF-8"
    return str(error).partition(" - at ")[0]


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
