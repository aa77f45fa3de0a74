"""The source `peers` over real UDP on loopback: who comes, is silent, goes, and what is said, asked, kept and told."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from posthouse.model.errors import BadInput, Conflict, NotFound, PosthouseError
from posthouse.sources.lan.board import PeerStats, Sent
from posthouse.sources.lan.keeping import stats_of
from posthouse.sources.lan.source import Peers
from posthouse.sources.lan.wire import Mode, Option
from posthouse.system.datagrams import Datagrams, open_datagrams
from posthouse.system.idle.base import DesktopSignal
from tests.parts import HandClock
from tests.sources.lan import Desk, Ghost, Lan
from tests.sources.support import decoded, soon

BOB = "127.77.0.2"


@pytest.fixture
async def clock() -> HandClock:
    """Nothing passes but by hand."""
    made = HandClock()
    made.rule(asyncio.get_running_loop())
    return made


@pytest.fixture
def lan(clock: HandClock) -> Lan:
    return Lan("ann", "bob", clock=clock)


@pytest.fixture
def bob(lan: Lan) -> Iterator[Ghost]:
    with lan.ghost("bob") as ghost:
        yield ghost


async def test_two_see_each_other_come_and_go() -> None:
    lan = Lan("ann", "bob")
    ann, bob = lan.desk("ann"), lan.desk("bob")
    async with ann.at_work():
        async with bob.at_work():
            await ann.until_sees(bob="online")
            await bob.until_sees(ann="online")
        await ann.until_sees(bob="left")

    assert ann.told == [("peer.online", "bob"), ("peer.offline", "bob")]
    (came,), (gone,) = ann.events("peer.online"), ann.events("peer.offline")
    assert (gone["reason"], gone["peer_ip"], gone["hostname"]) == ("explicit", BOB, "here")
    assert came["instance_id"] == gone["instance_id"] != None  # noqa: E711 (all three are compared)
    assert [(one.name, one.state) for one in ann.updates] == [("bob", "online"), ("bob", "left")]
    assert ann.stored() == {"bob": "left"}


async def test_it_says_hello_twice_and_then_beats_quietly(lan: Lan, clock: HandClock, bob: Ghost) -> None:
    ann = lan.desk("ann")
    async with ann.at_work():
        await ann.until(lambda: bob.hears() == [Mode.BR_ENTRY])
        clock.advance(5)
        await ann.until(lambda: bob.hears() == [Mode.BR_ENTRY] * 2)
        for beats in (1, 2, 3):
            clock.advance(60)
            await ann.until(lambda beats=beats: bob.hears()[2:] == [Mode.BR_ABSENCE] * beats)  # type: ignore[misc]
        stats: PeerStats = await ann.ask("stats")
        assert (stats.heartbeats_sent, stats.last_heartbeat_at) == (5, clock.now())
    assert bob.hears()[5:] == [Mode.BR_EXIT] * 2
    assert bob.heard[5].number == bob.heard[6].number, "the second is a repeat of the first"
    assert stats_of(ann.state.stored).heartbeats_sent == 5


async def test_who_is_silent_is_asked_then_suspected_then_offline(
    lan: Lan, clock: HandClock, bob: Ghost, caplog: pytest.LogCaptureFixture
) -> None:
    ann = lan.desk("ann")
    with caplog.at_level(logging.INFO):
        async with ann.at_work():
            bob.say(ann, Mode.BR_ABSENCE)
            await ann.until_sees(bob="online")
            bob.forget()
            clock.advance(180.5)
            await ann.until(lambda: Mode.GETINFO in bob.hears())
            assert await ann.sees() == {"bob": "online"}
            clock.advance(1.1)
            await ann.until_sees(bob="suspect")
            while ann.stored()["bob"] != "offline":
                asked = bob.hears().count(Mode.GETINFO)
                clock.advance(1.1)
                await ann.until(
                    lambda asked=asked: (  # type: ignore[misc]
                        bob.hears().count(Mode.GETINFO) > asked or ann.stored()["bob"] == "offline"
                    )
                )
            stats: PeerStats = await ann.ask("stats")
            assert (stats.timeouts_detected, stats.last_timeout_check_at is not None) == (1, True)

    assert [type_ for type_, _ in ann.told] == ["peer.online", "peer.suspect", "peer.offline"]
    assert ann.events("peer.offline")[0]["reason"] == "timeout"
    assert "a peer has timed out" in caplog.text


async def test_who_answers_when_asked_stays(lan: Lan, clock: HandClock, bob: Ghost) -> None:
    ann = lan.desk("ann")
    async with ann.at_work():
        bob.say(ann, Mode.BR_ENTRY)
        await ann.until_sees(bob="online")
        for _ in range(3):
            bob.forget()
            clock.advance(180.5)
            await ann.until(lambda: Mode.GETINFO in bob.hears())
            before = (await ann.others())[0].last_seen_at
            bob.say(ann, Mode.SENDINFO)
            await until_heard_since(ann, before)

    assert ann.told == [("peer.online", "bob")]


async def until_heard_since(desk: Desk, before: int) -> None:
    """Return when its one peer was heard later than that."""

    async def is_heard() -> bool:
        (row,) = await desk.others()
        return bool(row.last_seen_at > before)

    await desk.until(is_heard)


async def test_a_restart_tells_nothing_again(lan: Lan, clock: HandClock, bob: Ghost) -> None:
    ann = lan.desk("ann")
    async with ann.at_work():
        bob.say(ann, Mode.BR_ENTRY, "Bobby")
        await ann.until_sees(Bobby="online")
        (before,) = await ann.others()
    clock.advance(3_600)
    async with ann.at_work():
        (after,) = await ann.others()
        clock.advance(1)
        bob.say(ann, Mode.BR_ABSENCE, "Bobby")
        await until_heard_since(ann, before.last_seen_at)

    assert after == before
    assert ann.told == [("peer.online", "Bobby")]
    identities = {bytes(one.value) for each in ann.emitted for one in each.state_puts if one.key == "self"}
    assert len(identities) == 1


async def test_the_text_of_a_message_is_told_only_where_that_is_allowed(lan: Lan, bob: Ghost) -> None:
    for allowed in (False, True):
        ann = lan.desk("ann")
        async with ann.at_work(ann.context(properties={"messages": allowed})):
            number = bob.say(ann, Mode.SENDMSG, "Guten Tag\0", options=Option.SENDCHECK)
            await ann.until(lambda: bool(ann.events("peer.message")))  # noqa: B023 (it is awaited here)
            await ann.until(lambda: Mode.RECVMSG in bob.hears())
        (event,) = ann.events("peer.message")
        assert event.get("text") == ("Guten Tag" if allowed else None)
        assert event["username"] == "bob"
        (receipt,) = [one for one in bob.heard if one.mode == Mode.RECVMSG]
        assert receipt.extra.rstrip(b"\0") == str(number).encode()
        bob.forget()


async def test_a_message_is_sent_until_it_is_confirmed(lan: Lan, clock: HandClock, bob: Ghost) -> None:
    ann = lan.desk("ann")
    async with ann.at_work():
        bob.say(ann, Mode.BR_ENTRY)
        await ann.until_sees(bob="online")
        sending = asyncio.create_task(ann.ask("send", to="bob", text="hello"))
        await ann.until(lambda: bob.hears().count(Mode.SENDMSG) == 1)
        clock.advance(1.1)
        await ann.until(lambda: bob.hears().count(Mode.SENDMSG) == 2)
        sent = [one for one in bob.heard if one.mode == Mode.SENDMSG]
        bob.say(ann, Mode.RECVMSG, str(sent[0].number))
        answer: Sent = await soon(sending)
        assert (answer.is_confirmed, answer.to.name) == (True, "bob")
        assert sent[0] == sent[1]
        assert sent[0].extra.startswith(b"hello")

        unheard = asyncio.create_task(ann.ask("send", to=BOB, text="hello"))
        for count in (3, 4):
            await ann.until(lambda count=count: bob.hears().count(Mode.SENDMSG) == count)  # type: ignore[misc]
            clock.advance(1.1)
        assert not (await soon(unheard)).is_confirmed


async def test_whom_nobody_knows_or_several_are_is_not_written_to(lan: Lan, bob: Ghost) -> None:
    ann = lan.desk("ann")
    async with ann.at_work():
        for user in (b"bob", b"rob"):
            bob.say_bytes(ann, b"1:7:%s:attic:1:Bobby" % user)
        await ann.until(lambda: len(ann.told) == 2)
        with pytest.raises(Conflict, match="several"):
            await ann.ask("send", to="bobby", text="hello")
        with pytest.raises(NotFound, match="no peer 'eve'"):
            await ann.ask("send", to="eve", text="hello")
        with pytest.raises(BadInput, match="too long"):
            await ann.ask("send", to="rob@attic", text="x" * 40_000)


async def test_another_timing_holds_at_once(lan: Lan, clock: HandClock, bob: Ghost) -> None:
    ann = lan.desk("ann")
    async with ann.at_work():
        bob.say(ann, Mode.BR_ENTRY)
        await ann.until_sees(bob="online")
        changed = decoded(Peers().parse({"heartbeat_s": 10, "peer_timeout_s": 30}))
        await ann.ask("configure", settings=changed)
        bob.forget()
        clock.advance(10.1)
        await ann.until(lambda: Mode.BR_ABSENCE in bob.hears())
        clock.advance(20.4)
        await ann.until(lambda: Mode.GETINFO in bob.hears())


async def test_it_leaves_before_a_sleep_and_is_back_after_it(lan: Lan, clock: HandClock, bob: Ghost) -> None:
    ann = lan.desk("ann")
    async with ann.at_work():
        await ann.until(lambda: Mode.BR_ENTRY in bob.hears())
        ann.screen.tell(DesktopSignal.SLEEPS)
        await ann.until(lambda: Mode.BR_EXIT in bob.hears())
        clock.advance(0.2)
        bob.forget()
        clock.jump(7_200)
        ann.screen.tell(DesktopSignal.WAKES)
        await ann.until(lambda: Mode.BR_ENTRY in bob.hears())


async def test_a_sleep_that_nobody_tells_of_is_seen_by_the_clock(lan: Lan, clock: HandClock, bob: Ghost) -> None:
    ann = lan.desk("ann")
    async with ann.at_work():
        await ann.until(lambda: Mode.BR_ENTRY in bob.hears())
        clock.advance(5)
        await ann.until(lambda: bob.hears().count(Mode.BR_ENTRY) == 2)
        clock.jump(7_200)
        clock.advance(60)
        await ann.until(lambda: bob.hears().count(Mode.BR_ENTRY) == 3)


async def test_an_address_that_cannot_be_reached_keeps_nothing_from_the_others(
    lan: Lan, clock: HandClock, bob: Ghost, caplog: pytest.LogCaptureFixture
) -> None:
    ann = lan.desk("ann")
    async with ann.at_work(ann.context(hosts=["10.99.0.1", BOB])):
        await ann.until(lambda: Mode.BR_ENTRY in bob.hears())
        clock.advance(5)
        await ann.until(lambda: bob.hears().count(Mode.BR_ENTRY) == 2)

    assert caplog.text.count("a packet could not be sent") == 1


async def test_a_port_that_is_taken_is_said_so(lan: Lan, bob: Ghost) -> None:
    ann = lan.desk("ann")
    with pytest.raises(PosthouseError) as caught:
        await soon(Peers().run(ann.context(address=BOB, hosts=[])))
    assert caught.value.code == "peers.port_taken"
    assert bob.hears() == []


async def test_garbage_harms_nobody_and_is_counted(lan: Lan, bob: Ghost) -> None:
    ann = lan.desk("ann")
    junk = (b"", b"\0", b"1:2", b"1:x:y:z:w:", b":" * 5_000, bytes(range(256)) * 40)
    for lives in (1, 2):
        async with ann.at_work():
            for one in junk:
                bob.say_bytes(ann, one)
            number = bob.say(ann, Mode.SENDMSG, "here", options=Option.SENDCHECK)
            await ann.until(lambda number=number: confirms(bob, number))  # type: ignore[misc]
            assert (await ann.ask("stats")).packets_not_understood == lives * len(junk)
    assert {type_ for type_, _ in ann.told} == {"peer.message"}


def confirms(ghost: Ghost, number: int) -> bool:
    """Whether a receipt for its packet has come."""
    ghost.hears()
    return any(one.mode == Mode.RECVMSG and one.extra.startswith(b"%d" % number) for one in ghost.heard)


async def test_what_was_dropped_in_a_flood_is_counted_over_restarts(
    lan: Lan, bob: Ghost, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def flooded(address: str, port: int) -> AsyncIterator[Datagrams]:
        async with open_datagrams(address, port) as socket:
            socket.dropped = 3
            yield socket

    monkeypatch.setattr("posthouse.sources.lan.source.open_datagrams", flooded)
    ann = lan.desk("ann")
    for lives in (1, 2):
        async with ann.at_work():
            assert (await ann.ask("stats")).packets_dropped == 3 * lives
        assert stats_of(ann.state.stored).packets_dropped == 3 * lives


async def test_this_machine_is_listed_and_neither_expires_nor_is_cleaned_up(lan: Lan, clock: HandClock) -> None:
    ann = lan.desk("ann")
    async with ann.at_work():
        (first,) = await ann.board()
        clock.advance(2 * 86_400)
        await ann.until(lambda: is_cleaned_at(ann, clock.now()))
        (own,) = await ann.board()
    assert (own.is_self, own.name, own.state.value, own.addresses) == (True, "ann", "online", (ann.address,))
    assert own.since == first.since
    assert own.instance
    assert ann.told == []
    assert ann.stored() == {}


async def is_cleaned_at(desk: Desk, at: int) -> bool:
    """Whether the last cleanup was then."""
    stats: PeerStats = await desk.ask("stats")
    return stats.last_cleanup_at == at


def has_left(desk: Desk, clock: HandClock) -> bool:
    """Whether bob has left by now, after another moment."""
    clock.advance(0.25)
    return desk.stored()["bob"] == "left"


async def test_who_was_away_for_a_day_is_forgotten_and_that_is_told(
    lan: Lan, clock: HandClock, bob: Ghost, caplog: pytest.LogCaptureFixture
) -> None:
    ann = lan.desk("ann")
    with caplog.at_level(logging.INFO):
        async with ann.at_work():
            bob.say(ann, Mode.BR_ENTRY)
            await ann.until_sees(bob="online")
            bob.say(ann, Mode.BR_EXIT)
            await ann.until(lambda: has_left(ann, clock))
            clock.advance(86_400.5)
            await ann.until(lambda: "bob" not in ann.stored())
            assert await ann.others() == ()
            assert (await ann.ask("stats")).peers_cleaned_up == 1

    assert [(one.name, one.state) for one in ann.updates] == [("bob", "online"), ("bob", "left"), ("bob", "forgotten")]
    assert [one["reason"] for one in ann.events("peer.offline")] == ["explicit", "cleanup"]
    assert [one.levelname for one in caplog.records if "Cleanup completed: removed 1 peers" in one.getMessage()] == [
        "INFO"
    ]
