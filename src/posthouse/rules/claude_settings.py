"""Posthouse's hooks in a settings file of Claude Code: put in, taken out, told. Pure functions over the file's text.

    {"hooks": {"Stop": [{"matcher": "…", "hooks": [{"type": "command", "command": "…", "timeout": 5}]}]}}

as https://code.claude.com/docs/en/hooks has it. A hook of ours is known by its command, whatever home it belongs to,
and a file holds those of one home: putting in replaces any others of ours. Nothing else is touched, in content or in
layout; what stands empty after taking out (an event, `hooks`) goes with it.
"""

from __future__ import annotations

import re

from posthouse.model.errors import BadInput
from posthouse.rules.json_text import Node, NotJson, put_in, read, take_out

TIMEOUT_S = 5
"""After so many seconds Claude Code goes on without the hook."""

EVENTS: dict[str, str] = {
    "SessionStart": "",
    "UserPromptSubmit": "",
    "Stop": "",
    "StopFailure": "",
    "SubagentStart": "",
    "SubagentStop": "",
    "PermissionRequest": "",
    "PermissionDenied": "",
    "PostToolUse": "",
    "PostToolUseFailure": "",
    "Notification": "agent_needs_input|elicitation_dialog|idle_prompt|permission_prompt|worker_permission_prompt",
    "SessionEnd": "",
}
"""The events that are heard, each with its matcher. The ends of tools are what says that a prompt was answered."""

_POSIX = re.compile(r"\[ -r (?P<program>'.*/hooks/claude-code') \] && exec sh (?P=program); exit 0", re.DOTALL)
_WINDOWS = re.compile(
    r"try \{ & \(\[scriptblock\]::Create\(\[IO\.File\]::ReadAllText\((?P<program>'.*\\hooks\\claude-code\.ps1')\)\)\) "
    r"(?P=program) \} catch \{ \}; exit 0",
    re.DOTALL,
)

# PowerShell takes typographic quotes for plain ones; doubled, each stands for itself (about_Quoting_Rules).
_WINDOWS_QUOTE = re.compile("(['\u2018\u2019\u201a\u201b])")
_WINDOWS_QUOTE_TWICE = re.compile(f"{_WINDOWS_QUOTE.pattern}\\1")


def posix_command(program: str) -> str:
    """What a POSIX shell is told: to become the program, and to exit 0 where that is no longer there."""
    quoted = "'" + program.replace("'", "'\\''") + "'"
    return f"[ -r {quoted} ] && exec sh {quoted}; exit 0"


def windows_command(program: str) -> str:
    """The same for PowerShell, which runs no file where scripts are forbidden, but text that was read from one."""
    quoted = "'" + _WINDOWS_QUOTE.sub(r"\1\1", program) + "'"
    return f"try {{ & ([scriptblock]::Create([IO.File]::ReadAllText({quoted}))) {quoted} }} catch {{ }}; exit 0"


def program_of(command: object) -> str | None:
    """The program that a command of ours runs; None where it is not one of ours."""
    if not isinstance(command, str):
        return None
    if found := _POSIX.fullmatch(command):
        return found["program"][1:-1].replace("'\\''", "'")
    if found := _WINDOWS.fullmatch(command):
        return _WINDOWS_QUOTE_TWICE.sub(r"\1", found["program"][1:-1])
    return None


def install(text: str, command: str) -> str:
    """The text with a hook for each event and none of ours beside; an empty text is an empty file.

    Safe to repeat. Raises BadInput `hooks.settings_not_json` or `hooks.settings_wrong_type`, as all functions here.
    """
    if installed(text) == {(event, matcher, command) for event, matcher in EVENTS.items()}:
        return text
    text = remove(text)
    if not text.strip(" \t\r\n"):
        text = "{}\n"
    for event, matcher in EVENTS.items():
        text = _put_in_event(text, event, _group(matcher, command))
    return text


def remove(text: str) -> str:
    """The text without any hook of ours."""
    while (place := _first_of_ours(_root(text))) is not None:
        text = take_out(text, *place)
    return text


