"""What Claude Code's hooks say becomes reports: of every event, and of anything else that may lie in the folder."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.agents import Report, ReportKind
from posthouse.model.errors import BadInput
from posthouse.model.ids import Millis
from posthouse.sources.agents.claude_code import CALL_BYTES_MAX, METADATA_BYTES_MAX, prompt_id, reports
from posthouse.sources.agents.hearing import Call
from tests.sources.hook_calls import CALLS, SESSION, SUBAGENT, TOOL, call_of

AT = Millis(1_795_327_653_000)
ASKED = prompt_id(str(TOOL["tool_name"]), TOOL["tool_input"])
NOTHING = {
    *("Setup", "InstructionsLoaded", "UserPromptExpansion", "MessageDisplay", "TeammateIdle", "TaskCreated"),
    *("TaskCompleted", "PreCompact", "PostCompact", "PreModelSwitch", "PostModelSwitch", "ConfigChange", "CwdChanged"),
    *("DirectoryAdded", "FileChanged", "WorktreeCreate", "WorktreeRemove"),
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = sorted({field for call in CALLS.values() for field in call} | {"hook_event_name"})


def of(call: dict[str, Any] | bytes) -> tuple[Report, ...]:
    content = call if isinstance(call, bytes) else json.dumps(call).encode()
    return reports(Call(key="1", at=AT, content=content))


def said(event: str, **fields: Any) -> list[ReportKind]:
    return [one.kind for one in of(call_of(event, **fields))]


def test_every_documented_event_is_understood_or_known_to_say_nothing() -> None:
    silent = {event for event in CALLS if not of(call_of(event))}

    assert silent == NOTHING


def test_a_session_is_an_agent_from_its_start_to_its_end() -> None:
    (spawned,) = of(call_of("SessionStart"))
    (ended,) = of(call_of("SessionEnd"))

    assert spawned == Report(
        kind=ReportKind.SPAWNED, agent_id=SESSION, at=AT, tool="claude-code", project="ledger", title="Parcels"
    )
    assert (ended.kind, ended.agent_id, ended.reason) == (ReportKind.ENDED, SESSION, "prompt_input_exit")


def test_a_compaction_is_no_new_session() -> None:
    assert said("SessionStart", source="compact") == []
    assert said("SessionStart", source="resume") == [ReportKind.SPAWNED]


def test_a_turn_begins_with_what_was_asked_and_ends_with_the_answer() -> None:
    (started,) = of(call_of("UserPromptSubmit"))
    (completed,) = of(call_of("Stop"))

    assert (started.kind, started.message) == (ReportKind.TURN_STARTED, "Count the parcels")
    assert (completed.kind, completed.message) == (ReportKind.TURN_COMPLETED, "Three parcels.")


def test_a_stop_while_a_subagent_is_at_work_is_a_pause_and_one_beside_a_shell_is_none() -> None:
    running = {"id": "a1", "status": "running", "description": "Look"}

    assert said("Stop", background_tasks=[running | {"type": "subagent"}]) == [ReportKind.ALIVE]
    assert said("Stop", background_tasks=[running | {"type": "shell"}]) == [ReportKind.TURN_COMPLETED]


def test_a_failed_turn_says_why() -> None:
    (failed,) = of(call_of("StopFailure"))

    assert (failed.kind, failed.error) == (ReportKind.TURN_ERROR, "rate_limit: API Error: Rate limit reached")
    assert of(call_of("StopFailure", last_assistant_message=None))[0].error == "rate_limit: 429 Too Many Requests"
    assert of(call_of("StopFailure", last_assistant_message=7, error_details=None, error=None))[0].error == "unknown"


def test_a_permission_prompt_says_what_for_and_its_tools_end_resolves_it() -> None:
    (asked,) = of(call_of("PermissionRequest"))
    resolved, alive = of(call_of("PostToolUse"))

    (prompt,) = asked.prompts
    assert (asked.kind, prompt.id, prompt.permission) == (ReportKind.PERMISSION_REQUIRED, ASKED, "Bash")
    assert prompt.description == "touch parcels"
    assert msgspec.json.decode(prompt.metadata) == {"permission_mode": "default", "tool_input": TOOL["tool_input"]}
    assert (resolved.kind, resolved.prompt_ids, resolved.decision) == (
        ReportKind.PERMISSION_RESOLVED,
        (ASKED,),
        "allowed",
    )
    assert alive.kind is ReportKind.ALIVE
    assert of(call_of("PostToolUseFailure"))[0].prompt_ids == (ASKED,)
    denied = of(call_of("PermissionDenied"))[0]
    assert (denied.prompt_ids, denied.decision) == ((ASKED,), "denied")


def test_answers_that_are_added_to_a_question_do_not_make_it_another_one() -> None:
    questions = [{"question": "Which box?", "options": []}]
    asked = of(call_of("PermissionRequest", tool_name="AskUserQuestion", tool_input={"questions": questions}))
    answered = of(
        call_of(
            "PostToolUse",
            tool_name="AskUserQuestion",
            tool_input={"answers": {"Which box?": "3"}, "questions": questions},
        )
    )

    assert asked[0].prompts[0].description == "Which box?"
    assert answered[0].prompt_ids == (asked[0].prompts[0].id,)


def test_whole_texts_of_a_tools_input_stay_out_of_the_prompt() -> None:
    written = {"file_path": "/home/ada/ledger/parcels.txt", "content": "x" * 50_000, "edits": [{"old": "secret"}]}

    prompt = of(call_of("PermissionRequest", tool_name="Write", tool_input=written))[0].prompts[0]

    assert prompt.description == "/home/ada/ledger/parcels.txt"
    assert len(bytes(prompt.metadata)) < METADATA_BYTES_MAX
    assert b"secret" not in bytes(prompt.metadata)


def test_a_subagent_is_an_agent_of_its_own_with_its_session_as_parent() -> None:
    spawned, started = of(call_of("SubagentStart"))
    completed, ended = of(call_of("SubagentStop"))
    asked = of(call_of("PermissionRequest", agent_id=SUBAGENT, agent_type="Explore"))[0]

    assert (spawned.kind, started.kind) == (ReportKind.SPAWNED, ReportKind.TURN_STARTED)
    assert (completed.kind, completed.message, ended.kind) == (
        ReportKind.TURN_COMPLETED,
        "Three.",
        ReportKind.ENDED,
    )
    assert {(one.agent_id, one.parent_id) for one in (spawned, started, completed, ended, asked)} == {
        (SUBAGENT, SESSION)
    }
    assert (spawned.title, asked.title) == ("general-purpose", "Explore")
    assert said("StopFailure", agent_id=SUBAGENT) == [ReportKind.TURN_ERROR, ReportKind.ENDED]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("permission_prompt", [ReportKind.WAITING]),
        ("elicitation_dialog", [ReportKind.WAITING]),
        ("idle_prompt", [ReportKind.PERMISSION_LIST, ReportKind.WAITING]),
        ("auth_success", []),
        (["idle_prompt"], []),
    ],
)
def test_a_notification_says_that_a_person_is_asked_for_or_nothing(kind: object, expected: list[ReportKind]) -> None:
    assert said("Notification", notification_type=kind) == expected


def test_a_session_that_was_never_asked_anything_waits_for_nothing() -> None:
    assert said("Notification", notification_type="idle_prompt", prompt_id=None) == [ReportKind.PERMISSION_LIST]


def test_unknown_events_and_fields_say_nothing() -> None:
    assert of({"hook_event_name": "ParcelArrived", "session_id": "s"}) == ()
    assert said("Stop", weight=3) == [ReportKind.TURN_COMPLETED]


def test_half_a_character_is_no_reason_to_refuse_a_call() -> None:
    tool_input = {"command": "echo \ud83d"}

    assert said("PermissionRequest", tool_input=tool_input) == [ReportKind.PERMISSION_REQUIRED]
    assert said("Stop", last_assistant_message="\ud83d") == [ReportKind.TURN_COMPLETED]


@pytest.mark.parametrize("cwd", ["/", "", None, 7])
def test_without_a_folder_there_is_no_project(cwd: object) -> None:
    assert of(call_of("SessionStart", cwd=cwd))[0].project == ""


def test_a_folder_of_windows_names_the_project_too() -> None:
    assert of(call_of("SessionStart", cwd="C:\\Users\\ada\\ledger\\"))[0].project == "ledger"


def test_a_call_that_was_cut_is_read_up_to_the_cut() -> None:
    whole = json.dumps(call_of("PostToolUse", tool_response={"stdout": "x" * CALL_BYTES_MAX}), indent=1).encode()

    assert of(whole[:CALL_BYTES_MAX]) == of(call_of("PostToolUse"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b"\xff\xfe",
        b'{"hook_event_name": "Stop"}',
        b'{"session_id": "s"}',
        b'{"session_id": 7, "hook_event_name": "Stop"}',
        b"[" * 100_000,
        b" " * CALL_BYTES_MAX,
        b'{"session_id": "s", "a": ' + b"[" * CALL_BYTES_MAX,
    ],
)
def test_what_is_no_call_is_refused_with_a_code(content: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        of(content)

    assert caught.value.code == "agent.report_invalid"


@given(st.dictionaries(st.sampled_from(FIELDS) | st.text(), JSON), st.sampled_from(sorted(CALLS)))
def test_no_call_whatever_is_in_it_fails_otherwise(fields: dict[str, Any], event: str) -> None:
    for one in of(CALLS[event] | fields | {"hook_event_name": event, "session_id": "s"}):
        assert one.agent_id
        assert one.at == AT


@given(st.binary())
def test_no_bytes_fail_otherwise(content: bytes) -> None:
    codes = set()
    try:
        of(content)
    except BadInput as error:
        codes.add(error.code)
    assert codes <= {"agent.report_invalid"}
