"""Slack's incoming webhooks, as strict as the real ones where Posthouse meets them.

Follows https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks: `ok` as plain text, errors as one
word with a status. The address is judged before the message. Left out: blocks, attachments, workflow triggers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from tests.receiver import Received, Reply


@dataclass
class SlackServer:
    """One webhook at a path. `refusal`: what it answers instead, as status and word."""

    path: str
    refusal: tuple[int, str] | None = None
    posted: list[str] = field(default_factory=list)

    def answer(self, received: Received) -> Reply:
        """For a `Receiver`'s `default`."""
        if received.method != "POST":
            return Reply(status=405, body=b"")
        if received.path != self.path:
            return Reply(status=404, body=b"no_service")
        if self.refusal is not None:
            return Reply(status=self.refusal[0], body=self.refusal[1].encode())
        try:
            asked = json.loads(received.body)
        except ValueError:
            return Reply(status=400, body=b"invalid_payload")
        if not isinstance(asked, dict) or asked.keys() - {"text"}:
            return Reply(status=400, body=b"invalid_payload")
        text = asked.get("text")
        if not text:
            return Reply(status=400, body=b"no_text")
        self.posted.append(text[:40_000])
        return Reply(headers={"content-type": "text/html"}, body=b"ok")
