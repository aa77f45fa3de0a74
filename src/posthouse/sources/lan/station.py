"""The source of peers at work: what is heard goes through the rules, what they decide is committed and then done.

    datagrams ─┐
    deadlines ─┼─▶ rules/peering ──▶ state, events, updates (one commit) ──▶ answers, questions
    network ───┘
    every heartbeat ──▶ to everybody: I am here

What always holds: what is known in memory is what was committed; after a failed commit the source begins anew from its
state. A beat of a peer that is known costs no write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing

import msgspec

from posthouse.model.errors import BadInput, Conflict, NotFound, PosthouseError
from posthouse.model.events import EventDraft
from posthouse.model.ids import Millis
from posthouse.model.live import PeerUpdateEvent
from posthouse.model.peers import AnswerKind, PeerState, Reason
from posthouse.model.sources import Emission, StateKey, StatePut
from posthouse.rules.peer_signals import (
    Answer,
    Changed,
    CleanedUp,
    CutOff,
    Effect,
    Forget,
    Network,
    Own,
    Reached,
    Received,
    Restored,
    Resumed,
    Retimed,
    SendProbe,
    Signal,
    Tick,
    Told,
)
from posthouse.rules.peer_table import Peers
from posthouse.rules.peering import next_deadline, step
from posthouse.sources.base import SourceContext
from posthouse.sources.inbox import Command
from posthouse.sources.lan.board import PeerRow, PeerStats, Sent
from posthouse.sources.lan.keeping import Identity, Kept, forget, put_identity, put_rows, put_stats
from posthouse.sources.lan.radio import Radio
from posthouse.sources.lan.rows import Rows
from posthouse.sources.lan.settings import PeersSettings
from posthouse.sources.lan.speaking import Incoming, Voice, heard_of
from posthouse.sources.lan.telling import MESSAGES, forgotten_update, message_draft, state_draft, update_of
from posthouse.system.datagrams import Datagrams
from posthouse.system.idle.base import DesktopSignal
from posthouse.system.interfaces import interface_changes, login_name
from posthouse.system.logging import get_log

HELLO_AGAIN_S = 5.0
GOODBYE_AGAIN_S = 0.1
SLEPT_S = 30.0
"""How far the wall clock may run ahead of the monotonic one between two beats before it is taken for a sleep."""

KEEP_EVERY_S = 900.0
CONFIRM_S = 1.0
SENDS = 2
STOP_S = 3.0

_log = get_log(__name__)


class Receipt:
    """What a message that was sent waits for."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self.is_there = False


