"""The program that Codex runs: it leaves what it hears in the spool, whatever happens, and says nothing."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from posthouse.cli.hooks_codex import ADAPTER, PROGRAM, config_path, is_installed, plan, project_path, unplan

pytestmark = pytest.mark.skipif(os.name == "nt", reason="it is a program of the shell")
EVENT = '{"type":"agent-turn-complete","last-assistant-message":"It\'s \\"done\\" – 100 % $HOME `date` \\\\n"}'
AT_ONCE = 200


class Home:
    """A home of Posthouse with the program in it."""

    def __init__(self, folder: Path) -> None:
        self.spool = folder / "spool" / "agents" / ADAPTER
        self.program = folder / "hooks" / ADAPTER
        self.program.parent.mkdir(parents=True)
        self.program.write_text(PROGRAM)

    def run(self, *arguments: str, told: bytes | None = b"") -> subprocess.CompletedProcess[bytes]:
        """The program as Codex runs it; with None, its standard input is closed."""
        command: Sequence[str] = ["sh", str(self.program), *arguments]
        if told is None:
            command = ["sh", "-c", 'exec sh "$@" <&-', "sh", str(self.program), *arguments]
        return subprocess.run(command, input=told, capture_output=True, timeout=60)

    def left(self) -> list[bytes]:
        """What lies in the spool. Nothing else may be there, hidden or not."""
        files = sorted(self.spool.iterdir()) if self.spool.exists() else []
        assert all(path.suffix == ".json" and not path.name.startswith(".") for path in files), files
        return [path.read_bytes() for path in files]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "a home")


def is_silent(done: subprocess.CompletedProcess[bytes]) -> bool:
    return (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_notification_is_left_as_it_came_and_for_nobody_else_to_read(home: Home) -> None:
    assert is_silent(home.run(EVENT))

    assert home.left() == [EVENT.encode()]
    (file,) = home.spool.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    assert home.spool.stat().st_mode & 0o777 == 0o700


def test_a_hook_leaves_what_came_on_its_standard_input(home: Home) -> None:
    told = b'{"hook_event_name":"SessionEnd"}\n\x00' + b"x" * 1_000_000

    assert is_silent(home.run(told=told))

    assert home.left() == [told]


def test_the_program_that_was_notified_before_is_run_as_before(home: Home, tmp_path: Path) -> None:
    former, seen = tmp_path / "former", tmp_path / "seen"
    os.mkfifo(seen)
    former.write_text(f"#!/bin/sh\nprintf '%s|' \"$@\" >'{seen}'\n")
    former.chmod(0o700)

    assert is_silent(home.run(str(former), "-t", "two words", EVENT))

    assert seen.read_text() == f"-t|two words|{EVENT}|"
    assert home.left() == [EVENT.encode()]


def test_a_former_program_that_is_gone_costs_nothing(home: Home) -> None:
    assert is_silent(home.run("/nowhere/at all", EVENT))

    assert home.left() == [EVENT.encode()]


def test_without_a_standard_input_nothing_is_told_and_nothing_fails(home: Home) -> None:
    assert is_silent(home.run(told=None))

    assert b"".join(home.left()) == b""


def test_where_nothing_can_be_written_nothing_fails(home: Home) -> None:
    home.spool.parent.mkdir(parents=True)
    home.spool.write_text("a file where the folder should be")

    assert is_silent(home.run(EVENT))
    assert is_silent(home.run(told=b"{}"))


@pytest.mark.parametrize("arguments", [("x" * 50_000,), ()])
def test_what_is_written_only_in_part_is_taken_back(home: Home, arguments: tuple[str, ...]) -> None:
    # The shell's own limit stands for a full disk: a file may grow to 8 blocks, and writing further is an error.
    script = "trap '' XFSZ; ulimit -f 8; exec sh \"$@\""
    command = ["sh", "-c", script, "sh", str(home.program), *arguments]

    assert is_silent(subprocess.run(command, input=b"x" * 50_000, capture_output=True, timeout=60))

    assert home.left() == []


async def test_many_at_once_leave_one_file_each(home: Home) -> None:
    async def call(number: int) -> int:
        process = await asyncio.create_subprocess_exec("sh", home.program, f'{{"n":{number}}}')
        return await process.wait()

    limit = asyncio.Semaphore(16)

    async def bounded(number: int) -> int:
        async with limit:
            return await call(number)

    assert set(await asyncio.gather(*map(bounded, range(AT_ONCE)))) == {0}
    assert sorted(home.left()) == sorted(f'{{"n":{number}}}'.encode() for number in range(AT_ONCE))


def test_the_configuration_is_where_codex_looks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))

    assert config_path({}) == tmp_path / ".codex" / "config.toml"
    assert config_path({"CODEX_HOME": "/srv/codex"}) == Path("/srv/codex/config.toml")
    assert project_path(tmp_path) is None


def test_the_plan_can_be_taken_back(home: Home) -> None:
    text = 'notify = ["bell"]\n'

    planned = plan(text, home.program)

    assert is_installed(planned, home.program)
    assert unplan(planned, home.program) == text
