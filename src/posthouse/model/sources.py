"""Sources: configured instances of something that notices, and what they hand to intake."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from posthouse.model.events import EventDraft
from posthouse.model.ids import Millis, ProjectId, SourceId
from posthouse.model.live import LiveEvent


class SourceShape(StrEnum):
    """snapshot: re-reads state, one payload per burst. stream: one event per happening."""

    SNAPSHOT = "snapshot"
    STREAM = "stream"


class Scope(StrEnum):
    """Whose a piece of source state is: this machine's, or the whole installation's."""

    MACHINE = "machine"
    INSTALLATION = "installation"


class Property(msgspec.Struct, frozen=True, kw_only=True):
    """A named part of a payload that its owner can switch on or off; a sensitive one starts off.

    `is_summary`: it sums up and names nothing single, so the preset "summary" keeps it.
    """

    name: str
    title: str
    is_sensitive: bool = False
    is_summary: bool = False

    @property
    def default(self) -> bool:
        """On, unless sensitive."""
        return not self.is_sensitive


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A configured instance. `properties` holds only the choices that differ from the defaults."""

    id: SourceId
    project_id: ProjectId
    kind: str
    name: str
    settings: msgspec.Raw = msgspec.Raw(b"{}")
    properties: dict[str, bool] = {}
    is_enabled: bool = False
    created_at: Millis = Millis(0)
    updated_at: Millis = Millis(0)


class StateKey(msgspec.Struct, frozen=True):
    """Where a piece of source state lies, within its source."""

    key: str
    scope: Scope = Scope.MACHINE


class StatePut(msgspec.Struct, frozen=True):
    """A piece of source state to be written with the events it led to. `value` is at most 1 MiB."""

    key: str
    value: bytes
    scope: Scope = Scope.MACHINE


class Emission(msgspec.Struct, frozen=True, kw_only=True):
    """Events and the state they lead to: committed together or not at all.

    `updates`: what the live stream is told in the same commit, beside what it tells of every event.
    """

    events: tuple[EventDraft, ...] = ()
    state_puts: tuple[StatePut, ...] = ()
    state_deletes: tuple[StateKey, ...] = ()
    updates: tuple[LiveEvent, ...] = ()
