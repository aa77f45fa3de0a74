"""The source `agents`: coding agents, heard by hooks, logs and event streams, on one board.

In: what hooks left in the spool, what listeners hear, what others posted as `agent.…`. Out: an event for whatever is
worth knowing of an agent (`model.agents.AgentEvent`), and the board, which lies in the source's state. A file, a posted
event or a line of a log counts once, whatever crashes: the place that was come to is committed with what it led to.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from itertools import groupby
from typing import Any, cast

import msgspec

from posthouse.model.agents import Report
from posthouse.model.errors import BadInput, PosthouseError
from posthouse.model.sources import Property, SourceShape, StatePut
from posthouse.sources.addresses import Headers
from posthouse.sources.agents import telling
from posthouse.sources.agents.contract import POSTED, reports_of_event
from posthouse.sources.agents.keeper import Keeper, load_board
from posthouse.sources.agents.opencode_urls import check_urls
from posthouse.sources.agents.registry import MANAGED, managed_listener, wanted_listeners
from posthouse.sources.agents.settings import AgentsSettings
from posthouse.sources.agents.spooled import FOLDER, TAKEN, SpooledCalls, untaken_folders, waiting_calls
from posthouse.sources.base import Followed, Preview, SourceContext, parse_settings
from posthouse.sources.watch import Changes, watch
from posthouse.system.logging import get_log

FOLLOWED = "followed"
"""The key of state that holds the position of the posted event that was taken last."""

_log = get_log(__name__)


class Agents:
    """The kind; it holds no state."""

    shape = SourceShape.STREAM
    is_passive = False
    needs_schedule = False
    settings_type = AgentsSettings
    title = "Coding agents"
    properties = (
        Property(name=telling.TITLES, title="Titles of what they work on"),
        Property(name=telling.MESSAGES, title="What they answered, and what they were asked", is_sensitive=True),
    )
    volatile: tuple[str, ...] = ("generated_at",)

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate and complete; raises BadInput `source.bad_setting` naming the field."""
        parsed = msgspec.json.decode(parse_settings(AgentsSettings, settings), type=AgentsSettings)
        urls = check_urls(parsed.opencode_urls)
        return msgspec.Raw(msgspec.json.encode(msgspec.structs.replace(parsed, opencode_urls=urls)))

    def project(self, data: Any, allowed: Mapping[str, bool]) -> Any:
        """The event's data without titles and messages where they are not allowed. Pure."""
        return telling.project(data, allowed)

    async def run(self, context: SourceContext) -> None:
        """Hear agents until cancelled. Raises what ended one of those who hear; then all of them have ended."""
        settings = msgspec.json.decode(context.source.settings, type=AgentsSettings)
        keeper = Keeper(context, settings, await load_board(context))
        try:
            async with asyncio.TaskGroup() as group:
                for listener in wanted_listeners(settings):
                    group.create_task(listener.listen(context, settings, keeper.tell))
                group.create_task(_take_spooled(context, keeper))
                group.create_task(_follow_posted(context, keeper))
                group.create_task(_hear_managed(context, settings, keeper))
                group.create_task(keeper.watch_silence())
        except BaseExceptionGroup as errors:
            raise _first(errors) from errors

    async def preview(self, context: SourceContext) -> Preview:
        """The board as it stands."""
        agents = list((await load_board(context)).agents.values())
        return Preview(
            event_type=f"{POSTED}*",
            data=telling.board_data(agents, context.clock.now()),
            found=f"{len(agents)} agent(s) on the board." if agents else "No agent was heard of yet.",
            problems=(*await asyncio.to_thread(_untaken, context), *await _unheard(context)),
        )


def _untaken(context: SourceContext) -> list[str]:
    """What hooks left and nobody takes, and why."""
    if context.spool is None:
        return []
    folder = context.spool / FOLDER
    found = [f"No adapter takes what lies in {one}." for one in untaken_folders(folder)]
    waiting = 0 if context.source.is_enabled else waiting_calls(folder)
    if waiting:
        found.append(f"This source is off: {waiting} calls of hooks wait in {folder} until it is on.")
    return found


async def _unheard(context: SourceContext) -> tuple[str, ...]:
    """Which servers are not followed now, and why."""
    if not msgspec.json.decode(context.source.settings, type=AgentsSettings).opencode_urls:
        return ()
    # It comes with a client for HTTP, which nobody needs who follows no server.
    from posthouse.sources.agents.opencode import STATE, problems

    return problems(await context.state.items(STATE))


async def _take_spooled(context: SourceContext, keeper: Keeper) -> None:
    """Take what lies in the spool, and then what comes. Raises OSError where the folder cannot be used."""
    if context.spool is None:
        return
    calls = SpooledCalls(context.spool, await context.state.get(TAKEN))
    await asyncio.to_thread(calls.prepare)
    watching = cast("AsyncGenerator[Changes, None]", watch([calls.folder]))
    async with aclosing(watching) as changes:
        async for _ in changes:
            while files := await asyncio.to_thread(calls.survey):
                while files:
                    batch = await asyncio.to_thread(calls.read, files)
                    if batch.files:
                        await keeper.tell(batch.reports, state_puts=calls.puts(batch))
                    await asyncio.to_thread(calls.clear, batch)
                    files = files[batch.looked_at :]


async def _follow_posted(context: SourceContext, keeper: Keeper) -> None:
    """Take what others post of agents, from where it was come to; at first, from when there is this source."""
    cursor = await context.state.get(FOLLOWED)
    following = cast("AsyncGenerator[tuple[Followed, ...], None]", context.follow(POSTED, int(cursor) if cursor else 0))
    is_told = False
    async with aclosing(following) as batches:
        async for batch in batches:
            for hops, group in groupby(batch, key=lambda one: one.event.hops):
                followed = list(group)
                reports: list[Report] = []
                for one in followed:
                    if one.event.recorded_at < context.source.created_at:
                        continue
                    try:
                        reports += reports_of_event(one.event)
                    except BadInput as error:
                        if not is_told:
                            _log.warning(
                                "a posted event of an agent does not fit", event=one.event.id, detail=error.message
                            )
                        is_told = True
                position = StatePut(FOLLOWED, str(followed[-1].seq).encode())
                await keeper.tell(reports, state_puts=[position], hops=hops)


async def _hear_managed(context: SourceContext, settings: AgentsSettings, keeper: Keeper) -> None:
    """Hear the servers that are kept alive here, as they come and go, beside those of the settings."""
    following = cast("AsyncGenerator[Mapping[str, Headers], None]", context.addresses.follow(MANAGED))
    async with asyncio.TaskGroup() as group, aclosing(following) as changes:
        listening: asyncio.Task[None] | None = None
        async for urls in changes:
            if listening is not None:
                listening.cancel()
                await asyncio.wait([listening])
            wanted = tuple(sorted(urls.keys() - set(settings.opencode_urls)))
            listening = None
            if wanted:
                wider = msgspec.structs.replace(settings, opencode_urls=wanted)
                listening = group.create_task(managed_listener(urls).listen(context, wider, keeper.tell))


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """What the worker of a source can judge: of several errors one that says what is wrong."""
    flat: list[BaseException] = []
    for one in errors.exceptions:
        flat += [_first(one)] if isinstance(one, BaseExceptionGroup) else [one]
    return next((one for one in flat if isinstance(one, PosthouseError | OSError)), flat[0])
