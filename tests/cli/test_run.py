"""`posthouse run`: the command is as if it had been run alone, and what became of it lies in the spool."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from posthouse.cli import run
from posthouse.cli.run import title_of
from posthouse.model.agents import TEXT_MAX, TITLE_MAX, Report
from tests.cli.support import DEADLINE_S, Ran, run_cli
from tests.cli.test_program import loaded_by


def python(code: str) -> tuple[str, str, str]:
    return sys.executable, "-c", code


def told(home: Path) -> list[Any]:
    """What lies in the spool, in the order of its names."""
    files = sorted((home / "spool" / "agents" / "report").glob("*"))
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    return [report for file in files for report in json.loads(file.read_bytes())]


def run_on_terminal(home: Path, *arguments: str, columns: int = 80) -> tuple[int, bytes]:
    """The exit code, and all that a terminal of this width was told."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {**os.environ, "POSTHOUSE_HOME": str(home), "TERM": "xterm"}
    child = subprocess.Popen(
        [sys.executable, "-m", "posthouse.cli", "run", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        start_new_session=True,
    )
    os.close(theirs)
    seen = b""
    try:
        while select.select([ours], [], [], DEADLINE_S)[0]:
            try:
                chunk = os.read(ours, 4_096)
            except OSError:
                break
            seen += chunk
        return child.wait(DEADLINE_S), seen
    finally:
        child.kill()
        os.close(ours)


@contextmanager
def started(home: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A wrapped command, as a child of the test."""
    child = subprocess.Popen(
        [sys.executable, "-m", "posthouse.cli", "run", *arguments],
        stdout=subprocess.PIPE,
        env={**os.environ, "POSTHOUSE_HOME": str(home)},
        start_new_session=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait(DEADLINE_S)
        assert child.stdout is not None
        child.stdout.close()


def test_a_command_that_succeeds_is_told_from_its_start_to_its_end(home: Path) -> None:
    ran = run_cli(
        "run", "--title", "Build", "--project", "shop", "--", *python("print('one'); print('two')"), home=home
    )

    assert ran == Ran(0, "one\ntwo\n", "")
    begun, done, ended = told(home)
    assert begun["kind"] == "turn-started"
    assert done["kind"] == "turn-completed"
    assert done["message"].startswith("Done after ")
    assert done["message"].endswith("\none\ntwo")
    assert ended["kind"] == "ended"
    assert ended["reason"].startswith("exit 0 after ")
    for report in (begun, done, ended):
        assert (report["tool"], report["title"], report["project"]) == ("run", "Build", "shop")
        assert report["agent_id"] == begun["agent_id"]
    assert begun["turn_id"] == done["turn_id"]
    assert begun["at"] <= done["at"] <= ended["at"]


def test_what_is_told_fits_the_contract_of_reports(home: Path) -> None:
    run_cli("run", "--", *python("print(('x' * 600 + '\\n') * 200)"), home=home)
    run_cli("run", "--title", "t" * 9_000, "--", *python("import sys; sys.exit('é\\n' * 3000)"), home=home)

    reports = [msgspec.convert(one, Report, strict=True) for one in told(home)]
    assert [report.kind.value for report in reports] == [
        *("turn-started", "turn-completed", "ended"),
        *("turn-started", "turn-error", "ended"),
    ]
    assert all(len(report.message) <= TEXT_MAX and len(report.error) <= TEXT_MAX for report in reports)
    assert all(len(report.title) <= TITLE_MAX == run.TITLE_MAX for report in reports)


def test_a_failure_tells_its_exit_code_and_its_last_lines_of_both_outputs(home: Path) -> None:
    # A line of one output that comes in two pieces is not cut by the other's.
    code = "import os, sys; os.write(2, b'b'); os.write(1, b'a\\n'); os.write(2, b'\\n'); sys.exit(3)"

    ran = run_cli("run", "--tail", "1", *python(code), home=home)

    assert ran == Ran(3, "a\n", "b\n")
    failed = told(home)[1]
    assert failed["kind"] == "turn-error"
    assert failed["error"].startswith("exit 3 after ")
    assert failed["error"].partition("\n")[2] in ("a", "b")


def test_without_output_no_line_is_told(home: Path) -> None:
    ran = run_cli("run", "--no-output", "--", *python("print('a secret'); raise SystemExit(1)"), home=home)

    assert (ran.code, ran.out) == (1, "a secret\n")
    assert "secret" not in json.dumps(told(home))


def test_input_goes_to_the_command(home: Path) -> None:
    ran = run_cli("run", "--", *python("print(input()[::-1])"), home=home, stdin="abc\n")

    assert ran.out == "cba\n"


def test_all_of_a_large_output_arrives_and_only_its_end_is_kept(home: Path) -> None:
    ran = run_cli("run", "--", *python("for n in range(200_000): print(n)"), home=home)

    assert ran.out.splitlines() == [str(number) for number in range(200_000)]
    assert told(home)[1]["message"].splitlines()[1:] == [str(number) for number in range(199_980, 200_000)]


def test_a_program_that_is_not_there_is_said_and_told_to_nobody(home: Path) -> None:
    ran = run_cli("run", "no-such-program-here", "--json", home=home)
    named = run_cli("--json", "run", "no-such-program-here", home=home)

    assert (ran.code, named.code) == (127, 127)
    assert "[run.not_started]" in ran.err
    assert json.loads(named.err)["code"] == "run.not_started"
    assert told(home) == []


def test_a_program_that_may_not_be_run_ends_with_126(home: Path, tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("no program")

    ran = run_cli("run", str(tmp_path / "plain"), home=home)

    assert ran.code == 126
    assert ran.err == f"{tmp_path / 'plain'} cannot be run: Permission denied. [run.not_started]\n"


def test_options_behind_the_command_are_the_command_s_own(home: Path) -> None:
    ran = run_cli("run", sys.executable, "-c", "import sys; print(sys.argv[1:])", "--json", "--title=x", home=home)

    assert ran.out == "['--json', '--title=x']\n"


def test_with_json_the_last_line_on_standard_error_says_how_it_went(home: Path) -> None:
    ran = run_cli("--json", "run", "--", *python("print('out')"), home=home)

    assert ran.out == "out\n"
    said = json.loads(ran.err)
    assert said == {
        "agentId": told(home)[0]["agent_id"],
        "exitCode": 0,
        "signal": None,
        "durationS": said["durationS"],
        "isTold": True,
    }


def test_a_home_that_cannot_be_written_keeps_no_command_from_running(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    ran = run_cli("run", "--", *python("print('it ran')"), home=tmp_path / "file")

    assert (ran.code, ran.out) == (0, "it ran\n")
    assert ran.err.startswith("posthouse: nobody will be told of this command: ")
    assert ran.err.count("\n") == 1


def test_a_signal_is_passed_on_and_its_end_by_it_is_told(home: Path) -> None:
    with started(home, "--", *python("import signal; print('ready', flush=True); signal.pause()")) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        child.terminate()
        code = child.wait(DEADLINE_S)

    assert code == 128 + signal.SIGTERM
    assert told(home)[1]["error"].startswith("ended by SIGTERM after ")


def test_a_command_may_handle_a_signal_and_end_as_it_likes(home: Path) -> None:
    code = "import signal, sys; signal.signal(2, lambda *_: sys.exit(7)); print('ready', flush=True); signal.pause()"
    with started(home, "--", *python(code)) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        child.send_signal(signal.SIGINT)
        assert child.wait(DEADLINE_S) == 7


def test_an_interrupted_command_ends_us_by_the_same_signal(home: Path) -> None:
    code = "import signal; signal.signal(2, signal.SIG_DFL); print('ready', flush=True); signal.pause()"
    with started(home, "--", *python(code)) as child:
        assert child.stdout is not None
        child.stdout.readline()
        child.send_signal(signal.SIGINT)
        assert child.wait(DEADLINE_S) == -signal.SIGINT

    assert told(home)[1]["error"].startswith("ended by SIGINT after ")


def test_a_reader_that_goes_away_ends_the_command_as_without_us(home: Path) -> None:
    with started(home, "--", "yes") as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"y\n"
        child.stdout.close()
        code = child.wait(DEADLINE_S)

    assert code == 128 + signal.SIGPIPE


def test_what_a_command_leaves_running_does_not_hold_us(home: Path) -> None:
    with started(home, "--", "sh", "-c", "sleep 600 & echo $!") as child:
        assert child.stdout is not None
        left = int(child.stdout.readline())
        assert child.wait(DEADLINE_S) == 0
        os.kill(left, signal.SIGKILL)


def test_on_a_terminal_the_command_sees_one_of_the_same_width(home: Path) -> None:
    code = "import os, sys; print(sys.stdin.isatty(), sys.stdout.isatty(), os.get_terminal_size().columns)"

    assert run_on_terminal(home, *python(code), columns=93) == (0, b"True True 93\r\n")


def test_colours_reach_the_terminal_and_not_what_is_told(home: Path) -> None:
    code, seen = run_on_terminal(home, *python(r"print('\x1b[31mred\x1b[0m')"))

    assert (code, seen) == (0, b"\x1b[31mred\x1b[0m\r\n")
    assert told(home)[1]["message"].endswith("\nred")


def test_a_change_of_the_terminal_s_size_reaches_the_command(home: Path) -> None:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    code = (
        "import os, signal\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])\n"
        "print('ready', flush=True); signal.sigwait([signal.SIGWINCH]); print(os.get_terminal_size().columns)"
    )
    child = subprocess.Popen(
        [sys.executable, "-m", "posthouse.cli", "run", "--", *python(code)],
        stdin=theirs,
        stdout=theirs,
        env={**os.environ, "POSTHOUSE_HOME": str(home)},
        start_new_session=True,
    )
    os.close(theirs)
    try:
        with os.fdopen(ours, "rb", buffering=0) as terminal:
            assert terminal.readline() == b"ready\r\n"
            fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 101, 0, 0))
            child.send_signal(signal.SIGWINCH)  # it is no controlling terminal, which would do this itself
            assert terminal.readline() == b"101\r\n"
        assert child.wait(DEADLINE_S) == 0
    finally:
        child.kill()


@pytest.mark.parametrize(
    ("command", "title"),
    [
        (["make"], "make"),
        (["/usr/bin/make", "test"], "make test"),
        (["cargo", "build", "--release"], "cargo build"),
        (["npm", "run", "build", "prod"], "npm run build"),
        (["curl", "https://user:word@example.com"], "curl"),
        (["env", "TOKEN=secret", "x"], "env"),
        (["tool", "--password", "secret"], "tool"),
        (["sh", "-c", "echo hi"], "sh"),
        (["x" * 300], "x" * 250),
    ],
)
def test_a_title_is_the_program_and_its_first_plain_words(command: list[str], title: str) -> None:
    assert title_of(command) == title


def test_running_a_command_loads_nothing_heavy(home: Path) -> None:
    loaded = loaded_by("run", "true", home=home)

    heavy = {"aiohttp", "apsw", "asyncio", "cryptography", "http.client", "keyring", "msgspec", "psutil", "rich"}
    assert not loaded & heavy
