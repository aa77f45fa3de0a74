"""Home Assistant's webhooks, as they answer.

Follows `homeassistant/components/webhook/__init__.py` and `trigger.py` there: 200 for any id, known or not; 405 for a
method that a known webhook does not allow, but 200 for HEAD, which triggers nothing; the body is JSON for the
automation where the content type has "json" in it. Left out: local-only webhooks, GET triggers, the cloud's addresses.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tests.receiver import Received, Reply

PREFIX = "/api/webhook/"


@dataclass
class HomeAssistantServer:
    """`webhooks`: the ids that automations wait for. `triggered`: id and JSON of each run."""

    webhooks: set[str]
    triggered: list[tuple[str, Any]] = field(default_factory=list)

    def answer(self, received: Received) -> Reply:
        """For a `Receiver`'s `default`."""
        if not received.path.startswith(PREFIX):
            return Reply(status=404, body=b"404: Not Found")
        if received.method == "HEAD":
            return Reply(body=b"")
        webhook = received.path.removeprefix(PREFIX)
        if webhook not in self.webhooks:
            return Reply(body=b"")
        if received.method not in ("POST", "PUT"):
            return Reply(status=405, body=b"")
        is_json = "json" in received.headers.get("content-type", "")
        self.triggered.append((webhook, json.loads(received.body) if is_json else None))
        return Reply(body=b"")
