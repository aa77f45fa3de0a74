"""The JSON on docs/agents.md is what the contract takes and what the source tells; its tables name all there is."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from posthouse.model.agents import AgentEvent, AgentPayload, ReportKind
from posthouse.model.ids import Millis
from posthouse.sources.agents.contract import _Spooled, reports
from posthouse.sources.agents.hearing import Call

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "agents.md").read_text("utf-8")
PAYLOAD, SPOOLED = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)


def test_the_payload_of_the_page_is_one() -> None:
    payload = msgspec.json.decode(PAYLOAD, type=AgentPayload)
    assert payload.prompt is not None
    assert msgspec.json.decode(msgspec.json.encode(payload)) | {
        "source": "agents",
        "version": 1,
    } == msgspec.json.decode(PAYLOAD)


def test_the_file_of_the_page_is_taken() -> None:
    found = reports(Call(key="k", at=Millis(0), content=SPOOLED.encode()))
    assert [(one.kind, one.at) for one in found] == [
        (ReportKind.TURN_STARTED, 1_767_268_800_000),
        (ReportKind.TURN_ERROR, 1_767_268_861_000),
    ]


def test_every_event_kind_and_field_stands_on_the_page() -> None:
    for name in [*AgentEvent, *ReportKind, *(set(_Spooled.__struct_fields__) - {"agent"})]:
        assert f"`{name}`" in PAGE, name
