"""A real webhook receiver on loopback, for tests: it can be told how to behave, request by request.

In a test:

    async with Receiver() as receiver:
        receiver.reply(Reply(status=500), Reply(is_closed=True))   # the next two requests; then `default` again
        ... send to receiver.url ...
        (first, second) = await receiver.wait_for(2)

As a process of its own (`python -m tests.receiver --record FILE`): prints `listening PORT` when ready; of every request
that it accepts, one JSON line `{"id", "body"}` is in the file before the 200 leaves.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import ssl
import sys
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Self

DEADLINE_S = 20.0


@dataclass(frozen=True)
class Received:
    """One request; header names are lower case. `connection` numbers the connection that it came over, from 1."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at_monotonic_s: float
    connection: int


@dataclass(frozen=True)
class Reply:
    """How one request is answered.

    `before` is awaited before anything is sent, `after_headers` before the body, `between` after the body's first byte;
    an event that is never set makes that part hang. `raw` is sent in place of a proper answer. `is_closed` closes
    without any answer, `is_reset` does so with a TCP reset. `close_after` closes when all is sent.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    raw: bytes | None = None
    before: asyncio.Event | None = None
    after_headers: asyncio.Event | None = None
    between: asyncio.Event | None = None
    is_closed: bool = False
    is_reset: bool = False
    close_after: bool = False


def hang() -> Reply:
    """Never answers."""
    return Reply(before=asyncio.Event())


def hang_after_headers() -> Reply:
    """Sends its headers and never a body."""
    return Reply(after_headers=asyncio.Event())


def slow_body() -> Reply:
    """Sends headers and one byte, and never the rest."""
    return Reply(between=asyncio.Event())


def garbage() -> Reply:
    """Sends what is not HTTP."""
    return Reply(raw=b"\x16\x03\x01 this is not HTTP\r\n\r\n", close_after=True)


class Receiver:
    """A server on 127.0.0.1. `port` 0 takes a free one, which it keeps over `stop()` and `start()`."""

    def __init__(self, *, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self.port = port
        self.requests: list[Received] = []
        self.default: Reply | Callable[[Received], Reply] = Reply()
        self.connections_made = 0
        self._tls = tls
        self._replies: deque[Reply] = deque()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._arrived = asyncio.Condition()

    @property
    def url(self) -> str:
        """Where it listens, with a path."""
        scheme = "http" if self._tls is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}/hook"

    def reply(self, *replies: Reply) -> None:
        """Answer the next requests so, in order of arrival; those after them get `default`."""
        self._replies.extend(replies)

    async def wait_for(self, count: int, *, deadline_s: float = DEADLINE_S) -> list[Received]:
        """The first `count` requests, as soon as so many have arrived. Raises TimeoutError."""
        async with asyncio.timeout(deadline_s), self._arrived:
            await self._arrived.wait_for(lambda: len(self.requests) >= count)
        return self.requests[:count]

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self._tls, backlog=512)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and cut every connection."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for task in tuple(self._tasks):
            task.cancel()
        self.cut_connections()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(OSError):
            await server.wait_closed()

    def cut_connections(self) -> None:
        """Close every open connection; new ones are welcome."""
        for writer in tuple(self._writers):
            writer.transport.abort() if self._tls else writer.close()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        self.connections_made += 1
        number = self.connections_made
        try:
            while (request := await _read_request(reader, writer, number)) is not None:
                async with self._arrived:
                    self.requests.append(request)
                    self._arrived.notify_all()
                if not await _answer(writer, self._choose(request)):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # The sender went away, or the receiver is being stopped: both are part of the play.
            pass
        finally:
            self._tasks.discard(task)
            self._writers.discard(writer)
            writer.close()

    def _choose(self, request: Received) -> Reply:
        if self._replies:
            return self._replies.popleft()
        reply = self.default if isinstance(self.default, Reply) else self.default(request)
        # An answer to HEAD has the headers of one with a body, and none (RFC 9110, 9.3.2).
        return replace(reply, body=b"") if request.method == "HEAD" else reply


async def _read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int) -> Received | None:
    start = await reader.readexactly(1)
    if not start.isalpha():
        # Somebody speaks TLS to a plain port; servers answer so.
        writer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        return None
    head = start + await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(
        method=method, path=path, headers=headers, body=body, at_monotonic_s=time.monotonic(), connection=connection
    )


async def _answer(writer: asyncio.StreamWriter, reply: Reply) -> bool:
    """Whether the connection stays open."""
    if reply.before is not None:
        await reply.before.wait()
    if reply.is_reset:
        writer.transport.abort()
        return False
    if reply.is_closed:
        return False
    if reply.raw is not None:
        writer.write(reply.raw)
    else:
        await _write_proper(writer, reply)
    await writer.drain()
    return not reply.close_after


async def _write_proper(writer: asyncio.StreamWriter, reply: Reply) -> None:
    headers = {"content-type": "text/plain", "content-length": str(len(reply.body))} | reply.headers
    head = f"HTTP/1.1 {reply.status} Status\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    if reply.after_headers is None and reply.between is None:
        writer.write(head.encode("latin-1") + b"\r\n" + reply.body)
        return
    writer.write(head.encode("latin-1") + b"\r\n")
    await writer.drain()
    if reply.after_headers is not None:
        await reply.after_headers.wait()
    writer.write(reply.body[:1])
    await writer.drain()
    if reply.between is not None:
        await reply.between.wait()
    writer.write(reply.body[1:])


@dataclass(frozen=True)
class Certificate:
    """A self-made certificate for 127.0.0.1 and localhost."""

    path: Path
    key_path: Path

    def server_context(self) -> ssl.SSLContext:
        """For a `Receiver`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path, self.key_path)
        return context

    def client_context(self) -> ssl.SSLContext:
        """For a client that trusts it."""
        return ssl.create_default_context(cafile=str(self.path))


def make_certificate(folder: Path) -> Certificate:
    """Make a key and a certificate that it signs itself, valid for a day around now."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    made = Certificate(path=folder / "certificate.pem", key_path=folder / "key.pem")
    made.path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8
    made.key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()),
    )
    return made


def _recording(path: Path | None, fail_rate: float, chance: random.Random) -> Callable[[Received], Reply]:
    """Answers 500 to a share of the requests; writes the others down before their 200."""
    descriptor = None if path is None else os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def choose(request: Received) -> Reply:
        if chance.random() < fail_rate:
            return Reply(status=500, body=b"chance")
        if descriptor is not None:
            entry = {"id": request.headers.get("webhook-id"), "body": request.body.decode("utf-8", "replace")}
            os.write(descriptor, json.dumps(entry).encode() + b"\n")
        return Reply()

    return choose


async def _run(port: int, record: Path | None, fail_rate: float, seed: int | None) -> None:
    receiver = Receiver(port=port)
    receiver.default = _recording(record, fail_rate, random.Random(seed))
    await receiver.start()
    sys.stdout.write(f"listening {receiver.port}\n")
    sys.stdout.flush()
    try:
        await asyncio.Event().wait()
    finally:
        await receiver.stop()


def main() -> None:
    """Run until interrupted or terminated."""
    parser = argparse.ArgumentParser(prog="python -m tests.receiver")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one and prints it")
    parser.add_argument("--record", type=Path, help="append accepted requests to this file, one JSON line each")
    parser.add_argument("--fail-rate", type=float, default=0.0, help="the share of requests answered with 500, 0 to 1")
    parser.add_argument("--seed", type=int, help="makes the failures repeatable")
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_run(options.port, options.record, options.fail_rate, options.seed))


if __name__ == "__main__":
    main()
