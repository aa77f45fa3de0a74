"""All settings together, from every origin: default < ledger < environment < flag.

`resolve` is pure and reports every error at once. A value that a stronger origin overrides is not judged, so that a
bad one in the ledger can be got round. Keys in the ledger that this version does not know are left alone, so that
going back a version locks nobody out. In the environment, `POSTHOUSE_<SECTION>_…` is reserved for settings: an
unknown name is an error, an empty one counts as unset.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, cast

import msgspec

from posthouse.model.errors import BadInput
from posthouse.settings.registry import NOT_ABOVE, SETTINGS, Setting, T, Value, find_setting, nearest
from posthouse.settings.values import describe_value, parse


class Origin(StrEnum):
    """Where a value came from, weakest first."""

    DEFAULT = "default"
    LEDGER = "ledger"
    ENVIRONMENT = "environment"
    FLAG = "flag"


class Settings(msgspec.Struct, frozen=True):
    """All settings as they stand, and where each value came from. Made by `resolve`."""

    values: dict[str, Value]
    origins: dict[str, Origin]

    def __getitem__(self, setting: Setting[T]) -> T:
        return cast("T", self.values[setting.key])

    def origin(self, key: str) -> Origin:
        """Where the value of this key came from. Raises BadInput `settings.unknown_key`."""
        return self.origins[find_setting(key).key]


def resolve(stored: Mapping[str, str], environ: Mapping[str, str], flags: Mapping[str, str]) -> Settings:
    """Put all origins together. `stored` holds JSON text by key, `flags` text by key.

    Raises BadInput `settings.invalid`, whose message lists every error there is, one a line.
    """
    values: dict[str, Value] = {key: setting.default for key, setting in SETTINGS.items()}
    origins = dict.fromkeys(SETTINGS, Origin.DEFAULT)
    errors = [*_unknown_flags(flags), *_unknown_variables(environ)]
    for key, setting in SETTINGS.items():
        given = _strongest(setting, stored, environ, flags)
        if given is None:
            continue
        origins[key], text = given
        try:
            values[key] = parse(setting, text)
        except BadInput as error:
            errors.append(f"{error.message} (from the {_name_origin(setting, origins[key])})")
    settings = Settings(values, origins)
    if not errors:
        errors.extend(_broken_relations(settings))
    if errors:
        raise BadInput("settings.invalid", "\n".join(errors))
    return settings


def _strongest(
    setting: Setting[Any], stored: Mapping[str, str], environ: Mapping[str, str], flags: Mapping[str, str]
) -> tuple[Origin, str] | None:
    if setting.key in flags:
        return Origin.FLAG, flags[setting.key]
    if environ.get(setting.environment_name):
        return Origin.ENVIRONMENT, environ[setting.environment_name]
    if setting.key in stored:
        return Origin.LEDGER, stored[setting.key]
    return None


def _name_origin(setting: Setting[Any], origin: Origin) -> str:
    return f"environment, {setting.environment_name}" if origin is Origin.ENVIRONMENT else str(origin)


def _unknown_flags(flags: Mapping[str, str]) -> Iterator[str]:
    for key in flags:
        if key not in SETTINGS:
            yield f"There is no setting {key[:100]!r}.{nearest(key, SETTINGS)}"


def _unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    known = {setting.environment_name: setting for setting in SETTINGS.values()}
    sections = tuple(sorted({f"POSTHOUSE_{key.partition('.')[0].upper()}_" for key in SETTINGS}))
    for name in sorted(environ):
        if name.startswith(sections) and name not in known:
            yield f"The environment's {name[:100]} is no setting.{nearest(name, known)}"


def _broken_relations(settings: Settings) -> Iterator[str]:
    for low, high in NOT_ABOVE:
        if settings[low] > settings[high]:
            yield (
                f"{low.key} ({describe_value(low, settings[low])}) may not be above "
                f"{high.key} ({describe_value(high, settings[high])})."
            )
