"""Discord's webhooks, as strict as the real ones where Posthouse meets them.

Follows https://docs.discord.com/developers/resources/webhook (execute webhook, get webhook with token) and
https://docs.discord.com/developers/topics/rate-limits: content of at most 2,000 characters, 204 without and 200 with
`wait`, errors as JSON with a code, `retry_after` in seconds as a float. Left out: embeds, threads, files, buckets.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.receiver import Received, Reply

KNOWN = frozenset({"content", "username", "avatar_url", "tts", "allowed_mentions"})


@dataclass
class DiscordServer:
    """One webhook at a path. `retry_after_s`: it is throttled for so long."""

    path: str
    retry_after_s: float | None = None
    posted: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, received: Received) -> Reply:
        """For a `Receiver`'s `default`."""
        parts = urlsplit(received.path)
        if parts.path != self.path:
            return _json(404, {"message": "Unknown Webhook", "code": 10015})
        if received.method == "GET":
            return _json(200, {"type": 1, "id": "1", "name": "builds", "channel_id": "2", "application_id": None})
        if self.retry_after_s is not None:
            body = {"message": "You are being rate limited.", "retry_after": self.retry_after_s, "global": False}
            return _json(429, body, **{"retry-after": str(int(self.retry_after_s) + 1)})
        asked = json.loads(received.body)
        content = asked.get("content", "")
        if not content:
            return _json(400, {"message": "Cannot send an empty message", "code": 50006})
        if len(content) > 2_000 or asked.keys() - KNOWN:
            return _json(400, {"message": "Invalid Form Body", "code": 50035})
        self.posted.append(asked)
        is_waited = parse_qs(parts.query).get("wait") == ["true"]
        return _json(200, {"id": "3", "content": content}) if is_waited else Reply(status=204, body=b"")


def _json(status: int, body: dict[str, Any], **headers: str) -> Reply:
    return Reply(status=status, headers={"content-type": "application/json"} | headers, body=json.dumps(body).encode())
