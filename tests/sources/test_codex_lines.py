"""Lines of Codex's logs and what its hooks leave: what they say, in every version's words, and in nobody's."""

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
from posthouse.model.rate_limits import RateLimits, RateWindow
from posthouse.sources.agent_logs.codex_lines import (
    ModelChosen,
    PromptWritten,
    SessionBegun,
    Tokens,
    TokensCounted,
    ToolAnswered,
    ToolCalled,
    TurnAborted,
    TurnEnded,
    TurnFailed,
    TurnStarted,
    asked_id,
    asked_of,
    decode,
)
from posthouse.sources.agents.codex_notify import reports
from posthouse.sources.agents.codex_session import Session, fold, project_of
from posthouse.sources.agents.hearing import Call
from tests.sources.codex_logs import SESSION, event, line, meta

AT = 1_795_359_651_273
SECONDS = AT // 1_000
PARENT = "01a203c9-5c50-7f43-9f1b-c00e8e09c792"


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (
            meta(AT, git={"branch": "main", "commit_hash": "ab"}, source="exec", base_instructions={"text": "You are"}),
            SessionBegun(id=SESSION, began_at=Millis(AT), cwd="/srv/parcels", branch="main", program_version="0.169.0"),
        ),
        (
            line(
                AT,
                "session_meta",
                id=SESSION,
                cwd="C:\\work\\parcels",
                source={"subagent": {"thread_spawn": {"parent_thread_id": PARENT, "depth": 1}}},
                agent_nickname="Planck",
            ),
            SessionBegun(id=SESSION, began_at=Millis(AT), cwd="C:\\work\\parcels", nickname="Planck", parent_id=PARENT),
        ),
        (
            line(AT, "session_meta", id=SESSION, source={"subagent": "review"}, forked_from_id=PARENT),
            SessionBegun(id=SESSION, began_at=Millis(AT), forked_from_id=PARENT),
        ),
        (line(AT, "turn_context", cwd="/srv", model="gpt-5-codex"), ModelChosen(model="gpt-5-codex", cwd="/srv")),
        (
            event(AT, "task_started", turn_id="t1", started_at=SECONDS, model_context_window=1),
            TurnStarted(turn_id="t1", happened_at=Millis(SECONDS * 1_000)),
        ),
        (event(AT, "task_started", model_context_window=None), TurnStarted()),
        (
            event(AT, "task_complete", turn_id="t1", last_agent_message="Done."),
            TurnEnded(turn_id="t1", message="Done."),
        ),
        (
            event(AT, "task_complete", turn_id="t1", last_agent_message=None, error={"message": "overloaded"}),
            TurnEnded(turn_id="t1", error="overloaded"),
        ),
        (event(AT, "task_complete", error={}), TurnEnded(error="The turn failed.")),
        (
            event(AT, "turn_aborted", turn_id="t1", reason="interrupted"),
            TurnAborted(turn_id="t1", reason="interrupted"),
        ),
        (event(AT, "error", message="usage limit", codex_error_info="usage_limit"), TurnFailed(error="usage limit")),
        (event(AT, "error", message="no", codex_error_info="thread_rollback_failed"), None),
        (event(AT, "error", message="no", codex_error_info={"active_turn_not_steerable": {}}), None),
        (event(AT, "stream_error", message="Reconnecting... 1/5"), None),
        (
            line(AT, "response_item", type="function_call", call_id="c", arguments='{"cmd": "ls"}'),
            ToolCalled(call_id="c", asked="ls"),
        ),
        (
            line(AT, "response_item", type="function_call", call_id="c", arguments="not JSON"),
            ToolCalled(call_id="c", asked='"not JSON"'),
        ),
        (
            line(AT, "response_item", type="custom_tool_call", call_id="c", input="*** Begin Patch"),
            ToolCalled(call_id="c", asked="*** Begin Patch"),
        ),
        (
            line(AT, "response_item", type="function_call_output", call_id="c", output="ok"),
            ToolAnswered(call_id="c"),
        ),
        (event(AT, "user_message", message=" Sort\n them "), PromptWritten(text="Sort them")),
        (event(AT, "user_message", message="x" * 500, images=[]), PromptWritten(text="x" * 120)),
        (event(AT, "user_message", message="<cwd>").replace(b'"message"', b'"kind": "environment_context", "_"'), None),
        (
            event(AT, "item_completed", item={"type": "UserMessage", "content": [{"type": "text", "text": "Sort"}]}),
            PromptWritten(text="Sort", is_item=True),
        ),
        (
            event(AT, "item_completed", item={"type": "UserMessage", "content": [{"type": "image"}]}),
            PromptWritten(is_item=True),
        ),
        (event(AT, "item_completed", item={"type": "CommandExecution", "content": "any"}), None),
        (line(AT, "response_item", type="reasoning", encrypted_content="x"), None),
        (line(AT, "world_state", full=True), None),
        (b'{"timestamp":"2026-11-22T15:00:51.273Z","type":"compacted"}', None),
    ],
)
def test_a_line_says_what_it_says(raw: bytes, said: object) -> None:
    decoded = decode(raw)

    assert (decoded.at, decoded.said) == (AT, said)


