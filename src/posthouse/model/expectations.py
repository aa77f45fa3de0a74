"""Expectations: what a source or binding should be heard of at least once in so long a time."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from posthouse.model.ids import Millis


class Subject(StrEnum):
    """What something is expected of."""

    SOURCE = "source"
    BINDING = "binding"


class Expectation(msgspec.Struct, frozen=True, kw_only=True):
    """At least one event in `silence_s` seconds (60 s to 366 days).

    `name` is the subject's, for people. `set_at`: from when on it is expected. `heard_at`: when its newest event was
    recorded, None if there is none. `told_at`: when its present silence was told of; None while it is not silent.
    `silent_since`: where `told_at` stands, from when on nothing was heard.
    """

    subject: Subject
    subject_id: int
    name: str
    silence_s: float
    set_at: Millis
    heard_at: Millis | None = None
    told_at: Millis | None = None
    silent_since: Millis | None = None