def installed(text: str) -> set[tuple[str, str, str]]:
    """Our hooks in the text: event, matcher and command of each; one that stands twice makes it no set of EVENTS."""
    found: set[tuple[str, str, str]] = set()
    for event, group, handler in _handlers(_root(text)):
        is_plain = handler.value == _handler(handler.value["command"]) and len(group.value["hooks"]) == 1
        entry = (event, str(group.value.get("matcher", "")), handler.value["command"])
        found.add(entry if is_plain and entry not in found else (event, "", ""))
    return found


def are_all_off(text: str) -> bool:
    """Whether the file switches every hook off."""
    return bool(_root(text).value.get("disableAllHooks") is True)


def _group(matcher: str, command: str) -> dict[str, object]:
    return ({"matcher": matcher} if matcher else {}) | {"hooks": [_handler(command)]}


def _handler(command: str) -> dict[str, object]:
    shell = {"shell": "powershell"} if _WINDOWS.fullmatch(command) else {}
    return {"type": "command", "command": command, **shell, "timeout": TIMEOUT_S}


def _root(text: str) -> Node:
    """The tree of the file, whose hooks have the shape that is documented."""
    if not text.strip(" \t\r\n"):
        return Node(0, 0, {})
    try:
        root = read(text)
    except NotJson as error:
        raise BadInput("hooks.settings_not_json", f"It is not JSON: {error}", line=error.line) from error
    _expect(root, dict, "The file")
    hooks = root.child("hooks")
    if hooks is not None:
        _expect(hooks, dict, '"hooks"')
        for event in hooks.children:
            _check_event(event.name, event.node)
    return root


def _check_event(event: str, groups: Node) -> None:
    _expect(groups, list, f'"hooks.{event}"')
    for group in groups.children:
        _expect(group.node, dict, f'An entry of "hooks.{event}"')
        handlers = group.node.child("hooks")
        if handlers is not None:
            _expect(handlers, list, f'"hooks" in an entry of "hooks.{event}"')


def _expect(node: Node, kind: type, what: str) -> None:
    if not isinstance(node.value, kind):
        wanted = "an object" if kind is dict else "a list"
        raise BadInput("hooks.settings_wrong_type", f"{what} is not {wanted}, which Claude Code expects there.")


def _handlers(root: Node) -> list[tuple[str, Node, Node]]:
    """Every handler of ours: its event, its group, itself."""
    hooks = root.child("hooks")
    return [
        (event.name, group.node, handler.node)
        for event in (hooks.children if hooks else ())
        for group in event.node.children
        for handler in (group.node.child("hooks") or Node(0, 0, [])).children
        if _is_ours(handler.node)
    ]


def _put_in_event(text: str, event: str, group: dict[str, object]) -> str:
    root = _root(text)
    hooks = root.child("hooks")
    if hooks is None:
        return put_in(text, root, {event: [group]}, name="hooks")
    groups = hooks.child(event)
    if groups is None:
        return put_in(text, hooks, [group], name=event)
    return put_in(text, groups, group)


def _first_of_ours(root: Node) -> tuple[Node, int] | None:
    """What to take out next: the widest thing that holds nothing but one handler of ours, as (container, index)."""
    hooks = root.child("hooks")
    for event_index, event in enumerate(hooks.children if hooks else ()):
        for group_index, group in enumerate(event.node.children):
            handlers = group.node.child("hooks")
            for index, handler in enumerate(handlers.children if handlers else ()):
                if not _is_ours(handler.node):
                    continue
                if handlers is not None and len(handlers.children) > 1:
                    return handlers, index
                if len(event.node.children) > 1:
                    return event.node, group_index
                if hooks is not None and len(hooks.children) > 1:
                    return hooks, event_index
                return root, [one.name for one in root.children].index("hooks")
    return None


def _is_ours(handler: Node) -> bool:
    return isinstance(handler.value, dict) and program_of(handler.value.get("command")) is not None
