"""The daemon and a receiver as processes of their own, to be killed, and the API as a program uses it.

These tests run against the machine's own clock: what has no event to wait for is looked at again every few
milliseconds, within a deadline.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

PROJECT = Path(__file__).parents[2]
DEADLINE_S = 60.0
LOOK_EVERY_S = 0.02


def until(check: Callable[[], object], what: str, *, deadline_s: float = DEADLINE_S) -> None:
    """Return when the check holds; AssertionError after the deadline."""
    ends_s = time.monotonic() + deadline_s
    while not check():
        assert time.monotonic() < ends_s, f"after {deadline_s:.0f} s still not: {what}"
        time.sleep(LOOK_EVERY_S)


def free_port() -> int:
    """A port that nothing listens on now."""
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class ApiError(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, problem: Any) -> None:
        super().__init__(f"{status}: {problem}")
        self.status = status
        self.problem = problem


class Api:
    """The daemon's API over one kept connection; for one thread."""

    def __init__(self, home: Path, *, timeout_s: float = 10.0) -> None:
        self._home = home
        self._timeout_s = timeout_s
        self._connection: http.client.HTTPConnection | None = None

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One exchange. Raises ApiError, OSError or HTTPException; then the connection is fresh the next time."""
        try:
            if self._connection is None:
                address = urlsplit((self._home / "address").read_text())
                self._connection = http.client.HTTPConnection(
                    str(address.hostname), int(address.port or 0), timeout=self._timeout_s
                )
            token = (self._home / "token").read_text().strip()
            headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
            self._connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = self._connection.getresponse()
            raw = answer.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        found = json.loads(raw) if raw else None
        if answer.status >= 300:
            raise ApiError(answer.status, found)
        return found

    def close(self) -> None:
        """Drop the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class _Process:
    """A child with its output in a file, ended for certain when the block is left."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def child(self) -> subprocess.Popen[bytes]:
        assert self._child is not None, "it has not been started"
        return self._child

    @property
    def is_running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def output(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def _spawn(self, command: list[str], environ: dict[str, str]) -> None:
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                command, env={**os.environ, **environ}, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        if self._child is not None:
            self._child.kill()
            self._child.wait(DEADLINE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()


class Daemon(_Process):
    """`posthouse up` on a home, with secrets in a file."""

    def __init__(self, folder: Path, **environ: str) -> None:
        super().__init__(folder / "daemon.log")
        self.home = folder / "home"
        self.environ = {"POSTHOUSE_SECRETS": "file", "POSTHOUSE_HOME": str(self.home), **environ}
        self.api = Api(self.home)

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.api.close()
        super().kill()

    def spawn(self, *arguments: str) -> None:
        """Start it, and do not wait."""
        (self.home / "address").unlink(missing_ok=True)
        self.api.close()
        self._spawn([sys.executable, "-m", "posthouse.cli", "up", "--port", "0", *arguments], self.environ)

    def start(self, *arguments: str) -> None:
        """Start it and wait until it answers."""
        self.spawn(*arguments)
        until(self.is_well, "the daemon answers")

    def is_well(self) -> bool:
        """Whether it answers; AssertionError where it has ended."""
        assert self.is_running, f"the daemon ended with {self.child.returncode}:\n{self.output[-3000:]}"
        try:
            return bool(self.api.call("GET", "/api/health")["status"] == "ok")
        except (OSError, http.client.HTTPException, ApiError):
            return False

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(DEADLINE_S)

    def cli(self, *arguments: str, stdin: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command of the program on this home."""
        done = subprocess.run(
            [sys.executable, "-m", "posthouse.cli", *arguments],
            env={**os.environ, **self.environ}, input=stdin, capture_output=True, text=True, timeout=DEADLINE_S,
            check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def cli_json(self, *arguments: str) -> Any:
        """What a command answers with --json."""
        return json.loads(self.cli("--json", *arguments).stdout)

    def waiting(self) -> int:
        """How many deliveries have not ended."""
        counts = self.api.call("GET", "/api/status")["counts"]
        return int(counts["pending"] + counts["inFlight"] + counts["failed"])

    def ledger_copy(self, query: str) -> list[Any]:
        """What the ledger says while no daemon runs; asked of a copy: the next start meets it as it was left."""
        with tempfile.TemporaryDirectory() as folder:
            for suffix in ("", "-wal"):
                source = self.home / f"ledger.db{suffix}"
                if source.exists():
                    shutil.copy(source, Path(folder) / source.name)
            if not (Path(folder) / "ledger.db").exists():
                return []
            with closing(sqlite3.connect(Path(folder) / "ledger.db")) as connection:
                return connection.execute(query).fetchall()


class ReceiverProcess(_Process):
    """`python -m tests.receiver` on one port over all its lives, writing down what it accepted."""

    def __init__(self, folder: Path, name: str, *, fail_rate: float, seed: int) -> None:
        super().__init__(folder / f"{name}.log")
        self.name = name
        self.record = folder / f"{name}.jsonl"
        self.port = free_port()
        self._fail_rate = fail_rate
        self._seed = seed
        self._lives = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def start(self) -> None:
        """Start it on its port and wait until it listens."""
        self._lives += 1
        command = [
            *(sys.executable, "-m", "tests.receiver", "--port", str(self.port), "--record", str(self.record)),
            *("--fail-rate", str(self._fail_rate), "--seed", str(self._seed + self._lives)),
        ]
        self._spawn(command, {})
        until(lambda: self.output.count("listening ") >= self._lives, "the receiver listens")

    def received(self) -> list[dict[str, Any]]:
        """Every request that it accepted, in order; a line that a kill tore is no request."""
        lines = self.record.read_bytes().splitlines(keepends=True) if self.record.exists() else []
        return [json.loads(line) for line in lines if line.endswith(b"}\n")]
