"""Codex's config.toml with Posthouse's hooks in it, and without them again: text in, text out.

    # Before Posthouse: notify = ["notify-send", "Codex"]              only where there was a notify
    notify = ["sh", "/home/mara/…/hooks/codex", "notify-send", "Codex"]    ours; whatever was there is run by it

    [[hooks.PermissionRequest]]                                        one of these for each of `EVENTS`, at the end
    [[hooks.PermissionRequest.hooks]]
    type = "command"
    command = "sh '/home/mara/…/hooks/codex'"

What always holds: everything else stays as it is to the byte, comments and order too; installing twice is installing
once; removing gives back what was there before. Each result is proved before it is given out: it must parse, and say
what the text before said but for what is ours. Where that fails (the hooks were edited by hand, or are written in a
form that nothing can be added to) a `Conflict` says what to do by hand, and nothing comes out.

Source: https://developers.openai.com/codex/config-reference (`notify`, `hooks`), https://toml.io/en/v1.0.0.
"""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from typing import Any

from posthouse.model.errors import BadInput, Conflict

EVENTS = ("PermissionRequest", "SubagentStart")
"""The hooks that say what neither `notify` nor the session logs do: each costs Codex a few milliseconds."""

NOTIFY_LINES_MAX = 100
"""A `notify` of more lines than this is nobody's."""

_BEFORE = "# Before Posthouse: "
_NOTIFY = re.compile(r"^[ \t]*(?:notify|\"notify\"|'notify')[ \t]*=", re.MULTILINE)


def install(text: str, program: str) -> str:
    """The configuration with the hooks that run the program in it. Raises BadInput and Conflict as the module says."""
    before = _parsed(text)
    notify = _notify_of(before)
    newline = _newline_of(text)
    wanted, made = dict(before), text
    if not _is_ours(notify, program):
        wanted["notify"] = _ours(program, notify or [])
        made = _with_notify(text, before, program)
    missing = [event for event in EVENTS if not _runs(before, event, program)]
    if missing:
        wanted["hooks"] = _with_hooks(before.get("hooks", {}), missing, program)
        made += "".join(newline + _block(event, program, newline) for event in missing)
    if not _says(made, wanted):
        message = (
            "Hooks cannot be added to Codex's configuration as it is written: they must be tables, [[hooks.Name]]."
        )
        raise Conflict("hooks.config_conflict", message)
    return made


def remove(text: str, program: str) -> str:
    """The configuration without the program's hooks, and with the `notify` that was there before.

    Raises BadInput and Conflict as the module says.
    """
    before = _parsed(text)
    newline = _newline_of(text)
    made = text
    for event in EVENTS:
        made = made.replace(newline + _block(event, program, newline), "", 1)
    wanted = {**before, "hooks": _without_hooks(before.get("hooks", {}), program)}
    notify = _notify_of(before)
    if notify is not None and _is_ours(notify, program):
        made, former = _without_notify(made, notify[2:])
        wanted["notify"] = former
    after = _parsed(made)
    if any(_runs(after, event, program) for event in EVENTS) or _tidy(after) != _tidy(wanted):
        message = f"The hooks in Codex's configuration were changed by hand. Take out what names {program} yourself."
        raise Conflict("hooks.config_changed", message)
    return made


def is_installed(text: str, program: str) -> bool:
    """Whether all of it is there. Raises BadInput where the text is no TOML."""
    parsed = _parsed(text)
    return _is_ours(_notify_of(parsed), program) and all(_runs(parsed, event, program) for event in EVENTS)


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        message = f"Codex's configuration is no valid TOML: {str(error)[:200]}."
        raise BadInput("hooks.config_unreadable", message) from error


def _notify_of(parsed: dict[str, Any]) -> list[str] | None:
    """The program that is notified, with its arguments. Raises Conflict where it is something else."""
    notify = parsed.get("notify")
    if notify is None:
        return None
    if not isinstance(notify, list) or not all(isinstance(part, str) for part in notify):
        message = "`notify` in Codex's configuration is no list of strings."
        raise Conflict("hooks.config_conflict", message)
    return notify


def _ours(program: str, former: list[str]) -> list[str]:
    return ["sh", program, *former]


def _is_ours(notify: list[str] | None, program: str) -> bool:
    return notify is not None and notify[:2] == ["sh", program]


