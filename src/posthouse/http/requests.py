"""How requests are read: strictly. A field or parameter that is not known is refused, never passed over.

Lists answer `{"items": […], "nextCursor": …}`: a cursor is what comes after an item, to be given back as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request
from litestar.params import PathParameter, QueryParameter

from posthouse.http.problems import UnsupportedMedia
from posthouse.ledger.names import id_in
from posthouse.model.errors import BadInput

LIMIT_DEFAULT = 50
BODY_BYTES_MAX = 1 << 20
TEXT_MAX = 200
INSTANT_MAX = 2**53

Cursor = Annotated[str | None, QueryParameter(max_length=20, description="Where the page before this one ended.")]
Limit = Annotated[int, QueryParameter(ge=1, le=500, description="How many items at most.")]
Reference = Annotated[str, PathParameter(min_length=1, max_length=200, description="An id or a name.")]
OptionalReference = Annotated[str | None, QueryParameter(min_length=1, max_length=200, description="An id or a name.")]
SearchText = Annotated[
    str | None, QueryParameter(name="q", min_length=1, max_length=TEXT_MAX, description="A text to look for.")
]
Since = Annotated[int | None, QueryParameter(ge=0, le=INSTANT_MAX, description="Made at this instant or later.")]
Until = Annotated[int | None, QueryParameter(ge=0, le=INSTANT_MAX, description="Made before this instant.")]
Word = Annotated[str | None, QueryParameter(min_length=1, max_length=1_000)]

T = TypeVar("T")

_PATH_PARAMETER = re.compile(r"\{(\w+)")


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON body is decoded into what its handler takes, without any leniency."""

    async def json(self) -> Any:
        """The body. Raises BadInput `request.not_json` or `request.invalid` with the field, UnsupportedMedia."""
        kind, _, _ = self.headers.get("content-type", "").partition(";")
        if kind.strip().lower() != "application/json":
            raise UnsupportedMedia("request.content_type_unsupported", "Send JSON, as Content-Type: application/json.")
        field = getattr(self.route_handler, "parsed_data_field", None)
        return decode_strictly(await self.body(), Any if field is None else field.annotation)


def decode_strictly(body: bytes, kind: type[T] | Any) -> T | Any:
    """JSON as a record. Raises BadInput `request.not_json` or `request.invalid` with the field."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `")
        field = where.rstrip("`").removeprefix("$").removeprefix(".")[:100]
        message = f"{field}: {what}." if field else f"{what}."
        raise BadInput("request.invalid", message, field=field or None) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput("request.not_json", "The body is not JSON in UTF-8.") from error


def refuse_unknown_parameters(request: Request[Any, Any, Any]) -> None:
    """Raise BadInput `request.unknown_parameter` for a query parameter that the handler does not take."""
    known = _parameter_names(request.route_handler)
    for name in request.query_params:
        if name not in known:
            hint = f"; there is {', '.join(sorted(known))}" if known else ""
            raise BadInput(
                "request.unknown_parameter", f"There is no parameter {name[:100]!r} here{hint}.", field=name[:100]
            )


def after(cursor: str | None) -> int:
    """The position that a cursor stands for, 0 for none. Raises BadInput `request.cursor_invalid`."""
    if cursor is None:
        return 0
    position = id_in(cursor)
    if position is None:
        raise BadInput("request.cursor_invalid", "This cursor did not come from here.", field="cursor")
    return position


def next_cursor(positions: Sequence[int], limit: int) -> str | None:
    """The cursor behind a page that was full; a page that was not is the last one."""
    return str(positions[-1]) if len(positions) == limit else None


def cursor_at(position: int | None) -> str | None:
    """The cursor of the position before which a list goes on."""
    return None if position is None else str(position)


_known_parameters: dict[Any, frozenset[str]] = {}


def _parameter_names(handler: Any) -> frozenset[str]:
    """The query parameters of a handler and of what it depends on, by the names that they have outside.

    Kept by its function, which lives on.
    """
    found = _known_parameters.get(handler.fn)
    if found is None:
        signature = dict(handler.parsed_fn_signature.parameters)
        for name, provider in handler.resolve_dependencies().items():
            if signature.pop(name, None) is not None:
                signature |= provider.parsed_fn_signature.parameters
        names = {getattr(one.kwarg_definition, "name", None) or name for name, one in signature.items()}
        in_path = {name for path in handler.paths for name in _PATH_PARAMETER.findall(path)}
        found = _known_parameters[handler.fn] = frozenset(names - in_path - {"request", "data"})
    return found
