"""`posthouse run -- CMD…`: run a command as if it had been typed alone, and tell when it is done or has failed.

The command becomes an agent of the tool `run`: that its turn has begun, how it ended, and that it is gone are written
into the spool as reports, so that they are told whether the daemon runs or not. Nothing of that keeps the command from
running: where the spool cannot be written, a line on standard error says so. The exit code is the command's: 128 and
the number of the signal that ended it, 127 where there is no such program, 126 where it may not be run.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from posthouse.cli.exits import ExitCode, failure
from posthouse.cli.invocation import Command, Invocation, pass_invocation
from posthouse.cli.output import note, print_failure
from posthouse.cli.words import lasted
from posthouse.model.errors import PosthouseError
from posthouse.rules.last_lines import last_lines
from posthouse.system.clock import SystemClock
from posthouse.system.home import make_home
from posthouse.system.passing_through import Passed, pass_through
from posthouse.system.private_file import write_private

TOOL = "run"
FOLDER = ("spool", "agents", "report")
KEPT_BYTES = 65_536
TEXT_MAX = 3_900
"""Characters of a message or an error, below the contract's bound (`model.agents`, which is too slow to load here)."""

TITLE_MAX = 250
ALIVE_S = 1_800.0
"""How often a command that takes long is said to be at work still; an agent that is silent for long counts as ended."""

_TITLE_WORDS = 3
_NO_PROGRAM, _NOT_RUN = 127, 126


@click.command(cls=Command, context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("command", metavar="-- COMMAND…", nargs=-1, required=True, type=click.UNPROCESSED)
@click.option("--title", metavar="T", help="What to call it; else the program and its first words.")
@click.option("--project", metavar="P", help="What it belongs to; else the name of the current folder.")
@click.option(
    "--tail", metavar="N", type=click.IntRange(1, 200), default=20, show_default=True, help="Lines of output to tell."
)
@click.option("--no-output", is_flag=True, help="Tell nothing of its output, and do not look at it.")
@pass_invocation
def run(
    invocation: Invocation, command: tuple[str, ...], title: str | None, project: str | None, tail: int, no_output: bool
) -> int:
    """Run a command, and tell when it is done or has failed: with its exit code, its duration and its last lines.

    Input, output, signals and the exit code are as if it had been run alone. With --json, one line on standard error
    says at the end how it went.
    """
    teller = _Teller(invocation.home, title or title_of(command), project or Path.cwd().name)
    try:
        passed = pass_through(
            command,
            keep_bytes=0 if no_output else KEPT_BYTES,
            started=teller.tell_started,
            alive=teller.tell_alive,
            alive_s=ALIVE_S,
        )
    except (OSError, ValueError) as error:
        return _not_started(invocation, command[0], error)
    lines = last_lines(passed.output, tail, characters_max=TEXT_MAX - 100, is_cut=passed.is_output_cut)
    teller.tell_ended(passed, lines)
    if invocation.is_json:
        summary = {
            "agentId": teller.agent_id,
            "exitCode": passed.exit_code,
            "signal": passed.signal_number,
            "durationS": round(passed.duration_s, 3),
            "isTold": teller.is_told,
        }
        click.echo(json.dumps(summary), err=True)
    return _end_likewise(passed)


def title_of(command: Sequence[str]) -> str:
    """The program's name and its first plain words: `cargo build`. What is behind them may be a secret."""
    words = [Path(command[0]).name or command[0]]
    for word in command[1:_TITLE_WORDS]:
        if not word or not all(character.isalnum() or character in "._-/" for character in word) or word[0] == "-":
            break
        words.append(word)
    return " ".join(words)[:TITLE_MAX]


def ended_words(passed: Passed) -> str:
    """How it ended, to begin a sentence with: `exit 3 after 2 min 5 s`."""
    if passed.signal_number is None:
        return f"exit {passed.exit_code} after {lasted(passed.duration_s)}"
    try:
        name = signal.Signals(passed.signal_number).name
    except ValueError:
        name = f"signal {passed.signal_number}"
    return f"ended by {name} after {lasted(passed.duration_s)}"


class _Teller:
    """Writes reports into the spool; the first that cannot be written is said once, and the rest are not tried."""

    def __init__(self, home: Path, title: str, project: str) -> None:
        # Random from its first character on: the first eight are the tag that notifications carry.
        self.agent_id = os.urandom(8).hex()
        self.is_told = True
        self._home = home
        self._clock = SystemClock()
        self._facts = {"tool": TOOL, "title": _valid(title)[:TITLE_MAX], "project": _valid(project)[:TITLE_MAX]}

    def tell_started(self) -> None:
        self._tell({"kind": "turn-started", "turn_id": self.agent_id})

    def tell_alive(self) -> None:
        self._tell({"kind": "alive", "turn_id": self.agent_id})

    def tell_ended(self, passed: Passed, lines: Sequence[str]) -> None:
        words = ended_words(passed)
        if passed.exit_code == 0:
            text = "\n".join([f"Done after {lasted(passed.duration_s)}.", *lines])
            turn = {"kind": "turn-completed", "turn_id": self.agent_id, "message": text}
        else:
            turn = {"kind": "turn-error", "turn_id": self.agent_id, "error": "\n".join([words, *lines])}
        self._tell(turn, {"kind": "ended", "reason": words})

    def _tell(self, *said: dict[str, str]) -> None:
        """Write a file of these reports: all of them are heard, or none."""
        if not self.is_told:
            return
        reports = [{**one, "agent_id": self.agent_id, "at": self._clock.now(), **self._facts} for one in said]
        folder = self._home.joinpath(*FOLDER)
        try:
            make_home(self._home)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(folder / f"{self._clock.uuid7()}.json", json.dumps(reports).encode())
        except (OSError, PosthouseError) as error:
            self.is_told = False
            why = error.message if isinstance(error, PosthouseError) else error.strerror or type(error).__name__
            note(f"posthouse: nobody will be told of this command: {folder} cannot be written: {why}", colour="yellow")


def _valid(text: str) -> str:
    """The text in UTF-8; a file name that is none keeps what can be read of it."""
    return text.encode("utf-8", "replace").decode()


def _not_started(invocation: Invocation, program: str, error: OSError | ValueError) -> int:
    is_missing = isinstance(error, FileNotFoundError)
    if is_missing:
        detail = f"There is no program {program}. (To run a binding now: posthouse bindings run.)"
    else:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        detail = f"{program} cannot be run: {why}."
    print_failure(failure("run.not_started", detail, ExitCode.USAGE), is_json=invocation.is_json)
    return _NO_PROGRAM if is_missing else _NOT_RUN


def _end_likewise(passed: Passed) -> int:
    """Its exit code; where Ctrl-C ended it we end of it, too, so that the loop of a shell around us stops."""
    if passed.signal_number is None:
        return passed.exit_code or 0
    if passed.signal_number == signal.SIGINT and sys.platform != "win32":
        sys.stdout.flush()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    return 128 + passed.signal_number
