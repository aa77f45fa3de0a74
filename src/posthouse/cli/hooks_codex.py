"""What makes Codex tell Posthouse: the program that it runs, where its configuration is, and what is written there.

The configuration itself is changed by pure rules (`rules.codex_config`); this is what `posthouse hooks` needs beside.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from posthouse.model.errors import Conflict
from posthouse.rules import codex_config

ADAPTER = PROGRAM_NAME = "codex"
"""The name of its folder in the spool, and of the program under `<home>/hooks`."""

PROGRAM = """\
#!/bin/sh
# Posthouse: leaves what Codex tells in the spool, for the daemon to read. It never fails, prints nothing and waits for
# nobody. As `notify` it gets the event as its last argument; what stands before that is the program that was notified
# before, which is run as well. As a hook it gets the event on its standard input.
exec >/dev/null 2>&1
umask 077
if [ $# -gt 1 ]; then "$@" </dev/null & fi
folder=${0%/*}/../spool/agents/codex
[ -d "$folder" ] || mkdir -p "$folder"
name=$(mktemp "$folder/.XXXXXXXXXXXXXXXX") || exit 0
if [ $# -gt 0 ]; then
  for event do :; done
  printf '%s' "$event" >"$name"
else
  cat >"$name"
fi && mv -f "$name" "$folder/${name##*/.}.json" || rm -f "$name"
exit 0
"""

NOTE = (
    "Codex runs hooks only once you have reviewed them: start codex, and say yes when it asks (or type /hooks). "
    "Turns are heard without them."
)
"""What to tell a person after installing."""


def config_path(environ: Mapping[str, str]) -> Path:
    """Codex's configuration: in $CODEX_HOME, else in ~/.codex."""
    named = environ.get("CODEX_HOME")
    return (Path(named).expanduser() if named else Path.home() / ".codex") / "config.toml"


def project_path(folder: Path) -> Path | None:  # noqa: ARG001 - a project's own file may set no `notify`
    """None: there is but the one for all projects."""
    return None


def plan(existing: str, program: Path) -> str:
    """The configuration with our hooks in it, "" where there is none yet. Raises BadInput and Conflict."""
    if sys.platform == "win32":
        message = "What Codex's hooks run needs a shell (sh), which is not here. Its session logs are heard without."
        raise Conflict("hooks.config_conflict", message)
    return codex_config.install(existing, str(program))


def unplan(existing: str, program: Path) -> str:
    """The configuration as it was before. Raises BadInput and Conflict."""
    return codex_config.remove(existing, str(program))


def is_installed(existing: str, program: Path) -> bool:
    """Whether our hooks are all there."""
    return codex_config.is_installed(existing, str(program))
