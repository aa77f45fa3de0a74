"""What hooks.zapier.com says to a Catch Hook, as strict as the real one where Posthouse meets it.

Follows Zapier's help pages on Webhooks by Zapier: any method with JSON starts the Zap, an array starts it once per
element, and the answer is 200 with a status and ids. Left out: form bodies, silent hooks, REST hooks, throttling.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from tests.receiver import Received, Reply

PATH = re.compile(r"/hooks/catch/[0-9]+/[a-z0-9-]+/?")


@dataclass
class ZapierServer:
    """The hooks of one account; `caught`: what started the Zap."""

    caught: list[Any] = field(default_factory=list)

    def answer(self, received: Received) -> Reply:
        """For a `Receiver`'s `default`."""
        if PATH.fullmatch(received.path) is None:
            return Reply(status=404, body=b"")
        try:
            found = json.loads(received.body)
        except ValueError:
            return Reply(status=400, body=b'{"status":"error"}')
        self.caught += found if isinstance(found, list) else [found]
        body = {"attempt": "019b7652", "id": "019b7652", "request_id": "019b7652", "status": "success"}
        return Reply(headers={"content-type": "application/json"}, body=json.dumps(body).encode())
