"""Everything the demo starts: a temporary home, a real daemon on a free port, and a receiver to be killed.

    with House() as house:
        house.start()          daemon and receiver run, house.api speaks to the daemon
        house.kill_receiver()  SIGKILL: no goodbye
        house.start_receiver() the same port again

What always holds: when the block is left, however, no child of it runs and no file of it is left. Secrets go to a
file store inside the temporary home, never to the machine's keyring.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

from posthouse.cli.client import Api
from posthouse.cli.demo_receiver import SECRET_VARIABLE
from posthouse.cli.exits import CommandFailed, failure
from posthouse.cli.invocation import ADDRESS_FILE
from posthouse.system.home import read_token
from posthouse.targets.standard_webhooks import new_secret

_START_S = 20.0
_STOP_S = 15.0
_LOG_LINES = 12


class House:
    """The demo's processes and files. Nothing is started before `start`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="posthouse-demo-"))
        self.home = self.folder / "home"
        self.secret = new_secret()
        self._record = self.folder / "received.jsonl"
        self._receiver_port = _free_port()
        self._daemon: subprocess.Popen[bytes] | None = None
        self._receiver: subprocess.Popen[bytes] | None = None
        self._api: Api | None = None

    @property
    def api(self) -> Api:
        """The daemon's API."""
        if self._api is None:
            raise RuntimeError("the daemon has not been started")
        return self._api

    @property
    def receiver_url(self) -> str:
        """Where the receiver takes events, whether it runs or not."""
        return f"http://127.0.0.1:{self._receiver_port}/hook"

    @property
    def is_receiver_up(self) -> bool:
        """Whether the receiver runs."""
        return self._receiver is not None and self._receiver.poll() is None

    def start(self) -> None:
        """Start the daemon and the receiver, and wait until both answer. Raises CommandFailed."""
        with _uninterrupted():
            self._daemon = self._start_daemon()
        self.start_receiver()
        url = self._await_address()
        self._api = Api(url, read_token(self.home), timeout_s=10.0)
        self._await(self._is_daemon_well)

    def start_receiver(self) -> None:
        """Start the receiver on its port and wait until it listens."""
        command = [sys.executable, "-m", "posthouse.cli.demo_receiver", str(self._receiver_port), str(self._record)]
        environment = {**os.environ, SECRET_VARIABLE: self.secret}
        with (self.folder / "receiver.log").open("ab") as log, _uninterrupted():
            self._receiver = subprocess.Popen(
                command, env=environment, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
            )
        self._await(self._does_receiver_listen)

    def kill_receiver(self) -> None:
        """SIGKILL: whatever it was doing, it does no more."""
        if self._receiver is not None:
            self._receiver.kill()
            self._receiver.wait()
            _close_pipe(self._receiver)

    def received(self) -> list[dict[str, str]]:
        """Every request that the receiver accepted, in order, over all its lives."""
        try:
            lines = self._record.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return []
        # A line without its end was being written when the receiver died: it was not accepted.
        return [json.loads(line) for line in lines if line.endswith(b"\n")]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # A second Ctrl-C must not leave children behind.
        previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            self._clear_away()
        finally:
            signal.signal(signal.SIGINT, previous)

    def _clear_away(self) -> None:
        self.kill_receiver()
        if self._daemon is not None and self._daemon.poll() is None:
            self._daemon.terminate()
            try:
                self._daemon.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self._daemon.kill()
                self._daemon.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start_daemon(self) -> subprocess.Popen[bytes]:
        key = self.folder / "secrets.key"
        descriptor = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(32))
        environment = {name: value for name, value in os.environ.items() if not name.startswith("POSTHOUSE_")}
        environment |= {"POSTHOUSE_SECRETS": "file", "POSTHOUSE_KEY_FILE": str(key)}
        command = [sys.executable, "-m", "posthouse.cli", "up", "--home", str(self.home), "--port", "0"]
        with (self.folder / "daemon.log").open("ab") as log:
            return subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def _await_address(self) -> str:
        path = self.home / ADDRESS_FILE
        self._await(lambda: path.exists() and bool(path.read_text("utf-8").strip()))
        return path.read_text("utf-8").strip()

    def _is_daemon_well(self) -> bool:
        try:
            return bool(self.api.get("health")["status"] == "ok")
        except CommandFailed:
            return False

    def _does_receiver_listen(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._receiver_port), timeout=1):
            return True
        return False

    def _await(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _START_S
        while not condition():
            for name, child in (("daemon", self._daemon), ("receiver", self._receiver)):
                if child is not None and child.poll() is not None:
                    raise self._broken(f"The demo's {name} ended with exit code {child.returncode}.", name)
            if time.monotonic() > deadline:
                raise self._broken(f"The demo's children did not start within {_START_S:.0f} s.", "daemon")
            time.sleep(0.02)

    def _broken(self, what: str, name: str) -> CommandFailed:
        try:
            lines = (self.folder / f"{name}.log").read_text("utf-8", "replace").splitlines()[-_LOG_LINES:]
        except OSError:
            lines = []
        return failure("demo.broken", "\n".join([what, *lines]))


def _free_port() -> int:
    """A port that nobody listens on now; the receiver keeps it over its lives."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _close_pipe(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        if child.stdin is not None:
            child.stdin.close()


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Interrupts wait for the end of the block: a child that is not on record yet would be left behind."""
    waiting: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda number, _: waiting.append(number)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
        for interrupt in waiting:
            signal.raise_signal(interrupt)