def test_tokens_and_limits_are_read_as_they_stand() -> None:
    usage = {"input_tokens": 11, "cached_input_tokens": 3, "output_tokens": 7, "total_tokens": 18, "new": 1}
    limits = {
        "limit_id": "codex",
        "primary": {"used_percent": 12.5, "window_minutes": 300, "resets_at": 1_900_000_000},
        "secondary": {"used_percent": 101, "window_minutes": 10_080, "resets_in_seconds": 60},
        "plan_type": "plus",
    }
    info = {"total_token_usage": usage, "last_token_usage": {"output_tokens": 2}}
    raw = event(AT, "token_count", info=info, rate_limits=limits)

    assert decode(raw).said == TokensCounted(
        total=Tokens(input_tokens=11, cached_input_tokens=3, output_tokens=7, total_tokens=18),
        last=Tokens(output_tokens=2),
        limits=RateLimits(
            heard_at=Millis(AT),
            primary=RateWindow(used_percent=12.5, window_minutes=300, resets_at=Millis(1_900_000_000_000)),
            secondary=RateWindow(used_percent=101, window_minutes=10_080, resets_at=Millis(AT + 60_000)),
            plan="plus",
        ),
    )


@pytest.mark.parametrize(
    "limits",
    [None, {"primary": None, "secondary": None}, {"limit_id": "a-model", "primary": {"used_percent": 1.0}}],
)
def test_limits_that_say_nothing_of_the_account_are_no_limits(limits: object) -> None:
    assert decode(event(AT, "token_count", info=None, rate_limits=limits)).said == TokensCounted()


