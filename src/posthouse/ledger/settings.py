"""Settings in the ledger: only what was set, as canonical JSON by key. Their meaning is `posthouse.settings`."""

from __future__ import annotations

from posthouse.ledger.base import Transaction
from posthouse.model.ids import DEFAULT_PROJECT, Millis, ProjectId


def load_settings(tx: Transaction, *, project_id: ProjectId = DEFAULT_PROJECT) -> dict[str, str]:
    """What is set: canonical JSON by key."""
    return dict(tx.all("all_settings", project_id=project_id))


def put_setting(tx: Transaction, key: str, value: str, *, now: Millis, project_id: ProjectId = DEFAULT_PROJECT) -> None:
    """Set one, given as canonical JSON. Safe to repeat."""
    tx.change("put_setting", project_id=project_id, key=key, value=value, now=now)


def delete_setting(tx: Transaction, key: str, *, project_id: ProjectId = DEFAULT_PROJECT) -> None:
    """Give one its default back. Safe to repeat."""
    tx.change("delete_setting", project_id=project_id, key=key)
