"""A small ntfy server, as strict as the real one where Posthouse meets it.

Follows the publishing documentation (https://docs.ntfy.sh/publish/) and the server's own errors and limits
(`server/errors.go`, `server/config.go`, releases up to 2.28): JSON publishing at the root, what a topic, a priority, a
title, tags and buttons may be, long messages that turn into attachments, messages with a sequence id that replace each
other, a visitor's bucket of 60 requests refilled by one every 5 s, 250 messages a day, errors as JSON without
Retry-After. Left out: everything but publishing and health, access control by topic, delays, e-mail, calls, and the
replacement's history.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from tests.receiver import Received, Reply

TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
SEQUENCE = re.compile(r"[-_A-Za-z0-9]{1,64}")
RESERVED = frozenset({"docs", "static", "file", "app", "account", "metrics", "settings", "signup", "login", "v1"})
MESSAGE_BYTES_MAX = 4_096
BURST = 60
REFILL_S = 5.0
MESSAGES_A_DAY = 250
KNOWN = frozenset(
    [
        *("topic", "title", "message", "priority", "tags", "click", "icon", "actions", "attach", "filename"),
        *("email", "call", "delay", "markdown", "cache", "firebase", "sequence_id"),
    ]
)


class Refused(Exception):
    """An error of the server's own."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass
class NtfyServer:
    """A server below a path. `token`: what must come as Bearer, None lets everybody in. `now_s`: its clock."""

    path: str = ""
    token: str | None = None
    now_s: float = 0.0
    tokens: float = BURST
    messages: int = 0
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What a phone shows: by sequence id, or by message id where there is none."""

    attachments: list[str] = field(default_factory=list)
    """Messages that came too long, which a phone shows as a file."""

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now_s += seconds
        self.tokens = min(float(BURST), self.tokens + seconds / REFILL_S)

    def answer(self, received: Received) -> Reply:
        """For a `Receiver`'s `default`."""
        try:
            return _json(200, self._handle(received))
        except Refused as refused:
            return _json(refused.status, {"code": refused.code, "http": refused.status, "error": refused.message})

    def _handle(self, received: Received) -> dict[str, Any]:
        authorization = received.headers.get("authorization")
        if self.token is not None and authorization is not None and authorization != f"Bearer {self.token}":
            raise Refused(401, 40101, "unauthorized")
        path = received.path.removeprefix(self.path)
        if received.method == "GET" and path == "/v1/health":
            return {"healthy": True}
        if received.method in ("POST", "PUT") and path == "/":
            return self._publish(received.body, is_known=authorization is not None)
        raise Refused(404, 40401, "page not found")

    def _publish(self, body: bytes, *, is_known: bool) -> dict[str, Any]:
        if self.tokens < 1:
            raise Refused(429, 42901, "limit reached: too many requests")
        self.tokens -= 1
        if self.messages >= MESSAGES_A_DAY:
            raise Refused(429, 42908, "limit reached: too many messages")
        try:
            asked = json.loads(body)
        except ValueError:
            raise Refused(400, 40017, "invalid request: request body must be message JSON") from None
        if not isinstance(asked, dict) or asked.keys() - KNOWN:
            raise Refused(400, 40017, "invalid request: request body must be message JSON")
        if not TOPIC.fullmatch(asked.get("topic", "")):
            raise Refused(400, 40009, "invalid request: topic invalid")
        if asked["topic"] in RESERVED:
            raise Refused(400, 40010, "invalid request: topic name is disallowed")
        if self.token is not None and not is_known:
            raise Refused(403, 40301, "forbidden")
        return self._show(asked)

    def _show(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked.get("priority", 3) not in range(6):
            raise Refused(400, 40007, "invalid priority parameter")
        if len(asked.get("title", "").encode()) > 1_024:
            raise Refused(400, 40057, "title too long")
        if len(",".join(asked.get("tags", [])).encode()) > 512:
            raise Refused(400, 40058, "tags too long")
        if len(asked.get("actions", [])) > 3 or any(not one.get("label") for one in asked.get("actions", [])):
            raise Refused(400, 40018, "invalid request: actions invalid")
        if "sequence_id" in asked and not SEQUENCE.fullmatch(asked["sequence_id"]):
            raise Refused(400, 40049, "invalid request: sequence ID invalid")
        self.messages += 1
        message_id = f"m{self.messages:011d}"
        message: dict[str, Any] = {"id": message_id, "event": "message", "time": int(self.now_s)} | asked
        if len(asked.get("message", "").encode()) > MESSAGE_BYTES_MAX:
            self.attachments.append(message_id)
            message["message"] = "You received a file: attachment.txt"
        self.shown[asked.get("sequence_id") or message_id] = message
        return message


def _json(status: int, body: dict[str, Any]) -> Reply:
    return Reply(status=status, headers={"content-type": "application/json"}, body=json.dumps(body).encode())
