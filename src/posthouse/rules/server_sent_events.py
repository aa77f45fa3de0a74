"""Server-sent events, read from the bytes of a stream however they were cut on the way.

In: chunks as they came. Out: the events that are whole by now. Lines end in LF, CR or CRLF; a byte order mark at the
very start, comments and unknown fields are passed over; what is no UTF-8 is replaced. What always holds: the cutting
makes no difference; no more than one event's bytes are kept; an event with a line, or data in all, beyond the limit is
passed over whole and counted, and those around it are read.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html (sections 9.2.5 and 9.2.6).
"""

from __future__ import annotations

from typing import NamedTuple

EVENT_BYTES_MAX = 1024 * 1024
_MARK = b"\xef\xbb\xbf"


class ServerSentEvent(NamedTuple):
    """One event. `type` is `message` where none was said; `id` is the stream's last event id, which outlives events."""

    type: str
    data: str
    id: str


class EventStream:
    """One stream from its first byte on. `event_bytes_max` bounds each line, and the data of each event."""

    def __init__(self, *, event_bytes_max: int = EVENT_BYTES_MAX) -> None:
        self.last_id = ""
        """What a client that comes back says as Last-Event-ID."""
        self.passed_over = 0
        """Events that were too large."""
        self._bytes_max = event_bytes_max
        self._start: bytes | None = b""
        self._is_after_cr = False
        self._line: list[bytes] = []
        self._line_bytes = 0
        self._id = ""
        self._type = ""
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._is_too_large = False

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Take the next bytes in, and give the events that they complete. Never raises."""
        found: list[ServerSentEvent] = []
        for piece in self._without_mark(chunk).splitlines(keepends=True):
            if self._is_after_cr and piece == b"\n":
                # The second half of a CRLF that was cut in two.
                self._is_after_cr = False
                continue
            self._is_after_cr = piece.endswith(b"\r")
            content = piece.rstrip(b"\r\n")
            self._add(content)
            if len(content) < len(piece):
                event = self._end_line()
                if event is not None:
                    found.append(event)
        return found

    def _without_mark(self, chunk: bytes) -> bytes:
        """The chunk without the byte order mark, which may come in pieces."""
        if self._start is None:
            return chunk
        start = self._start + chunk
        if len(start) < len(_MARK) and _MARK.startswith(start):
            self._start = start
            return b""
        self._start = None
        return start.removeprefix(_MARK)

    def _add(self, content: bytes) -> None:
        self._line_bytes += len(content)
        if self._line_bytes <= self._bytes_max:
            self._line.append(content)
        else:
            self._line.clear()

    def _end_line(self) -> ServerSentEvent | None:
        line, length = b"".join(self._line), self._line_bytes
        self._line, self._line_bytes = [], 0
        if length > self._bytes_max:
            self._is_too_large = True
            return None
        if not line:
            return self._dispatch()
        field, _, value = line.partition(b":")
        self._take(field, value.removeprefix(b" "))
        return None

    def _take(self, field: bytes, value: bytes) -> None:
        match field:
            case b"data":
                self._data_bytes += len(value) + 1
                if self._data_bytes > self._bytes_max:
                    self._is_too_large = True
                    self._data.clear()
                else:
                    self._data.append(value)
            case b"event":
                self._type = value.decode("utf-8", "replace")
            case b"id" if b"\0" not in value:
                self._id = value.decode("utf-8", "replace")

    def _dispatch(self) -> ServerSentEvent | None:
        self.last_id = self._id
        event = None
        if self._is_too_large:
            self.passed_over += 1
        elif self._data:
            data = b"\n".join(self._data).decode("utf-8", "replace")
            event = ServerSentEvent(self._type or "message", data, self.last_id)
        self._clear()
        return event

    def _clear(self) -> None:
        self._id = self.last_id
        self._type = ""
        self._data = []
        self._data_bytes = 0
        self._is_too_large = False
