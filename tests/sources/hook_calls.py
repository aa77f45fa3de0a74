"""A call of every hook event of Claude Code, as its documentation has it or as the program 2.1 was seen to make it.

https://code.claude.com/docs/en/hooks; what belongs to a person or machine is made up.
"""

from __future__ import annotations

from typing import Any

SESSION = "652d025d-7bbc-4890-a0dd-9dc4734a0eda"
PROMPT = "745b1fad-dee1-4849-bcc3-a737c08cef31"
SUBAGENT = "aad60e25af26e3037"

COMMON = {
    "session_id": SESSION,
    "transcript_path": f"/home/ada/.claude/projects/-home-ada-ledger/{SESSION}.jsonl",
    "cwd": "/home/ada/ledger",
}
TURN = COMMON | {"prompt_id": PROMPT, "permission_mode": "default"}
IN_SUBAGENT = TURN | {"agent_id": SUBAGENT, "agent_type": "general-purpose"}
TOOL = {"tool_name": "Bash", "tool_input": {"command": "touch parcels", "description": "Make the file"}}
USE = {"tool_use_id": "toolu_01ABC123"}
MCP = {"mcp_server_name": "postbox"}
TASK = {"task_id": "task-1", "task_subject": "Sort the parcels"}

CALLS: dict[str, dict[str, Any]] = {
    "Setup": COMMON | {"trigger": "init"},
    "SessionStart": COMMON | {"source": "startup", "model": "claude-opus-5-5", "session_title": "Parcels"},
    "InstructionsLoaded": COMMON | {"file_path": "/a/CLAUDE.md", "memory_type": "Project", "load_reason": "include"},
    "UserPromptSubmit": TURN | {"prompt": "Count the parcels", "session_title": "Parcels"},
    "UserPromptExpansion": TURN
    | {"expansion_type": "slash_command", "command_name": "count", "command_args": "", "prompt": "/count"},
    "MessageDisplay": COMMON | {"turn_id": "1", "text": "Counting"},
    "PreToolUse": TURN | TOOL | USE,
    "PermissionRequest": TURN
    | TOOL
    | {"permission_suggestions": [{"type": "setMode", "mode": "acceptEdits", "destination": "session"}]},
    "PermissionDenied": TURN | TOOL | USE | {"reason": "Auto mode denied: outside of the project"},
    "PostToolUse": TURN | TOOL | USE | {"tool_response": {"stdout": "", "interrupted": False}, "duration_ms": 12},
    "PostToolUseFailure": TURN | TOOL | USE | {"error": "exit code 1", "is_interrupt": False},
    "PostToolBatch": TURN | {"tool_calls": [TOOL | USE]},
    "Notification": TURN | {"message": "Claude needs your permission", "notification_type": "permission_prompt"},
    "SubagentStart": IN_SUBAGENT,
    "SubagentStop": IN_SUBAGENT
    | {"stop_hook_active": False, "agent_transcript_path": "/a/b.jsonl", "last_assistant_message": "Three."},
    "Stop": TURN | {"stop_hook_active": False, "last_assistant_message": "Three parcels.", "background_tasks": []},
    "StopFailure": TURN
    | {
        "error": "rate_limit",
        "error_details": "429 Too Many Requests",
        "last_assistant_message": "API Error: Rate limit reached",
    },
    "TeammateIdle": TURN | {"teammate_name": "sorter", "team_name": "parcels"},
    "TaskCreated": TURN | TASK,
    "TaskCompleted": TURN | TASK,
    "Elicitation": TURN | MCP | {"message": "Which box?", "mode": "form", "requested_schema": {}},
    "ElicitationResult": TURN | MCP | {"action": "accept", "content": {"box": 3}},
    "PreCompact": TURN | {"trigger": "manual", "custom_instructions": None},
    "PostCompact": TURN | {"trigger": "manual", "compact_summary": "Parcels were counted."},
    "PreModelSwitch": TURN | {"from_model": "a", "to_model": "b", "source": "command"},
    "PostModelSwitch": TURN | {"from_model": "a", "to_model": "b", "source": "command"},
    "ConfigChange": COMMON | {"source": "user_settings", "file_path": "/a/settings.json"},
    "CwdChanged": COMMON | {"old_cwd": "/home/ada/ledger", "new_cwd": "/home/ada"},
    "DirectoryAdded": COMMON | {"directory": "/home/ada/other", "source": "slash_command"},
    "FileChanged": COMMON | {"file_path": "/home/ada/ledger/.envrc", "event": "change"},
    "WorktreeCreate": COMMON | {"name": "parcels"},
    "WorktreeRemove": COMMON | {"worktree_path": "/home/ada/ledger/.claude/worktrees/parcels"},
    "SessionEnd": COMMON | {"reason": "prompt_input_exit"},
}
"""By event; `call_of` adds the event's name, which stands behind the fields that all have."""


def call_of(event: str, **fields: Any) -> dict[str, Any]:
    """The event's call with some fields changed; None takes one out."""
    common = {name: value for name, value in CALLS[event].items() if name in IN_SUBAGENT}
    call = common | {"hook_event_name": event} | CALLS[event] | fields
    return {name: value for name, value in call.items() if value is not None}
