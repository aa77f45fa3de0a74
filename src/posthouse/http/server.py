"""The HTTP server: uvicorn on a socket of our own, under our own signals.

The socket is bound before anything is served, so that a taken port is a precise error and port 0 has a number.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn

from posthouse.http.wire import Http
from posthouse.model.errors import PosthouseError

BACKLOG = 2_048
GRACE_S = 5


class _Server(uvicorn.Server):
    """Leaves the signals to the daemon, which decides the order of stopping, and sleeps while nothing is asked."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_to_stop = asyncio.Event()

    async def main_loop(self) -> None:
        """Wait to be stopped: uvicorn's own looks ten times a second whether it should."""
        await self.is_to_stop.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


class HttpServer:
    """Serves one ASGI app on one address. `bind`, then `run` under the supervisor, then `stop`."""

    def __init__(self, *, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._socket: socket.socket | None = None
        self._app: Any = None
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """Where it is reached."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def bind(self, app: Any) -> None:
        """Take the address for an app. Raises PosthouseError `api.address_in_use` or `api.address_unusable`."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        # The protocol is named, since asyncio switches Nagle's delay off only where it is.
        bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((self._host, self._port))
            bound.listen(BACKLOG)
        except OSError as error:
            bound.close()
            raise _unusable(error, self.url) from error
        bound.setblocking(False)
        self._port = bound.getsockname()[1]
        self._socket, self._app = bound, app

    async def run(self) -> None:
        """Serve until `stop`."""
        if self._socket is None:
            raise RuntimeError("bind comes before run")
        config = uvicorn.Config(
            self._app,
            http=Http,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_S,
        )
        self._server = _Server(config)
        # A duplicate, since uvicorn closes what it was given: a restart after a crash finds the address still ours.
        await self._server.serve(sockets=[self._socket.dup()])

    async def stop(self) -> None:
        """Answer what has been asked, then close."""
        if self._server is not None:
            self._server.is_to_stop.set()
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def _unusable(error: OSError, url: str) -> PosthouseError:
    if error.errno == errno.EADDRINUSE:
        message = f"Something else listens on {url}. Stop it, or choose another port: posthouse up --port 8485."
        return PosthouseError("api.address_in_use", message)
    return PosthouseError("api.address_unusable", f"{url} cannot be listened on: {error.strerror}.")
