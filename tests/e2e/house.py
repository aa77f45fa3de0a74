"""A real daemon, a real receiver, and a road between client and daemon that loses every answer."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.cli.support import DEADLINE_S, Ran, run_cli
from tests.e2e.processes import until

ROOT = Path(__file__).parents[2]


class House:
    """A home with its daemon, which can be stopped and started."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.log = home.with_name("daemon.log")
        self._child: subprocess.Popen[bytes] | None = None

    def cli(self, *arguments: str, **kwargs: Any) -> Ran:
        return run_cli(*arguments, home=self.home, **kwargs)

    def ask(self, *arguments: str) -> Any:
        """A command's JSON; it must succeed."""
        ran = self.cli(*arguments, "--json")
        assert ran.code == 0, ran.err
        return ran.json

    def start(self) -> None:
        (self.home / "address").unlink(missing_ok=True)
        command = [sys.executable, "-m", "posthouse.cli", "up", "--home", str(self.home), "--port", "0"]
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(command, stdout=log, stderr=log)
        child = self._child

        def is_up() -> bool:
            assert child.poll() is None, self.log.read_text()
            return (self.home / "address").exists() and self.cli("health").code == 0

        until(is_up, "the daemon answers")

    def stop(self, number: int = signal.SIGTERM) -> int:
        child, self._child = self._child, None
        assert child is not None
        child.send_signal(number)
        return child.wait(DEADLINE_S)

    @contextmanager
    def running(self) -> Iterator[House]:
        self.start()
        try:
            yield self
        finally:
            if self._child is not None:
                self.stop()


@contextmanager
def receiver(record: Path) -> Iterator[str]:
    """A webhook receiver's URL; what it accepts is in the file."""
    command = [sys.executable, "-m", "tests.receiver", "--record", str(record)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        port = child.stdout.readline().split()[1]
        try:
            yield f"http://127.0.0.1:{port}/hook"
        finally:
            child.terminate()


def received(record: Path) -> list[Any]:
    """The CloudEvents that the receiver accepted."""
    if not record.exists():
        return []
    return [json.loads(json.loads(line)["body"]) for line in record.read_text().splitlines()]


@contextmanager
def road_that_loses_answers(home: Path) -> Iterator[None]:
    """While this lasts, the home's address leads through a road on which every answer is lost."""
    address = home / "address"
    url = address.read_text()
    upstream_port = int(url.rpartition(":")[2])
    listener = socket.create_server(("127.0.0.1", 0))

    def carry() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client, socket.create_connection(("127.0.0.1", upstream_port)) as upstream:
                upstream.sendall(_read_request(client))
                upstream.recv(65_536)

    thread = threading.Thread(target=carry)
    thread.start()
    address.write_text(f"http://127.0.0.1:{listener.getsockname()[1]}")
    try:
        yield
    finally:
        address.write_text(url)
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _read_request(client: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += client.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    (length,) = [
        int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
    ]
    while len(body) < length:
        body += client.recv(65_536)
    return head + b"\r\n\r\n" + body


def children_of(folder: Path) -> list[str]:
    """The command lines of all processes that name a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if str(folder) in line:
                found.append(line)
    return found
