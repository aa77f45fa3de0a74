"""Managed servers as the API shows them, and as it takes them. Secrets are names here, never values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from posthouse.model.ids import Millis
from posthouse.rules.process import Moment, Restart, ServerState, starts_at
from posthouse.sources.servers.definitions import Definition, HealthKind
from posthouse.sources.servers.keeping import Runtime


class HealthInput(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How a server is asked whether it is well; what is not given stays, or is the default."""

    kind: HealthKind | UnsetType = UNSET
    path: str | UnsetType = UNSET
    contains: str | UnsetType = UNSET
    interval_s: float | UnsetType = UNSET
    timeout_s: float | UnsetType = UNSET


class ServerPatch(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What is to be another. It holds from the next start of the server on.

    `secretEnv`: values to set by variable, null removes one; what is not named stays. `tunnel`: a command that opens
    the server to the internet, [] for none; a new one needs `confirmTunnel`.
    """

    argv: list[str] | UnsetType = UNSET
    folder: str | UnsetType = UNSET
    env: dict[str, str] | UnsetType = UNSET
    secret_env: dict[str, str | None] = {}
    host: str | UnsetType = UNSET
    port: int | UnsetType | None = UNSET
    health: HealthInput | UnsetType = UNSET
    restart: Restart | UnsetType = UNSET
    autostart: bool | UnsetType = UNSET
    keep_running: bool | UnsetType = UNSET
    stop_signal: str | UnsetType = UNSET
    stop_grace_s: float | UnsetType = UNSET
    tunnel: list[str] | UnsetType = UNSET
    confirm_tunnel: bool = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}(<{len(self.secret_env)} hidden>)"


class ServerInput(ServerPatch, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A new server. `preset`: opencode, or "" for any command. Of opencode nothing else needs to be said."""

    name: str
    preset: str = ""


class HealthView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How a server is asked whether it is well."""

    kind: HealthKind
    path: str
    contains: str
    interval_s: float
    timeout_s: float


class DefinitionView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A server as its owner defined it. `secretEnv`: the names of its secret variables. `command`: what is run."""

    preset: str
    argv: list[str]
    command: list[str]
    folder: str
    env: dict[str, str]
    secret_env: list[str]
    host: str
    port: int | None
    health: HealthView
    restart: Restart
    autostart: bool
    keep_running: bool
    stop_signal: str
    stop_grace_s: float
    tunnel: list[str]


class FiguresView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What its processes use now, all of them together; null where that is not known.

    `cpuPercent`: of one core, since the last look.
    """

    cpu_percent: float | None = None
    memory_bytes: int | None = None
    threads: int | None = None
    uptime_s: float | None = None
    processes: int | None = None


class TunnelView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The command that opens the server to the internet. `url`: where the server is reached, once it has said so."""

    state: ServerState
    detail: str
    since: Millis
    url: str | None


class ServerView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A managed server.

    `since`, `detail`: of its state, and why. `restarts`: since a person started it. `nextStartAt`: when it is started
    again. `needsRestart`: it was edited, and runs as it was before. `isAdopted`: it was found running, and Posthouse
    has no output of it. `figures`: null where it does not run. `sessions`: how many an OpenCode has, null where that
    is not known.
    """

    name: str
    definition: DefinitionView
    state: ServerState
    since: Millis
    detail: str
    pid: int | None
    port: int | None
    url: str | None
    version: str | None
    restarts: int
    next_start_at: Millis | None
    needs_restart: bool
    is_adopted: bool
    figures: FiguresView | None
    sessions: int | None
    tunnel: TunnelView | None


class ServerList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """All managed servers, by name. There is one page."""

    items: list[ServerView]
    next_cursor: None = None


class OutputView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The last lines of a server's output. `cursor`: where they end, for the stream to go on from."""

    lines: list[str]
    cursor: str


class OutputPiece(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the data of an `output` or `torn` of the stream is; `torn` has no text. `cursor`: where it ends."""

    cursor: str
    text: str = ""


class ServerSession(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A session of an OpenCode server. `state`: as it stands on the board of agents, idle where it is not on it."""

    id: str
    title: str
    folder: str
    state: str
    parent_id: str | None
    updated_at: Millis


class ServerSessions(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The newest sessions, at most 100, newest first."""

    items: list[ServerSession]
    next_cursor: None = None


def view_server(
    definition: Definition,
    runtime: Runtime,
    tunnel: Runtime | None,
    now: Moment,
    *,
    figures: Mapping[str, Any] | None,
    sessions: int | None,
) -> ServerView:
    """A server as the API shows it."""
    process = runtime.process
    return ServerView(
        name=definition.name,
        definition=_view_definition(definition),
        state=process.state,
        since=process.since,
        detail=process.why,
        pid=process.pid,
        port=definition.port,
        url=definition.url,
        version=runtime.version or None,
        restarts=runtime.restarts,
        next_start_at=starts_at(process, now),
        needs_restart=process.pid is not None and runtime.revision != definition.revision,
        is_adopted=process.pid is not None and runtime.is_adopted,
        figures=None if figures is None else FiguresView(**figures),
        sessions=sessions,
        tunnel=_view_tunnel(tunnel or Runtime()) if definition.tunnel else None,
    )


def given_of(data: ServerPatch) -> dict[str, Any]:
    """What was given, as the source takes it, without the secrets."""
    given = {one: getattr(data, one) for one in data.__struct_fields__ if one not in ("secret_env", "confirm_tunnel")}
    if isinstance(data.health, HealthInput):
        given["health"] = {
            one: getattr(data.health, one)
            for one in data.health.__struct_fields__
            if getattr(data.health, one) is not UNSET
        }
    return {name: value for name, value in given.items() if value is not UNSET}


def _view_definition(one: Definition) -> DefinitionView:
    health = one.health
    return DefinitionView(
        preset=one.preset,
        argv=list(one.argv),
        command=list(one.command),
        folder=one.folder,
        env=one.env,
        secret_env=sorted(one.secret_env),
        host=one.host,
        port=one.port,
        health=HealthView(
            kind=health.kind,
            path=health.path,
            contains=health.contains,
            interval_s=health.interval_s,
            timeout_s=health.timeout_s,
        ),
        restart=one.restart,
        autostart=one.autostart,
        keep_running=one.keep_running,
        stop_signal=one.stop_signal,
        stop_grace_s=one.stop_grace_s,
        tunnel=list(one.tunnel),
    )


def _view_tunnel(runtime: Runtime) -> TunnelView:
    process = runtime.process
    return TunnelView(
        state=process.state,
        detail=process.why,
        since=process.since,
        url=runtime.url if process.pid and runtime.url else None,
    )
