"""Fan-out: what the live log gains is read once, kept in a ring, and handed to every stream.

    commit ──announced──▶ read what is new ──▶ ring ──▶ streams, each at its own place
                                                └── a stream that is further back reads the log itself

What always holds: a stream gets every entry behind its place, in the order of commits and once; where that cannot be,
it gets `reload` instead; entries of a transaction that was undone are never seen, since only the ledger is read. A
stream holds no queue but its place: what waits for it are the bytes published since, and beyond 1 MiB it is cut.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from posthouse.ledger.base import Announced, Database, Topic, Transaction
from posthouse.ledger.live import LogRow, ledger_epoch, live_extent, read_log, tell, trim_live_log
from posthouse.model.errors import Busy, PosthouseError, Stopping
from posthouse.model.ids import Millis
from posthouse.model.live import (
    Cut,
    CutEvent,
    ErrorEvent,
    ErrorEventEvent,
    LiveEntry,
    LiveEvent,
    Pong,
    PongEvent,
    Reload,
    ReloadEvent,
    ServerStatus,
    ServerStatusEvent,
)
from posthouse.rules.live import Cursor, Extent, Serve, TakeSnapshot, begin
from posthouse.settings import LIVE_BUFFER, LIVE_LOG_ENTRIES, Settings
from posthouse.system.clock import Clock
from posthouse.system.logging import get_log

STREAMS_MAX = 200
QUEUE_BYTES_MAX = 1 << 20
ASIDE_MAX = 64
"""Pongs that wait for one stream at most: beyond it, the oldest is dropped."""

READ_MAX = 500
TAKEN_MAX = 200
"""Entries handed to one stream at once: what lies in its connection beside what waits is bounded by it."""

PACE_S = 0.02
"""The least time between two rounds to the streams: a hundred of them, each woken for every commit, would leave the
processor nothing else to do."""

_log = get_log(__name__)
_decode_event = msgspec.json.Decoder(LiveEvent).decode


class Frame(msgspec.Struct, frozen=True):
    """An entry ready to be sent. `end`: the bytes of all frames up to and with this one, since the start."""

    seq: int
    data: bytes
    end: int


class Stream:
    """One client's stream. Made by `Live.open`, and to be given back with `Live.leave`."""

    def __init__(self, live: Live, client: str, position: int, *, is_reload: TakeSnapshot | None) -> None:
        self.client = client
        self._live = live
        self._position = position
        self._taken = 0
        self._is_level = False
        self._woken = asyncio.Event()
        # An event without data is shown to nobody, but its id is what the client comes back with from now on.
        self._first = f"id: {Cursor(live.epoch, position)}\n\n".encode()
        self._aside: list[bytes] = []
        self._cut: Cut | None = None
        self._is_over = False
        if is_reload is not None:
            self._first = live.frame(ReloadEvent(Reload(reason=is_reload.reason)), position, is_resumable=True)

    async def take(self) -> bytes | None:
        """The next frames, as they are sent: waits for some. None when the stream is over."""
        while not self._is_over:
            self._woken.clear()
            if self._first or self._aside:
                aside, self._first, self._aside = [self._first, *self._aside], b"", []
                return b"".join(aside)
            if self._cut is not None and self._cut.reason != "stopping":
                return self._end(self._cut)
            data = await self._next()
            if data:
                return data
            if self._cut is not None:
                return self._end(self._cut)
            await self._woken.wait()
        return None

    def say(self, event: LiveEvent) -> None:
        """Say something to this client alone; it is in no log."""
        self.remark(self._live.frame(event, self._position))

    def remark(self, data: bytes) -> None:
        """Send this as it is, beside the entries."""
        del self._aside[: max(len(self._aside) + 1 - ASIDE_MAX, 0)]
        self._aside.append(data)
        self._woken.set()

    def end(self) -> None:
        """The client has gone: there is nobody to tell anything."""
        self._is_over = True
        self._woken.set()

    def cut(self, cut: Cut) -> None:
        """End the stream, telling why (the first reason stands); one that stops in order gets all that there is."""
        self._cut = self._cut or cut
        self._woken.set()

    def hear(self, published: int) -> None:
        """There is something new: so many bytes were published since the start."""
        if self._is_level and published - self._taken > QUEUE_BYTES_MAX:
            self.cut(Cut(reason="slow", message="More than 1 MiB waited for this stream. Come back with your cursor."))
        self._woken.set()

    def _end(self, cut: Cut) -> bytes:
        self._is_over = True
        return self._live.frame(CutEvent(cut), self._position)

    async def _next(self) -> bytes:
        """What comes next from the ring, or else from the log; empty where there is nothing."""
        frames = self._live.after(self._position)
        if frames is None:
            return await self._catch_up()
        self._is_level = True
        if not frames:
            self._taken = self._live.published
            return b""
        self._position, self._taken = frames[-1].seq, frames[-1].end
        return self._live.joined(frames)

    async def _catch_up(self) -> bytes:
        rows = await self._live.read_behind(self._position)
        if rows is None:
            self._position = self._live.last
            gone = ReloadEvent(Reload(reason="trimmed"))
            return self._live.frame(gone, self._position, is_resumable=True)
        self._position = rows[-1].seq
        return b"".join(sse(entry_of(self._live.epoch, row), is_resumable=True) for row in rows)


