"""Whoever a server left behind is known by the file that it says all to, though nobody wrote down its id."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from posthouse.system import process_table
from posthouse.system.managed_process import left_by
from posthouse.system.process import plain_environment
from tests.system.kept import PREAMBLE, ear_in, start_python

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what others have opened")


async def test_one_that_was_started_and_never_written_down_is_found(tmp_path: Path) -> None:
    output = tmp_path / "output.log"
    assert left_by(output) == []
    with ear_in(tmp_path) as ear:
        started = start_python("say('up')\nhang()", tmp_path)
        await ear.word()

        (found,) = left_by(output)
        assert (found.pid, found.born) == (started.pid, started.born)
        found.terminate()

        assert (await found.ended()).signal == signal.SIGTERM
        assert left_by(output) == []


async def test_what_a_leader_left_that_died_unseen_is_found_and_ended(tmp_path: Path) -> None:
    code = "\nif os.fork() == 0:\n    say(os.getpid())\n    hang()\nhang()"
    with ear_in(tmp_path) as ear:
        leader = start_python(code, tmp_path)
        left = await ear.pid()
        os.kill(leader.pid, signal.SIGKILL)
        # As init does it, whose child the leader is once the daemon has died.
        await asyncio.to_thread(os.waitpid, leader.pid, 0)

        (found,) = left_by(tmp_path / "output.log")
        assert (found.pid, [one.pid for one in found.members()]) == (leader.pid, [left])
        assert not found.is_alive()
        found.kill()
        await found.ended()

        entry = process_table.look_up(left)
        assert entry is None or entry.is_over


async def test_of_another_session_only_who_writes_there_is_meant_and_readers_are_not(tmp_path: Path) -> None:
    output = tmp_path / "output.log"
    environment = plain_environment(os.environ, {"EAR": str(tmp_path / "ear")})
    argv = [sys.executable, "-S", "-c", PREAMBLE + "say('up')\nhang()"]
    with ear_in(tmp_path) as ear:
        with output.open("ab") as file:
            writer = await asyncio.create_subprocess_exec(*argv, env=environment, stdout=file)
        with output.open("rb") as file:
            reader = await asyncio.create_subprocess_exec(
                *argv, env=environment, stdin=file, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        try:
            assert (await ear.word(), await ear.word()) == ("up", "up")

            found = left_by(output)

            assert [one.pid for one in found] == [writer.pid]
            assert [one.pid for one in found[0].members()] == [writer.pid]
        finally:
            for one in (writer, reader):
                one.kill()
                await one.wait()


def test_where_the_session_began_outside_of_the_container_only_who_writes_there_is_meant(tmp_path: Path) -> None:
    code = """
import os, pathlib, subprocess, sys
from posthouse.system.managed_process import left_by
output = pathlib.Path("output.log")
with output.open("ab") as file:
    writer = subprocess.Popen(["sleep", "60"], stdout=file)
(found,) = left_by(output)
members = [one.pid for one in found.members()]
found.kill()
print(os.getsid(0), found.pid == writer.pid, members == [writer.pid], writer.wait())
"""
    command = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", code]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)

    if "Operation not permitted" in done.stderr and not os.environ.get("CI"):
        pytest.skip("this machine does not let us make a container")
    assert done.stdout.split() == ["0", "True", "True", str(-signal.SIGKILL)], done.stderr
