"""What wakes an account of a coding agent: its own program, asked for one word as cheaply as it can be.

The program itself speaks to its service, with the sign-in that it already has; nothing here speaks in its place. Each
call uses no tools, starts no hooks and keeps no session, so that a wake is no work on anybody's board. Options as told
by `claude --help` (2.1) and `codex exec --help` (0.169).
"""

from __future__ import annotations

PROMPT = "hi"

PRESETS: dict[str, tuple[str, ...]] = {
    "claude": (
        *("claude", "-p", PROMPT, "--model", "haiku", "--tools", "", "--strict-mcp-config"),
        *("--no-session-persistence", "--settings", '{"disableAllHooks": true}'),
    ),
    "codex": (
        *("codex", "exec", "--skip-git-repo-check", "--ephemeral", "--sandbox", "read-only", "--color", "never"),
        *("-c", "model_reasoning_effort=low", "-c", "notify=[]", PROMPT),
    ),
}
"""The words of the program by the name of the agent."""
