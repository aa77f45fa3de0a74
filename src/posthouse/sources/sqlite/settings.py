"""What both kinds' settings share: which database, which query, and their bounds."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec

from posthouse.model.errors import BadInput
from posthouse.model.ids import Millis
from posthouse.sources.base import SourceContext
from posthouse.sources.sqlite.queries import QUERY_CHARACTERS_MAX, checked_query
from posthouse.sources.sqlite.reading import Place

GIB = 1024**3

DatabasePath = Annotated[
    str, msgspec.Meta(min_length=1, max_length=4_096, description="The database file: an absolute path, or from ~.")
]
Query = Annotated[str, msgspec.Meta(max_length=QUERY_CHARACTERS_MAX, description="One SELECT, or WITH … SELECT.")]
Deadline = Annotated[
    float, msgspec.Meta(ge=0.1, le=60, description="Seconds that a read may take, copying and retries included.")
]
CopyBytes = Annotated[
    int,
    msgspec.Meta(
        ge=0,
        le=1024 * GIB,
        description="Bytes that may be copied to read a database while it is being written to, its log included.",
    ),
]


def check_path(path: str) -> None:
    """Raise BadInput `source.bad_setting`, field `path`, where it cannot be the path of a file."""
    if "\0" in path or not (path[:1] == "~" or Path(path).is_absolute()):
        raise BadInput("source.bad_setting", "path must begin with / (or a drive) or ~.", field="path")


def check(path: str, query: str) -> None:
    """Judge what types and bounds cannot. Raises BadInput `source.bad_setting` naming the field."""
    check_path(path)
    checked_query(query)


def place_of(path: str, copy_bytes_max: int, context: SourceContext) -> Place:
    """The database as it is to be read on this machine."""
    return Place(path=Path(path).expanduser(), copy_bytes_max=copy_bytes_max, excluded=context.excluded)


def how_read(path: Path, copied_bytes: int) -> str:
    """In plain words how it was read."""
    return f"a copy of {path} ({copied_bytes >> 10} KiB), as it is being written to" if copied_bytes else str(path)


def time_text(at: Millis) -> str:
    """RFC 3339, in UTC, with milliseconds."""
    moment = datetime.fromtimestamp(at // 1000, tz=UTC).replace(microsecond=at % 1000 * 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