def _with_notify(text: str, before: dict[str, Any], program: str) -> str:
    """Ours in place of what was there, which stays as a comment; or in the first line where there was nothing."""
    former, newline = _notify_of(before), _newline_of(text)
    ours = f"notify = {_array(_ours(program, former or []))}"
    if former is None:
        return ours + newline + text
    start, end = _span(text)
    kept = "".join(_BEFORE + line for line in text[start:end].splitlines(keepends=True))
    if kept.endswith("\n"):
        return text[:start] + kept + ours + newline + text[end:]
    return text[:start] + kept + newline + ours


def _without_notify(text: str, former: list[str]) -> tuple[str, list[str] | None]:
    """What was there before, and what it says: by the comment above or, without one, by how ours goes on."""
    start, end = _span(text)
    ending = text[start:end][len(text[start:end].rstrip("\r\n")) :]
    lines = text[:start].splitlines(keepends=True)
    first = len(lines)
    while first and lines[first - 1].startswith(_BEFORE):
        first -= 1
    kept = "".join(line.removeprefix(_BEFORE) for line in lines[first:]).rstrip("\r\n")
    if _says(kept, {"notify": former}):
        return "".join(lines[:first]) + kept + ending + text[end:], former
    if not former:
        return text[:start] + text[end:], None
    return text[:start] + f"notify = {_array(former)}" + ending + text[end:], former


def _span(text: str) -> tuple[int, int]:
    """Where the lines of `notify` stand: those without which the rest says all that it did, but for `notify`."""
    rest = _parsed(text)
    notify = {"notify": rest.pop("notify")}
    for found in _NOTIFY.finditer(text):
        end = found.start()
        for line in text[found.start() :].splitlines(keepends=True)[:NOTIFY_LINES_MAX]:
            end += len(line)
            if _says(text[found.start() : end], notify) and _says(text[: found.start()] + text[end:], rest):
                return found.start(), end
    message = "`notify` in Codex's configuration must stand on lines of its own."
    raise Conflict("hooks.config_conflict", message)


def _newline_of(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _says(text: str, wanted: dict[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        return False


def _block(event: str, program: str, newline: str) -> str:
    lines = (
        f"[[hooks.{event}]]",
        f"[[hooks.{event}.hooks]]",
        'type = "command"',
        f"command = {_string(_command(program))}",
    )
    return "".join(line + newline for line in lines)


def _command(program: str) -> str:
    return f"sh {shlex.quote(program)}"


def _runs(parsed: dict[str, Any], event: str, program: str) -> bool:
    hooks = parsed.get("hooks")
    groups = hooks.get(event) if isinstance(hooks, dict) else None
    for group in groups if isinstance(groups, list) else ():
        handlers = group.get("hooks") if isinstance(group, dict) else None
        for handler in handlers if isinstance(handlers, list) else ():
            if isinstance(handler, dict) and handler.get("command") == _command(program):
                return True
    return False


def _with_hooks(hooks: Any, missing: list[str], program: str) -> dict[str, Any]:
    """What `hooks` is to say. Where it is no table, what is made of it will not parse."""
    known = dict(hooks) if isinstance(hooks, dict) else {}
    for event in missing:
        groups = known.get(event, [])
        added = {"hooks": [{"type": "command", "command": _command(program)}]}
        known[event] = [*(groups if isinstance(groups, list) else []), added]
    return known


def _without_hooks(hooks: Any, program: str) -> Any:
    """What `hooks` is to say without ours, which stand in groups of their own."""
    if not isinstance(hooks, dict):
        return hooks
    ours = {"hooks": [{"type": "command", "command": _command(program)}]}
    left = {}
    for event, groups in hooks.items():
        is_one = event in EVENTS and isinstance(groups, list)
        left[event] = [group for group in groups if group != ours] if is_one else groups
    return left


def _tidy(parsed: dict[str, Any]) -> dict[str, Any]:
    """Without what says nothing: hooks of which there are none, a notify that is None."""
    hooks = parsed.get("hooks", {})
    if isinstance(hooks, dict):
        hooks = {event: groups for event, groups in hooks.items() if groups != []}
    rest = {key: value for key, value in parsed.items() if key != "hooks" and value is not None}
    return {**rest, "hooks": hooks}


def _array(parts: list[str]) -> str:
    return f"[{', '.join(map(_string, parts))}]"


def _string(text: str) -> str:
    """A basic string of TOML: JSON's escapes are valid there, but for its surrogates, which are not made here."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
