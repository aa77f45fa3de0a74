"""Who hears agents: the adapters of the spool and the listeners, by name, each loaded when it is first used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

from posthouse.sources.addresses import Headers
from posthouse.sources.agents.hearing import Adapter, Listener
from posthouse.sources.agents.settings import AgentsSettings

ADAPTERS: dict[str, str] = {
    "claude-code": "posthouse.sources.agents.claude_code:reports",
    "codex": "posthouse.sources.agents.codex_notify:reports",
    "report": "posthouse.sources.agents.contract:reports",
}
"""The folder's name below spool/agents, to `module:function`."""

LISTENERS: dict[str, str] = {
    "codex-logs": "posthouse.sources.agents.codex_logs:CodexLogs",
    "opencode": "posthouse.sources.agents.opencode:OpenCode",
}
"""To `module:Class`; `wanted_listeners` says when each listens."""


MANAGED = "opencode"
"""The one of the listeners that hears managed servers, and how these are called among the `addresses`."""


def adapter(name: str) -> Adapter:
    """The adapter of that name, which must be in `ADAPTERS`."""
    return cast("Adapter", _load(ADAPTERS[name]))


def wanted_listeners(settings: AgentsSettings) -> tuple[Listener, ...]:
    """Those of the listeners that there are which these settings ask for, made."""
    asked = {"codex-logs": settings.codex_logs, "opencode": bool(settings.opencode_urls)}
    return tuple(cast("Listener", _load(place)()) for name, place in LISTENERS.items() if asked.get(name, True))


def managed_listener(headers: Mapping[str, Headers]) -> Listener:
    """The listener for OpenCode's servers that the source `servers` keeps, made; it is loaded once there is one.

    `headers`: what lets it in, by URL.
    """
    return cast("Listener", _load(LISTENERS[MANAGED])(headers=headers))


def _load(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)
