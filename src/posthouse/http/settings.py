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
from posthouse.settings import SETTINGS, Origin, Setting, Settings, Value, find_setting


class SettingView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One setting. `origin` says where its value came from; a flag or the environment overrides what is set here."""

    key: str
    value: bool | float | str
    default: bool | float | str
    origin: Origin
    kind: str
    unit: str
    min: float | None
    max: float | None
    choices: list[str]
    doc: str


class SettingList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Every setting there is."""

    items: list[SettingView]
    next_cursor: str | None = None


class SettingChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The value to be set: of the setting's kind, or text that a person would write (`8 MiB`)."""

    value: Value


@get("/api/settings", responses=problems())
async def list_settings(services: NamedDependency[Services]) -> SettingList:
    """Every setting, in the order of the data path."""
    now = services.configuration.settings
    return SettingList(items=[view_setting(setting, now) for setting in SETTINGS.values()])


@get("/api/settings/{key:str}", responses=problems(404))
async def get_setting(key: FromPath[str], services: NamedDependency[Services]) -> SettingView:
    """One setting."""
    return view_setting(_find(key), services.configuration.settings)


@patch("/api/settings/{key:str}", responses=problems(404, 413, 415))
async def set_setting(
    key: FromPath[str], data: JSONBody[SettingChange], services: NamedDependency[Services]
) -> SettingView:
    """Set one; it holds at once, or from the next start where its description says so."""
    setting = _find(key)
    text = data.value if isinstance(data.value, str) else msgspec.json.encode(data.value).decode()
    await services.configuration.set(key, text)
    return view_setting(setting, services.configuration.settings)


@delete("/api/settings/{key:str}", status_code=200, responses=problems(404))
async def reset_setting(key: FromPath[str], services: NamedDependency[Services]) -> SettingView:
    """Give one its default back."""
    setting = _find(key)
    await services.configuration.reset(key)
    return view_setting(setting, services.configuration.settings)


def view_setting(setting: Setting[Any], now: Settings) -> SettingView:
    """A setting as the API shows it."""
    return SettingView(
        key=setting.key,
        value=now.values[setting.key],
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
