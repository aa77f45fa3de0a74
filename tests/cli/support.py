"""The program as a real process, and a small HTTP server that answers as a test tells it to."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

DEADLINE_S = 60
TOKEN = "ph_" + "t" * 43
Answer = tuple[int, Any]


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def run_cli(*arguments: str, home: Path, stdin: str | bytes = "", environ: dict[str, str] | None = None) -> Ran:
    """Run `posthouse …` on a home, without a terminal."""
    environment = {**os.environ, "POSTHOUSE_HOME": str(home), **(environ or {})}
    done = subprocess.run(
        [sys.executable, "-m", "posthouse.cli", *arguments],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        env=environment,
        timeout=DEADLINE_S,
        check=False,
    )
    return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


@dataclass(frozen=True)
class Asked:
    """One request that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Scripted:
    """A server whose answers a test sets by method and path; what is not set is a 404 problem.

    An answer of None closes the connection without a word, after the request was read.
    """

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: dict[tuple[str, str], Callable[[Asked], Answer | None]] = field(default_factory=dict)

    def on(self, method: str, path: str, status: int, body: Any) -> None:
        self.answers[method, path] = lambda asked: (status, body)

    def of(self, asked: Asked) -> Answer | None:
        self.asked.append(asked)
        answer = self.answers.get((asked.method, asked.path))
        problem = {
            "type": "about:blank",
            "title": "Not found",
            "status": 404,
            "detail": "No such thing.",
            "code": "not_found",
        }
        return answer(asked) if answer else (404, problem)


@contextmanager
def scripted_daemon(home: Path) -> Iterator[Scripted]:
    """Serve, with the home saying where, as a daemon does."""
    script = Scripted()

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            size = int(self.headers.get("content-length") or 0)
            raw = self.rfile.read(size)
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = script.of(Asked(self.command, self.path, headers, json.loads(raw) if raw else None))
            if answer is None:
                self.close_connection = True
                return
            status, body = answer
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any  # noqa: N815 (names that http.server gives)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    script.url = f"http://127.0.0.1:{server.server_address[1]}"
    (home / "address").write_text(script.url)
    (home / "token").write_text(TOKEN)
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run_in_terminal(
    *arguments: str, home: Path, answers: list[tuple[str, str]], environ: dict[str, str] | None = None
) -> Ran:
    """Run `posthouse …` on a terminal, typing each answer when its prompt appears; `out` is all output."""
    environment = {**os.environ, "POSTHOUSE_HOME": str(home), "TERM": "xterm", **(environ or {})}
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "posthouse.cli", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        start_new_session=True,
    )
    os.close(theirs)
    seen, searched, left = b"", 0, list(answers)
    try:
        while select.select([ours], [], [], DEADLINE_S)[0]:
            try:
                chunk = os.read(ours, 4_096)
            except OSError:  # Linux's way of saying that the other side has closed.
                break
            if not chunk:
                break
            seen += chunk
            if left and left[0][0].encode() in seen[searched:]:
                searched = len(seen)
                os.write(ours, left.pop(0)[1].encode() + b"\n")
        code = child.wait(DEADLINE_S)
    finally:
        child.kill()
        os.close(ours)
    assert not left, f"never asked: {left}; saw {seen!r}"
    return Ran(code, seen.decode().replace("\r\n", "\n"), "")
