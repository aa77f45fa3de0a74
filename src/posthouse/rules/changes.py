"""Change detection: whether a snapshot says anything that its binding's newest delivery did not.

The fingerprint is a SHA-256 over canonical JSON (sorted keys, no spaces, ASCII) of the property choices and the data
that those choices let through, without the volatile top-level fields. It is equal exactly where both are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any


def fingerprint(data: Any, *, volatile: tuple[str, ...], choices: Mapping[str, bool]) -> str:
    """64 hex digits over decoded JSON that has already been projected by `choices`.

    `volatile` names top-level fields that are no change by themselves (`generated_at`). A property that is off must not
    be in `data`: what is not there cannot be found in the fingerprint.
    """
    if isinstance(data, dict):
        data = {name: value for name, value in data.items() if name not in volatile}
    canonical = json.dumps([dict(choices), data], sort_keys=True, separators=(",", ":"))
    return sha256(canonical.encode("ascii")).hexdigest()


def is_unchanged(fingerprint: str, newest: str | None) -> bool:
    """Whether the snapshot need not be sent.

    `newest` is the fingerprint of the binding's newest delivery by ledger sequence that is not dlq, dismissed or
    expired; None where there is none, and then everything is a change.
    """
    return fingerprint == newest
