"""A lean receiver: `python -m benchmarks.receiver`. Answers every POST with one status and two bytes.

    POST /hook            counted; where the body holds `"mark":<number>`, its arrival is stamped
    POST /status/<code>   answer hooks with this status from now on
    GET  /count           how many hooks have come
    GET  /stamps          nanoseconds on the monotonic clock by mark, then forgotten

It reads HTTP/1.1 with Content-Length and nothing else: it is there to cost as little as possible beside what is
measured.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import cast

from benchmarks.serving import run, serve

MARK = b'"mark":'
LENGTH = b"content-length:"


class Book:
    """What all connections write into."""

    def __init__(self) -> None:
        self.count = 0
        self.stamps: dict[int, int] = {}
        self.answer = answer_of(200, b"ok")


class Hook(asyncio.Protocol):
    """One connection."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what to answer through."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer every whole request that has come."""
        now_ns = time.monotonic_ns()
        data = self._rest + data if self._rest else data
        while (end := data.find(b"\r\n\r\n")) >= 0:
            size = end + 4 + length_in(data[:end])
            if len(data) < size:
                break
            self._take(data[:size], now_ns)
            data = data[size:]
        self._rest = data

    def _take(self, request: bytes, now_ns: int) -> None:
        book = self._book
        if request.startswith(b"POST /hook"):
            book.count += 1
            at = request.find(MARK)
            if at >= 0:
                book.stamps[number_at(request, at + len(MARK))] = now_ns
            self._transport.write(book.answer)
        elif request.startswith(b"POST /status/"):
            book.answer = answer_of(number_at(request, len(b"POST /status/")), b"ok")
            self._transport.write(answer_of(200, b"{}"))
        elif request.startswith(b"GET /stamps"):
            stamps, book.stamps = book.stamps, {}
            self._transport.write(answer_of(200, json.dumps(stamps).encode()))
        else:
            self._transport.write(answer_of(200, str(book.count).encode()))


def answer_of(status: int, body: bytes) -> bytes:
    """A whole answer."""
    return b"HTTP/1.1 %d -\r\ncontent-length: %d\r\n\r\n%s" % (status, len(body), body)


def length_in(head: bytes) -> int:
    """The Content-Length in a message's head; 0 where there is none."""
    lowered = head.lower()
    at = lowered.find(LENGTH)
    return 0 if at < 0 else int(lowered[at + len(LENGTH) :].split(b"\r\n", 1)[0])


def number_at(text: bytes, start: int) -> int:
    """The decimal number that begins there."""
    end = start
    while text[end : end + 1].isdigit():
        end += 1
    return int(text[start:end])


def main() -> None:
    """Serve until standard input ends."""
    book = Book()
    run(serve(lambda: Hook(book)))


if __name__ == "__main__":
    main()
