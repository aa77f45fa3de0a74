"""OpenCode's own server (`opencode serve`) as a managed one: is it installed, is it well, and what sessions has it.

Source: the server's own document (`GET /doc`) of version 1.18, https://opencode.ai/docs/server/.
"""

from __future__ import annotations

import os
import shutil
from base64 import b64encode
from urllib.parse import quote

import msgspec

from posthouse.model.errors import Conflict, NotFound, PosthouseError
from posthouse.model.ids import Millis
from posthouse.sources.servers.definitions import Definition
from posthouse.system.outbound import ExchangeFailed, Outbound, Request, Response

HEALTH_PATH = "/global/health"
PASSWORD, USER = "OPENCODE_SERVER_PASSWORD", "OPENCODE_SERVER_USERNAME"
SESSIONS_MAX = 100
ANSWER_BYTES_MAX = 8 * 1024 * 1024
DEADLINE_S = 10.0
TITLE_MAX = 250


class NoAnswer(PosthouseError):
    """A server did not answer as it should."""

    status = 502


class OpenCodeSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session, as its server lists it."""

    id: str
    title: str
    folder: str
    parent_id: str | None
    updated_at: Millis


class _Time(msgspec.Struct):
    updated: float = 0


class _Session(msgspec.Struct, rename="camel"):
    id: str
    title: str = ""
    directory: str = ""
    parent_id: str | None = msgspec.field(name="parentID", default=None)
    time: _Time = msgspec.field(default_factory=_Time)


class _Health(msgspec.Struct):
    healthy: bool
    version: str = ""


def find_program(program: str) -> None:
    """Raise Conflict `server.opencode_missing` where OpenCode is not on this machine."""
    if shutil.which(program, path=os.environ.get("PATH")) is None:
        raise Conflict(
            "server.opencode_missing",
            f"{program} was not found on the PATH of the daemon. Install OpenCode with: npm install -g opencode-ai",
        )


def version_in(body: bytes) -> str | None:
    """The version that an answer to `HEALTH_PATH` tells, "" for none; None where that is no OpenCode's answer."""
    try:
        health = msgspec.json.decode(body, type=_Health)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return health.version[:50] if health.healthy else None


async def list_sessions(
    outbound: Outbound, definition: Definition, password: str, *, deadline_s: float = DEADLINE_S
) -> list[OpenCodeSession]:
    """Its sessions over all projects, newest first. Raises NoAnswer `server.no_answer`."""
    answer = await _ask(outbound, definition, password, f"/experimental/session?limit={SESSIONS_MAX}", deadline_s)
    if answer.status == 404:
        # Older servers list the sessions of one project only.
        answer = await _ask(outbound, definition, password, "/session", deadline_s)
    if answer.status != 200 or answer.is_cut:
        raise _no_answer(definition, f"it answered with status {answer.status}")
    try:
        listed = msgspec.json.decode(answer.body, type=list[_Session])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _no_answer(definition, "its answer makes no sense") from error
    found = [
        OpenCodeSession(
            id=one.id,
            title=one.title[:TITLE_MAX],
            folder=one.directory,
            parent_id=one.parent_id,
            updated_at=Millis(int(one.time.updated)),
        )
        for one in listed
    ]
    return sorted(found, key=lambda one: -one.updated_at)[:SESSIONS_MAX]


async def delete_session(outbound: Outbound, definition: Definition, session_id: str, password: str) -> None:
    """Delete a session. Raises NotFound `server.session_not_found`, NoAnswer `server.no_answer`."""
    path = f"/session/{quote(session_id, safe='')}"
    answer = await _ask(outbound, definition, password, path, DEADLINE_S, method="DELETE")
    if answer.status in (400, 404):
        raise NotFound("server.session_not_found", f"{definition.name} has no session {session_id[:50]!r}.")
    if answer.status != 200:
        raise _no_answer(definition, f"it answered with status {answer.status}")


def authorization(user: str, password: str) -> tuple[tuple[str, str], ...]:
    """The headers for a server that asks for a password, none where it does not."""
    if not password:
        return ()
    return (("authorization", "Basic " + b64encode(f"{user or 'opencode'}:{password}".encode()).decode()),)


async def _ask(
    outbound: Outbound, definition: Definition, password: str, path: str, deadline_s: float, *, method: str = "GET"
) -> Response:
    request = Request(
        method=method,
        url=f"{definition.url}{path}",
        headers=authorization(definition.env.get(USER, ""), password),
        deadline_s=deadline_s,
        response_bytes_max=ANSWER_BYTES_MAX,
    )
    try:
        return await outbound.send(request)
    except ExchangeFailed as error:
        raise _no_answer(definition, error.detail) from error


def _no_answer(definition: Definition, why: str) -> NoAnswer:
    return NoAnswer("server.no_answer", f"{definition.name} did not say what sessions it has: {why}.")
