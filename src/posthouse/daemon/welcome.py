"""What the daemon says when it is up: what it sees, where to look, what to do next. Nothing in it is invented."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import sys
from pathlib import Path

from posthouse.http.services import Services
from posthouse.ledger.status import read_figures
from posthouse.model.errors import PosthouseError
from posthouse.model.sources import Source
from posthouse.sources.base import source_kind
from posthouse.system.addresses import is_local_address
from posthouse.system.home import find_home

LOOK_S = 3.0
"""How long it looks at the sources before it says what it saw."""

FIRST_STEPS = (
    ("demo", "watch it work, with no account anywhere"),
    ("source preview claude-sessions", "your own data, as it would be sent"),
    ("target add webhook --name hook --url URL", "somewhere to send it"),
    ("bind claude-sessions hook", "from now on"),
)
NEXT_STEPS = (("status", "what flows, what waits, what needs you"), ("deliveries", "each one"))


async def welcome(services: Services) -> str:
    """The lines to print."""
    figures = await services.database.read(read_figures)
    program = _program(services.home)
    active = [one for one in services.known.directory.sources.values() if not source_kind(one.kind).is_passive]
    seen = await asyncio.gather(*(_seen(services, source) for source in active))
    steps = NEXT_STEPS if services.known.directory.targets else FIRST_STEPS
    width = max(len(words) for words, _ in steps)
    lines = [
        f"Posthouse {services.version} is up on {services.url()}",
        "",
        "What it sees",
        *[f"  {source.name}: {words}" for source, words in zip(active, seen, strict=True)],
        f"  ledger: {figures.events} events, {figures.counts.queued} waiting, {figures.counts.dlq} given up",
        "",
        "Where to look",
        f"  home      {services.home}",
        f"  API       {services.url()}/api/schema, with the token in {services.home / 'token'}",
        f"  browser   {program} open",
        f"  terminal  {program} status",
        "",
        "What to do next",
        *[f"  {program} {words:{width}}   {why}" for words, why in steps],
        *_exposure(services),
        "",
    ]
    return "\n".join(lines)


async def _seen(services: Services, source: Source) -> str:
    bound = len(services.known.directory.routes.get(source.id, ()))
    state = f"on, {bound} binding(s)" if source.is_enabled else "off"
    try:
        async with asyncio.timeout(LOOK_S):
            preview = await services.collection.preview(source.id)
    except TimeoutError:
        return f"{state}; there is much to read, `source preview {source.name}` shows it"
    except (OSError, PosthouseError) as error:
        return f"{state}; cannot be read: {error}"
    return f"{state}; {preview.found or (preview.problems[0] if preview.problems else 'nothing yet')}"


def _program(home: Path) -> str:
    """What to type here to reach this daemon: the program's name or path, and the home where it must be said."""
    here = Path(sys.executable).parent / "posthouse"
    found = shutil.which("posthouse")
    if found is not None and Path(found).resolve() == here.resolve():
        name = "posthouse"
    else:
        name = str(here.relative_to(Path.cwd()) if here.is_relative_to(Path.cwd()) else here)
    words = [name] if find_home(None, os.environ) == home else [name, "--home", str(home)]
    return shlex.join(words)


def _exposure(services: Services) -> list[str]:
    host = services.url().removeprefix("http://").rpartition(":")[0].strip("[]")
    if host == "localhost" or is_local_address(host):
        return []
    return [
        "",
        f"Careful: {host} can be reached by other machines. Everything needs a token, but nothing is encrypted.",
    ]
