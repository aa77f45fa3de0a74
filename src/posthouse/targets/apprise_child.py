"""The child in which Apprise runs: `python -m posthouse.targets.apprise_child`, so that the daemon never loads it.

In, on standard input: one JSON object `{"url", "messages": [{"title", "body", "type"}]}`; without messages the URL is
only looked at. Out, on standard output: `{"is_known", "sent": [true, …], "said": ["…"]}`, where `said` are the warnings
that Apprise logged. Exit code 3 where Apprise is not installed. What kills a child that takes too long is its parent.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

NOT_INSTALLED = 3


class _Listener(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.said.append(record.getMessage())


def main() -> int:
    """Do what is asked on standard input, and say how it went."""
    try:
        import apprise  # an optional dependency, which only this process loads
    except ImportError:
        return NOT_INSTALLED
    asked: dict[str, Any] = json.load(sys.stdin.buffer)
    listener = _Listener()
    apprise.logger.addHandler(listener)
    apprise.logger.propagate = False
    # In memory: nothing is written to anybody's disk.
    sender = apprise.Apprise(asset=apprise.AppriseAsset(storage_mode=apprise.PersistentStoreMode.MEMORY))
    is_known = bool(sender.add(asked["url"]))
    sent: list[bool] = []
    for message in asked["messages"] if is_known else ():
        notify_type = apprise.NotifyType(message["type"])
        is_sent = sender.notify(
            title=message["title"],
            body=message["body"],
            notify_type=notify_type,
            body_format=apprise.NotifyFormat.TEXT,
            interpret_escapes=False,
        )
        sent.append(bool(is_sent))
        if not is_sent:
            # What is behind it would fare no better now.
            break
    json.dump({"is_known": is_known, "sent": sent, "said": listener.said}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
