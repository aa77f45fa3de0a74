"""`/api/settings`: what can be set, what it is now, and where that came from."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import delete, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from posthouse.http.problems import problems
from posthouse.http.services import Services
from posthouse.model.errors import BadInput, NotFound
from posthouse.pipeline.configuration import Configuration
from posthouse.settings import SETTINGS, Origin, Setting, SettingGroup, Value, find_setting


class SettingView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One setting. `origin` says where its value came from; a flag or the environment overrides what is set here.

    `inForce`: what the daemon goes by now; another one than `value` where a change waits for the next start, as
    `isAtStart` says. `stored`: what is set here, whether it counts or not; null where nothing is. `environment`: the
    variable that overrides it. `group`: what it is for, as people call it.
    """

    key: str
    group: SettingGroup
    value: bool | float | str
    in_force: bool | float | str
    stored: bool | float | str | None
    is_at_start: bool
    environment: str
    default: bool | float | str
    origin: Origin
    kind: str
    unit: str
    min: float | None
    max: float | None
    choices: list[str]
    doc: str


class SettingList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Every setting there is, those of a group together."""

    items: list[SettingView]
    next_cursor: str | None = None


class SettingChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The value to be set: of the setting's kind, or text that a person would write (`8 MiB`)."""

    value: Value


@get("/api/settings", responses=problems())
async def list_settings(services: NamedDependency[Services]) -> SettingList:
    """Every setting, group by group."""
    groups = list(SettingGroup)
    ordered = sorted(SETTINGS.values(), key=lambda setting: groups.index(setting.group))
    return SettingList(items=[view_setting(setting, services.configuration) for setting in ordered])


@get("/api/settings/{key:str}", responses=problems(404))
async def get_setting(key: FromPath[str], services: NamedDependency[Services]) -> SettingView:
    """One setting."""
    return view_setting(_find(key), services.configuration)


@patch("/api/settings/{key:str}", responses=problems(404, 413, 415))
async def set_setting(
    key: FromPath[str], data: JSONBody[SettingChange], services: NamedDependency[Services]
) -> SettingView:
    """Set one; it holds at once, or from the next start where `isAtStart` says so."""
    setting = _find(key)
    text = data.value if isinstance(data.value, str) else msgspec.json.encode(data.value).decode()
    await services.configuration.set(key, text)
    return view_setting(setting, services.configuration)


@delete("/api/settings/{key:str}", status_code=200, responses=problems(404))
async def reset_setting(key: FromPath[str], services: NamedDependency[Services]) -> SettingView:
    """Give one its default back."""
    setting = _find(key)
    await services.configuration.reset(key)
    return view_setting(setting, services.configuration)


def view_setting(setting: Setting[Any], configuration: Configuration) -> SettingView:
    """A setting as the API shows it."""
    now, stored = configuration.settings, configuration.stored.get(setting.key)
    return SettingView(
        key=setting.key,
        group=setting.group,
        value=now.values[setting.key],
        in_force=configuration.in_force(setting),
        stored=None if stored is None else msgspec.json.decode(stored, type=Value),
        is_at_start=setting.is_at_start,
        environment=setting.environment_name,
        default=setting.default,
        origin=now.origin(setting.key),
        kind=setting.kind.value,
        unit=setting.unit,
        min=setting.minimum,
        max=setting.maximum,
        choices=list(setting.choices),
        doc=setting.doc,
    )


def _find(key: str) -> Setting[Any]:
    """The setting; its path is unknown where the key is. Raises NotFound `settings.unknown_key`."""
    try:
        return find_setting(key)
    except BadInput as error:
        raise NotFound(error.code, error.message, field=error.field) from error
