"""Follows the event streams of OpenCode's servers (`opencode serve`, and whatever else of it has a port).

One task per address. After each connection the server is asked what stands, so that what happened in between is told.
A connection that is lost is tried again after 1, 2, 4 … 30 s; a server that is not there is everyday and no failure:
why it is not followed lies in the state, and is logged when that changes.

What always holds: what is reported and what is remembered of it are committed together; what was missed is found again
by asking; what is told twice the board knows, since turns and prompts have ids.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import quote

import msgspec

from posthouse.model.agents import Report
from posthouse.model.sources import StatePut
from posthouse.rules.server_sent_events import EventStream
from posthouse.sources.addresses import Headers
from posthouse.sources.agents.hearing import Tell
from posthouse.sources.agents.opencode_api import OpenCodeApi, Unfit
from posthouse.sources.agents.opencode_sessions import Sessions, hear
from posthouse.sources.agents.opencode_standing import Kept, catch_up, kept_of
from posthouse.sources.agents.opencode_urls import machine_of
from posthouse.sources.agents.opencode_words import heard_at, said_by_event
from posthouse.sources.agents.settings import AgentsSettings
from posthouse.sources.base import SourceContext
from posthouse.system.http_client import HttpClient
from posthouse.system.logging import get_log
from posthouse.system.outbound import ExchangeFailed

STATE = "opencode/"
"""How the keys of state begin, one per address."""

WAIT_S_MAX = 30.0
STEADY_S = 60.0
"""A connection that stood so long was sound: the wait after it is the shortest."""

_log = get_log(__name__)
_Sleep = Callable[[float], Awaitable[None]]


class OpenCode:
    """The listener. `headers`: what lets it in, by URL, where the environment does not say it. `sleep` is for tests."""

    def __init__(self, *, headers: Mapping[str, Headers] | None = None, sleep: _Sleep = asyncio.sleep) -> None:
        self._headers = headers or {}
        self._sleep = sleep

    async def listen(self, context: SourceContext, settings: AgentsSettings, tell: Tell) -> None:
        """Follow every address until cancelled."""
        client = HttpClient()
        try:
            async with asyncio.TaskGroup() as group:
                for url in settings.opencode_urls:
                    api = OpenCodeApi(url, client, self._headers.get(url, ()))
                    group.create_task(_Follower(url, context, settings, tell, api, self._sleep).follow())
        finally:
            await client.close()


def problems(state: Mapping[str, bytes]) -> tuple[str, ...]:
    """Which servers are not followed now and why, in sentences, from the source's state below `STATE`."""
    return tuple(kept.problem for kept in map(_read_kept, state.values()) if kept.problem)


def wait_s(failures: int, jitter: float) -> float:
    """The wait after so many failures in a row, from 1: 1, 2, 4 … 30 s, less up to a quarter by chance."""
    return min(2.0 ** min(failures - 1, 10), WAIT_S_MAX) * (0.875 + 0.125 * jitter)


class _Follower:
    """One address at work."""

    def __init__(
        self,
        url: str,
        context: SourceContext,
        settings: AgentsSettings,
        tell: Tell,
        api: OpenCodeApi,
        sleep: _Sleep,
    ) -> None:
        self._url = url
        self._key = STATE + quote(url, safe="")
        self._machine = machine_of(url)
        self._window_s = settings.silence_s
        self._state = context.state
        self._clock = context.clock
        self._tell = tell
        self._api = api
        self._sleep = sleep
        self._sessions: Sessions = {}
        self._seen_at = 0.0
        self._problem = ""

    async def follow(self) -> None:
        """Connect, listen, and connect again, until cancelled. Raises what the commit raises."""
        stored = await self._state.get(self._key)
        if stored is not None:
            kept = _read_kept(stored)
            self._sessions, self._seen_at = kept.sessions, kept.seen_at
        failures = 0
        while True:
            since_s = self._clock.monotonic_s()
            problem = await self._follow_once()
            is_steady = self._clock.monotonic_s() - since_s >= STEADY_S
            failures = 1 if is_steady else failures + 1
            if problem != self._problem:
                self._problem = problem
                _log.warning("an OpenCode server is not followed", url=self._url, detail=problem)
                await self._commit(())
            await self._sleep(wait_s(failures, self._clock.jitter()))

    async def _follow_once(self) -> str:
        """One connection: why it ended, in a sentence."""
        try:
            async with self._api.events() as chunks:
                # With the first bytes the stream stands, and nothing is missed from then on.
                stream, first = EventStream(), await anext(chunks, b"")
                await self._catch_up()
                await self._take(stream, first)
                async for chunk in chunks:
                    await self._take(stream, chunk)
        except ExchangeFailed as error:
            return f"OpenCode's events cannot be followed: {error.detail}"
        except Unfit as error:
            return str(error)
        return f"The OpenCode server at {self._url} has ended its stream of events."

    async def _catch_up(self) -> None:
        """Ask what stands, and report what is new in it; at the very first look only who is at work."""
        is_first, now = not self._seen_at, self._clock.now()
        since = now - self._window_s * 1_000 if is_first else self._seen_at
        found = await self._api.look(self._sessions, since=since, is_first=is_first)
        now = self._clock.now()
        sessions, reports = catch_up(self._sessions, found, now, seen_at=None if is_first else self._seen_at)
        newest = max((one.time.updated for one in found.sessions), default=since)
        self._sessions, self._seen_at = sessions, max(self._seen_at, newest)
        if self._problem:
            self._problem = ""
            _log.info("an OpenCode server is followed again", url=self._url)
        await self._commit(reports)

    async def _take(self, stream: EventStream, chunk: bytes) -> None:
        """Take a piece of the stream, and report what it says in one commit."""
        told: list[Report] = []
        now = self._clock.now()
        for event in stream.feed(chunk):
            said = said_by_event(event.data)
            if said is not None:
                self._sessions, reports = hear(self._sessions, said, now)
                self._seen_at = max(self._seen_at, heard_at(said))
                told += reports
        if told:
            await self._commit(told)

    async def _commit(self, reports: Sequence[Report]) -> None:
        kept = kept_of(self._sessions, seen_at=self._seen_at, problem=self._problem)
        placed = [msgspec.structs.replace(one, machine=self._machine) for one in reports]
        await self._tell(placed, state_puts=(StatePut(self._key, msgspec.json.encode(kept)),))


def _read_kept(stored: bytes) -> Kept:
    """What was kept; nothing where it cannot be read (of a later version)."""
    try:
        return msgspec.json.decode(stored, type=Kept)
    except msgspec.MsgspecError:
        return Kept()