@pytest.mark.parametrize(
    "raw",
    [
        b"[]",
        b"{",
        b"\xff",
        b'{"type": 3}',
        b'{"timestamp": "yesterday"}',
        line(AT, "session_meta", cwd="/nameless"),
        line(AT, "session_meta", id=""),
        line(AT, "session_meta", id="x" * 201),
        event(AT, "task_started", turn_id=["t"]),
    ],
)
def test_what_makes_no_sense_is_told_as_such(raw: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        decode(raw)


def test_a_question_has_one_id_by_the_hook_and_by_the_log() -> None:
    hook = asked_of({"command": "rm -rf build", "description": "Clean up"})
    called = decode(
        line(
            AT, "response_item", type="function_call", call_id="c", arguments='{"cmd": "rm -rf build", "workdir": "/"}'
        )
    ).said
    tool = asked_of({"b": 1, "a": [2]})

    assert isinstance(called, ToolCalled)
    assert asked_id("t", hook) == asked_id("t", called.asked)
    assert asked_id("t", hook) != asked_id("u", hook)
    assert tool == asked_of({"a": [2], "b": 1, "description": "why"})


def test_a_project_is_the_last_folder() -> None:
    assert [project_of(cwd) for cwd in ("/srv/parcels/", "C:\\work\\parcels", "", None, "/")] == [
        *("parcels", "parcels", "", "", ""),
    ]


def folded(*lines: bytes, told_until: int = 0) -> list[Report]:
    """What the lines of one log lead to."""
    session = Session()
    told: list[Report] = []
    for raw in lines:
        session, new = fold(session, decode(raw), Millis(told_until))
        told += new
    return told


BEGUN = (meta(AT), event(AT + 1, "task_started", turn_id="t1"))


@pytest.mark.parametrize(
    ("lines", "kinds"),
    [
        ([event(AT + 9, "task_complete", turn_id="t1")], ["turn-completed"]),
        ([event(AT + 9, "task_complete", turn_id="t1", error={"message": "e"})], ["turn-error"]),
        ([event(AT + 8, "error", message="e"), event(AT + 9, "task_complete", turn_id="t1")], ["turn-error"]),
        ([event(AT + 7, "error", message="e"), event(AT + 8, "error", message="f")], ["turn-error"]),
        ([event(AT + 9, "turn_aborted", turn_id="t1", reason="interrupted")], ["permission-resolved", "waiting"]),
        ([event(AT + 9, "turn_aborted", turn_id="t1", reason="replaced")], []),
        ([event(AT + 9, "turn_aborted", turn_id="t1", reason="budget_limited")], ["turn-error"]),
        ([event(AT + 8, "task_complete", turn_id="t1"), event(AT + 9, "error", message="late")], ["turn-completed"]),
        ([meta(AT + 2, PARENT), event(AT + 9, "task_complete", turn_id="t1")], ["turn-completed"]),
        (
            [
                line(AT + 2, "response_item", type="function_call", call_id="a", arguments='{"cmd": "x"}'),
                line(AT + 3, "response_item", type="function_call", call_id="b", arguments='{"cmd": "y"}'),
                line(AT + 4, "response_item", type="function_call_output", call_id="a", output=""),
                line(AT + 5, "response_item", type="function_call_output", call_id="b", output=""),
                line(AT + 6, "response_item", type="function_call_output", call_id="b", output=""),
            ],
            ["permission-resolved", "permission-resolved"],
        ),
    ],
)
def test_each_end_of_a_turn_is_reported_as_what_it_is(lines: list[bytes], kinds: list[str]) -> None:
    told = folded(*BEGUN, *lines)

    assert [report.kind.value for report in told] == ["spawned", "turn-started", *kinds]
    assert {report.agent_id for report in told} == {SESSION}
    assert all(report.turn_id == "t1" for report in told if report.kind.value.startswith("turn"))


def test_history_that_a_fork_copied_is_not_told_again() -> None:
    told = folded(
        line(AT, "session_meta", id=SESSION, timestamp="2026-11-22T15:00:51.000Z", forked_from_id=PARENT),
        event(AT + 1, "task_started", turn_id="old", started_at=SECONDS - 900),
        event(AT + 1, "task_complete", turn_id="old", completed_at=SECONDS - 800),
        event(AT + 5, "task_started", turn_id="new", started_at=SECONDS),
    )

    assert [(report.kind.value, report.turn_id) for report in told] == [("spawned", None), ("turn-started", "new")]


def test_what_happened_up_to_an_instant_is_learned_and_not_told() -> None:
    told = folded(*BEGUN, event(AT + 9, "task_complete", turn_id="t1"), told_until=AT + 1)

    assert [report.kind.value for report in told] == ["turn-completed"]
    assert told[0].project == "parcels"


def test_lines_before_the_session_is_known_are_nobodys() -> None:
    assert folded(event(AT, "task_started", turn_id="t1"), event(AT, "task_complete", turn_id="t1")) == []


def call_of(content: object) -> Call:
    return Call(key="k.json", at=Millis(AT), content=json.dumps(content).encode())


def hook(name: str, **more: Any) -> dict[str, Any]:
    return {"session_id": SESSION, "cwd": "/srv/parcels", "hook_event_name": name, "model": "m", **more}


def test_a_turn_that_notify_tells_of_ended_well() -> None:
    (report,) = reports(
        call_of(
            {
                "type": "agent-turn-complete",
                "thread-id": SESSION,
                "turn-id": "t1",
                "cwd": "/srv/parcels",
                "client": "codex-tui",
                "input-messages": ["Look for parcels"],
                "last-assistant-message": "Done.",
            }
        )
    )

    assert report == Report(
        kind=ReportKind.TURN_COMPLETED,
        agent_id=SESSION,
        at=Millis(AT),
        tool="codex",
        project="parcels",
        turn_id="t1",
        message="Done.",
    )


def test_a_permission_says_what_is_asked_and_of_whom() -> None:
    asked = hook(
        "PermissionRequest", turn_id="t1", tool_name="Bash", tool_input={"command": "ls", "description": "Look"}
    )
    (own,) = reports(call_of(asked))
    (subagents,) = reports(call_of({**asked, "agent_id": PARENT, "tool_input": {"command": "ls"}}))

    assert (own.kind, own.agent_id, own.parent_id, own.turn_id) == (
        *(ReportKind.PERMISSION_REQUIRED, SESSION, None, "t1"),
    )
    assert (own.prompts[0].permission, own.prompts[0].description) == ("Bash", "Look")
    assert msgspec.json.decode(own.prompts[0].metadata) == {"tool_input": asked["tool_input"]}
    assert (subagents.agent_id, subagents.parent_id) == (PARENT, SESSION)
    assert (subagents.prompts[0].id, subagents.prompts[0].description) == (own.prompts[0].id, "ls")


def test_what_is_asked_at_length_is_cut() -> None:
    asked = hook("PermissionRequest", turn_id="t1", tool_name="apply_patch", tool_input={"command": "+" * 100_000})
    (report,) = reports(call_of(asked))

    assert len(report.prompts[0].description) == 4_000
    assert bytes(report.prompts[0].metadata) == b"{}"


def test_a_subagent_begins_and_works_for_its_session() -> None:
    (born,) = reports(call_of(hook("SubagentStart", turn_id="t", agent_id=PARENT, agent_type="default")))

    assert (born.kind, born.agent_id, born.parent_id) == (ReportKind.SPAWNED, PARENT, SESSION)


@pytest.mark.parametrize("content", [{}, {"type": "approval-requested"}, hook("Stop"), hook("SessionEnd")])
def test_other_events_say_nothing(content: object) -> None:
    assert reports(call_of(content)) == ()


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[]", b"{", b'{"type":"agent-turn-complete"}', b'{"hook_event_name":"SubagentStart"}']
)
def test_calls_that_make_no_sense_are_bad_input(content: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        reports(Call(key="k.json", at=Millis(AT), content=content))
    assert caught.value.code == "agent.call_unreadable"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = (
    *("id", "turn_id", "call_id", "message", "error", "reason", "arguments", "input", "info", "rate_limits", "source"),
    *(
        "item",
        "kind",
        "cwd",
        "git",
        "started_at",
        "completed_at",
        "timestamp",
        "codex_error_info",
        "last_agent_message",
        "primary",
    ),
)
KINDS = (
    *("session_meta", "turn_context", "event_msg", "response_item", "task_started", "task_complete", "turn_aborted"),
    *("error", "token_count", "function_call", "custom_tool_call", "function_call_output", "compacted"),
    *("user_message", "item_completed"),
)
payloads = st.dictionaries(st.sampled_from(FIELDS), values, max_size=6)
kinds = st.sampled_from(KINDS) | values


@given(kinds, kinds, payloads, values)
def test_no_line_raises_anything_but_that_it_makes_no_sense(kind: Any, inner: Any, payload: Any, moment: Any) -> None:
    raw = json.dumps({"timestamp": moment, "type": kind, "payload": {"type": inner, **payload}}).encode()
    try:
        decoded = decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    session, told = fold(Session(id=SESSION), decoded, Millis(0))

    assert session.id == SESSION
    assert all(report.agent_id == SESSION for report in told)


HOOK_FIELDS = ("session_id", "thread-id", "turn_id", "turn-id", "cwd", "tool_name", "tool_input", "agent_id", "reason")
hooks = st.sampled_from(["PermissionRequest", "SubagentStart", "agent-turn-complete"]) | values


@given(hooks, hooks, st.dictionaries(st.sampled_from(HOOK_FIELDS), values, max_size=6), st.booleans())
def test_no_call_raises_anything_but_bad_input(name: Any, kind: Any, fields: Any, is_named: bool) -> None:
    named = {"session_id": SESSION, "thread-id": SESSION} if is_named else {}
    try:
        told = reports(call_of({"hook_event_name": name, "type": kind, **fields, **named}))
    except BadInput:
        return

    assert all(report.tool == "codex" and report.agent_id for report in told)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_bad_input(content: bytes) -> None:
    try:
        assert reports(Call(key="k", at=Millis(AT), content=content)) == ()
    except BadInput as error:
        assert error.code == "agent.call_unreadable"  # noqa: PT017 - most bytes are refused, some are JSON
