"""The API's thin client: one request per call over http.client, problem details turned into `CommandFailed`.

In goes a path below `/api` and JSON values, out comes the decoded answer as the API sent it, so that `--json` loses
nothing. Every call has a deadline per socket operation, follows no redirect, uses no proxy, and reads a bounded answer.
Source: RFC 9110 (HTTP), RFC 9457 (problem details).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from posthouse.cli.exits import CommandFailed, ExitCode, Unreachable, exit_code_of_status, failure

TIMEOUT_S = 30.0
_ANSWER_BYTES_MAX = 64 * 1024 * 1024
_PAGE = 500

Query = Mapping[str, str | int | None]


class Api:
    """Speaks to one daemon. Nothing is opened before the first call."""

    def __init__(self, url: str, token: str | None, *, timeout_s: float = TIMEOUT_S) -> None:
        self.url = url.rstrip("/")
        self._parts = _split(self.url)
        self._token = token
        self._timeout_s = timeout_s

    def get(self, *path: str | int, query: Query | None = None) -> Any:
        """Read. Path parts are quoted, so names may hold any character."""
        return self.call("GET", path, query=query)

    def post(self, *path: str | int, body: Any = None, query: Query | None = None) -> Any:
        """Create, or act."""
        return self.call("POST", path, query=query, body=None if body is None else _encode(body))

    def patch(self, *path: str | int, body: Any) -> Any:
        """Change some fields."""
        return self.call("PATCH", path, body=_encode(body))

    def put(self, *path: str | int, body: Any) -> Any:
        """Change the fields that are given."""
        return self.call("PUT", path, body=_encode(body))

    def delete(self, *path: str | int, query: Query | None = None) -> Any:
        """Remove."""
        return self.call("DELETE", path, query=query)

    def items(self, *path: str | int, query: Query | None = None, limit: int | None = None) -> Iterator[Any]:
        """Every item of a list over all its pages, or the first `limit` of them."""
        cursor: str | None = None
        left = limit
        while left is None or left > 0:
            size = _PAGE if left is None else min(left, _PAGE)
            page = self.get(*path, query={**(query or {}), "limit": size, "cursor": cursor})
            yield from page["items"]
            cursor = page.get("nextCursor")
            left = None if left is None else left - len(page["items"])
            if not cursor:
                return

    def call(
        self, method: str, path: tuple[str | int, ...], *, query: Query | None = None, body: bytes | None = None
    ) -> Any:
        """Make one exchange. Raises Unreachable where no answer came, CommandFailed where it was no."""
        pairs = {name: value for name, value in (query or {}).items() if value is not None}
        target = f"{self._parts.path}/api/" + "/".join(quote(str(part), safe="") for part in path)
        if pairs:
            target += "?" + urlencode(pairs)
        status, raw = self._exchange(method, target, body)
        answer = _decode(raw)
        if 200 <= status < 300:
            return answer
        raise _refusal(status, answer)

    def _exchange(self, method: str, target: str, body: bytes | None) -> tuple[int, bytes]:
        kind = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        connection = kind(self._parts.hostname or "", self._parts.port, timeout=self._timeout_s)
        headers = {"Accept": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        is_sent = False
        try:
            connection.connect()
            is_sent = True
            connection.request(method, target, body=body, headers=headers)
            response = connection.getresponse()
            return response.status, response.read(_ANSWER_BYTES_MAX)
        except TimeoutError as error:
            detail = f"The daemon at {self.url} did not answer within {self._timeout_s:g} s."
            raise Unreachable("daemon.timeout", detail, is_maybe_taken=is_sent) from error
        except (OSError, HTTPException) as error:
            detail = f"The daemon at {self.url} cannot be reached. Start it with: posthouse up"
            raise Unreachable("daemon.unreachable", detail, is_maybe_taken=is_sent) from error
        finally:
            connection.close()


def _split(url: str) -> Any:
    try:
        parts = urlsplit(url)
        is_usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or any(ord(character) <= 32 for character in url):
        detail = "The daemon's URL must look like http://127.0.0.1:8484."
        raise failure("cli.bad_url", detail, ExitCode.USAGE)
    return parts


def _encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _decode(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return raw


def _refusal(status: int, answer: Any) -> CommandFailed:
    """The problem as the API told it, or an own one where something else answered."""
    if isinstance(answer, dict) and "code" in answer:
        return CommandFailed(answer, exit_code_of_status(status))
    detail = f"What answered there does not speak Posthouse's API (status {status}). Is the URL right?"
    return CommandFailed({"code": "cli.bad_answer", "status": status, "detail": detail}, exit_code_of_status(status))
