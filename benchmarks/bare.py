"""What ingest over HTTP is compared with: `python -m benchmarks.bare noop|litestar`.

Both run on the daemon's own HTTP server, read the body and answer 202 with as many bytes as the daemon would; neither
writes anything down. `noop` is a bare ASGI handler, `litestar` one of the framework that the rest of the API uses.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from litestar import Litestar, Request, Response, post

from benchmarks.serving import run, say_listening, until_input_ends
from posthouse.http.server import HttpServer

ANSWER = b'{"events":[{"id":"00000000-0000-7000-8000-000000000000","deliveries":0,"duplicate":false}]}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(ANSWER))]


async def noop(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Read the body, answer."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 202, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


@post("/api/events", status_code=202)
async def hello(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Read the body, answer."""
    await request.body()
    return Response(ANSWER, media_type="application/json")


async def serve(app: Any) -> None:
    """Serve until standard input ends."""
    server = HttpServer(host="127.0.0.1", port=0)
    server.bind(app)
    serving = asyncio.ensure_future(server.run())
    say_listening(int(server.url.rpartition(":")[2]))
    await until_input_ends()
    await server.stop()
    await serving


def main() -> None:
    """Serve the one that is named."""
    app = noop if sys.argv[1] == "noop" else Litestar([hello], openapi_config=None)
    run(serve(app))


if __name__ == "__main__":
    main()
