"""The real `claude` program for tests, and how it is run."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import select
import struct
import subprocess
import termios
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.npm_programs import NpmProgram

RUN_TIMEOUT_S = 90.0
LOOK_EVERY_S = 0.1

CLAUDE = NpmProgram(
    name="claude-code",
    package="@anthropic-ai/claude-code",
    version="2.1.330",
    binaries=("@anthropic-ai/claude-code-*/claude", "@anthropic-ai/claude-code-*/claude.exe"),
)


async def run_claude(program: Path, *arguments: str, home: Path, folder: Path, base_url: str, code: int = 0) -> str:
    """Run it in a folder with a home of its own against a server, and answer what it printed.

    Raises AssertionError where it ends with another code, TimeoutError after 90 s (it is killed).
    """
    process = await asyncio.create_subprocess_exec(
        program,
        *arguments,
        cwd=folder,
        env=environment(home, base_url),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(RUN_TIMEOUT_S):
            output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == code, f"claude ended with {process.returncode}: {output!r} {errors!r}"
    return output.decode()


def environment(home: Path, base_url: str) -> dict[str, str]:
    """What the program is run with: nothing of this process but PATH; no telemetry, no updates, one retry."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "USERPROFILE": str(home),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "ANTHROPIC_BASE_URL": base_url,
        "ANTHROPIC_API_KEY": "any-key",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_ERROR_REPORTING": "1",
        "DISABLE_TELEMETRY": "1",
        "NO_PROXY": "127.0.0.1",
        "CLAUDE_CODE_MAX_RETRIES": "1",
    }


class Terminal:
    """The program on a terminal of its own, in a folder that its person trusts; to be used as a context manager."""

    def __init__(self, program: Path, *arguments: str, home: Path, folder: Path, base_url: str) -> None:
        seen = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
        (home / ".claude.json").write_text(
            json.dumps(
                {
                    "hasCompletedOnboarding": True,
                    "theme": "dark",
                    "customApiKeyResponses": {"approved": ["any-key"], "rejected": []},
                    "projects": {str(folder): seen},
                }
            )
        )
        self._command = [str(program), *arguments]
        self._folder = folder
        self._environment = environment(home, base_url) | {"TERM": "xterm-256color"}

    def __enter__(self) -> Terminal:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self._process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=self._environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._ours, keys.encode())

    async def until(self, check: Callable[[], bool], what: str) -> None:
        """Let it draw until the check holds. Raises AssertionError after 90 s."""
        shown = b""
        for _ in range(int(RUN_TIMEOUT_S / LOOK_EVERY_S)):
            ready, _, _ = await asyncio.to_thread(select.select, [self._ours], [], [], LOOK_EVERY_S)
            if ready:
                with suppress(OSError):  # it has closed the terminal
                    shown += os.read(self._ours, 65_536)
            if check():
                return
        raise AssertionError(f"it did not come about that {what}: {shown[-2_000:]!r}")

    @property
    def has_ended(self) -> bool:
        """Whether the program has left."""
        return self._process.poll() is not None
