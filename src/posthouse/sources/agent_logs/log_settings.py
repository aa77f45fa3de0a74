"""What the settings of all sources that read agents' logs share: where the logs are, and of how many days is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec

from posthouse.model.errors import BadInput
from posthouse.sources.base import CoalescedSettings, parse_settings

ROOTS_MAX = 20
DAYS_DOC = "Of how many days is told, today included."


class LogSettings(CoalescedSettings, frozen=True, kw_only=True):
    """Where the logs are, and of how many days is told. A kind says in its own words what null is."""

    roots: tuple[str, ...] | None = None
    window_days: Annotated[int, msgspec.Meta(ge=1, le=30, description=DAYS_DOC)] = 7


def parse(settings_type: type[LogSettings], settings: dict[str, Any]) -> msgspec.Raw:
    """Validate and complete; raises BadInput `source.bad_setting` naming the field."""
    if not _are_roots(settings.get("roots")):
        message = f"roots must be null or 1 to {ROOTS_MAX} paths that begin with / (or a drive) or ~."
        raise BadInput("source.bad_setting", message, field="roots")
    return parse_settings(settings_type, settings)


def no_logs(roots: Sequence[Path]) -> str:
    """What a preview says where there are none."""
    return f"There are no logs in {', '.join(map(str, roots))}."


def _are_roots(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, (list, tuple)) and 1 <= len(value) <= ROOTS_MAX and all(_is_path(one) for one in value)


def _is_path(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value and (value[:1] == "~" or Path(value).is_absolute())