class Live:
    """The fan-out. `load` before anything is asked of it; `run` under the supervisor."""

    def __init__(self, *, database: Database, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._clock = clock
        self._woken = asyncio.Event()
        self._reading = asyncio.Lock()
        self._ring: list[Frame] = []
        self._streams: set[Stream] = set()
        self._left = asyncio.Event()
        self._joined: tuple[tuple[int, int], bytes] = ((0, 0), b"")
        self._log_first = 1
        self._is_closed = False
        self.epoch = ""
        self.last = 0
        self.published = 0
        self.apply(settings)

    def apply(self, settings: Settings) -> None:
        """Take over changed settings, at once."""
        self._buffer = settings[LIVE_BUFFER]
        self._log_entries = settings[LIVE_LOG_ENTRIES]
        del self._ring[: -self._buffer]

    async def load(self) -> None:
        """Learn where the log stands, and fill the ring from it."""
        self.epoch, extent, rows = await self._database.read(_stand, self._buffer)
        self._log_first, self.last = extent.first, extent.last - len(rows)
        self._publish(rows)

    async def run(self) -> None:
        """Hand on what the log gains, until cancelled."""
        unlisten = self._database.listen(self._hear)
        try:
            while True:
                self._woken.clear()
                await self._read_new()
                if self._streams:
                    await _rest(PACE_S)
                await self._woken.wait()
        finally:
            unlisten()

    async def open(self, cursor: Cursor | None, client: str) -> Stream:
        """A stream for a client with this cursor. Raises Busy `live.too_many_streams`, Stopping."""
        log = await self._database.read(live_extent)
        self.refuse_more()
        place = begin(cursor, self.epoch, self._ring_extent(), log)
        stream = Stream(self, client, place.after, is_reload=None if isinstance(place, Serve) else place)
        self._streams.add(stream)
        return stream

    def leave(self, stream: Stream) -> None:
        """A stream has ended. Safe to repeat."""
        self._streams.discard(stream)
        self._left.set()

    def refuse_more(self) -> None:
        """Raise Stopping once closed, and Busy `live.too_many_streams` where there are as many as there may be."""
        if self._is_closed:
            raise Stopping("daemon.stopping", "The daemon is stopping. Come back when it is up.", retry_after_s=5)
        if len(self._streams) >= STREAMS_MAX:
            raise Busy(
                "live.too_many_streams", f"{STREAMS_MAX} streams are open already. Close some.", retry_after_s=15
            )

    def streams_of(self, client: str) -> list[Stream]:
        """The open streams of a client."""
        return [stream for stream in self._streams if stream.client == client]

    def pong(self, client: str, ping_id: str) -> int:
        """Answer a ping on each open stream of a client; how many there are."""
        found = self.streams_of(client)
        for stream in found:
            stream.say(PongEvent(Pong(id=ping_id)))
        return len(found)

    async def tell_stopping(self) -> None:
        """Say that the daemon is stopping; a ledger that cannot take it is no reason to go on."""
        now = self._clock.now()
        status = ServerStatus(status="stopping", timestamp=now, message="Posthouse is stopping.")
        try:
            await self._database.run(tell, ServerStatusEvent(status), now)
        except PosthouseError as error:
            _log.warning("that the daemon stops could not be written", code=error.code)

    async def close(self, within_s: float) -> None:
        """Hand on the last entries, and end every stream; those that take longer are left to the server."""
        try:
            await self._read_new()
        except PosthouseError as error:
            _log.warning("the last entries could not be read", code=error.code)
        self._is_closed = True
        for stream in self._streams:
            stream.cut(Cut(reason="stopping", message="Posthouse is stopping. Come back with your cursor."))
        try:
            async with asyncio.timeout(within_s):
                while self._streams:
                    self._left.clear()
                    await self._left.wait()
        except TimeoutError:
            _log.warning("streams did not end in time", count=len(self._streams))

    def after(self, position: int) -> Sequence[Frame] | None:
        """The ring's frames behind a place; None where it does not reach back so far."""
        missing = self.last - position
        if missing <= 0:
            return ()
        if missing > len(self._ring):
            return None
        start = len(self._ring) - missing
        return self._ring[start : start + TAKEN_MAX]

    async def read_behind(self, position: int) -> list[LogRow] | None:
        """Some entries of the log behind a place; None where it does not reach back so far any more."""
        _, rows = await self._database.read(read_log, position, limit=TAKEN_MAX)
        return rows if rows and rows[0].seq == position + 1 else None

    def joined(self, frames: Sequence[Frame]) -> bytes:
        """The frames as one text: streams stand mostly at the same place, so it is put together once."""
        key = (frames[0].seq, frames[-1].seq)
        if self._joined[0] != key:
            self._joined = (key, b"".join(frame.data for frame in frames))
        return self._joined[1]

    def frame(self, event: LiveEvent, position: int, *, is_resumable: bool = False) -> bytes:
        """Something said beside the log, at this place in it."""
        cursor = str(Cursor(self.epoch, position))
        entry = LiveEntry(id=self._clock.uuid7(), timestamp=self._clock.now(), cursor=cursor, event=event)
        return sse(entry, is_resumable=is_resumable)

    def _hear(self, announced: Announced) -> None:
        if Topic.LIVE in announced:
            self._woken.set()

    def _ring_extent(self) -> Extent:
        return Extent(first=self._ring[0].seq if self._ring else self.last + 1, last=self.last)

    async def _read_new(self) -> None:
        async with self._reading:
            while True:
                extent, rows = await self._database.read(read_log, self.last, limit=READ_MAX)
                self._log_first = extent.first
                if rows and rows[0].seq != self.last + 1:
                    # Retention was quicker than we: streams find their places gone, and say so.
                    self._ring.clear()
                self._publish(rows)
                if len(rows) < READ_MAX:
                    break
            while extent.last - self._log_first >= self._log_entries * 1.1:
                await self._database.run(trim_live_log, Millis(0), self._log_entries)
                self._log_first = (await self._database.read(live_extent)).first

    def _publish(self, rows: Sequence[LogRow]) -> None:
        if not rows:
            return
        for row in rows:
            data = sse(entry_of(self.epoch, row), is_resumable=True)
            self.published += len(data)
            self._ring.append(Frame(row.seq, data, self.published))
        self.last = rows[-1].seq
        del self._ring[: -self._buffer]
        for stream in self._streams:
            stream.hear(self.published)


def entry_of(epoch: str, row: LogRow) -> LiveEntry:
    """An entry as clients get it; a damaged one as an error that says so, so that nothing is missing unsaid."""
    cursor = str(Cursor(epoch, row.seq))
    try:
        event = _decode_event(f'{{"type":{msgspec.json.encode(row.type).decode()},"payload":{row.payload}}}')
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        _log.warning("an entry of the live log is damaged", seq=row.seq)
        message = f"Entry {row.seq} of the live log is damaged and cannot be read."
        event = ErrorEventEvent(ErrorEvent(error_type="live.damaged", message=message, timestamp=row.at))
    return LiveEntry(id=cursor, timestamp=row.at, cursor=cursor, event=event)


def sse(entry: LiveEntry, *, is_resumable: bool) -> bytes:
    """An entry as an event of a stream (https://html.spec.whatwg.org/multipage/server-sent-events.html).

    One that is not in the log bears no id: what a client comes back with is the last that is.
    """
    head = f"id: {entry.cursor}\n" if is_resumable else ""
    name = entry.event.__struct_config__.tag
    return f"{head}event: {name}\ndata: ".encode() + msgspec.json.encode(entry) + b"\n\n"


def _stand(tx: Transaction, buffer: int) -> tuple[str, Extent, list[LogRow]]:
    extent = live_extent(tx)
    _, rows = read_log(tx, max(extent.last - buffer, extent.first - 1), limit=buffer)
    return ledger_epoch(tx), extent, rows


async def _rest(seconds: float) -> None:
    """Let some time pass on the loop's own clock: this paces, and decides nothing."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    timer = loop.call_at(loop.time() + seconds, over.set)
    try:
        await over.wait()
    finally:
        timer.cancel()
