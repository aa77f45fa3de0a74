"""Reports made fit for the board: texts within bounds, instants not ahead of now. Pure; nothing is refused here."""

from __future__ import annotations

import msgspec

from posthouse.model.agents import (
    ID_MAX,
    METADATA_BYTES_MAX,
    PROMPTS_MAX,
    TEXT_MAX,
    TITLE_MAX,
    PromptSaid,
    Report,
)
from posthouse.model.ids import Millis

NO_METADATA = msgspec.Raw(b"{}")


def cleaned(report: Report, now: Millis) -> Report:
    """The report within all bounds. Of a whole list the last `PROMPTS_MAX` prompts count."""
    return Report(
        kind=report.kind,
        agent_id=_text(report.agent_id, ID_MAX),
        at=Millis(min(max(report.at, 0), now)),
        tool=_text(report.tool, ID_MAX),
        machine=_text(report.machine, ID_MAX),
        project=_text(report.project, TITLE_MAX),
        title=_text(report.title, TITLE_MAX),
        parent_id=_id(report.parent_id),
        turn_id=_id(report.turn_id),
        message=_text(report.message, TEXT_MAX),
        error=_text(report.error, TEXT_MAX),
        prompts=tuple(_prompt(one) for one in report.prompts[-PROMPTS_MAX:] if one.id),
        prompt_ids=tuple(_text(one, ID_MAX) for one in report.prompt_ids[-PROMPTS_MAX:] if one),
        decision=_text(report.decision, ID_MAX),
        reason=_text(report.reason, TITLE_MAX),
    )


def _prompt(said: PromptSaid) -> PromptSaid:
    return PromptSaid(
        id=_text(said.id, ID_MAX),
        permission=_text(said.permission, TITLE_MAX),
        description=_text(said.description, TEXT_MAX),
        metadata=said.metadata if len(memoryview(said.metadata)) <= METADATA_BYTES_MAX else NO_METADATA,
    )


def _id(value: str | None) -> str | None:
    return _text(value, ID_MAX) if value else None


def _text(text: str, most: int) -> str:
    """The text, cut, and without halves of characters, which no JSON can hold."""
    cut = text if len(text) <= most else text[: most - 1] + "…"
    return cut if cut.isascii() else cut.encode("utf-8", "replace").decode("utf-8")
