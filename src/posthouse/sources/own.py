"""The source `posthouse`: the daemon's own events, such as `target.paused`, `delivery.gave-up`, `daemon.started`."""

from __future__ import annotations

from posthouse.sources.passive import Passive


class Own(Passive):
    """The kind."""

    title = "Posthouse itself"
    example_type = "daemon.started"
    found = "Nothing to read ahead: the daemon tells of itself as it happens."
