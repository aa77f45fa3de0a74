"""Sources at work over real log files: gathered, read once, compared per binding, given up on for a while."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from posthouse.model.bindings import Filter, Shape
from posthouse.model.errors import BadInput, DiskLow
from posthouse.model.ids import SourceId
from posthouse.pipeline.collection import Activity, ActivityState
from posthouse.pipeline.snapshots import newest_fingerprints
from tests.parts import HandClock, Parts, bodies, running
from tests.receiver import Receiver

QUIET_S, CAP_S = 90.0, 300.0


class Log:
    """A Claude Code log below a root, growing by turns at the hand clock's time."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.turns = 0
        root.mkdir(parents=True, exist_ok=True)

    def grow(self, parts: Parts, *, prompt: str = "Sort the parcels") -> None:
        self.turns += 1
        at = datetime.fromtimestamp(parts.clock.now() / 1000, UTC).isoformat(timespec="milliseconds")
        line = {
            "type": "user",
            "uuid": f"turn-{self.turns}",
            "sessionId": "11111111-0000-4000-8000-000000000000",
            "cwd": "/srv/parcels",
            "gitBranch": "main",
            "timestamp": at.replace("+00:00", "Z"),
            "message": {"role": "user", "content": prompt},
        }
        folder = self.root / "-srv-parcels"
        folder.mkdir(exist_ok=True)
        with (folder / "11111111-0000-4000-8000-000000000000.jsonl").open("a") as file:
            file.write(json.dumps(line) + "\n")


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path / "projects")


async def set_up(parts: Parts, log: Log, **settings: Any) -> SourceId:
    """Point the source at the log."""
    return (await parts.set_up_source("claude-sessions", settings={"roots": [str(log.root)], **settings})).id


def activity(parts: Parts) -> Activity:
    return parts.collection.activity(parts.source("claude-sessions").id)


async def until_activity(parts: Parts, state: ActivityState) -> None:
    """Return when the source is in this state. Its changes come from the kernel, which no test can hurry."""
    async with asyncio.timeout(20):
        while activity(parts).state is not state:
            await parts.settle()


def turns_told(receiver: Receiver) -> list[int]:
    """How many prompts each snapshot that arrived counts."""
    return [sum(one["message_count"] for one in body["data"]["sessions"]) for body in bodies(receiver.requests)]


async def test_a_burst_of_changes_becomes_one_read_after_the_quiet_time(
    parts: Parts, receiver: Receiver, log: Log
) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("claude-sessions", hook)
    source = await set_up(parts, log)
    await parts.collection.enable(source)
    await until_activity(parts, ActivityState.WATCHING)

    log.grow(parts)
    await until_activity(parts, ActivityState.BUFFERING)
    left_at_first = activity(parts).seconds_left
    parts.advance(50)
    left_later = activity(parts).seconds_left
    log.grow(parts)
    await until_left(parts, QUIET_S)
    parts.advance(89)
    await parts.settle()
    early = len(receiver.requests)
    parts.advance(1)
    await receiver.wait_for(1)

    assert (left_at_first, left_later, early) == (QUIET_S, 40.0, 0)
    assert turns_told(receiver) == [2]
    await until_activity(parts, ActivityState.WATCHING)


async def until_left(parts: Parts, seconds: float) -> None:
    """Return when so much of the quiet time is left: the change has been noticed."""
    async with asyncio.timeout(20):
        while activity(parts).seconds_left != seconds:
            await parts.settle()


async def test_steady_work_is_told_of_at_the_cap(parts: Parts, receiver: Receiver, log: Log) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("claude-sessions", hook)
    await parts.collection.enable(await set_up(parts, log))
    await until_activity(parts, ActivityState.WATCHING)

    log.grow(parts)
    await until_activity(parts, ActivityState.BUFFERING)
    for spent_s in range(60, 300, 60):
        parts.advance(60)
        log.grow(parts)
        await until_left(parts, min(QUIET_S, CAP_S - spent_s))
    early = len(receiver.requests)
    parts.advance(60)
    await receiver.wait_for(1)

    assert early == 0
    assert turns_told(receiver) == [5]


async def test_changes_made_while_nobody_looked_are_noticed_at_the_start(tmp_path: Path, receiver: Receiver) -> None:
    log, clock = Log(tmp_path / "projects"), HandClock()
    async with running(tmp_path, clock) as parts:
        hook = await parts.add_webhook(receiver.url)
        await parts.bind("claude-sessions", hook)
        source = await set_up(parts, log, quiet_s=0)
        log.grow(parts)
        await parts.collection.enable(source)
        await receiver.wait_for(1)
        await parts.until_count(1, status="delivered")
        await parts.collection.stop()
    log.grow(parts)
    async with running(tmp_path, clock) as parts:
        await receiver.wait_for(2)
        await parts.until_count(2, status="delivered")
        enabled_after_restart = parts.source("claude-sessions").is_enabled
        await parts.collection.disable(source)
    async with running(tmp_path, clock) as parts:
        log.grow(parts)
        await parts.settle()

        assert activity(parts).state is ActivityState.DISABLED
        assert enabled_after_restart
        assert turns_told(receiver) == [1, 2]


