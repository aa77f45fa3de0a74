"""The contract for tools of one's own: what fits, what is refused, and that no JSON whatever does anything else."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.agents import (
    AgentFacts,
    AgentPayload,
    PromptFacts,
    PromptSaid,
    Report,
    ReportKind,
)
from posthouse.model.errors import BadInput
from posthouse.model.events import Event
from posthouse.model.ids import DEFAULT_PROJECT, EventId, Millis, SourceId
from posthouse.sources.agents.contract import REPORTS_MAX, reports, reports_of_event
from posthouse.sources.agents.hearing import Call

AT = Millis(1_767_225_600_000)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    "kind", "agent_id", "agent", "at", "tool", "machine", "project", "title", "parent_id", "turn_id", "message",
    "error", "prompt", "prompts", "prompt_ids", "decision", "reason",
]  # fmt: skip


def call(content: Any) -> Call:
    return Call(key="k", at=AT, content=content if isinstance(content, bytes) else json.dumps(content).encode())


def posted(event_type: str, data: Any) -> Event:
    return Event(
        id=EventId("e"), project_id=DEFAULT_PROJECT, source_id=SourceId(1), machine="here", type=event_type, at=AT,
        recorded_at=AT, data=msgspec.Raw(data if isinstance(data, bytes) else msgspec.json.encode(data)),
    )  # fmt: skip


def test_a_whole_report_is_read_field_by_field() -> None:
    said = {
        "kind": "permission-required", "agent_id": "a1", "at": "2026-01-01T01:00:00+01:00", "tool": "mine",
        "machine": "laptop", "project": "letters", "title": "Sort", "parent_id": "a0", "turn_id": "t1",
        "message": "m", "error": "e", "decision": "d", "reason": "r",
        "prompt": {"id": "p1", "permission": "Bash", "description": "ls", "metadata": {"cwd": "/"}},
        "prompts": [{"id": "p2"}],
    }  # fmt: skip
    assert reports(call(said)) == (
        Report(
            kind=ReportKind.PERMISSION_REQUIRED, agent_id="a1", at=AT, tool="mine", machine="laptop",
            project="letters", title="Sort", parent_id="a0", turn_id="t1", message="m", error="e",
            prompts=(
                PromptSaid(id="p1", permission="Bash", description="ls", metadata=msgspec.Raw(b'{"cwd":"/"}')),
                PromptSaid(id="p2"),
            ),
            decision="d", reason="r",
        ),
    )  # fmt: skip


@pytest.mark.parametrize("at", [AT, "2026-01-01T00:00:00Z", None])
def test_an_instant_is_milliseconds_or_text_and_else_the_files(at: Any) -> None:
    (found,) = reports(call({"kind": "alive", "agent_id": "a1"} | ({} if at is None else {"at": at})))
    assert found.at == AT


@pytest.mark.parametrize("kind", list(ReportKind))
def test_every_kind_can_be_posted_as_an_event_of_its_name(kind: ReportKind) -> None:
    data = {"agent_id": "a1", "prompt": {"id": "p1"}}
    (found,) = reports_of_event(posted(f"agent.{kind}", data))
    assert (found.kind, found.agent_id, found.at) == (kind, "a1", AT)
    assert found.prompt_ids == (("p1",) if kind is ReportKind.PERMISSION_RESOLVED else ())


def test_what_another_posthouse_tells_is_understood() -> None:
    payload = AgentPayload(
        agent=AgentFacts(id="a1", tool="mine", machine="laptop", project="letters", title="Sort", parent_id="a0"),
        prompt=PromptFacts(id="p1", permission="Bash", description="ls", metadata=msgspec.Raw(b'{"n":1}')),
        turn_id="t1",
        decision="allowed",
    )
    (found,) = reports_of_event(posted("agent.permission-required", msgspec.json.encode(payload)))
    assert (found.agent_id, found.machine, found.parent_id, found.title) == ("a1", "laptop", "a0", "Sort")
    assert found.prompts == (
        PromptSaid(id="p1", permission="Bash", description="ls", metadata=msgspec.Raw(b'{"n":1}')),
    )


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"kind": "alive"}, "agent_id"),
        ({"kind": "alive", "agent_id": ""}, "agent_id"),
        ({"kind": "alive", "agent_id": "x" * 201}, "agent_id"),
        ({"kind": "alive", "agent_id": "a", "at": -1}, "at"),
        ({"kind": "alive", "agent_id": "a", "at": "2026-01-01T00:00:00"}, "at"),
        ({"kind": "alive", "agent_id": "a", "turn_id": 7}, "turn_id"),
        ({"kind": "permission-required", "agent_id": "a"}, "prompt"),
        ({"kind": "permission-required", "agent_id": "a", "prompt": {"id": "p", "metadata": []}}, "prompt.metadata"),
        ({"kind": "permission-list", "agent_id": "a", "prompts": [{"id": ""}]}, "prompts[0].id"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_field(said: Any, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        reports(call(said))
    assert (caught.value.code, caught.value.field) == ("agent.report_invalid", field)


def test_a_file_may_hold_so_many_reports_and_no_more() -> None:
    one = {"kind": "alive", "agent_id": "a1"}
    assert len(reports(call([one] * REPORTS_MAX))) == REPORTS_MAX
    with pytest.raises(BadInput):
        reports(call([one] * (REPORTS_MAX + 1)))


@given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_no_content_whatever_does_more_than_be_refused(content: bytes) -> None:
    try:
        reports(call(content))
    except BadInput as error:
        assert error.code == "agent.report_invalid"  # noqa: PT017 - either way is fine, and both are judged


@given(
    st.dictionaries(st.sampled_from(FIELDS), json_values | st.sampled_from(list(ReportKind)) | st.just({"id": "x"})),
    st.sampled_from([*ReportKind, "other"]),
)
def test_no_data_whatever_does_more_than_be_refused(data: dict[str, Any], kind: str) -> None:
    for is_posted in (True, False):
        try:
            found = reports_of_event(posted(f"agent.{kind}", data)) if is_posted else reports(call(data))
        except BadInput as error:
            assert error.code == "agent.report_invalid"  # noqa: PT017 - either way is fine, and both are judged
        else:
            assert all(one.agent_id for one in found)
