"""The source `ingest`: what programs post, emit or spool. Who posted is the event's `origin`."""

from __future__ import annotations

from posthouse.sources.passive import Passive


class Ingest(Passive):
    """The kind."""

    title = "Posted events"
    example_type = "*"
    found = "Nothing to read ahead: an event is taken as it is posted, emitted or spooled, and passed on unchanged."
