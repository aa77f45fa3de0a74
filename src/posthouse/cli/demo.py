"""`posthouse demo`: a dead receiver costs time, and no event; with real processes and no account anywhere.

The play: events flow · the receiver is killed · events queue and the endpoint is paused · the receiver comes back ·
what waited is sent, a few at a time at first · the books are compared. What was written down is the daemon's ledger;
what arrived is the receiver's own record; what is missing there was lost, and then the exit code is 1.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import click

from posthouse.cli.demo_house import House
from posthouse.cli.demo_log import GrowingLog
from posthouse.cli.demo_view import Figures, View, open_view
from posthouse.cli.exits import ExitCode, failure
from posthouse.cli.invocation import Command, Invocation, pass_invocation
from posthouse.cli.output import print_json, say
from posthouse.cli.words import counted, pause_words, span
from posthouse.system.clock import SystemClock

_SECONDS = 30.0
_FAST_SECONDS = 10.0
_TICK_S = 0.1
_EMIT_EVERY_S = 0.2
_GROW_EVERY_S = 1.5
_PAUSE_WITHIN_S = 30.0
_DRAIN_WITHIN_S = 60.0
_RETRY_S = [1, 1, 2, 2, 3, 3, 5, 5, 5, 5, 10, 10, 10, 10, 10, 10]
_RECENT = 6
_AHEAD_MAX = 4
_TARGET = "demo-receiver"
_CHECK_TYPE = "posthouse.check"
_AGENT_SOURCE = "claude-sessions"


class Books(NamedTuple):
    """What was written down, what arrived, and the difference."""

    written: int
    received: int
    lost: int
    duplicates: int
    seconds: float


@click.command(cls=Command)
@click.option(
    "--seconds", type=click.FloatRange(5, 600), default=_SECONDS, show_default=True, help="About how long it takes."
)
@click.option("--fast", is_flag=True, help=f"The same in about {_FAST_SECONDS:.0f} seconds.")
@pass_invocation
def demo(invocation: Invocation, *, seconds: float, fast: bool) -> int:
    """Watch events flow, queue while their receiver is dead, and arrive once it is back. Leaves nothing behind."""
    signal.signal(signal.SIGTERM, _interrupt)
    with House() as house, open_view(is_quiet=invocation.is_json) as view:
        play = Play(house, view, pace=(_FAST_SECONDS if fast else seconds) / _SECONDS)
        books = play.perform()
    if invocation.is_json:
        print_json(books._asdict())
    else:
        _print_books(books)
    return ExitCode.FAILED if books.lost else ExitCode.OK


class Play:
    """The demo's course. `pace` stretches the parts whose length is a matter of taste."""

    def __init__(self, house: House, view: View, *, pace: float) -> None:
        self._house = house
        self._view = view
        self._pace = pace
        self._clock = SystemClock()
        self._started_s = self._clock.monotonic_s()
        self._log: GrowingLog | None = None
        self._emitted: list[str] = []
        self._is_emitting = True
        self._emit_at_s = 0.0
        self._grow_at_s = 0.0

    def perform(self) -> Books:
        """Play it from start to end. Raises CommandFailed where something does not come about in time."""
        self._set_up()
        self._run_for(8)
        self._kill()
        self._revive()
        return self._settle()

    def _set_up(self) -> None:
        self._say("Starting a daemon with an empty ledger in a temporary home, and a webhook receiver on this machine…")
        self._house.start()
        api = self._house.api
        settings = {"url": self._house.receiver_url, "signing": {"secret": self._house.secret}}
        api.post("targets", body={"kind": "webhook", "name": _TARGET, "settings": settings, "check": True})
        self._say(f"Connected the receiver as a signed webhook: {self._house.receiver_url}. It passed its check.")
        api.post("bindings", body={"source": "ingest", "target": _TARGET, "policy": {"retryScheduleS": _RETRY_S}})
        self._say("Bound posted events to it, with short waits between tries so that the demo is short.")
        self._bind_agent()

    def _bind_agent(self) -> None:
        api = self._house.api
        has_own = _has_agent_logs()
        if not has_own:
            self._point_to_made_log()
        else:
            api.patch("sources", _AGENT_SOURCE, body={"settings": {"quiet_s": 0}})
        api.post("bindings", body={"source": _AGENT_SOURCE, "target": _TARGET, "policy": {"retryScheduleS": _RETRY_S}})
        if not has_own:
            self._say("This machine has no agent logs: a made-up one grows in a temporary folder, and is bound too.")
        elif api.post("sources", _AGENT_SOURCE, "push")["events"]:
            self._say("Bound this machine's agent logs too. They go to the receiver here, and nowhere else.")
        else:
            self._point_to_made_log()
            self._say("This machine's agent logs are old: a made-up one grows in a temporary folder, and is bound.")

    def _point_to_made_log(self) -> None:
        self._log = GrowingLog(self._house.folder / "agent")
        self._log.grow()
        settings = {"roots": [str(self._log.roots)], "quiet_s": 0}
        self._house.api.patch("sources", _AGENT_SOURCE, body={"settings": settings})

    def _kill(self) -> None:
        self._say("Killing the receiver (SIGKILL). Events keep coming, and are written down all the same.")
        self._house.kill_receiver()
        self._run_until(lambda now: now.health["state"] == "paused", "the endpoint to be paused", _PAUSE_WITHIN_S)
        figures = self._look()
        self._say(f"Paused: {pause_words(figures.health).rstrip('.')}. Nothing is tried in vain now; it only queues.")
        self._run_for(10)

    def _revive(self) -> None:
        waiting = self._look().waiting
        self._house.start_receiver()
        next_probe = self._look().health.get("nextProbeAt")
        due = (
            f" (its own next probe would come in {span((next_probe - self._clock.now()) / 1000)})"
            if isinstance(next_probe, int)
            else ""
        )
        self._say(f"The receiver is back, and {counted(waiting, 'delivery waits', 'deliveries wait')}.")
        self._say(
            f"Reconnecting by hand, as `posthouse target reconnect` does{due}: checked first, then 1, 2, 4 … at a time."
        )
        answer = self._house.api.post("targets", _TARGET, "reconnect")
        if not answer["ok"]:
            raise failure("demo.not_reconnected", f"The receiver did not pass its check: {answer['error']}")
        self._run_until(_is_caught_up, "the queue to drain", _DRAIN_WITHIN_S)
        self._say("The queue is empty again. New events go straight through.")

    def _settle(self) -> Books:
        self._run_for(4)
        self._is_emitting = False
        self._say("No more events. Waiting for the last ones, then comparing the ledger with the receiver's record.")
        self._run_until(lambda now: not now.waiting + now.sending, "the last ones", _DRAIN_WITHIN_S)
        api = self._house.api
        written = {
            event["id"] for name in ("ingest", _AGENT_SOURCE) for event in api.items("events", query={"source": name})
        }
        written |= set(self._emitted)
        arrived = [line["eventId"] for line in self._house.received() if line["type"] != _CHECK_TYPE]
        return Books(
            written=len(written),
            received=len(set(arrived)),
            lost=len(written - set(arrived)),
            duplicates=len(arrived) - len(set(arrived)),
            seconds=round(self._elapsed_s(), 1),
        )

    def _say(self, text: str) -> None:
        self._view.say(text, elapsed_s=self._elapsed_s())

    def _run_for(self, seconds: float) -> None:
        end_s = self._elapsed_s() + seconds * self._pace
        while self._elapsed_s() < end_s:
            self._tick()

    def _run_until(self, condition: Callable[[Figures], bool], what: str, within_s: float) -> None:
        end_s = self._elapsed_s() + within_s
        while not condition(self._tick()):
            if self._elapsed_s() > end_s:
                raise failure("demo.too_slow", f"Waited {within_s:.0f} s in vain for {what}.")

    def _tick(self) -> Figures:
        """Let events happen that are due, look at everything, show it, and wait a moment."""
        now_s = self._elapsed_s()
        if self._is_emitting and now_s >= self._emit_at_s:
            self._emit_at_s = now_s + _EMIT_EVERY_S
            self._emit()
        if self._is_emitting and self._log is not None and now_s >= self._grow_at_s:
            self._grow_at_s = now_s + _GROW_EVERY_S * self._pace
            self._log.grow()
        figures = self._look()
        self._view.show(figures)
        time.sleep(max(0.0, _TICK_S - (self._elapsed_s() - now_s)))
        return figures

    def _emit(self) -> None:
        number = len(self._emitted) + 1
        body = {"type": "demo.tick", "origin": "demo", "key": self._clock.uuid7(), "data": {"number": number}}
        self._emitted.append(self._house.api.post("events", body=body)["events"][0]["id"])

    def _look(self) -> Figures:
        api = self._house.api
        status = api.get("status")
        events = {source["name"]: source["events"] for source in status["sources"]}
        health = api.get("targets", _TARGET, "health")
        arrived = [line["eventId"] for line in self._house.received() if line["type"] != _CHECK_TYPE]
        return Figures(
            elapsed_s=self._elapsed_s(),
            now_ms=self._clock.now(),
            events=events["ingest"] + events[_AGENT_SOURCE],
            agent_events=events[_AGENT_SOURCE],
            counts=status["counts"],
            health=_endpoint(health),
            recent=list(api.items("deliveries", limit=_RECENT)),
            received=len(set(arrived)),
            duplicates=len(arrived) - len(set(arrived)),
            is_receiver_up=self._house.is_receiver_up,
        )

    def _elapsed_s(self) -> float:
        return self._clock.monotonic_s() - self._started_s


def _endpoint(health: dict[str, Any]) -> dict[str, Any]:
    """The state of the receiver's one endpoint."""
    return dict(health["endpoints"][0])


def _is_caught_up(now: Figures) -> bool:
    """Nothing is left of the queue; what the demo itself keeps sending comes and goes."""
    return now.health["state"] == "ok" and now.waiting + now.sending <= _AHEAD_MAX


def _has_agent_logs() -> bool:
    folder = os.environ.get("CLAUDE_CONFIG_DIR")
    root = (Path(folder) if folder else Path.home() / ".claude") / "projects"
    return next(root.glob("*/*.jsonl"), None) is not None


def _print_books(books: Books) -> None:
    say()
    say(f"Written down {books.written}, received {books.received}, lost {books.lost}, twice {books.duplicates}.")
    if books.lost:
        say("Events are missing at the receiver: this must not happen.", colour="red")
    else:
        say("Every event arrived. The dead receiver cost time, and nothing else.", colour="green")
    if books.duplicates:
        say(
            "What came twice was received just before the kill, which left no time to answer: it came again under "
            "the same id."
        )
    say("\nNext: posthouse up, and in another terminal: posthouse target add webhook --name NAME --url URL --sign")


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
