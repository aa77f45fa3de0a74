"""What the demo shows: live figures on a terminal, plain lines anywhere else.

Every figure is the daemon's own or the receiver's record; nothing is estimated.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

import click

from posthouse.cli.output import harmless
from posthouse.cli.words import COLOURS, delivery_words, health_colour, health_words, status_of

if TYPE_CHECKING:
    from rich.console import RenderableType

_LINE_EVERY_S = 1.0


class Figures(NamedTuple):
    """One look at everything: the daemon's counters, its endpoint's health, its newest deliveries, and the receiver.

    `agent_events`: those of `events` that came of agent logs. `duplicates`: what the receiver got more than once.
    """

    elapsed_s: float
    now_ms: int
    events: int
    agent_events: int
    counts: Mapping[str, int]
    health: Mapping[str, Any]
    recent: Sequence[Mapping[str, Any]]
    received: int
    duplicates: int
    is_receiver_up: bool

    @property
    def sending(self) -> int:
        """Deliveries that a lane has in hand."""
        return self.counts.get("inFlight", 0)

    @property
    def waiting(self) -> int:
        """Deliveries that no lane has in hand, whatever they wait for."""
        return sum(self.counts.get(name, 0) for name in ("pending", "failed", "targetPaused"))


class View(Protocol):
    """Where the demo tells its story."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def say(self, text: str, *, elapsed_s: float) -> None:
        """One sentence of the story, and when in it."""
        ...

    def show(self, figures: Figures) -> None:
        """The figures as they are now."""
        ...


def open_view(*, is_quiet: bool) -> View:
    """The live view on a terminal, plain lines elsewhere; on standard error where standard output is for JSON."""
    if is_quiet or not sys.stdout.isatty():
        return PlainView(is_error=is_quiet)
    return LiveView()


class PlainView:
    """Lines: each sentence, and the figures at most once a second."""

    def __init__(self, *, is_error: bool) -> None:
        self._is_error = is_error
        self._shown_s = -_LINE_EVERY_S
        self._last = ""
        self._state = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def say(self, text: str, *, elapsed_s: float) -> None:
        """One sentence, with its time."""
        self._line(f"{elapsed_s:5.1f} s  {text}")

    def show(self, figures: Figures) -> None:
        """One line of figures where they changed, at once where the endpoint's state did."""
        line, state = _sentence(figures), str(figures.health.get("state"))
        is_due = figures.elapsed_s - self._shown_s >= _LINE_EVERY_S
        if line != self._last and (is_due or state != self._state):
            self._last, self._shown_s, self._state = line, figures.elapsed_s, state
            self._line(f"{figures.elapsed_s:5.1f} s    {line}")

    def _line(self, text: str) -> None:
        click.echo(harmless(text), err=self._is_error)


class LiveView:
    """Figures and the newest deliveries, redrawn in place; the story scrolls by above them."""

    def __init__(self) -> None:
        from rich.console import Console  # 60 ms that only this view needs
        from rich.live import Live

        self._console = Console(highlight=False)
        self._live = Live(console=self._console, auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.__exit__(kind, error, trace)

    def say(self, text: str, *, elapsed_s: float) -> None:
        """One sentence above the figures."""
        from rich.text import Text

        self._console.print(Text.assemble((f"{elapsed_s:4.0f} s ", "bold cyan"), harmless(text)))

    def show(self, figures: Figures) -> None:
        """Redraw."""
        self._live.update(_panel(figures), refresh=True)


def _sentence(figures: Figures) -> str:
    counts = figures.counts
    receiver = "up" if figures.is_receiver_up else "DOWN"
    return (
        f"written down {figures.events} ({figures.agent_events} from agent logs) · "
        f"waiting {figures.waiting} · sending {figures.sending} · "
        f"delivered {counts.get('delivered', 0)} · receiver {receiver}, got {figures.received} · "
        f"endpoint {health_words(figures.health)}"
    )


def _panel(figures: Figures) -> RenderableType:
    from rich.columns import Columns
    from rich.console import Group
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    numbers = Table.grid(padding=(0, 2))
    for name, value, style in (
        ("Written down", figures.events, "bold"),
        ("from agent logs", figures.agent_events, "bold"),
        ("Waiting", figures.waiting, "yellow" if figures.waiting else "dim"),
        ("Sending", figures.sending, "cyan"),
        ("Delivered", figures.counts.get("delivered", 0), "green"),
        ("Receiver got", figures.received, "bold green"),
        ("Twice", figures.duplicates, "yellow" if figures.duplicates else "dim"),
    ):
        numbers.add_row(name, Text(str(value), style=style, justify="right"))
    rows = Table.grid(padding=(0, 2))
    for row in figures.recent:
        words = delivery_words(row, figures.now_ms)
        style = COLOURS.get(status_of(row), "")
        rows.add_row(harmless(row["eventType"]), Text(harmless(words), style=style, overflow="ellipsis", no_wrap=True))
    receiver = Text("up", style="green") if figures.is_receiver_up else Text("DOWN", style="bold red")
    state = Text(harmless(health_words(figures.health)), style=health_colour(figures.health))
    head = Text.assemble("Receiver: ", receiver, "   Endpoint: ", state)
    return Panel(
        Group(head, "", Columns([numbers, rows], padding=(0, 6))), title=f"Posthouse · {figures.elapsed_s:.0f} s"
    )
