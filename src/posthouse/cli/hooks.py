"""`posthouse hooks`: make a coding agent tell Posthouse what it does, and undo that.

    hooks install ──▶ <home>/hooks/<program>, <home>/spool/agents/<tool>/, then the tool's own settings
    hooks remove  ──▶ the tool's own settings; where they are as installing left them, the bytes from before

The daemon need not run. The settings are shown as a difference first, replaced whole or not at all, and their content
from before lies in `<home>/hooks/backups`. A tool is a module of the shape `Hooks`, and one line in `TOOLS`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from difflib import unified_diff
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar, cast

import click

from posthouse.cli.exits import CommandFailed, ExitCode, failure
from posthouse.cli.invocation import Command, Group, Invocation, pass_invocation
from posthouse.cli.output import note, print_json, say, table
from posthouse.model.errors import PosthouseError
from posthouse.system.foreign_file import read_settings, replace_settings
from posthouse.system.home import make_home
from posthouse.system.private_file import write_private

T = TypeVar("T")

TOOLS: dict[str, str] = {"claude-code": "posthouse.cli.hooks_claude", "codex": "posthouse.cli.hooks_codex"}
"""The tools that can be made to tell, each with its module."""


class Hooks(Protocol):
    """What is to be known of a tool. The functions over texts are pure, and raise PosthouseError."""

    ADAPTER: str
    PROGRAM_NAME: str
    PROGRAM: str
    NOTE: str

    def config_path(self, environ: Mapping[str, str]) -> Path:
        """The user's settings."""
        ...

    def project_path(self, folder: Path) -> Path | None:
        """A project's settings, None where the tool has no such thing."""
        ...

    def plan(self, existing: str, program: Path) -> str:
        """The settings with the hooks in them."""
        ...

    def unplan(self, existing: str, program: Path) -> str:
        """The settings without them."""
        ...

    def is_installed(self, existing: str, program: Path) -> bool:
        """Whether they are all there."""
        ...


class Place(NamedTuple):
    """A tool's settings, and what belongs to them in the home."""

    hooks: Hooks
    path: Path
    home: Path

    @property
    def program(self) -> Path:
        """The program that the hooks run."""
        return self.home / "hooks" / self.hooks.PROGRAM_NAME

    @property
    def spool(self) -> Path:
        """The folder that it writes into."""
        return self.home / "spool" / "agents" / self.hooks.ADAPTER

    @property
    def backup(self) -> Path:
        """Where the settings lie as they were before our first hook."""
        digest = sha256(os.fsencode(self.path)).hexdigest()[:16]
        return self.home / "hooks" / "backups" / f"{self.hooks.ADAPTER}-{digest}{self.path.suffix}"


@click.group(cls=Group)
def hooks() -> None:
    """Make a coding agent tell Posthouse what it does: install, status, remove."""


def _options(*, is_change: bool) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The options of each command, in the order of its help."""
    options = [
        click.argument("tool", type=click.Choice(list(TOOLS))),
        click.option("--user", "is_user", is_flag=True, help="In your own settings, for all projects (the default)."),
        click.option(
            "--project",
            metavar="DIR",
            type=click.Path(path_type=Path, exists=True, file_okay=False),
            help="In the settings of the project in this folder, on this machine only.",
        ),
    ]
    if is_change:
        options += [
            click.option("--yes", "is_confirmed", is_flag=True, help="Do not ask."),
            click.option("--dry-run", "is_dry", is_flag=True, help="Show the change and make none."),
        ]

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


@hooks.command(cls=Command)
@_options(is_change=True)
@pass_invocation
def install(
    invocation: Invocation, tool: str, *, is_user: bool, project: Path | None, is_confirmed: bool, is_dry: bool
) -> None:
    """Put the hooks into the tool's settings. Everything else there stays; doing it twice changes nothing."""
    place = _place(invocation, tool, is_user=is_user, project=project)
    before = _on(place, lambda: read_settings(place.path))
    after = _on(place, lambda: place.hooks.plan(before or "", place.program))
    is_changed = after != before
    if not _agreed(invocation, place, before, after, is_confirmed=is_confirmed, is_dry=is_dry):
        return
    _make_program(place)
    if is_changed:
        _keep_backup(place, before)
        _on(place, lambda: replace_settings(place.path, before, after))
    if invocation.is_json:
        print_json(_answer(place, is_changed=is_changed))
    elif is_changed:
        say(f"The hooks of {tool} are in {place.path}.")
        note(place.hooks.NOTE)
    else:
        say(f"The hooks of {tool} were in {place.path} already; nothing was changed there.")


@hooks.command(cls=Command)
@_options(is_change=True)
@pass_invocation
def remove(
    invocation: Invocation, tool: str, *, is_user: bool, project: Path | None, is_confirmed: bool, is_dry: bool
) -> None:
    """Take the hooks out of the tool's settings, and nothing else."""
    place = _place(invocation, tool, is_user=is_user, project=project)
    before = _on(place, lambda: read_settings(place.path))
    after = None if before is None else _on(place, lambda: _without(place, before))
    is_changed = after != before
    if not _agreed(invocation, place, before, after, is_confirmed=is_confirmed, is_dry=is_dry):
        return
    if is_changed:
        _on(place, lambda: replace_settings(place.path, before, after))
    if invocation.is_json:
        print_json(_answer(place, is_changed=is_changed))
    elif is_changed:
        say(f"The hooks of {tool} are out of {place.path}.")
    else:
        say(f"No hooks of Posthouse are in {place.path}; nothing was changed.")


