"""Signing in at a target's service from the command line: a browser is opened, and its answer waited for.

Comes in: what to sign in for. Goes out: the text that stands for what came of it, to be entered for the target's field
(`sign-in:<id>`); the secret itself stays in the daemon.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import click

from posthouse.cli.client import Api
from posthouse.cli.dashboard import has_browser, open_in_browser
from posthouse.cli.exits import CommandFailed, ExitCode, failure
from posthouse.cli.invocation import Command, Invocation, pass_invocation
from posthouse.cli.output import note, print_json, say
from posthouse.cli.target_fields import find_kind, is_asked, key_of

LOOK_EVERY_S = 1.0
CHECK_TIMEOUT_S = 90.0


def sign_in_fields(kind: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The fields of a kind that are filled by signing in."""
    return [one for one in kind["fields"] if one["kind"] == "sign_in"]


def signed_in(api: Api, kind: Mapping[str, Any], settings: dict[str, Any], *, can_ask: bool) -> dict[str, Any]:
    """The settings of something new, after a person has signed in where that is asked for and was not said."""
    for field in sign_in_fields(kind):
        if not is_asked(field, _by_key(kind["fields"], settings), kind["fields"]):
            continue
        holder = settings
        for step in field["path"][:-1]:
            holder = holder.setdefault(step, {})
        if field["path"][-1] not in holder:
            if not can_ask:
                key = key_of(field)
                detail = f"Somebody has to sign in: run this in a terminal, or give --secret-file {key}=FILE."
                raise failure("cli.usage", detail, ExitCode.USAGE)
            holder[field["path"][-1]] = sign_in(api, {"kind": kind["kind"], "settings": settings})
    return settings


def sign_in(api: Api, what: Mapping[str, Any]) -> str:
    """Let a person sign in, and wait until it is done. Raises CommandFailed where it came to nothing."""
    begun = api.post("targets", "sign-in", body=what)
    if has_browser() and open_in_browser(begun["url"]):
        note("Sign in in the browser that has just opened. If none has, open this address on this machine:")
    else:
        note("Open this address in a browser on this machine, and sign in:")
    note(begun["url"])
    seen = begun
    while seen["state"] == "pending":
        time.sleep(LOOK_EVERY_S)
        seen = api.get("targets", "sign-in", begun["id"])
    if seen["state"] != "done":
        raise CommandFailed({"code": "target.sign_in_failed", "detail": seen["words"]}, ExitCode.FAILED)
    return f"sign-in:{begun['id']}"


@click.command("sign-in", cls=Command)
@click.argument("name", metavar="TARGET")
@pass_invocation
def sign_in_again(invocation: Invocation, name: str) -> None:
    """Sign in again for a target whose service no longer lets Posthouse in, and let what waits go."""
    api = invocation.api(timeout_s=CHECK_TIMEOUT_S)
    found = api.get("targets", name)
    entered = sign_in(api, {"target": name})
    settings: dict[str, Any] = {}
    for field in sign_in_fields(find_kind(api, found["kind"])):
        top, *rest = field["path"]
        settings[top] = _with(found["settings"].get(top), rest, entered)
    api.patch("targets", name, body={"settings": settings})
    answer = api.post("targets", name, "reconnect")
    if invocation.is_json:
        print_json(answer)
    elif answer["ok"]:
        say(f"{name} is signed in and connected again.")
    else:
        detail = f"You are signed in, but {name} did not take the check. {answer['error'] or ''}".strip()
        problem = {"code": "target.check_failed", "detail": detail, "diagnosis": answer["diagnosis"]}
        raise CommandFailed(problem, ExitCode.FAILED)


def _with(present: Any, path: Sequence[str], value: str) -> Any:
    """The same with a value at a path; what is an object on the way is kept."""
    if not path:
        return value
    holder = dict(present) if isinstance(present, Mapping) else {}
    return {**holder, path[0]: _with(holder.get(path[0]), path[1:], value)}


def _by_key(fields: Sequence[Mapping[str, Any]], settings: Mapping[str, Any]) -> dict[str, Any]:
    """What was said, by the keys of the fields."""
    found: dict[str, Any] = {}
    for field in fields:
        node: Any = settings
        for step in field["path"]:
            node = node.get(step) if isinstance(node, Mapping) else None
        if node is not None:
            found[key_of(field)] = node
    return found
