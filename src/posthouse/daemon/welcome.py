"""What the daemon says when it is up: what it sees, where to look, what to do next. Nothing in it is invented."""

from __future__ import annotations

import asyncio

from posthouse.http.services import Services
from posthouse.ledger.status import read_figures
from posthouse.model.errors import PosthouseError
from posthouse.model.sources import Source
from posthouse.sources.base import source_kind
from posthouse.system.addresses import is_local_address

LOOK_S = 3.0
"""How long it looks at each source before it says what it saw."""


async def welcome(services: Services) -> str:
    """The lines to print."""
    figures = await services.database.read(read_figures)
    lines = [f"Posthouse {services.version} is up on {services.url()}", "", "What it sees"]
    active = (one for one in services.known.directory.sources.values() if not source_kind(one.kind).is_passive)
    lines += [f"  {source.name}: {await _seen(services, source)}" for source in active]
    lines += [
        f"  ledger: {figures.events} events, {figures.counts.queued} waiting, {figures.counts.dlq} given up",
        "",
        "Where to look",
        f"  home      {services.home}",
        f"  API       {services.url()}/api/schema, with the token in {services.home / 'token'}",
        "  terminal  posthouse status",
        "",
        "What to do next",
        *_next_steps(services),
    ]
    warning = _exposure(services)
    return "\n".join([*lines, *warning, ""])


async def _seen(services: Services, source: Source) -> str:
    bound = len(services.known.directory.routes.get(source.id, ()))
    state = f"on, {bound} binding(s)" if source.is_enabled else "off"
    try:
        async with asyncio.timeout(LOOK_S):
            preview = await services.collection.preview(source.id)
    except TimeoutError:
        return f"{state}; there is much to read: posthouse source preview {source.name} shows it"
    except (OSError, PosthouseError) as error:
        return f"{state}; cannot be read: {error}"
    return f"{state}; {preview.found or (preview.problems[0] if preview.problems else 'nothing yet')}"


def _next_steps(services: Services) -> list[str]:
    if services.known.directory.targets:
        return [
            "  posthouse status           what flows, what waits, what needs you",
            "  posthouse deliveries       each one",
        ]
    return [
        "  posthouse demo                                       watch it work, with no account anywhere",
        "  posthouse source preview claude-sessions             your own data, as it would be sent",
        "  posthouse target add webhook --name hook --url URL   somewhere to send it",
        "  posthouse bind claude-sessions hook                  from now on",
    ]


def _exposure(services: Services) -> list[str]:
    host = services.url().removeprefix("http://").rpartition(":")[0].strip("[]")
    if host == "localhost" or is_local_address(host):
        return []
    return [
        "",
        f"Careful: {host} can be reached by other machines. Everything needs a token, but nothing is encrypted.",
    ]
