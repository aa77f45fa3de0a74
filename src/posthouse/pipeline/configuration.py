"""The settings in force: read at start, changed through here, and told to whoever goes by them.

A change is judged together with all the others inside the transaction that writes it, so that no two changes can make
a combination that neither would have been allowed. Listeners are called after the commit, in the order in which they
came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from posthouse.ledger.base import Database, Transaction
from posthouse.ledger.settings import delete_setting, load_settings, put_setting
from posthouse.model.ids import Millis
from posthouse.settings import Settings, find_setting, parse_value, resolve
from posthouse.system.clock import Clock

Listener = Callable[[Settings], None]


class Configuration:
    """Holds the settings in force. Made by `load_configuration`."""

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
        self.settings = resolve(stored, environ, flags)

    def listen(self, listener: Listener) -> None:
        """Have this called with the settings after every change. It must not block."""
        self._listeners.append(listener)

    async def set(self, key: str, text: str) -> None:
        """Store a value, given as plain text or JSON; a flag or the environment may still override it.

        Raises BadInput `settings.unknown_key`, `settings.invalid_value`, or `settings.invalid` where it does not go
        together with the others.
        """
        self._apply(await self._database.run(self._put, key, parse_value(key, text), now=self._clock.now()))

    async def reset(self, key: str) -> None:
        """Give a setting its default back. Safe to repeat. Raises as `set`."""
        self._apply(await self._database.run(self._drop, find_setting(key).key, now=self._clock.now()))

    def _put(self, tx: Transaction, key: str, value: str, *, now: Millis) -> Settings:
        put_setting(tx, key, value, now=now)
        return resolve(load_settings(tx), self._environ, self._flags)

    def _drop(self, tx: Transaction, key: str, *, now: Millis) -> Settings:
        delete_setting(tx, key, now=now)
        return resolve(load_settings(tx), self._environ, self._flags)

    def _apply(self, settings: Settings) -> None:
        self.settings = settings
        for listener in self._listeners:
            listener(settings)


async def load_configuration(
    database: Database, clock: Clock, *, environ: Mapping[str, str], flags: Mapping[str, str]
) -> Configuration:
    """Put together what the ledger stores, the environment and the flags. Raises BadInput `settings.invalid`."""
    stored = await database.read(load_settings)
    return Configuration(database, clock, stored=stored, environ=environ, flags=flags)
