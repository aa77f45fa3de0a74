"""`/api/servers/{name}/output`: what a managed server has said, and what it says, as it says it.

The stream is Server-Sent Events: `output` with `{"text": …, "cursor": …}`, whose id is the cursor, the place behind
the text, so that a client comes back with Last-Event-ID and misses nothing; `torn` where something was cut meanwhile.
It is woken by changes of the file, holds one piece at a time, and waits for its client. When the daemon stops it
gives what is there, and ends. Before each piece, and every 15 s without one, it is judged again whether its client may
still read, and whether there still is that server; else it ends, and who comes back is told why.
"""

from __future__ import annotations

import asyncio
import codecs
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Any, cast

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.response import Stream

from posthouse.http.output_streams import OutputStreams
from posthouse.http.problems import problems
from posthouse.http.requests import StrictRequest
from posthouse.http.server_state import KIND, ServerName, read_server
from posthouse.http.server_views import OutputPiece, OutputView
from posthouse.http.services import Services
from posthouse.ledger.tokens import TokenScope
from posthouse.model.errors import BadInput, PosthouseError
from posthouse.sources.servers.output import OUTPUT, PIECE_BYTES, cursor_of, output_of, place_of
from posthouse.sources.watch import Changes, watch
from posthouse.system.output_file import Output, Place

LINES_MAX = 5_000
LINES_DEFAULT = 100
SSE = "text/event-stream"
BEAT_S = 15.0
BEAT = ": still here\n\n"

Lines = Annotated[int, QueryParameter(ge=1, le=LINES_MAX, description="How many lines at most.")]
Cursor = Annotated[str | None, QueryParameter(max_length=100, description="Where to go on; at the end if not given.")]


@get("/api/servers/{name:str}/output", responses=problems(404))
async def get_server_output(
    name: ServerName, services: NamedDependency[Services], lines: Lines = LINES_DEFAULT
) -> OutputView:
    """The last lines of its output; none where it never ran, or was found running."""
    await read_server(services, name)
    said, place = await asyncio.to_thread(_output(services, name).tail, lines)
    return OutputView(lines=[one.decode(errors="replace") for one in said], cursor=cursor_of(place))


@get(
    "/api/servers/{name:str}/output/stream",
    media_type=SSE,
    responses={
        **problems(404, 429),
        200: ResponseSpec(OutputPiece, media_type=SSE, description="Until a side ends it.", generate_examples=False),
    },
)
async def stream_server_output(
    name: ServerName, request: StrictRequest, services: NamedDependency[Services], cursor: Cursor = None
) -> Stream:
    """Its output as it comes, from a cursor on."""
    services.output_streams.refuse_more()
    await read_server(services, name)
    output = _output(services, name)
    # The header is newer: a browser comes back with it to the address that it began with.
    wanted = request.headers.get("last-event-id") or cursor
    place = await asyncio.to_thread(output.end) if wanted is None else place_of(wanted)
    if place is None:
        raise BadInput("request.cursor_invalid", "This cursor did not come from here.", field="cursor")

    async def judge_again() -> None:
        services.access.judge(request.scope["headers"], TokenScope.READ)
        await read_server(services, name)

    return Stream(
        _follow(output, place, services.output_streams, judge_again),
        headers={"cache-control": "no-store", "x-accel-buffering": "no"},
    )


async def _follow(
    output: Output, place: Place, streams: OutputStreams, judge_again: Callable[[], Awaitable[None]]
) -> AsyncGenerator[str, None]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    try:
        with streams.entered() as ending:
            yield "retry: 2000\n\n"
            async with aclosing(_woken(output.path, ending)) as woken:
                async for is_changed in woken:
                    await judge_again()
                    if not is_changed:
                        yield BEAT
                        continue
                    while True:
                        piece = await asyncio.to_thread(output.read_from, place, PIECE_BYTES)
                        place = piece.place
                        if piece.is_torn:
                            decoder.reset()
                            yield _event("torn", {"cursor": cursor_of(place)}, place)
                        if not piece.data:
                            break
                        yield _event("output", {"text": decoder.decode(piece.data), "cursor": cursor_of(place)}, place)
    except PosthouseError:
        # It may be no more, or others came first since it was asked for: who comes back is refused with the reason.
        return


async def _woken(path: Path, ending: asyncio.Event) -> AsyncGenerator[bool, None]:
    """True at first and whenever the file may have grown, False after a while without; True at the end, and no more."""
    watching = cast("AsyncGenerator[Changes, None]", watch([path.parent], depth=0))
    over = asyncio.ensure_future(ending.wait())
    waiting: asyncio.Task[Changes] | None = None
    async with aclosing(watching) as changes:
        try:
            while not over.done():
                waiting = waiting or asyncio.ensure_future(anext(changes))
                done, _ = await asyncio.wait([waiting, over], timeout=BEAT_S, return_when=asyncio.FIRST_COMPLETED)
                if not done:
                    yield False
                elif over in done:
                    yield True
                else:
                    changed, waiting = waiting.result(), None
                    if changed.is_rescan or str(path) in changed.paths:
                        yield True
        finally:
            left = [one for one in (waiting, over) if one is not None]
            for one in left:
                one.cancel()
            await asyncio.wait(left)


def _event(kind: str, data: dict[str, Any], place: Place) -> str:
    return f"event: {kind}\nid: {cursor_of(place)}\ndata: {msgspec.json.encode(data).decode()}\n\n"


def _output(services: Services, name: str) -> Output:
    return output_of(services.home / KIND / name / OUTPUT)
