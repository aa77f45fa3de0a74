"""`posthouse watch`: the order of the board, what the screen holds, and the command on a real terminal."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import queue
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from posthouse.cli.live import colour_of, words_of
from posthouse.cli.watch_board import FlowLine, board_of, board_words, prompts_of
from posthouse.cli.watch_view import Figures, screen
from tests.cli.support import DEADLINE_S, TOKEN, Scripted, run_cli

NOW = 1_767_225_600_000


def agent(name: str, state: str = "working", *, parent: str | None = None, **other: Any) -> dict[str, Any]:
    """An agent as `GET /api/agents` tells of it."""
    return {
        "id": name,
        "tool": "claude-code",
        "machine": "desk",
        "project": "shop",
        "title": f"Title of {name}",
        "state": state,
        "since": NOW - 65_000,
        "startedAt": NOW - 100_000,
        "heardAt": NOW,
        "parentId": parent,
        "turnId": None,
        "error": "",
        "prompts": [],
    } | other


def asks(permission: str, description: str, seconds: int) -> dict[str, Any]:
    return {
        "id": permission,
        "permission": permission,
        "description": description,
        "metadata": {},
        "since": NOW - seconds * 1000,
    }


def answer(*agents: dict[str, Any]) -> dict[str, Any]:
    return {"items": list(agents), "nextCursor": None}


def order(*agents: dict[str, Any]) -> list[str]:
    return [one.id for one in board_of(answer(*agents))]


def test_who_needs_a_person_comes_first() -> None:
    states = ["ended", "idle", "working", "failed", "waiting", "unheard-of"]

    assert order(*[agent(state, state) for state in states]) == [
        *("waiting", "failed", "working", "idle", "ended", "unheard-of")
    ]


def test_subagents_follow_their_leader_and_pull_it_up() -> None:
    found = order(
        agent("calm"),
        agent("leader"),
        agent("under", parent="leader"),
        agent("deep", "waiting", parent="under"),
        agent("lost", "idle", parent="nobody here"),
    )

    assert found == ["leader", "deep", "under", "calm", "lost"]


def test_agents_that_work_for_each_other_in_a_circle_are_each_shown_once() -> None:
    assert sorted(order(agent("a", parent="b"), agent("b", parent="a"), agent("c", parent="c"))) == ["a", "b", "c"]


def test_agents_of_one_id_on_two_machines_are_two() -> None:
    assert order(agent("a"), agent("b", "waiting", machine="far", parent="a"), agent("a", "idle", machine="far")) == [
        *("a", "b", "a")
    ]


def test_words_say_how_many_are_in_which_state() -> None:
    board = board_of(answer(agent("a"), agent("b"), agent("c", "waiting"), agent("d", "ended")))

    assert board_words(board) == "Waiting for you: 1 · Working: 2"
    assert board_words(()) == "No agent is at work"


def test_a_failed_agent_says_why_in_its_first_line() -> None:
    (failed,) = board_of(answer(agent("a", "failed", error="exit 3 after 2 s\nlast line")))

    assert (failed.state_words, failed.colour) == ("Failed: exit 3 after 2 s", "red")


def test_an_agent_is_called_by_what_is_known_of_it() -> None:
    known = board_of(answer(agent("0123456789", title="", project="", tool=""), agent("b", title="")))

    assert [one.name for one in known] == ["01234567", "shop"]


@pytest.mark.parametrize(
    ("payload", "words", "colour"),
    [
        ({"name": "Fix it", "state": "working"}, "Agent Fix it is at work", None),
        ({"name": "Fix it", "state": "waiting", "prompts": 2}, "Agent Fix it waits for 2 permissions", "yellow"),
        ({"name": "Fix it", "state": "waiting", "prompts": 0}, "Agent Fix it waits for you", "yellow"),
        ({"name": "Fix it", "state": "failed"}, "Agent Fix it has failed", "red"),
        ({"name": "Fix it", "state": "new-state"}, "Agent Fix it is new-state", None),
    ],
)
def test_an_agent_that_moves_on_is_told_in_a_sentence(payload: dict[str, Any], words: str, colour: str | None) -> None:
    event = {"type": "agent_update", "payload": payload}

    assert (words_of(event), colour_of(event)) == (words, colour)


def drawn(agents: Sequence[dict[str, Any]], *, rows: int, flow: int = 0, link_words: str = "") -> list[str]:
    """The lines of a screen of 100 columns."""
    lines = [FlowLine(f"12:00:{number:02}", f"entry {number}", None) for number in range(flow)]
    board = board_of(answer(*agents))
    figures = Figures("http://127.0.0.1:8484", board, {"pending": 2, "delivered": 7}, lines, link_words, NOW)
    console = Console(width=100, height=rows, record=True, file=open(os.devnull, "w"))  # noqa: SIM115
    with console.file:
        console.print(screen(figures, rows))
    return console.export_text().splitlines()


def test_the_screen_shows_prompts_then_agents_then_what_happens() -> None:
    waiting = agent("abcdefghij", "waiting", prompts=[asks("Bash", "rm -rf build", 5), asks("Edit", "", 90)])

    lines = drawn([agent("working-one"), waiting], rows=30, flow=3)

    assert [line.rstrip() for line in lines[:3]] == [
        "Posthouse at http://127.0.0.1:8484 · live · q leaves",
        "Waiting for you: 1 · Working: 1",
        "Deliveries: Waiting to send: 2 · Delivered: 7",
    ]
    text = "\n".join(line.rstrip() for line in lines)
    places = [text.index(part) for part in ("ASKS FOR", "Edit", "Bash", "STATE", "abcdefgh ", "working-", "entry 2")]
    assert places == sorted(places)
    assert "1 min ago" in text
    assert len(lines) <= 30


@pytest.mark.parametrize("rows", [20, 24, 60])
def test_the_screen_fits_and_says_how_many_more_there_are(rows: int) -> None:
    agents = [agent(f"agent-{number:03}", prompts=[asks("Bash", "x" * 500, 1)]) for number in range(200)]

    lines = drawn(agents, rows=rows, flow=300)

    assert "entry 299" in "\n".join(lines)
    assert sum("more" in line for line in lines) == 2
    assert len(lines) == rows


def test_a_broken_link_is_said_and_control_characters_are_harmless() -> None:
    text = "\n".join(drawn([agent("a", title="bad\x1b[2J[red]title")], rows=24, link_words="trying again…"))

    assert "trying again…" in text
    assert r"bad\x1b[2J[red]title" in text
    assert prompts_of(()) == []


class Daemon:
    """A small server that speaks as much of the API as the screen needs, with a stream that a test feeds and breaks."""

    def __init__(self) -> None:
        self.board: list[dict[str, Any]] = [agent("first")]
        self.delivered = 1
        self.streams = 0
        self.cursors: list[str | None] = []
        self._feed: queue.Queue[bytes | None] = queue.Queue()

    def tell(self, kind: str, **payload: Any) -> None:
        entry = {
            "id": f"e:{kind}",
            "timestamp": NOW,
            "cursor": f"e:{kind}",
            "event": {"type": kind, "payload": {"version": 1, **payload}},
        }
        self._feed.put(f"id: e:{kind}\ndata: {json.dumps(entry)}\n\n".encode())

    def break_stream(self) -> None:
        self._feed.put(None)

    def answer(self, path: str) -> Any:
        if path == "/api/agents":
            return answer(*self.board)
        return {"counts": {"delivered": self.delivered}}

    def stream(self, write: Any) -> None:
        self.streams += 1
        write(b"id: e:0\n\n")
        while (data := self._feed.get()) is not None:
            write(data)


@contextmanager
def streaming(home: Path) -> Iterator[Daemon]:
    daemon = Daemon()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            if self.path == "/api/live":
                daemon.cursors.append(self.headers.get("last-event-id"))
                self.end_headers()
                daemon.stream(self.wfile.write)
                self.close_connection = True
                return
            content = json.dumps(daemon.answer(self.path)).encode()
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    (home / "address").write_text(f"http://127.0.0.1:{server.server_address[1]}")
    (home / "token").write_text(TOKEN)
    try:
        yield daemon
    finally:
        daemon.break_stream()
        server.shutdown()
        thread.join()
        server.server_close()


class Terminal:
    """The command on a terminal of 120 columns; what it drew so far."""

    def __init__(self, home: Path) -> None:
        self._ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.modes = termios.tcgetattr(self.theirs)
        self.child = subprocess.Popen(
            [sys.executable, "-m", "posthouse.cli", "watch"],
            stdin=self.theirs,
            stdout=self.theirs,
            stderr=subprocess.PIPE,
            env={**os.environ, "POSTHOUSE_HOME": str(home), "TERM": "xterm"},
        )
        self._seen = ""

    def until(self, text: str) -> None:
        """Read until this is drawn after what was read before."""
        while text not in self._seen:
            assert select.select([self._ours], [], [], DEADLINE_S)[0], f"never drawn: {text}; saw {self._seen[-2000:]}"
            self._seen += os.read(self._ours, 65_536).decode()
        self._seen = self._seen.partition(text)[2]

    def press(self, key: str) -> None:
        os.write(self._ours, key.encode())

    def end(self) -> tuple[int, bytes]:
        """Its exit code, and what it said on standard error."""
        try:
            return self.child.wait(DEADLINE_S), self.child.stderr.read() if self.child.stderr else b""
        finally:
            self.child.kill()
            self.child.wait()
            os.close(self._ours)
            os.close(self.theirs)
            if self.child.stderr:
                self.child.stderr.close()


def test_the_screen_follows_what_happens_breaks_and_comes_back(home: Path) -> None:
    with streaming(home) as daemon:
        terminal = Terminal(home)
        terminal.until("Title of first")
        terminal.until("Nothing since you are watching.")
        daemon.board = [agent("first", "waiting", prompts=[asks("Bash", "make clean", 1)])]
        daemon.tell("agent_update", name="Shop", state="waiting", prompts=1)
        terminal.until("make clean")
        terminal.until("Agent Shop waits for 1 permission")
        daemon.delivered = 4_711
        daemon.tell("delivery_update", target="phone", endpointId=1, counts={"delivered": 4_711})
        terminal.until("Delivered: 4711")
        daemon.board = [agent("second")]
        daemon.break_stream()
        terminal.until("the daemon does not answer; trying again…")
        terminal.until("live · q leaves")
        terminal.until("Title of second")
        terminal.press("x")
        terminal.press("q")
        terminal.until("\x1b[?1049l")  # the screen as it was before
        terminal.child.wait(DEADLINE_S)
        modes = termios.tcgetattr(terminal.theirs)
        code, said = terminal.end()

    assert (code, said) == (0, b"")
    assert modes == terminal.modes
    assert daemon.cursors == [None, "e:delivery_update"]


def test_an_interrupt_leaves_too(home: Path) -> None:
    with streaming(home):
        terminal = Terminal(home)
        terminal.until("Title of first")
        terminal.child.send_signal(signal.SIGINT)
        terminal.until("\x1b[?1049l")
        code, said = terminal.end()

    assert (code, said) == (0, b"")


def test_without_a_terminal_it_is_shown_once(home: Path, daemon: Scripted) -> None:
    daemon.on("GET", "/api/agents", 200, answer(agent("a"), agent("b", "waiting", prompts=[asks("Bash", "make", 1)])))
    daemon.on("GET", "/api/status", 200, {"counts": {"pending": 3}})

    ran = run_cli("watch", home=home)

    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "Agents      Waiting for you: 1 · Working: 1"
    assert lines[1] == "Deliveries  Waiting to send: 3"
    assert [line.split()[0] for line in lines if line] == [
        *("Agents", "Deliveries", "ASKS", "Bash", "AGENT", "Title", "Title")
    ]


def test_as_json_it_is_what_the_daemon_answered(home: Path, daemon: Scripted) -> None:
    daemon.on("GET", "/api/agents", 200, answer(agent("a")))
    daemon.on("GET", "/api/status", 200, {"counts": {"pending": 3}})

    assert run_cli("watch", "--json", home=home).json == {"agents": [agent("a")], "counts": {"pending": 3}}


def test_without_a_daemon_it_says_so(home: Path) -> None:
    ran = run_cli("watch", home=home)

    assert ran.code == 3
    assert "[daemon.not_started]" in ran.err
