"""Telegram's Bot API, as strict as the real one where Posthouse meets it.

Follows https://core.telegram.org/bots/api: the token in the path, JSON bodies, `ok` with a result or with error_code,
description and parameters; text of 1 to 4,096 UTF-16 units. 401 for a revoked token, 404 for what is no token, 403
where the bot was put out, 400 for a chat that is not there. Left out: every method but sendMessage and getChat, markup.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from tests.receiver import Received, Reply

PATH = re.compile(r"/bot(?P<token>[^/]+)/(?P<method>[A-Za-z]+)")
KNOWN = frozenset({"chat_id", "text", "message_thread_id", "disable_notification", "link_preview_options"})


@dataclass
class TelegramServer:
    """A bot and the chats in which it is. `path`: what stands before `/bot`."""

    token: str
    chats: set[int | str]
    path: str = ""
    blocked: set[int | str] = field(default_factory=set)
    retry_after_s: int | None = None
    sent: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, received: Received) -> Reply:
        """For a `Receiver`'s `default`."""
        found = PATH.fullmatch(received.path.removeprefix(self.path))
        if found is None or ":" not in found["token"]:
            return _refused(404, "Not Found")
        if found["token"] != self.token:
            return _refused(401, "Unauthorized")
        asked = json.loads(received.body)
        chat = asked.get("chat_id")
        if chat not in self.chats:
            return _refused(400, "Bad Request: chat not found")
        if found["method"] == "getChat":
            return _json(200, {"ok": True, "result": {"id": chat, "type": "private"}})
        if found["method"] != "sendMessage":
            return _refused(404, "Not Found: method not found")
        return self._send(chat, asked)

    def _send(self, chat: int | str, asked: dict[str, Any]) -> Reply:
        if self.retry_after_s is not None:
            wait_s = self.retry_after_s
            return _refused(429, f"Too Many Requests: retry after {wait_s}", {"retry_after": wait_s})
        if chat in self.blocked:
            return _refused(403, "Forbidden: bot was blocked by the user")
        text = asked.get("text", "")
        if not text.strip():
            return _refused(400, "Bad Request: message text is empty")
        if len(text.encode("utf-16-le")) // 2 > 4_096 or asked.keys() - KNOWN:
            return _refused(400, "Bad Request: message is too long")
        self.sent.append(asked)
        return _json(200, {"ok": True, "result": {"message_id": len(self.sent), "chat": {"id": chat}, "text": text}})


def _refused(status: int, description: str, parameters: dict[str, Any] | None = None) -> Reply:
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    return _json(status, body | ({"parameters": parameters} if parameters else {}))


def _json(status: int, body: dict[str, Any]) -> Reply:
    return Reply(status=status, headers={"content-type": "application/json"}, body=json.dumps(body).encode())
