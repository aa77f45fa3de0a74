"""Is a server well: asked by HTTP or TCP, or heard from a line of its output. An answer is None, or why it is not.

Nothing is kept between two questions but the connection that HTTP keeps open.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import cast

from posthouse.sources.servers.definitions import Health, HealthKind
from posthouse.sources.servers.output import PIECE_BYTES
from posthouse.sources.watch import Changes, watch
from posthouse.system.outbound import ExchangeFailed, Outbound, Request
from posthouse.system.output_file import Output, Place

ANSWER_BYTES_MAX = 64 * 1024
CARRIED = 1_000
"""Characters of what was read before that are looked at again, since a text may be cut in two."""

_Judge = Callable[[str], str | None]

_URL = re.compile(r"https://[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?/?(?=[\s|\"']|$)", re.MULTILINE)


async def ask(
    outbound: Outbound, health: Health, host: str, port: int, headers: tuple[tuple[str, str], ...] = ()
) -> tuple[str | None, bytes]:
    """Ask once, by HTTP or TCP: None where it is well, else why not in plain words; and what it answered."""
    if health.kind is HealthKind.TCP:
        return await _ask_tcp(host, port, health.timeout_s), b""
    address = f"[{host}]" if ":" in host else host
    request = Request(
        method="GET",
        url=f"http://{address}:{port}{health.path}",
        headers=headers,
        deadline_s=health.timeout_s,
        response_bytes_max=ANSWER_BYTES_MAX,
    )
    try:
        answer = await outbound.send(request)
    except ExchangeFailed as error:
        return error.detail, b""
    if 200 <= answer.status < 300:
        return None, answer.body
    return f"{health.path} answered with status {answer.status}", answer.body


async def until_said(output: Output, text: str, place: Place) -> None:
    """Return once the output holds this text behind a place."""
    await _until(output, place, lambda said: text if text in said else None)


async def until_url(output: Output, place: Place) -> str:
    """The first https address without a path that the output names behind a place."""
    return await _until(output, place, url_in)


def url_in(said: str) -> str | None:
    """The first https address in a text that names a host and nothing more."""
    found = _URL.search(said)
    return None if found is None else found[0].rstrip("/")


async def _ask_tcp(host: str, port: int, timeout_s: float) -> str | None:
    try:
        async with asyncio.timeout(timeout_s):
            _, writer = await asyncio.open_connection(host, port)
    except TimeoutError:
        return f"Port {port} did not answer within {timeout_s:g} s"
    except OSError as error:
        return f"Port {port} cannot be reached: {error.strerror or 'it is closed'}"
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return None


async def _until(output: Output, place: Place, judge: _Judge) -> str:
    carried = ""
    watching = cast("AsyncGenerator[Changes, None]", watch([output.path.parent], depth=0))
    async with aclosing(watching) as changes:
        async for change in changes:
            if not change.is_rescan and str(output.path) not in change.paths:
                continue
            while True:
                piece = await asyncio.to_thread(output.read_from, place, PIECE_BYTES)
                place = piece.place
                if not piece.data:
                    break
                carried += piece.data.decode(errors="replace")
                found = judge(carried)
                if found is not None:
                    return found
                carried = carried[-CARRIED:]
    raise AssertionError("a watch has no end")