@hooks.command(cls=Command)
@_options(is_change=False)
@pass_invocation
def status(invocation: Invocation, tool: str, *, is_user: bool, project: Path | None) -> None:
    """Say whether the hooks are there, and whether what they run is."""
    place = _place(invocation, tool, is_user=is_user, project=project)
    found = _status(place)
    if invocation.is_json:
        print_json(found)
        return
    words = {"yes": "installed", "partly": "not complete, or of another home", "no": "not installed"}
    rows = [
        ["settings", str(place.path), found["problem"] or words[found["installed"]]],
        ["program", str(place.program), "as it should be" if found["isProgramReady"] else "missing or changed"],
        ["spool", str(place.spool), "there" if found["isSpoolReady"] else "missing"],
    ]
    table(["WHAT", "WHERE", "STATE"], rows, empty="")
    if found["installed"] != "yes" or not (found["isProgramReady"] and found["isSpoolReady"]):
        note(f"To put it right: posthouse hooks install {tool}{'' if project is None else f' --project {project}'}")


def _place(invocation: Invocation, tool: str, *, is_user: bool, project: Path | None) -> Place:
    module = cast("Hooks", import_module(TOOLS[tool]))
    if is_user and project is not None:
        raise failure("cli.usage", "Give --user or --project, not both.", ExitCode.USAGE)
    path = module.config_path(os.environ) if project is None else module.project_path(project)
    if path is None:
        raise failure("cli.usage", f"{tool} has no settings of a project.", ExitCode.USAGE)
    return Place(module, path.absolute(), invocation.home)


def _on(place: Place, act: Callable[[], T]) -> T:
    """Do something with the settings; what goes wrong names the file. Nothing was changed then."""
    try:
        return act()
    except PosthouseError as error:
        problem = {"code": error.code, "detail": f"{place.path}: {error.message} Nothing was changed."}
        raise CommandFailed(problem | ({"line": error.line} if error.line else {}), ExitCode.FAILED) from error


def _agreed(
    invocation: Invocation, place: Place, before: str | None, after: str | None, *, is_confirmed: bool, is_dry: bool
) -> bool:
    """Show what would change, and ask. False: it was a dry run, or there is nothing to be done."""
    old, new, name = (before or "").splitlines(), (after or "").splitlines(), str(place.path)
    difference = "\n".join(unified_diff(old, new, name, name, n=2, lineterm=""))
    if is_dry and invocation.is_json:
        print_json({**_answer(place, is_changed=after != before), "difference": difference})
    elif is_dry or (after != before and not invocation.is_json):
        say(difference or f"Nothing would change in {place.path}.")
    if is_dry:
        return False
    if after != before and not is_confirmed:
        if not invocation.can_ask:
            detail = f"This changes {place.path}. Say --yes, or see the change with --dry-run."
            raise failure("cli.confirmation_needed", detail, ExitCode.USAGE)
        click.confirm("Make this change?", abort=True, err=True)
    return True


def _make_program(place: Place) -> None:
    """The program and the folder that it writes into: each made or made right."""
    try:
        make_home(place.home)
        spool, agents = place.home / "spool", place.spool.parent
        for folder in (place.program.parent, place.backup.parent, spool, agents, place.spool):
            folder.mkdir(mode=0o700, exist_ok=True)
        if not _is_program_ready(place):
            write_private(place.program, place.hooks.PROGRAM.encode())
            place.program.chmod(0o700)
    except OSError as error:
        detail = f"The hooks' program cannot be put into {place.home}: {error.strerror}. Nothing was changed."
        raise failure("hooks.program_unwritable", detail) from error
    except PosthouseError as error:
        raise failure(error.code, error.message) from error


def _is_program_ready(place: Place) -> bool:
    try:
        is_same = place.program.read_bytes() == place.hooks.PROGRAM.encode()
    except OSError:
        return False
    return is_same and os.access(place.program, os.R_OK | os.X_OK)


def _keep_backup(place: Place, before: str | None) -> None:
    """Keep the settings if nothing of ours is in them; the copy of an earlier file is no longer what was before."""
    try:
        if before is None:
            place.backup.unlink(missing_ok=True)
        elif place.hooks.unplan(before, place.program) == before:
            write_private(place.backup, before.encode())
    except OSError as error:
        detail = f"{place.backup} cannot be written: {error.strerror}. Nothing was changed in {place.path}."
        raise failure("hooks.program_unwritable", detail) from error


def _without(place: Place, text: str) -> str | None:
    """The settings without our hooks: the bytes from before where nothing else has changed since; None for no file."""
    kept = _kept_backup(place)
    if kept is not None and place.hooks.plan(kept, place.program) == text:
        return kept
    found = place.hooks.unplan(text, place.program)
    return None if kept is None and found != text and found.strip() in ("", "{}") else found


def _kept_backup(place: Place) -> str | None:
    try:
        return place.backup.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _answer(place: Place, *, is_changed: bool) -> dict[str, Any]:
    return {"path": str(place.path), "program": str(place.program), "changed": is_changed}


def _status(place: Place) -> dict[str, Any]:
    problem, installed = "", "no"
    try:
        text = read_settings(place.path) or ""
        if place.hooks.is_installed(text, place.program):
            installed = "yes"
        elif place.hooks.unplan(text, place.program) != text:
            installed = "partly"
    except PosthouseError as error:
        problem = f"{error.message} [{error.code}]"
    return {
        "path": str(place.path),
        "installed": installed,
        "program": str(place.program),
        "isProgramReady": _is_program_ready(place),
        "spool": str(place.spool),
        "isSpoolReady": place.spool.is_dir(),
        "problem": problem or None,
    }
