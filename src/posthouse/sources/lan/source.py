"""The kind `peers`: which hosts are there on the local network, noticed by their heartbeats, and what they say.

In: datagrams of IP Messenger's protocol. Out: `peer.online`, `peer.suspect`, `peer.offline` and `peer.message`, and the
board of peers, which lies in the source's state. It announces this machine to its networks, so it is off until its
owner switches it on. Nothing that comes is trusted for more than that somebody is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from posthouse.model.errors import PosthouseError
from posthouse.model.sources import Property, SourceShape
from posthouse.sources.base import Preview, SourceContext
from posthouse.sources.lan import telling
from posthouse.sources.lan.keeping import load
from posthouse.sources.lan.settings import PeersSettings, parse_peers_settings, settings_of
from posthouse.sources.lan.station import Station
from posthouse.system.datagrams import PortTaken, open_datagrams

COMMANDS_AT_ONCE = 4
"""A message is waited for until it is confirmed; meanwhile others are answered."""


class Peers:
    """The kind; it holds no state."""

    shape = SourceShape.STREAM
    is_passive = False
    needs_schedule = False
    settings_type = PeersSettings
    title = "Peers on the local network (announces this machine there)"
    properties = (
        Property(name=telling.ADDRESSES, title="Their network addresses"),
        Property(name=telling.MESSAGES, title="The text of messages that they send", is_sensitive=True),
    )
    volatile: tuple[str, ...] = ()
    commands = frozenset({"peers", "stats", "configure", "send"})

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate and complete; raises BadInput `source.bad_setting` naming the field."""
        return parse_peers_settings(settings)

    def project(self, data: Any, allowed: Mapping[str, bool]) -> Any:
        """The event's data without addresses and texts where they are not allowed. Pure."""
        return telling.project(data, allowed)

    async def run(self, context: SourceContext) -> None:
        """Be there until cancelled, and then say good-bye.

        Raises PosthouseError `peers.port_taken` where another program has the port, OSError where the address is not
        this machine's.
        """
        settings = settings_of(context)
        try:
            async with open_datagrams(settings.address, settings.port) as socket:
                station = Station(context, settings, socket, await load(context.state))
                try:
                    await self._work(context, station)
                finally:
                    await station.leave()
        except PortTaken as error:
            message = (
                f"UDP port {settings.port} is taken by another program, perhaps a messenger. End it, "
                "or give peers another port: everybody on the network must use the same."
            )
            raise PosthouseError("peers.port_taken", message) from error

    async def _work(self, context: SourceContext, station: Station) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                await station.begin()
                for work in (station.hear, station.beat, station.keep_time, station.watch_network, station.watch_sleep):
                    group.create_task(work())
                group.create_task(station.find_posthouses())
                if context.inbox is not None:
                    for _ in range(COMMANDS_AT_ONCE):
                        group.create_task(context.inbox.serve(station.answer))
        except BaseExceptionGroup as errors:
            raise _first(errors) from errors

    async def preview(self, context: SourceContext) -> Preview:
        """The board as it is stored."""
        kept = await load(context.state)
        online = sum(one.state == "online" for one in kept.rows)
        return Preview(
            event_type="peer.*",
            data=telling.board_data(kept.rows, has_addresses=context.allows(telling.ADDRESSES)),
            found=f"{len(kept.rows)} peer(s), {online} online." if kept.rows else "No peer was heard of yet.",
        )


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """What the worker of a source can judge: of several errors one that says what is wrong."""
    flat: list[BaseException] = []
    for one in errors.exceptions:
        flat += [_first(one)] if isinstance(one, BaseExceptionGroup) else [one]
    return next((one for one in flat if isinstance(one, PosthouseError | OSError)), flat[0])
