"""The live stream as the command line reads it: server-sent events over http.client, coming back where it ended.

Out come entries as the API sent them. A stream that ends, breaks or says nothing for 45 s (three of its comments) is
opened again with the last cursor, after 1, 2, 4 … 30 s; what came meanwhile is not missing.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from posthouse.cli.exits import CommandFailed, ExitCode, Unreachable, exit_code_of_status
from posthouse.rules.server_sent_events import EventStream

SILENCE_S = 45.0
EVENT_BYTES_MAX = 8 * 1024 * 1024
CHUNK_BYTES_MAX = 65_536
ANSWER_BYTES_MAX = 1024 * 1024
WAIT_S_MAX = 30.0
LASTING = frozenset({ExitCode.TEMPORARY, ExitCode.UNREACHABLE})
"""What a stream that once ran waits out; all else it was refused for will not pass by itself."""

Pairs = Iterator[tuple[str, str]]


class Message(NamedTuple):
    """One event of a stream. `id` is the cursor to come back with, "" where it bears none."""

    id: str
    data: str


def follow(
    where: Callable[[], tuple[str, str | None]],
    *,
    sleep: Callable[[float], None] = time.sleep,
    told: Callable[[bool], None] = lambda _: None,
    path: str = "/api/live",
    cursor: str = "",
) -> Iterator[Any]:
    """Every entry from now on, or behind a cursor; of another stream, by its `path`, what that carries.

    Raises Unreachable or CommandFailed where it cannot begin, or may not go on.

    `where`: the daemon's URL and the token for it, asked for each time: a daemon may come back on another port.
    `told`: called with True when the stream stands, with False when it has broken.
    """
    failures, has_begun = 0, False
    while True:
        try:
            for message in _open(*where(), path, cursor):
                has_begun, failures = True, 0
                cursor = message.id or cursor
                if message.data:
                    yield json.loads(message.data)
                elif not message.id:
                    told(True)
        except CommandFailed as error:
            if not has_begun or error.exit_code not in LASTING:
                raise
        told(False)
        failures += 1
        sleep(min(2.0 ** (failures - 1), WAIT_S_MAX))


def messages(chunks: Iterable[bytes]) -> Iterator[Message]:
    """The events in a stream's bytes, and one without data for each cursor that comes without an event."""
    stream, cursor = EventStream(event_bytes_max=EVENT_BYTES_MAX), ""
    for chunk in chunks:
        for event in stream.feed(chunk):
            cursor = event.id
            yield Message(event.id, event.data)
        if stream.last_id != cursor:
            cursor = stream.last_id
            yield Message(cursor, "")


def _open(url: str, token: str | None, path: str, cursor: str) -> Iterator[Message]:
    """One connection: first an empty message when it stands, then its events. Returns where the stream ends."""
    parts = urlsplit(url)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=SILENCE_S)
    headers = {"Accept": "text/event-stream"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    if cursor:
        headers["Last-Event-ID"] = cursor
    try:
        connection.request("GET", f"{parts.path}{path}", headers=headers)
        response = connection.getresponse()
        if response.status != 200:
            raise _refusal(response)
        yield Message("", "")
        yield from messages(iter(lambda: response.read1(CHUNK_BYTES_MAX), b""))
    except (OSError, HTTPException) as error:
        detail = f"The daemon at {url} cannot be reached. Start it with: posthouse up"
        raise Unreachable("daemon.unreachable", detail, is_maybe_taken=False) from error
    finally:
        connection.close()


def _refusal(response: HTTPResponse) -> CommandFailed:
    try:
        problem = json.loads(response.read(ANSWER_BYTES_MAX))
    except ValueError:
        problem = None
    if not isinstance(problem, dict) or "code" not in problem:
        detail = f"What answered there does not speak Posthouse's API (status {response.status}). Is the URL right?"
        problem = {"code": "cli.bad_answer", "status": response.status, "detail": detail}
    return CommandFailed(problem, exit_code_of_status(response.status))