async def test_a_restart_without_a_change_sends_nothing(tmp_path: Path, receiver: Receiver) -> None:
    log, clock = Log(tmp_path / "projects"), HandClock()
    for _ in range(2):
        async with running(tmp_path, clock) as parts:
            if not parts.known.directory.targets:
                await parts.bind("claude-sessions", await parts.add_webhook(receiver.url))
                log.grow(parts)
                await parts.collection.enable(await set_up(parts, log, quiet_s=0))
            await receiver.wait_for(1)
            await parts.until_count(1, status="delivered")
            await until_activity(parts, ActivityState.WATCHING)
            await parts.settle()
            assert len(await parts.events("claude-sessions.*")) == 1


async def test_an_unchanged_snapshot_makes_no_event_but_a_push_does(parts: Parts, receiver: Receiver, log: Log) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("claude-sessions", hook)
    source = await set_up(parts, log, quiet_s=0)
    log.grow(parts)
    await parts.collection.enable(source)
    await parts.until_count(1, status="delivered")

    parts.advance(1)
    (log.root / "-srv-parcels" / "other.jsonl").write_text("")
    await parts.until(lambda: activity(parts).state is ActivityState.WATCHING)
    await parts.settle()
    unchanged = len(await parts.events("claude-sessions.*"))
    pushed = await parts.collection.push(source)
    await parts.until_count(2, status="delivered")

    assert unchanged == 1
    assert (pushed.events, pushed.deliveries, pushed.note) == (1, 1, "")


async def test_each_binding_compares_what_it_would_see(parts: Parts, receiver: Receiver, log: Log) -> None:
    full = await parts.add_webhook(receiver.url.replace("/hook", "/full"), name="full")
    branchless = await parts.add_webhook(receiver.url.replace("/hook", "/branchless"), name="branchless")
    narrowed = {"git_branches": False, "sessions": False}
    await parts.bind("claude-sessions", full)
    await parts.bind("claude-sessions", branchless, shape=Shape(properties=narrowed))
    log.grow(parts)
    await parts.collection.enable(await set_up(parts, log, quiet_s=0))
    await parts.until_count(1, target_id=full.id, status="delivered")
    parts.advance(10)
    await parts.until_count(1, target_id=branchless.id, status="delivered")

    # The same prompt told on another branch: the counts stay, one session's branch changes.
    path = next(log.root.glob("*/*.jsonl"))
    path.write_text(path.read_text().replace('"gitBranch": "main"', '"gitBranch": "side"'))
    await parts.until_count(2, target_id=full.id, status="delivered")
    await parts.settle()

    assert await parts.statuses(target_id=branchless.id) == ["delivered"]
    by_path = {one.path: one.body for one in receiver.requests}
    assert b'"git_branch":"side"' in by_path["/full"]
    assert b"git_branch" not in by_path["/branchless"]
    assert b'"summary"' in by_path["/branchless"]


async def test_a_binding_that_wants_none_of_it_does_not_make_a_snapshot_new(
    parts: Parts, receiver: Receiver, log: Log
) -> None:
    hook = await parts.add_webhook(receiver.url)
    picky = await parts.add_webhook(receiver.url, name="picky")
    await parts.bind("claude-sessions", hook)
    await parts.bind("claude-sessions", picky, wanted=Filter(types=("something.else",)))
    log.grow(parts)
    source_id = await set_up(parts, log, quiet_s=0)
    await parts.collection.enable(source_id)
    await parts.until_count(1, status="delivered")

    # The same content under a new time: there is something to read, and nothing to tell.
    path = next(log.root.glob("*/*.jsonl"))
    path.write_text(path.read_text())
    await parts.settle()
    await parts.collection.stop()

    assert len(await parts.events("claude-sessions.snapshot")) == 1


async def test_a_property_that_is_off_leaves_no_trace(parts: Parts, receiver: Receiver, log: Log) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("claude-sessions", hook)
    log.grow(parts, prompt="planted-words")
    await parts.collection.enable(await set_up(parts, log, quiet_s=0))
    await parts.until_count(1, status="delivered")
    preview = await parts.collection.preview(parts.source("claude-sessions").id)

    assert b"planted-words" not in receiver.requests[0].body
    assert b"planted-words" not in bytes(preview.data)
    assert not any(b"planted-words" in bytes(event.data) for event in await parts.events("*"))
    ledger_files = [path.read_bytes() for path in parts.folder.glob("ledger.db*")]
    assert ledger_files
    assert not any(b"planted-words" in content for content in ledger_files)


