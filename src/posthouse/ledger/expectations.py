"""Expectations in the ledger: of what silence is to be told, and whether it has been."""

from __future__ import annotations

from typing import Literal

from posthouse.ledger.base import Transaction
from posthouse.ledger.live import tell_configured
from posthouse.model.expectations import Expectation, Subject
from posthouse.model.ids import DEFAULT_PROJECT, Millis, ProjectId, SourceId
from posthouse.model.live import Configured


def expect(
    tx: Transaction,
    subject: Subject,
    subject_id: int,
    silence_s: float | None,
    now: Millis,
    *,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> None:
    """Expect at least one event in so many seconds from now on; None expects nothing. Safe to repeat."""
    if silence_s is None:
        is_changed = tx.change("expect_nothing", project_id=project_id, subject=subject.value, subject_id=subject_id)
    else:
        is_changed = tx.change(
            "expect",
            project_id=project_id,
            subject=subject.value,
            subject_id=subject_id,
            silence_s=silence_s,
            now=now,
        )
    if is_changed:
        name = tx.value(f"name_of_{subject.value}", project_id=project_id, subject_id=subject_id)
        action: Literal["set", "removed"] = "removed" if silence_s is None else "set"
        tell_configured(
            tx, Configured.EXPECTATION, action, now, name=name or "", value=silence_s, project_id=project_id
        )


def silence_of(
    tx: Transaction, subject: Subject, subject_id: int, *, project_id: ProjectId = DEFAULT_PROJECT
) -> float | None:
    """What is expected of a source or binding, in seconds; None where nothing is."""
    found: float | None = tx.value("silence_of", project_id=project_id, subject=subject.value, subject_id=subject_id)
    return found


def list_expectations(tx: Transaction, *, project_id: ProjectId = DEFAULT_PROJECT) -> list[Expectation]:
    """Whatever is expected of sources that are on and bindings that are active."""
    return [
        Expectation(
            subject=subject,
            subject_id=subject_id,
            name=name,
            silence_s=silence_s,
            set_at=set_at,
            heard_at=heard_at,
            told_at=told_at,
            silent_since=silent_since,
        )
        for subject in Subject
        for subject_id, name, silence_s, set_at, heard_at, told_at, silent_since in tx.all(
            f"{subject.value}_expectations", project_id=project_id
        )
    ]


def mark_told(
    tx: Transaction,
    subject: Subject,
    subject_id: int,
    told_at: Millis | None,
    *,
    silent_since: Millis | None = None,
    project_id: ProjectId = DEFAULT_PROJECT,
) -> None:
    """Note that a silence has been told of and from when on it lasts, or that it is over."""
    tx.change(
        "mark_told",
        project_id=project_id,
        subject=subject.value,
        subject_id=subject_id,
        told_at=told_at,
        silent_since=silent_since,
    )


def expect_anew(tx: Transaction, source_id: SourceId, now: Millis, *, project_id: ProjectId = DEFAULT_PROJECT) -> None:
    """A source has been off: whatever is expected of it and its bindings is so from now on. Safe to repeat."""
    tx.change("expect_anew", project_id=project_id, source_id=source_id, now=now)
