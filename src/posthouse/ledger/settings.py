"""Settings in the ledger: only what was set, as canonical JSON by key. Their meaning is `posthouse.settings`."""

from __future__ import annotations

import msgspec

from posthouse.ledger.base import Transaction
from posthouse.ledger.live import tell_configured
from posthouse.model.ids import DEFAULT_PROJECT, Millis, ProjectId
from posthouse.model.live import Configured


def load_settings(tx: Transaction, *, project_id: ProjectId = DEFAULT_PROJECT) -> dict[str, str]:
    """What is set: canonical JSON by key."""
    return dict(tx.all("all_settings", project_id=project_id))


def put_setting(tx: Transaction, key: str, value: str, *, now: Millis, project_id: ProjectId = DEFAULT_PROJECT) -> None:
    """Set one, given as canonical JSON. Safe to repeat."""
    tx.change("put_setting", project_id=project_id, key=key, value=value, now=now)
    told = msgspec.json.decode(value, type=bool | int | float | str)
    tell_configured(tx, Configured.SETTING, "set", now, name=key, value=told, project_id=project_id)


def delete_setting(tx: Transaction, key: str, *, now: Millis, project_id: ProjectId = DEFAULT_PROJECT) -> None:
    """Give one its default back. Safe to repeat."""
    if tx.change("delete_setting", project_id=project_id, key=key):
        tell_configured(tx, Configured.SETTING, "reset", now, name=key, project_id=project_id)
