"""`posthouse watch`: the agents and the flow on one screen, live, until `q` or Ctrl-C.

The board is asked for again when the live stream says that an agent has moved, the counters when deliveries have; the
screen is drawn when something has changed, and once a second for what is told as time past. Where the stream breaks,
the screen says so and stays, and goes on when the daemon is back.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import click

from posthouse.cli.exits import CommandFailed, ExitCode
from posthouse.cli.invocation import Command, Invocation, pass_invocation
from posthouse.cli.live import VERSION, colour_of, words_of
from posthouse.cli.output import Cell, fields, print_json, say, table
from posthouse.cli.watch_board import BoardAgent, FlowLine, board_of, board_words, prompts_of
from posthouse.cli.words import ago, counts_words, instant_words

FLOW_LINES_MAX = 200
NEWS_MAX = 10_000
SECOND_S = 1.0
PACE_S = 0.1
"""The least time between two drawings."""

LOOK_S = 0.5
"""The least time between two looks at the board or the counters."""

_BOARD_TYPES = frozenset({"agent_update", "reload"})
_COUNT_TYPES = frozenset({"delivery_update", "target_health", "reload"})
_LEAVE = frozenset({"q", "Q", "\x03"})


class _Entry(NamedTuple):
    """Something happened."""

    timestamp: int
    event: Mapping[str, Any]


class _Link(NamedTuple):
    """The stream stands, or has broken."""

    stands: bool


class _Over(NamedTuple):
    """The stream may not go on."""

    error: BaseException


class _Key(NamedTuple):
    """A key was pressed."""

    character: str


News = _Entry | _Link | _Over | _Key


@click.command(cls=Command)
@pass_invocation
def watch(invocation: Invocation) -> None:
    """Show which agents wait for you, what the others do, and what happens, on one screen, until q or Ctrl-C.

    Where there is no terminal, and with --json, it is shown once.
    """
    board, counts = invocation.api().get("agents"), invocation.api().get("status")["counts"]
    if invocation.is_json:
        print_json({"agents": board["items"], "counts": counts})
    elif sys.stdin.isatty() and sys.stdout.isatty():
        _Watch(invocation, board_of(board), counts).run()
    else:
        _print_once(board_of(board), counts)


def _print_once(board: tuple[BoardAgent, ...], counts: Mapping[str, Any]) -> None:
    now_ms = time.time_ns() // 1_000_000
    fields([("Agents", board_words(board)), ("Deliveries", counts_words(counts))])
    say()
    if asked := prompts_of(board):
        rows = [
            [prompt.permission, ago(prompt.since, now_ms), agent.name, prompt.description] for agent, prompt in asked
        ]
        table(["ASKS FOR", "SINCE", "AGENT", "WHAT"], rows, empty="")
        say()
    table(
        ["AGENT", "STATE", "SINCE", "TOOL", "PROJECT"],
        [[one.name, Cell(one.state_words, one.colour), ago(one.since, now_ms), one.tool, one.project] for one in board],
        empty="No agent was heard of yet.",
    )


class _Watch:
    """The screen and what it is drawn from. Lives in the main thread; news come through a queue."""

    def __init__(self, invocation: Invocation, board: tuple[BoardAgent, ...], counts: Mapping[str, Any]) -> None:
        self._invocation = invocation
        self._board = board
        self._counts = counts
        self._flow: deque[FlowLine] = deque(maxlen=FLOW_LINES_MAX)
        self._link_words = ""
        self._news: queue.Queue[News] = queue.Queue(NEWS_MAX)
        self._is_board_old = self._is_count_old = False
        self._looked_s = 0.0

    def run(self) -> None:
        """Draw until the person leaves. Raises CommandFailed where the stream may not go on."""
        from rich.console import Console  # 60 ms that nothing else here needs
        from rich.live import Live

        console = Console(highlight=False)
        threading.Thread(target=self._follow, daemon=True).start()
        with _keys(self._news.put), Live(console=console, screen=True, auto_refresh=False) as live:
            try:
                self._draw_until_left(lambda: live.update(self._screen(console.size.height), refresh=True))
            except KeyboardInterrupt:
                return  # the other way to leave

    def _draw_until_left(self, draw: Callable[[], None]) -> None:
        while True:
            draw()
            drawn_s = time.monotonic()
            if not self._hear(drawn_s + SECOND_S):
                return
            while (left_s := drawn_s + PACE_S - time.monotonic()) > 0:
                if not self._hear(time.monotonic() + left_s):
                    return
            self._look()

    def _hear(self, until_s: float) -> bool:
        """Take the next news, or wait until then; whether the person stays."""
        try:
            news = self._news.get(timeout=max(until_s - time.monotonic(), 0.001))
        except queue.Empty:
            return True
        match news:
            case _Key(character):
                return character not in _LEAVE
            case _Over(error):
                raise error
            case _Link(stands):
                self._link_words = "" if stands else "the daemon does not answer; trying again…"
                self._is_board_old = self._is_count_old = stands
            case _Entry(timestamp, event):
                self._take(timestamp, event)
        return True

    def _take(self, timestamp: int, event: Mapping[str, Any]) -> None:
        self._is_board_old |= event["type"] in _BOARD_TYPES
        self._is_count_old |= event["type"] in _COUNT_TYPES
        if event["payload"].get("version") == VERSION:
            self._flow.append(FlowLine(instant_words(timestamp)[-8:], words_of(event), colour_of(event)))

    def _look(self) -> None:
        """Ask anew for what is known to have changed; what cannot be asked now is asked when the link stands again."""
        if not (self._is_board_old or self._is_count_old) or time.monotonic() - self._looked_s < LOOK_S:
            return
        try:
            api = self._invocation.api()
            if self._is_board_old:
                self._board, self._is_board_old = board_of(api.get("agents")), False
            if self._is_count_old:
                self._counts, self._is_count_old = api.get("status")["counts"], False
        except CommandFailed as error:
            if error.exit_code not in (ExitCode.UNREACHABLE, ExitCode.TEMPORARY):
                raise
        self._looked_s = time.monotonic()

    def _screen(self, rows: int) -> Any:
        from posthouse.cli.watch_view import Figures, screen

        now_ms = time.time_ns() // 1_000_000
        return screen(
            Figures(self._invocation.url, self._board, self._counts, self._flow, self._link_words, now_ms), rows
        )

    def _follow(self) -> None:
        """The live stream, in its own thread: it waits for the socket."""
        from posthouse.cli.live_stream import follow

        def where() -> tuple[str, str | None]:
            url = self._invocation.api().url
            return url, self._invocation.token_for(url)

        try:
            for entry in follow(where, told=lambda stands: self._news.put(_Link(stands))):
                self._news.put(_Entry(entry["timestamp"], entry["event"]))
        except Exception as error:  # handed to the main thread, which raises it
            self._news.put(_Over(error))


if sys.platform == "win32":
    import msvcrt

    @contextmanager
    def _keys(told: Callable[[_Key], None]) -> Iterator[None]:
        """Keys as they are pressed, without being shown."""

        def read() -> None:
            while True:
                told(_Key(msvcrt.getwch()))

        threading.Thread(target=read, daemon=True).start()
        yield

else:
    import termios
    import tty

    @contextmanager
    def _keys(told: Callable[[_Key], None]) -> Iterator[None]:
        """Keys as they are pressed, without being shown; afterwards the terminal is as it was."""
        descriptor = sys.stdin.fileno()
        before = termios.tcgetattr(descriptor)

        def read() -> None:
            # Past Python's own buffer, whose lock would be held at the end.
            while character := os.read(descriptor, 1):
                told(_Key(character.decode("latin-1")))

        tty.setcbreak(descriptor)
        try:
            threading.Thread(target=read, daemon=True).start()
            yield
        finally:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
