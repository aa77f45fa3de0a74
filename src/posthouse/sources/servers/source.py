"""The kind `servers`: local programs that are kept alive: started, watched, restarted and stopped.

In: what people want of them (`commands`), the ends of their processes, and what they answer when asked whether they are
well. Out: `server.status` for each change, `server.error` for each end that nobody asked for. Definitions and what is
known of each process lie in the source's state, so that a daemon that was killed finds its servers again. It costs
nothing while no server is defined.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from posthouse.model.errors import PosthouseError
from posthouse.model.sources import Property, SourceShape
from posthouse.rules.process import ServerState
from posthouse.sources.base import Preview, SourceContext, SourceSettings, parse_settings
from posthouse.sources.servers import telling
from posthouse.sources.servers.keeping import PROCESS, SERVER, Runtime, definitions_of, runtimes_of


class Servers:
    """The kind; it holds no state."""

    shape = SourceShape.STREAM
    is_passive = False
    needs_schedule = False
    settings_type = SourceSettings
    title = "Managed servers"
    properties = (Property(name=telling.OUTPUT_PROPERTY, title="Excerpts of output", is_sensitive=True),)
    volatile: tuple[str, ...] = ("generated_at",)
    commands = frozenset({"add", "edit", "remove", "start", "stop", "restart", "figures", "disconnected"})

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate and complete; raises BadInput `source.bad_setting` naming the field."""
        return parse_settings(SourceSettings, settings)

    def project(self, data: Any, allowed: Mapping[str, bool]) -> Any:
        """The payload, without excerpts of output where these are not allowed. Pure."""
        return telling.project(data, allowed)

    async def run(self, context: SourceContext) -> None:
        """Keep the servers until cancelled; then those that are not to stay are stopped in order."""
        # What it takes to run programs is loaded only where this source runs.
        from posthouse.sources.servers.house import House

        house = House(context)
        await house.open()
        try:
            await house.run()
        except asyncio.CancelledError:
            await house.close()
            raise
        except BaseExceptionGroup as errors:
            await house.leave()
            raise _first(errors) from errors

    async def preview(self, context: SourceContext) -> Preview:
        """Where every server stands."""
        definitions = definitions_of(await context.state.items(SERVER))
        runtimes = runtimes_of(await context.state.items(PROCESS))
        states = [runtimes.get(name, Runtime()).process for name in definitions]
        running = sum(one.state is ServerState.RUNNING for one in states)
        return Preview(
            event_type=telling.STATUS,
            data=telling.preview_data(definitions, runtimes, context.clock.now()),
            found=f"{running} of {len(definitions)} server(s) run." if definitions else "No server is managed yet.",
            problems=tuple(
                f"{name}: {runtimes[name].process.why}"
                for name in sorted(definitions)
                if name in runtimes and runtimes[name].process.state is ServerState.FAILED
            ),
        )


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """What the worker of a source can judge: of several errors one that says what is wrong."""
    flat: list[BaseException] = []
    for one in errors.exceptions:
        flat += [_first(one)] if isinstance(one, BaseExceptionGroup) else [one]
    return next((one for one in flat if isinstance(one, PosthouseError | OSError)), flat[0])
