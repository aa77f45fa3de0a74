"""The source `agents`: spooled calls and posted events become one board, each of them once."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from posthouse.model.agents import AgentState, Report, ReportKind
from posthouse.model.errors import DiskLow
from posthouse.model.events import Severity
from posthouse.model.ids import Millis
from posthouse.model.live import AgentUpdateEvent, SessionUpdateEvent
from posthouse.model.sources import Emission, StateKey, StatePut
from posthouse.sources.agents import registry, spooled
from posthouse.sources.agents.hearing import Call, Tell
from posthouse.sources.agents.keeper import Keeper, load_board
from posthouse.sources.agents.settings import AgentsSettings
from posthouse.sources.agents.source import Agents
from posthouse.sources.agents.spooled import SpooledCalls
from posthouse.sources.base import SourceContext
from tests.clock import START
from tests.parts import HandClock
from tests.sources.agents_room import Room
from tests.sources.support import decoded, soon


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def fail(call: Call) -> tuple[Report, ...]:
    """An adapter with a mistake in it."""
    raise KeyError(call.content.decode())


async def test_what_hooks_left_is_told_in_the_order_in_which_it_was_written(room: Room) -> None:
    room.say("c", "spawned", at=-30, tool="mine", project="letters")
    room.say("a", "turn-started", at=-20)
    room.say("b", "permission-required", at=-10, prompt={"id": "p1", "permission": "Bash", "metadata": {"n": 1}})
    room.drop("d.json", [{"kind": "permission-resolved", "agent_id": "a1", "prompt_ids": ["p1"], "decision": "denied"},
                         {"kind": "turn-error", "agent_id": "a1", "error": "no credit"}])  # fmt: skip

    await room.hear_all()

    assert room.types == ["spawned", "permission-required", "permission-resolved", "turn-error"]
    assert [event.severity for event in room.told] == [Severity.INFO, Severity.WARNING, Severity.INFO, Severity.ERROR]
    assert [event.at for event in room.told] == [START - 30_000, START - 10_000, START, START]
    assert {event.subject for event in room.told} == {"letters"}
    assert [event.correlation_key for event in room.told] == [None, "prompt:a1:p1", "prompt:a1:p1", None]
    asked, denied = room.payloads[1:3]
    assert asked.prompt is not None
    assert decoded(asked.prompt.metadata) == {"n": 1}
    assert (denied.decision, asked.agent.machine, asked.agent.tool) == ("denied", "here", "mine")
    assert room.board["here/a1"].state is AgentState.FAILED
    assert room.files() == []


async def test_the_board_comes_back_and_nothing_is_told_again(room: Room) -> None:
    room.say("1", "turn-started", at=-30)
    room.say("2", "permission-required", at=-20, prompt={"id": "p1"})
    await room.hear_all()
    before = room.board

    room.say("3", "permission-list", at=-10, prompts=[{"id": "p1"}, {"id": "p2"}])
    await room.hear_all()

    assert before["here/a1"].prompts == room.board["here/a1"].prompts[:1]
    assert room.types == ["spawned", "permission-required", "permission-required"]


async def test_a_file_that_could_not_be_deleted_counts_once_over_every_restart(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = room.say("stuck", "turn-completed", at=-30)

    def refuse(self: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", refuse)
        for number in range(2):
            async with room.listening() as running:
                await room.until(lambda: "spool/taken" in room.state.stored, running)
                room.say(f"next{number}", "alive", at=number)
                seen = len(room.emitted)
                await room.until(lambda seen=seen: len(room.emitted) > seen, running)  # type: ignore[misc]
    assert stuck.exists()
    assert room.types == ["turn-completed"]

    await room.hear_all()

    assert room.files() == []
    assert room.types == ["turn-completed"]


async def test_a_commit_that_failed_leaves_the_files_for_the_next_life(room: Room) -> None:
    room.say("1", "spawned")

    async def refuse(emission: Emission) -> None:
        raise DiskLow("disk.low", "The disk is full.")

    with pytest.raises(DiskLow):
        await soon(Agents().run(msgspec.structs.replace(room.context(), emit=refuse)))
    assert room.files() == ["1.json"]

    await room.hear_all()
    assert room.types == ["spawned"]


async def test_a_name_may_be_used_again(room: Room) -> None:
    async with room.listening() as running:
        for number, kind in enumerate(["turn-started", "turn-completed", "turn-started", "turn-completed"]):
            room.say("same", kind, at=number - 10)
            await room.until(lambda: room.files() == [], running)
    assert room.types == ["spawned", "turn-completed", "turn-completed"]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("x.json", b"", "agent.report_invalid"),
        ("x.json", b'{"kind": "spawned", "agent_id": "a', "agent.report_invalid"),
        ("x.json", b'{"kind": "born", "agent_id": "a1"}', "agent.report_invalid"),
        ("x.json", b'{"kind": "spawned"}', "agent.report_invalid"),
        ("x.json", b'{"kind": "spawned", "agent_id": 7}', "agent.report_invalid"),
        ("x.json", b'{"kind": "spawned", "agent_id": "\xff"}', "agent.report_invalid"),
        ("x.json", b'{"kind": "permission-required", "agent_id": "a1"}', "agent.report_invalid"),
        ("x.json", b'"spawned"', "agent.report_invalid"),
        ("x.json", b"[" * 100_000, "agent.report_invalid"),
        ("x.json", b" " * 5_000 + b"{}", "agent.call_too_large"),
        (os.fsdecode(b"\xff.json"), b'{"kind": "spawned", "agent_id": "a2"}', "spool.name_invalid"),
    ],
)
async def test_what_does_not_fit_is_set_aside_with_its_reason_and_keeps_nobody_waiting(
    room: Room, monkeypatch: pytest.MonkeyPatch, name: str, content: bytes, code: str
) -> None:
    monkeypatch.setattr(spooled, "CALL_BYTES_MAX", 5_000 if code == "agent.call_too_large" else 1_000_000)
    room.drop(name, content)
    room.say("good", "spawned", at=10)

    await room.hear_all()

    assert room.types == ["spawned"]
    assert (room.spool / "bad" / name).read_bytes() == content
    assert f"[{code}]" in (room.spool / "bad" / f"{name}.reason").read_text()


async def test_an_adapter_with_a_mistake_stops_nothing_and_tells_no_content(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.ADAPTERS, "faulty", f"{__name__}:fail")
    room.drop("x.json", b"walnut", adapter="faulty")
    room.say("good", "spawned")

    await room.hear_all()

    assert room.types == ["spawned"]
    reason = (room.spool / "bad" / "x.json.reason").read_text()
    assert "[agent.call_unreadable]" in reason
    assert "walnut" not in reason


async def test_links_folders_sockets_pipes_and_what_is_being_written_are_left_alone(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = room.spool / "agents" / "report"
    folder.mkdir(parents=True)
    (tmp_path / "secret.json").write_text('{"kind": "spawned", "agent_id": "a2"}')
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    (folder / "folder.json").mkdir()
    (folder / ".being-written.json").write_text("{")
    (folder / "note.txt").write_text("x")
    os.mkfifo(folder / "pipe.json")
    with socket.socket(socket.AF_UNIX) as made:
        monkeypatch.chdir(folder)
        made.bind("socket.json")
        room.say("good", "spawned")
        async with room.listening() as running:
            await room.until(lambda: not (folder / "good.json").exists(), running)
    assert room.types == ["spawned"]
    assert sorted(os.listdir(folder)) == [
        ".being-written.json", "folder.json", "link.json", "note.txt", "pipe.json", "socket.json",
    ]  # fmt: skip


async def test_calls_that_wait_for_a_source_that_is_off_are_told_of(room: Room) -> None:
    on = room.context()
    off = msgspec.structs.replace(on, source=msgspec.structs.replace(on.source, is_enabled=False))
    assert (await soon(Agents().preview(off))).problems == ()
    room.say("one", "spawned")
    room.say("two", "spawned")

    told = (await soon(Agents().preview(off))).problems

    assert told == (f"This source is off: 2 calls of hooks wait in {room.spool / 'agents'} until it is on.",)
    assert (await soon(Agents().preview(on))).problems == ()


async def test_what_has_no_adapter_stays_and_is_told_once(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    room.drop("x.json", {}, adapter="other")
    room.say("good", "spawned")
    with caplog.at_level(logging.WARNING, logger="posthouse"):
        async with room.listening() as running:
            await room.until(lambda: room.files() == ["x.json"], running)
    assert len([one for one in caplog.records if "no adapter" in one.getMessage()]) == 1
    preview = await soon(Agents().preview(room.context()))
    assert preview.problems == (f"No adapter takes what lies in {room.spool / 'agents' / 'other'}.",)
    assert preview.found == "1 agent(s) on the board."
    assert [one["id"] for one in decoded(preview.data)["agents"]] == ["a1"]


async def test_more_than_a_batch_is_taken_in_parts_of_bounded_size(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooled, "BATCH_FILES_MAX", 4)
    monkeypatch.setattr(spooled, "SURVEY_FILES_MAX", 10)
    for number in range(23):
        room.say(f"{number:02}", "turn-completed", at=number - 100, turn_id=f"t{number}")

    await room.hear_all()

    assert [one.turn_id for one in room.payloads] == [f"t{number}" for number in range(23)]
    assert max(len(emission.events) for emission in room.emitted) == 4


def test_a_batch_ends_where_its_bytes_end(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooled, "BATCH_BYTES_MAX", 100)
    for number in range(3):
        room.say(str(number), "alive", at=number, title="x" * 80)
    calls = SpooledCalls(room.spool, None)

    assert [calls.read(calls.survey()[number:]).looked_at for number in range(3)] == [1, 1, 1]


async def test_posted_events_are_reports_and_what_does_not_fit_is_passed_over(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    room.post("agent.spawned", {"agent_id": "a1", "tool": "mine", "title": "Sort", "unknown": True}, at=1)
    room.post("agent.walked", {"agent_id": "a1"})
    room.post("agent.turn-completed", b'"walnut"')
    room.post("agent.turn-completed", {"agent_id": "a1", "turn_id": "t1"}, at=2)
    room.clock.advance(60)
    with caplog.at_level(logging.WARNING, logger="posthouse"):
        await room.hear_all()

    assert room.types == ["spawned", "turn-completed"]
    assert room.payloads[0].agent.title == "Sort"
    assert len([one for one in caplog.records if "does not fit" in one.getMessage()]) == 1
    assert "walnut" not in caplog.text

    room.post("agent.turn-completed", {"agent_id": "a1", "turn_id": "t2"}, at=3)
    await room.hear_all()
    assert room.asked_from == [0, 40]
    assert room.types == ["spawned", "turn-completed", "turn-completed"]


async def test_what_another_posthouse_forwards_keeps_its_machine_and_counts_its_hops(
    room: Room, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = Room(tmp_path / "other")
    for number, kind in enumerate(["turn-started", "permission-required", "permission-resolved", "turn-completed"]):
        other.say(
            str(number), kind, at=number - 9, machine="laptop", turn_id="t1", project="letters", prompt={"id": "p1"}
        )
    await other.hear_all()
    for draft in other.told:
        room.post(draft.type, bytes(draft.data), hops=1)

    await room.hear_all()

    assert room.types == other.types == ["spawned", "permission-required", "permission-resolved", "turn-completed"]
    assert list(room.board) == ["laptop/a1"]
    assert {draft.hops for draft in room.told} == {1}
    assert {draft.hops for draft in other.told} == {0}


async def test_what_comes_back_from_the_other_one_changes_nothing(room: Room) -> None:
    room.say("1", "turn-started", at=-9, turn_id="t1")
    room.say("2", "turn-completed", at=-8, turn_id="t1")
    await room.hear_all()
    before, types = room.board, room.types
    for draft in room.told:
        room.post(draft.type, bytes(draft.data), hops=2)

    await room.hear_all()

    assert (room.board["here/a1"].state, room.types) == (before["here/a1"].state, types)


async def test_what_was_posted_before_there_was_this_source_is_history(room: Room) -> None:
    room.post("agent.turn-completed", {"agent_id": "old"}, at=-100)
    room.post("agent.turn-completed", {"agent_id": "new"})
    context = room.context()
    source = msgspec.structs.replace(context.source, created_at=START)

    await room.hear_all(msgspec.structs.replace(context, source=source))

    assert list(room.board) == ["here/new"]


async def test_the_live_stream_hears_of_what_can_be_seen_and_of_no_mere_sign_of_life(room: Room) -> None:
    room.say("1", "turn-started", at=-9, title="Sort", project="letters", tool="mine")
    room.say("2", "permission-required", at=-8, prompt={"id": "p1"})
    await room.hear_all()
    (update,) = room.emitted[-1].updates
    assert msgspec.to_builtins(update.payload) | {"timestamp": 0, "version": 1} == {
        "version": 1, "agentId": "a1", "name": "Sort", "state": "waiting", "timestamp": 0, "tool": "mine",
        "project": "letters", "prompts": 1, "parentId": None,
    }  # fmt: skip

    room.say("3", "alive", at=-7)
    await room.hear_all()
    assert room.emitted[-1].updates == ()
    assert room.board["here/a1"].heard_at == START - 7_000


async def test_titles_that_are_switched_off_are_gone_from_what_was_known_as_well(room: Room) -> None:
    room.say("1", "turn-started", at=-9, title="walnut")
    await room.hear_all()
    room.say("2", "permission-required", at=-8, title="walnut", prompt={"id": "p1"})
    await room.hear_all(room.context(properties={"titles": False}))

    assert b"walnut" in bytes(room.told[0].data)
    assert b"walnut" not in bytes(room.told[1].data)
    assert room.board["here/a1"].title == ""


async def test_an_agent_that_cannot_be_read_back_is_left_out_and_the_others_stay(room: Room) -> None:
    room.say("1", "spawned")
    await room.hear_all()
    room.state.stored["agent/here/later"] = b'{"id": "later", "state": "dreaming"}'
    assert [key.id for key in (await load_board(room.context())).agents] == ["a1"]


# The keeper, its listeners and its clock.


class Talker:
    """A listener that says one thing, remembers how far it came, and then breaks."""

    async def listen(self, context: SourceContext, settings: AgentsSettings, tell: Tell) -> None:
        assert settings.silence_s == 21_600.0
        report = Report(kind=ReportKind.SPAWNED, agent_id="a1", at=context.clock.now())
        await tell([report], state_puts=[StatePut("talker/line", b"7"), StatePut("talker/old", b"1")])
        await tell([], state_deletes=[StateKey("talker/old")])
        raise OSError(5, "Input/output error")


async def test_a_listener_reports_with_its_place_and_its_failure_is_the_sources(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry.LISTENERS, "talker", f"{__name__}:Talker")
    with pytest.raises(OSError, match="Input/output error"):
        await soon(Agents().run(room.context()))
    assert room.types == ["spawned"]
    assert {key: value for key, value in room.state.stored.items() if key.startswith("talker")} == {"talker/line": b"7"}


async def test_who_is_cancelled_while_telling_leaves_nothing_half_done(room: Room) -> None:
    context, let_go = room.context(), asyncio.Event()

    async def slowly(emission: Emission) -> None:
        await let_go.wait()
        await context.emit(emission)

    keeper = Keeper(msgspec.structs.replace(context, emit=slowly), AgentsSettings(), await load_board(context))
    telling = asyncio.create_task(keeper.tell(said("spawned")))
    await asyncio.sleep(0)
    telling.cancel()
    await asyncio.sleep(0)
    let_go.set()
    with pytest.raises(asyncio.CancelledError):
        await soon(telling)
    await soon(keeper.tell(said("spawned")))

    assert room.types == ["spawned"]


async def test_one_timer_ends_the_silent_and_forgets_the_ended(tmp_path: Path) -> None:
    room, clock = Room(tmp_path), HandClock()
    room.clock = clock
    clock.rule(asyncio.get_running_loop())
    keeper = Keeper(room.context(), AgentsSettings(silence_s=600.0), await load_board(room.context()))
    watching = asyncio.create_task(keeper.watch_silence())
    await settle()
    assert clock.armed() == [60.0]
    clock.advance(60)
    await settle()
    assert clock.armed() == [], "nothing is waited for while the board is empty"

    await keeper.tell(said("spawned", at=clock.now()))
    await settle()
    assert clock.armed() == [600.0]
    clock.advance(300)
    await keeper.tell(said("alive", at=clock.now()))
    clock.advance(300)
    await settle()
    assert clock.armed() == [300.0]
    clock.advance(300)
    await settle()
    assert room.types == ["spawned", "ended"]
    assert clock.armed() == [900.0]
    for _ in range(97):
        clock.advance(900)
        await settle()
    assert room.board == {}
    watching.cancel()


def said(kind: str, at: int = START) -> Sequence[Report]:
    return [Report(kind=ReportKind(kind), agent_id="a1", at=Millis(at))]


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


def test_listeners_are_made_where_the_settings_ask_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted: dict[str, Any] = {"codex-logs": f"{__name__}:Talker", "opencode": f"{__name__}:Talker"}
    monkeypatch.setattr(registry, "LISTENERS", wanted)
    assert len(registry.wanted_listeners(AgentsSettings(codex_logs=False))) == 0
    assert len(registry.wanted_listeners(AgentsSettings())) == 1
    assert len(registry.wanted_listeners(AgentsSettings(opencode_urls=("http://127.0.0.1:4096",)))) == 2


async def test_an_opencode_session_is_told_by_each_state_that_it_comes_to(room: Room) -> None:
    said: list[tuple[str, dict[str, Any]]] = [
        ("spawned", {}),
        ("turn-started", {"turn_id": "t1"}),
        ("alive", {}),
        ("permission-required", {"prompt": {"id": "p1"}}),
        ("permission-required", {"prompt": {"id": "p2"}}),
        ("permission-resolved", {}),
        ("turn-completed", {"turn_id": "t1"}),
        ("turn-started", {"turn_id": "t2"}),
        ("turn-error", {"turn_id": "t2", "error": "no model"}),
        ("ended", {}),
    ]
    told: list[str] = []
    for number, (kind, more) in enumerate(said):
        room.say(f"{number}", kind, at=number - 20, tool="opencode", **more)
        await room.hear_all()
        moves = [one.payload for one in room.emitted[-1].updates if isinstance(one, SessionUpdateEvent)]
        assert all((one.session_id, one.action) == ("a1", room.board["here/a1"].state) for one in moves)
        told += [one.action for one in moves]

    assert told == ["idle", "working", "waiting", "working", "idle", "working", "failed", "ended"]


async def test_agents_of_other_tools_are_no_sessions(room: Room) -> None:
    room.say("1", "turn-started", at=-9, tool="claude-code", turn_id="t1")
    await room.hear_all()

    assert [type(one) for one in room.emitted[-1].updates] == [AgentUpdateEvent]