async def test_the_bindings_of_a_burst_leave_ten_seconds_apart(parts: Parts, receiver: Receiver, log: Log) -> None:
    for number in range(3):
        target = await parts.add_webhook(receiver.url.replace("/hook", f"/{number}"), name=f"hook-{number}")
        await parts.bind("claude-sessions", target)
    log.grow(parts)
    await parts.collection.enable(await set_up(parts, log, quiet_s=0))
    await parts.until_count(1, status="delivered")

    seen = [[one.path for one in receiver.requests]]
    for _ in range(2):
        parts.advance(9.9)
        await parts.settle()
        seen.append([one.path for one in receiver.requests])
        parts.advance(0.1)
        await receiver.wait_for(len(seen[-1]) + 1)

    due = [record.delivery.available_at - record.delivery.created_at for record in await parts.deliveries()]
    assert due == [0, 10_000, 20_000]
    assert seen == [["/0"], ["/0"], ["/0", "/1"]]


async def test_a_push_without_a_binding_is_recorded_and_says_so(parts: Parts, log: Log) -> None:
    source = await set_up(parts, log)
    nothing = await parts.collection.push(source)
    log.grow(parts)
    pushed = await parts.collection.push(source)

    assert (nothing.events, pushed.events, pushed.deliveries) == (0, 1, 0)
    assert "nothing to send" in nothing.note
    assert "nothing is bound" in pushed.note


async def test_a_push_takes_the_buffer_along(parts: Parts, receiver: Receiver, log: Log) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("claude-sessions", hook)
    source = await set_up(parts, log)
    await parts.collection.enable(source)
    await until_activity(parts, ActivityState.WATCHING)
    log.grow(parts)
    await until_activity(parts, ActivityState.BUFFERING)

    await parts.collection.push(source)
    await parts.until_count(1, status="delivered")

    assert activity(parts) == Activity(state=ActivityState.WATCHING)


async def test_what_is_buffered_is_read_at_the_stop(parts: Parts, receiver: Receiver, log: Log) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("claude-sessions", hook)
    await parts.collection.enable(await set_up(parts, log))
    await until_activity(parts, ActivityState.WATCHING)
    log.grow(parts)
    await until_activity(parts, ActivityState.BUFFERING)

    await parts.collection.stop()
    await parts.until_count(1, status="delivered")

    assert turns_told(receiver) == [1]


async def test_streams_and_the_daemons_own_sources_cannot_be_pushed_or_switched_off(parts: Parts) -> None:
    ingest = parts.source("ingest").id

    assert parts.collection.activity(ingest).state is ActivityState.PASSIVE
    with pytest.raises(BadInput, match="nothing to push"):
        await parts.collection.push(ingest)
    with pytest.raises(BadInput, match="cannot be switched off"):
        await parts.collection.disable(ingest)


async def test_a_read_that_fails_is_told_of_once_and_tried_again_later(
    parts: Parts, receiver: Receiver, log: Log
) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("claude-sessions", hook)
    log.grow(parts)
    await parts.collection.enable(await set_up(parts, log, quiet_s=0))
    await parts.until_count(1, status="delivered")
    await until_activity(parts, ActivityState.WATCHING)
    parts.fill_disk()

    log.grow(parts)
    await until_activity(parts, ActivityState.FAILING)
    first = reads(parts)
    for _ in range(3):
        log.grow(parts)
        await parts.settle()
    parts.advance(299)
    await parts.settle()
    before_its_time = reads(parts)
    parts.advance(1)
    await parts.until(lambda: reads(parts) > first)
    await parts.settle()
    detail = activity(parts).detail
    told = [json.loads(bytes(event.data)) for event in await parts.events("source.failing")]
    parts.empty_disk()
    parts.advance(600)
    await parts.until_count(2, status="delivered")
    await until_activity(parts, ActivityState.WATCHING)

    assert before_its_time == first, "changes do not shorten the wait"
    assert "disk.free_bytes_min" in detail
    assert [one["source"] for one in told] == ["claude-sessions"], "told of once"
    assert turns_told(receiver) == [1, 5]


def reads(parts: Parts) -> int:
    """How often what was read was compared with what was sent."""
    return parts.ledger.calls[newest_fingerprints]


async def test_a_failed_push_moves_no_state_and_a_good_one_ends_the_failing(
    parts: Parts, receiver: Receiver, log: Log
) -> None:
    hook = await parts.add_webhook(receiver.url)
    await parts.bind("claude-sessions", hook)
    source = await set_up(parts, log, quiet_s=0)
    log.grow(parts)
    parts.fill_disk()
    await parts.collection.enable(source)
    await until_activity(parts, ActivityState.FAILING)

    with pytest.raises(DiskLow):
        await parts.collection.push(source)
    parts.empty_disk()
    pushed = await parts.collection.push(source)
    await parts.until_count(1, status="delivered")

    assert (pushed.events, turns_told(receiver)) == (1, [1])
    assert activity(parts).state is ActivityState.WATCHING
