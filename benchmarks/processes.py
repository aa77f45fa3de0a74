"""The processes that benchmarks start: lean servers of our own, and the real daemon.

Each is started by a context manager that ends it however the block is left. A server of ours prints `listening PORT`
first, and also ends when its standard input does, so that it never outlives the one that started it.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil

from benchmarks.house import make_key
from posthouse.cli.client import Api
from posthouse.cli.exits import CommandFailed
from posthouse.cli.invocation import ADDRESS_FILE
from posthouse.system.home import read_token

PATIENCE_S = 30.0
LOOK_S = 0.05
LOG_CHARACTERS = 1_000
STEPS = 20
ROOT = Path(__file__).resolve().parent.parent


class Receiver:
    """A running `benchmarks.receiver`."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}/hook"

    def count(self) -> int:
        """How many requests it has taken since it started."""
        return int(self._ask("GET", "/count"))

    def stamps(self) -> dict[int, int]:
        """When each marked request arrived: nanoseconds on the monotonic clock by mark. Forgets them."""
        return {int(mark): at for mark, at in self._ask("GET", "/stamps").items()}

    def answer_with(self, status: int) -> None:
        """Answer everything with this status from now on."""
        self._ask("POST", f"/status/{status}")

    def _ask(self, method: str, path: str) -> Any:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path)
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


class Daemon:
    """A running daemon: its API, and what the system says of its process."""

    def __init__(self, process: subprocess.Popen[bytes], home: Path, url: str) -> None:
        self.pid = process.pid
        self.home = home
        self.url = url
        self.port = int(url.rpartition(":")[2])
        self.token = read_token(home) or ""
        self.api = Api(url, self.token)

    def add_webhook(self, url: str, **settings: Any) -> None:
        """A webhook named `hook`, unchecked, bound to what is posted."""
        body = {"kind": "webhook", "name": "hook", "settings": {"url": url, **settings}, "check": False}
        self.api.post("targets", body=body)
        self.api.post("bindings", body={"source": "ingest", "target": "hook"})

    def counts(self) -> dict[str, int]:
        """Deliveries by status."""
        counts: dict[str, int] = self.api.get("status")["counts"]
        return counts

    def await_counts(self, is_reached: Callable[[Mapping[str, int]], bool]) -> None:
        """Return when the counts are so. Raises TimeoutError."""
        await_true(lambda: is_reached(self.counts()), "the daemon's counts")


@contextmanager
def run_receiver() -> Iterator[Receiver]:
    """A receiver that answers 200."""
    with run_server("benchmarks.receiver") as port:
        yield Receiver(port)


@contextmanager
def run_x_server() -> Iterator[int | None]:
    """An X server without a screen to be seen: its display's number, or None where Xvfb is not installed."""
    program = shutil.which("Xvfb")
    if program is None:
        yield None
        return
    reading, writing = os.pipe()
    command = [program, "-displayfd", str(writing), "-noreset", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[writing], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            yield int(told.readline())
    finally:
        _end(process)


@contextmanager
def run_server(module: str, *arguments: str) -> Iterator[int]:
    """Run a server module of ours; gives its port. Raises RuntimeError where it does not start."""
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line.startswith("listening "):
            raise RuntimeError(f"{module} did not start")
        yield int(line.split()[1])
    finally:
        _end(process)


@contextmanager
def run_daemon(folder: Path, *, variables: Mapping[str, str] | None = None) -> Iterator[Daemon]:
    """The real daemon on a home in the folder, with a user's home of its own; stopped in order at the end.

    `variables`: laid over the environment that it is run with.
    """
    home = folder / "home"
    command = [*program(), "up", "--home", str(home), "--port", "0"]
    with (folder / "daemon.log").open("ab") as log:
        process = subprocess.Popen(
            command,
            env=environment(folder) | dict(variables or {}),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield Daemon(process, home, _await_daemon(process, home, folder / "daemon.log"))
    finally:
        _end(process)


def program() -> list[str]:
    """How the installed program is called."""
    script = Path(sys.executable).with_name("posthouse")
    return [str(script)] if script.exists() else [sys.executable, "-m", "posthouse.cli"]


def environment(folder: Path) -> dict[str, str]:
    """What the program is run with: nothing of the caller's own Posthouse, agents or keyring."""
    private = ("POSTHOUSE_", "CLAUDE", "XDG_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(private)}
    user = folder / "user"
    user.mkdir(exist_ok=True)
    key = make_key(folder) if not (folder / "benchmark.key").exists() else folder / "benchmark.key"
    return kept | {"HOME": str(user), "POSTHOUSE_SECRETS": "file", "POSTHOUSE_KEY_FILE": str(key), "NO_COLOR": "1"}


def cpu_s(pid: int) -> float:
    """The processor time that a process has used: on Linux to the nanosecond, elsewhere as the system tells it."""
    if sys.platform == "linux":
        # The clock of another process's CPU time, as clock_getcpuclockid(3) makes its id.
        return time.clock_gettime((~pid << 3) | 2)
    else:
        times = psutil.Process(pid).cpu_times()
        return float(times.user + times.system)


async def cpu_share(pid: int, seconds: float, progress: Callable[[float], None]) -> float:
    """A process's processor time over wall time while nobody asks anything of it, in percent of one core."""
    started_s, started_cpu_s = time.monotonic(), cpu_s(pid)
    for step in range(STEPS):
        await asyncio.sleep(seconds / STEPS)
        progress((step + 1) / STEPS)
    return (cpu_s(pid) - started_cpu_s) / (time.monotonic() - started_s) * 100


def memory_mib(pid: int) -> tuple[float, float | None]:
    """Resident memory, and the proportional share of it (shared pages divided by their users) where it is told."""
    info = psutil.Process(pid).memory_full_info()
    proportional = getattr(info, "pss", None)
    return info.rss / 2**20, None if proportional is None else proportional / 2**20


def await_true(condition: Callable[[], bool], what: str, *, within_s: float = PATIENCE_S) -> None:
    """Return when the condition holds. Raises TimeoutError."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come about within {within_s:.0f} s")
        time.sleep(LOOK_S)


def _await_daemon(process: subprocess.Popen[bytes], home: Path, log: Path) -> str:
    address = home / ADDRESS_FILE

    def is_up() -> bool:
        if process.poll() is not None:
            said = log.read_text("utf-8", "replace")[-LOG_CHARACTERS:]
            raise RuntimeError(f"the daemon ended with exit code {process.returncode}:\n{said}")
        if not address.exists():
            return False
        try:
            return bool(Api(address.read_text("utf-8").strip(), None).get("health")["status"] == "ok")
        except CommandFailed:
            return False

    await_true(is_up, "the daemon's start")
    return address.read_text("utf-8").strip()


def _end(process: subprocess.Popen[Any]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()