class Station:
    """One machine among its peers. Made with what is remembered; `begin` comes first."""

    def __init__(self, context: SourceContext, settings: PeersSettings, socket: Datagrams, kept: Kept) -> None:
        self._context = context
        self._clock = context.clock
        self._settings = settings
        self._policy = settings.policy
        self._socket = socket
        self._radio = Radio(socket, settings)
        self._is_new = kept.identity is None
        self._identity = kept.identity or Identity(instance=context.clock.uuid7())
        self._voice = Voice(
            user=settings.name or login_name(), host=context.machine, group=settings.group,
            instance=self._identity.instance, now=context.clock.now,
        )  # fmt: skip
        self._peers = Peers(self._voice.key, self._voice.face, now_s=self._clock.monotonic_s())
        self._rows = Rows(kept.rows, self._clock)
        self._stats = kept.stats
        self._dropped_before = kept.stats.packets_dropped
        self._one_at_a_time = asyncio.Lock()
        self._is_time = asyncio.Event()
        self._armed_s = float("inf")
        self._is_beat_due = asyncio.Event()
        self._hellos = 2
        self._kept_s = self._clock.monotonic_s()
        self._moved = asyncio.Event()
        self._answers: set[asyncio.TimerHandle] = set()
        self._receipts: dict[int, Receipt] = {}

    # The tasks of a source at work.

    async def begin(self) -> None:
        """Know who was known, and look which networks there are."""
        known = self._rows.known()
        if self._is_new:
            await self._context.emit(Emission(state_puts=(put_identity(self._identity), put_stats(self._stats))))
        await self._take([Restored(known)])
        await self._look()

    async def hear(self) -> None:
        """Take what comes, until cancelled."""
        while True:
            heard: list[tuple[Signal, Incoming | None]] = []
            for data, sender in await self._socket.receive():
                incoming = heard_of(data, sender.host, chance=(self._clock.jitter() + 1) / 2)
                if incoming is None:
                    count = self._stats.packets_not_understood + 1
                    self._stats = msgspec.structs.replace(self._stats, packets_not_understood=count)
                    continue
                receipt = self._receipts.get(incoming.confirms or 0)
                if receipt is not None:
                    receipt.is_there = True
                    receipt.woken.set()
                heard.append((incoming.heard, incoming))
            if heard:
                await self._take_heard(heard)

    async def beat(self) -> None:
        """Say that this machine is here: twice loud, then quietly at every heartbeat, until cancelled."""
        wall, monotonic_s = self._clock.now(), self._clock.monotonic_s()
        while True:
            self._is_beat_due.clear()
            slept_s = (self._clock.now() - wall) / 1_000 - (self._clock.monotonic_s() - monotonic_s)
            wall, monotonic_s = self._clock.now(), self._clock.monotonic_s()
            if slept_s > SLEPT_S:
                self._hellos = 2
                await self._take([Resumed()])
            if await self._look():
                self._hellos = 2
            self._say()
            await self._wait(self._is_beat_due, HELLO_AGAIN_S if self._hellos else self._policy.heartbeat_s)
            if self._clock.monotonic_s() - self._kept_s >= KEEP_EVERY_S:
                await self._keep()

    async def keep_time(self) -> None:
        """Let the rules look whenever one of their deadlines has come, until cancelled."""
        while True:
            self._is_time.clear()
            self._armed_s = next_deadline(self._peers, self._policy)
            left_s = self._armed_s - self._clock.monotonic_s()
            if left_s > 0:
                await self._wait(self._is_time, left_s)
            if self._clock.monotonic_s() >= next_deadline(self._peers, self._policy):
                self._stats = msgspec.structs.replace(self._stats, last_timeout_check_at=self._clock.now())
                await self._take([Tick()])

    async def watch_network(self) -> None:
        """Be heard on a network as soon as there is one, until cancelled."""
        try:
            async with aclosing(interface_changes()) as changes:
                async for _ in changes:
                    if await self._look():
                        self._hello()
        except OSError as error:
            _log.warning("changes of the network are seen at the next heartbeat", detail=error.strerror)
            await asyncio.get_running_loop().create_future()

    async def watch_sleep(self) -> None:
        """Say good-bye before this machine sleeps, and be there again when it wakes, until cancelled."""
        if self._context.presence is None:
            return
        async with aclosing(self._context.presence.signals()) as signals:
            async for signal in signals:
                if signal is DesktopSignal.SLEEPS:
                    await self._say_goodbye()
                elif signal is DesktopSignal.WAKES:
                    await self._take([Resumed()])
                    self._hello()

    async def find_posthouses(self) -> None:
        """Say hello to Posthouses that multicast DNS knows of, until cancelled."""
        if not self._settings.mdns:
            return
        # The library is loaded only where it is used.
        from posthouse.sources.lan.neighbours import find

        await find(self._identity.instance, self._radio, self._settings.port, self._moved, self._meet)

    async def leave(self) -> None:
        """Say good-bye, and write down what is known. Never raises but for being cancelled."""
        for handle in self._answers:
            handle.cancel()
        try:
            async with asyncio.timeout(STOP_S):
                await self._say_goodbye()
                await self._keep()
        except (OSError, TimeoutError, PosthouseError) as error:
            _log.warning("when peers were heard last is not written down", detail=type(error).__name__)

    # What a person wants.

    async def answer(self, command: Command) -> object:
        """What a person wants to know or have done. Raises what refuses it."""
        match command.name:
            case "peers":
                return self._rows.own(self._peers), *self._rows.shown(self._peers)
            case "stats":
                return self._counted()
            case "configure":
                await self._configure(msgspec.convert(command.arguments["settings"], PeersSettings))
                return None
            case _:
                return await self._send(str(command.arguments["to"]), str(command.arguments["text"]))

    async def _configure(self, settings: PeersSettings) -> None:
        """Go by another heartbeat and timeout from now on; the rest of the settings holds from the next start."""
        is_retimed = settings.heartbeat_s != self._policy.heartbeat_s
        self._policy = settings.policy
        await self._take([Retimed()])
        self._is_time.set()
        if is_retimed:
            self._is_beat_due.set()

    async def _send(self, to: str, text: str) -> Sent:
        """Send a text to a peer, and once more where its machine does not confirm it within a second.

        Raises NotFound `peers.unknown_peer`, Conflict `peers.several_peers`.
        """
        row = self._one_peer(to)
        if not row.addresses:
            raise Conflict("peers.no_address", f"Where {row.name} is was not heard yet.")
        try:
            number, packet = self._voice.message(text)
        except ValueError as error:
            raise BadInput("peers.text_too_long", f"The message is too long: {error}.", field="text") from error
        receipt = self._receipts[number] = Receipt()
        try:
            for _ in range(SENDS):
                if not receipt.is_there:
                    receipt.woken.clear()
                    self._radio.to_each(packet, row.addresses[:1])
                    await self._wait(receipt.woken, CONFIRM_S)
        finally:
            del self._receipts[number]
        return Sent(to=row, at=self._clock.now(), is_confirmed=receipt.is_there)

    def _one_peer(self, to: str) -> PeerRow:
        rows = self._rows.shown(self._peers)
        wanted = to.casefold()
        matches: Sequence[Callable[[PeerRow], bool]] = (
            lambda one: one.id == to,
            lambda one: wanted in (f"{one.user}@{one.host}".casefold(), one.name.casefold(), one.user.casefold()),
            lambda one: wanted == one.host.casefold() or to in one.addresses,
        )
        for is_wanted in matches:
            found = [one for one in rows if is_wanted(one)]
            found = [one for one in found if one.state is PeerState.ONLINE] or found
            if len(found) == 1:
                return found[0]
            if found:
                raise Conflict("peers.several_peers", f"{to[:100]!r} are several peers. Name one by its address.")
        raise NotFound("peers.unknown_peer", f"There is no peer {to[:100]!r}. See posthouse peers.")

    # What is decided, written and done.

    async def _take(self, signals: Sequence[Signal]) -> None:
        await self._take_heard([(one, None) for one in signals])

    async def _take_heard(self, heard: Sequence[tuple[Signal, Incoming | None]]) -> None:
        """Let the rules decide on each, commit what they decided on all of them, and do it."""
        async with self._one_at_a_time:
            now_s = self._clock.monotonic_s()
            decided: list[tuple[Effect, Incoming | None]] = []
            for signal, incoming in heard:
                self._peers, effects = step(self._peers, signal, now_s, self._policy)
                decided += [(one, incoming) for one in effects]
            await self._commit(decided)
        for effect, _ in decided:
            self._do(effect)
        if next_deadline(self._peers, self._policy) < self._armed_s:
            self._is_time.set()

    async def _commit(self, decided: Sequence[tuple[Effect, Incoming | None]]) -> None:
        now = self._clock.now()
        events, puts, deletes, rows = list[EventDraft](), list[StatePut](), list[StateKey](), list[PeerRow]()
        updates: list[PeerUpdateEvent] = []
        for effect, incoming in decided:
            match effect:
                case Told():
                    rows.append(row := self._rows.moved(effect.peer, now))
                    events.append(state_draft(self._visible(row), now, reason=effect.reason or ""))
                    updates.append(update_of(row, now))
                    self._count(effect, row)
                case Changed():
                    rows.append(row := self._rows.moved(effect.peer, now))
                    updates.append(update_of(row, now))
                case Forget():
                    row = self._rows.forgotten(effect.peer)
                    deletes.append(forget(row.id))
                    updates.append(forgotten_update(row, now))
                    events.append(state_draft(self._visible(row), now, reason=effect.reason))
                case Received() if incoming is not None:
                    events.append(self._message(effect, incoming, now))
                case CleanedUp():
                    self._clean(effect.count, now)
                case _:
                    pass
        gone = {one.key for one in deletes}
        puts += [one for one in put_rows({row.id: row for row in rows}.values()) if one.key not in gone]
        if not (events or puts or deletes):
            return
        await self._context.emit(
            Emission(
                events=tuple(events),
                state_puts=(*puts, put_stats(self._counted())),
                state_deletes=tuple(deletes),
                updates=tuple(updates),
            )
        )

    def _visible(self, row: PeerRow) -> PeerRow:
        """The row without what its owner does not let out."""
        return row if self._context.allows("addresses") else msgspec.structs.replace(row, addresses=())

    def _message(self, effect: Received, incoming: Incoming, now: Millis) -> EventDraft:
        view = self._peers.get(effect.key)
        row = self._rows.of_stranger(incoming.heard, now) if view is None else self._rows.row_of(view)
        text = incoming.text if self._context.allows(MESSAGES) else None
        return message_draft(self._visible(row), text, now)

    def _count(self, told: Told, row: PeerRow) -> None:
        if told.reason is Reason.TIMEOUT:
            _log.info("a peer has timed out", peer=row.name, host=row.host, timeout_s=self._policy.timeout_s)
            count = self._stats.timeouts_detected + 1
            self._stats = msgspec.structs.replace(self._stats, timeouts_detected=count)

    def _counted(self) -> PeerStats:
        """What was counted, in this life of the source and those before."""
        return msgspec.structs.replace(self._stats, packets_dropped=self._dropped_before + self._socket.dropped)

    def _clean(self, count: int, now: Millis) -> None:
        told = _log.info if count else _log.debug
        told(f"Cleanup completed: removed {count} peers")
        cleaned = self._stats.peers_cleaned_up + count
        self._stats = msgspec.structs.replace(self._stats, peers_cleaned_up=cleaned, last_cleanup_at=now)

    def _do(self, effect: Effect) -> None:
        match effect:
            case SendProbe():
                for packet in self._voice.questions():
                    self._radio.to_each(packet, effect.addresses)
            case Answer():
                self._answer_later(effect)
            case CutOff():
                _log.warning("nobody can be heard: this machine's own network seems to be away", silent=effect.silent)
            case Reached():
                _log.info("the network carries again", after_s=round(effect.after_s))
            case _:
                pass

    def _answer_later(self, answer: Answer) -> None:
        def send() -> None:
            self._answers.discard(handle)
            packet = self._voice.answer(AnswerKind(answer.kind), answer.number)
            self._radio.to_each(packet, [answer.address])

        handle = asyncio.get_running_loop().call_later(answer.after_s, send)
        self._answers.add(handle)

    # What is said, and where.

    def _say(self) -> None:
        """One heartbeat: loud while hellos are owed, else quiet."""
        packet = self._voice.entry() if self._hellos else self._voice.beat()
        self._hellos = max(self._hellos - 1, 0)
        if self._radio.to_all(packet):
            count = self._stats.heartbeats_sent + 1
            now = self._clock.now()
            self._stats = msgspec.structs.replace(self._stats, heartbeats_sent=count, last_heartbeat_at=now)
            _log.debug("heartbeat sent", interval_s=self._policy.heartbeat_s, total=count)

    def _hello(self) -> None:
        """Be loud again, at once."""
        self._hellos = 2
        self._is_beat_due.set()

    def _meet(self, host: str) -> None:
        """Say hello to one host that somebody else knows of."""
        self._radio.to_each(self._voice.entry(), [host])

    async def _say_goodbye(self) -> None:
        packet = self._voice.goodbye()
        self._radio.to_all(packet)
        await asyncio.sleep(GOODBYE_AGAIN_S)
        self._radio.to_all(packet)

    async def _look(self) -> bool:
        """Look which networks there are; whether that is news."""
        was_up = self._radio.is_up
        try:
            if not self._radio.look():
                return False
        except OSError as error:
            _log.warning("which networks there are is not known", detail=error.strerror)
            return False
        await self._take([Own(addresses=self._radio.own)])
        if was_up or self._radio.is_up:
            await self._take([Network(is_up=self._radio.is_up)])
        self._moved.set()
        return True

    async def _keep(self) -> None:
        """Write down when everybody was heard last, and what was counted."""
        self._kept_s = self._clock.monotonic_s()
        async with self._one_at_a_time:
            rows = self._rows.refreshed(self._peers)
            await self._context.emit(Emission(state_puts=(*put_rows(rows), put_stats(self._counted()))))

    async def _wait(self, woken: asyncio.Event, seconds: float) -> None:
        """Until it is woken, but no longer than so many seconds; then it is set by the time."""
        timer = asyncio.get_running_loop().call_later(seconds, woken.set)
        try:
            await woken.wait()
        finally:
            timer.cancel()
