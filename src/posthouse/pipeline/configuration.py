"""The settings in force: read at start, changed through here, and told to whoever goes by them.

A change is judged together with all the others inside the transaction that writes it, so that no two changes can make
a combination that neither would have been allowed. Listeners are called after the commit, in the order in which they
came. What the daemon looks at only when it starts stays in force as it was then, whatever is set meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from posthouse.ledger.base import Database, Transaction
from posthouse.ledger.settings import delete_setting, load_settings, put_setting
from posthouse.model.errors import Conflict
from posthouse.model.ids import Millis
from posthouse.settings import Origin, Setting, Settings, Value, find_setting, parse_value, resolve
from posthouse.settings.registry import T
from posthouse.system.clock import Clock

Listener = Callable[[Settings], None]
R = TypeVar("R")
_Loaded = tuple[Mapping[str, str], Settings]


class Configuration:
    """Holds the settings, and what the ledger stores (JSON text by key). Made by `load_configuration`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        stored: Mapping[str, str],
        environ: Mapping[str, str],
        flags: Mapping[str, str],
    ) -> None:
        """Raises BadInput `settings.invalid`, which lists every error there is."""
        self._database = database
        self._clock = clock
        self._environ = environ
        self._flags = flags
        self._listeners: list[Listener] = []
        self.stored = stored
        self.settings = resolve(stored, environ, flags)
        self._at_start = self.settings

    def in_force(self, setting: Setting[T]) -> T:
        """What the daemon goes by now."""
        return (self._at_start if setting.is_at_start else self.settings)[setting]

    def listen(self, listener: Listener) -> None:
        """Have this called with the settings after every change. It must not block."""
        self._listeners.append(listener)

    async def set(self, key: str, text: str) -> None:
        """Store a value, given as plain text or JSON; a flag or the environment may still override it.

        Raises BadInput `settings.unknown_key`, `settings.invalid_value`, or `settings.invalid` where it does not go
        together with the others.
        """
        self._apply(await self._database.run(self._put, key, parse_value(key, text), now=self._clock.now()))

    async def change(self, values: Mapping[str, str], beside: Callable[[Transaction, Settings], R]) -> R:
        """Store several values, given as text by key, in one transaction with what `beside` writes: all or nothing.

        `beside` is handed the settings as they are to be, and what it raises undoes everything. A value that holds
        already is left alone. Raises as `set`, and Conflict `settings.overridden` where another origin counts.
        """
        parsed = {key: parse_value(key, text) for key, text in values.items()}
        loaded, result = await self._database.run(self._change, parsed, beside, now=self._clock.now())
        self._apply(loaded)
        return result

    async def reset(self, key: str) -> None:
        """Give a setting its default back. Safe to repeat. Raises as `set`."""
        self._apply(await self._database.run(self._drop, find_setting(key).key, now=self._clock.now()))

    def _change(
        self, tx: Transaction, values: Mapping[str, str], beside: Callable[[Transaction, Settings], R], *, now: Millis
    ) -> tuple[_Loaded, R]:
        _, before = self._load(tx)
        for key, value in values.items():
            if msgspec.json.decode(value, type=Value) != before.values[key]:
                _refuse_overridden(before, key)
                put_setting(tx, key, value, now=now)
        loaded = self._load(tx)
        return loaded, beside(tx, loaded[1])

    def _put(self, tx: Transaction, key: str, value: str, *, now: Millis) -> _Loaded:
        put_setting(tx, key, value, now=now)
        return self._load(tx)

    def _drop(self, tx: Transaction, key: str, *, now: Millis) -> _Loaded:
        delete_setting(tx, key, now=now)
        return self._load(tx)

    def _load(self, tx: Transaction) -> _Loaded:
        stored = load_settings(tx)
        return stored, resolve(stored, self._environ, self._flags)

    def _apply(self, loaded: _Loaded) -> None:
        self.stored, settings = loaded
        self.settings = settings
        for listener in self._listeners:
            listener(settings)


def _refuse_overridden(settings: Settings, key: str) -> None:
    origin, name = settings.origin(key), find_setting(key).environment_name
    if origin in (Origin.ENVIRONMENT, Origin.FLAG):
        where = (
            f"by {name} in the environment of the daemon"
            if origin is Origin.ENVIRONMENT
            else "by a flag of posthouse up"
        )
        message = f"{key} is set {where}, which overrides what is set here. Change it there."
        raise Conflict("settings.overridden", message, field=key)


async def load_configuration(
    database: Database, clock: Clock, *, environ: Mapping[str, str], flags: Mapping[str, str]
) -> Configuration:
    """Put together what the ledger stores, the environment and the flags. Raises BadInput `settings.invalid`."""
    stored = await database.read(load_settings)
    return Configuration(database, clock, stored=stored, environ=environ, flags=flags)
