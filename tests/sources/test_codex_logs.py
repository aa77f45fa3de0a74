"""Following Codex's logs: what was there before, what comes, what is torn, cut, huge, gone or may not be read."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

import msgspec
import pytest

from posthouse.model.agents import ReportKind
from posthouse.model.rate_limits import RateLimits, RateWindow
from posthouse.sources.agents.codex_logs import (
    ALIVE_EVERY_MS,
    FILE_KEY,
    KEPT_MS,
    LIMITS_KEY,
    SINCE_KEY,
    CodexLogs,
    codex_home,
)
from posthouse.sources.agents.settings import AgentsSettings
from posthouse.sources.jsonl import LINE_BYTES_MAX, SLICE_BYTES
from tests.clock import ManualClock
from tests.sources.codex_logs import SESSION, Heard, event, line, listening, meta, name_of
from tests.sources.support import MemoryState

OTHER = "01a203c6-3718-7ae0-a16c-527d52df9529"
NOBODY = 65_534
HOUR = 3_600_000
TURN = ["turn-started", "turn-completed"]


class Machine:
    """Codex's folder, a clock, and the state that outlives a listener."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / ".codex"
        self.day = self.home / "sessions" / "2026" / "11" / "22"
        self.clock = ManualClock()
        self.state = MemoryState()
        self.listener = CodexLogs()

    @property
    def now(self) -> int:
        """The present, in Unix milliseconds."""
        return self.clock.now()

    def listening(self) -> AbstractAsyncContextManager[Heard]:
        """A listener as after a start."""
        self.listener = CodexLogs()
        return listening(self.home, self.state, clock=self.clock, listener=self.listener)

    def write(self, *lines: bytes, session: str = SESSION, folder: Path | None = None) -> Path:
        """Append to a log; it was changed now, by the injected clock."""
        path = (folder or self.day) / name_of(session)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(b"".join(lines))
        os.utime(path, ns=(self.now * 1_000_000, self.now * 1_000_000))
        return path

    def turn(self, at: int, turn_id: str) -> bytes:
        """The lines of a turn that ends well."""
        return event(at, "task_started", turn_id=turn_id) + event(at + 1, "task_complete", turn_id=turn_id)


@contextmanager
def bound_by_permissions(folder: Path) -> Iterator[None]:
    """This process as somebody whom permissions bind, who owns the folder."""
    user = os.geteuid()
    if user == 0:
        os.chown(folder, NOBODY, -1)
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


async def test_a_session_is_told_from_its_beginning_as_it_grows(machine: Machine) -> None:
    machine.day.mkdir(parents=True)
    async with machine.listening() as heard:
        await heard.until_told(1)
        at = machine.now + 5
        machine.write(meta(at), event(at + 1, "task_started", turn_id="t1"))
        await heard.until(ReportKind.TURN_STARTED)
        machine.write(event(at + 2, "task_complete", turn_id="t1", last_agent_message="Done."))
        await heard.until(ReportKind.TURN_COMPLETED)

    assert heard.kinds() == ["spawned", *TURN]
    assert {(one.agent_id, one.tool, one.project) for one in heard.reports} == {(SESSION, "codex", "parcels")}
    assert [one.at for one in heard.reports] == [at, at + 1, at + 2]
    assert heard.reports[-1].message == "Done."


async def test_a_folder_that_is_not_there_yet_is_awaited(machine: Machine) -> None:
    async with machine.listening() as heard:
        await heard.until_told(1)
        at = machine.now + 5
        machine.write(meta(at), machine.turn(at + 1, "t1"))
        await heard.until(ReportKind.TURN_COMPLETED)

    assert heard.kinds() == ["spawned", *TURN]


async def test_what_was_there_before_is_learned_and_not_told_as_news(machine: Machine) -> None:
    began = machine.now - HOUR
    machine.write(meta(began), machine.turn(began + 1, "t1"), event(began + 9, "task_started", turn_id="t2"))
    machine.write(meta(began, OTHER), machine.turn(began + 1, "t1"), session=OTHER)
    async with machine.listening() as heard:
        await heard.until(ReportKind.ALIVE)
        assert [(one.kind.value, one.agent_id, one.turn_id) for one in heard.reports] == [("alive", SESSION, "t2")]
        at = machine.now + 5
        machine.write(event(at, "task_complete", turn_id="t2"))
        machine.write(machine.turn(at, "t3"), session=OTHER)
        await heard.until(ReportKind.TURN_COMPLETED, 2)

    assert heard.kinds(SESSION) == ["alive", "turn-completed"]
    assert heard.kinds(OTHER) == TURN
    assert {one.project for one in heard.reports} == {"parcels"}


async def test_a_session_long_silent_is_read_only_once_it_goes_on(machine: Machine) -> None:
    machine.clock.advance(-40 * 24 * 3600)
    machine.write(meta(machine.now), machine.turn(machine.now + 1, "t1"), event(machine.now + 9, "task_started"))
    machine.clock.advance(40 * 24 * 3600)
    async with machine.listening() as heard:
        await heard.until_told(1)
        assert list(machine.state.stored) == [SINCE_KEY]
        at = machine.now + 5
        machine.write(machine.turn(at, "t2"))
        await heard.until(ReportKind.TURN_COMPLETED)

    assert [(one.kind.value, one.turn_id) for one in heard.reports] == [
        ("turn-started", "t2"),
        ("turn-completed", "t2"),
    ]


async def test_after_a_restart_it_goes_on_where_it_was_and_misses_nothing(machine: Machine) -> None:
    machine.day.mkdir(parents=True)
    async with machine.listening() as first:
        await first.until_told(1)
        at = machine.now + 5
        machine.write(meta(at), machine.turn(at + 1, "t1"))
        await first.until(ReportKind.TURN_COMPLETED)
    machine.write(machine.turn(at + 10, "t2"))
    machine.write(meta(at + 20, OTHER), machine.turn(at + 21, "o1"), session=OTHER)
    async with machine.listening() as second:
        await second.until(ReportKind.TURN_COMPLETED, 2)
        machine.write(machine.turn(at + 30, "t3"))
        await second.until(ReportKind.TURN_COMPLETED, 3)

    assert second.kinds(SESSION) == [*TURN, *TURN]
    assert second.kinds(OTHER) == ["spawned", *TURN]


async def test_what_could_not_be_committed_is_told_again_after_a_restart(machine: Machine) -> None:
    machine.day.mkdir(parents=True)
    async with machine.listening() as first:
        await first.until_told(1)
    at = machine.now + 5
    machine.write(meta(at), machine.turn(at + 1, "t1"))
    with pytest.raises(OSError, match="no space"):
        async with machine.listening() as failing:
            failing.fails = True
            await failing.ended()
    async with machine.listening() as second:
        await second.until(ReportKind.TURN_COMPLETED)

    assert failing.reports == []
    assert second.kinds() == ["spawned", *TURN]


async def test_a_torn_last_line_is_taken_when_it_is_whole(machine: Machine) -> None:
    at = machine.now + 5
    whole = event(at + 2, "task_complete", turn_id="t1")
    machine.day.mkdir(parents=True)
    async with machine.listening() as heard:
        await heard.until_told(1)
        machine.write(meta(at), event(at + 1, "task_started", turn_id="t1"), whole[:40])
        await heard.until(ReportKind.TURN_STARTED)
        machine.write(whole[40:])
        await heard.until(ReportKind.TURN_COMPLETED)

    assert heard.kinds() == ["spawned", *TURN]
    assert machine.listener.passed.senseless_lines == 0


async def test_lines_that_make_no_sense_or_are_huge_are_counted_and_passed_over(machine: Machine) -> None:
    at = machine.now + 5
    huge = line(at, "response_item", type="message", text="x" * LINE_BYTES_MAX)
    machine.day.mkdir(parents=True)
    async with machine.listening() as heard:
        await heard.until_told(1)
        machine.write(b"\n", b"\xff\xfe\n", b"{]\n", meta(at), huge, b'"words"\n', machine.turn(at + 1, "t1"))
        await heard.until(ReportKind.TURN_COMPLETED)

    assert heard.kinds() == ["spawned", *TURN]
    assert (machine.listener.passed.senseless_lines, machine.listener.passed.long_lines) == (3, 1)


async def test_a_log_that_was_rewritten_is_not_told_twice(machine: Machine) -> None:
    at = machine.now + 5
    machine.day.mkdir(parents=True)
    async with machine.listening() as heard:
        await heard.until_told(1)
        path = machine.write(meta(at), machine.turn(at + 1, "t1"))
        await heard.until(ReportKind.TURN_COMPLETED)
        fresh = path.with_suffix(".new")
        fresh.write_bytes(
            meta(at) + b'{"type":"compacted"}\n' + machine.turn(at + 1, "t1") + machine.turn(at + 9, "t2")
        )
        fresh.replace(path)
        await heard.until(ReportKind.TURN_COMPLETED, 2)

    assert heard.kinds() == ["spawned", *TURN, *TURN]
    assert [one.turn_id for one in heard.reports] == [None, "t1", "t1", "t2", "t2"]


async def test_a_log_that_is_archived_and_comes_back_is_not_told_twice(machine: Machine) -> None:
    at = machine.now + 5
    machine.day.mkdir(parents=True)
    archive = machine.home / "archived_sessions"
    archive.mkdir()
    async with machine.listening() as heard:
        await heard.until_told(1)
        path = machine.write(meta(at), machine.turn(at + 1, "t1"))
        await heard.until(ReportKind.TURN_COMPLETED)
        path.rename(archive / path.name)
        (archive / path.name).rename(path)
        machine.write(machine.turn(at + 10, "t2"))
        await heard.until(ReportKind.TURN_COMPLETED, 2)

    assert heard.kinds() == ["spawned", *TURN, *TURN]


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
async def test_what_is_no_log_is_left_alone(machine: Machine, tmp_path: Path) -> None:
    at = machine.now + 5
    machine.day.mkdir(parents=True)
    elsewhere = tmp_path / "elsewhere"
    async with machine.listening() as heard:
        await heard.until_told(1)
        (machine.day / name_of(OTHER)).symlink_to(machine.write(meta(at, OTHER), session=OTHER, folder=elsewhere))
        os.mkfifo(machine.day / "rollout-pipe.jsonl")
        (machine.day / "notes.jsonl").write_bytes(meta(at) + machine.turn(at, "n"))
        (machine.day / "rollout-folder.jsonl").mkdir()
        machine.write(meta(at), machine.turn(at + 1, "t1"))
        await heard.until(ReportKind.TURN_COMPLETED)

    assert heard.kinds() == ["spawned", *TURN]


@pytest.mark.skipif(os.name == "nt", reason="permissions are of another kind there")
async def test_a_log_that_may_not_be_read_is_counted_and_read_later() -> None:
    with tempfile.TemporaryDirectory() as folder, bound_by_permissions(Path(folder)):
        machine = Machine(Path(folder))
        at = machine.now + 5
        path = machine.write(meta(at), machine.turn(at + 1, "t1"))
        path.chmod(0)
        async with machine.listening() as heard:
            await heard.until_told(1)
            machine.write(meta(at, OTHER), machine.turn(at + 1, "o1"), session=OTHER)
            await heard.until(ReportKind.TURN_COMPLETED)
            assert machine.listener.passed.unreadable == {str(path)}
            path.chmod(0o600)
            await heard.until(ReportKind.TURN_COMPLETED, 2)

    assert machine.listener.passed.unreadable == set()
    assert heard.kinds(SESSION) == ["spawned", *TURN]


async def test_limits_are_kept_with_the_next_report_and_the_latest_count(machine: Machine) -> None:
    def said(at: int, percent: float) -> bytes:
        return event(at, "token_count", rate_limits={"primary": {"used_percent": percent, "window_minutes": 300}})

    def kept() -> RateLimits:
        return msgspec.json.decode(machine.state.stored[LIMITS_KEY], type=RateLimits)

    machine.day.mkdir(parents=True)
    async with machine.listening() as heard:
        await heard.until_told(1)
        at = machine.now + 5
        machine.write(meta(at), said(at, 10.0), machine.turn(at + 1, "t1"))
        await heard.until(ReportKind.TURN_COMPLETED)
        assert kept().heard_at == at
        machine.write(meta(at, OTHER), said(at - 1, 5.0), machine.turn(at + 1, "o1"), session=OTHER)
        await heard.until(ReportKind.TURN_COMPLETED, 2)

    assert kept().primary == RateWindow(used_percent=10.0, window_minutes=300)


async def test_a_long_turn_is_told_to_be_alive_now_and_then(machine: Machine) -> None:
    def working(at: int) -> bytes:
        return line(at, "response_item", type="reasoning", summary=[])

    machine.day.mkdir(parents=True)
    async with machine.listening() as heard:
        await heard.until_told(1)
        at = machine.now + 5
        machine.write(meta(at), event(at, "task_started", turn_id="t1"))
        await heard.until(ReportKind.TURN_STARTED)
        tells = heard.tells
        machine.write(working(at + 1_000))
        machine.write(meta(at, OTHER), machine.turn(at, "o1"), session=OTHER)
        await heard.until(ReportKind.TURN_COMPLETED)
        machine.write(working(at + ALIVE_EVERY_MS))
        await heard.until(ReportKind.ALIVE)

    assert heard.tells == tells + 2
    assert [(one.agent_id, one.at) for one in heard.reports if one.kind is ReportKind.ALIVE] == [
        (SESSION, at + ALIVE_EVERY_MS)
    ]


async def test_a_session_goes_by_the_name_that_it_was_given(machine: Machine) -> None:
    index = machine.home / "session_index.jsonl"
    machine.day.mkdir(parents=True)
    names = [{"id": SESSION, "thread_name": "Old"}, {"id": SESSION, "thread_name": "Parcels"}, {"id": 3}, "x"]
    async with machine.listening() as heard:
        await heard.until_told(1)
        at = machine.now + 5
        machine.write(meta(at))
        await heard.until(ReportKind.SPAWNED)
        index.write_text("".join(json.dumps(name) + "\n" for name in names))
        machine.write(machine.turn(at + 1, "t1"))
        await heard.until(ReportKind.TURN_COMPLETED)

    assert [one.title for one in heard.reports] == ["", "Parcels", "Parcels"]


async def test_logs_that_do_not_change_any_more_are_forgotten_and_never_told_again(machine: Machine) -> None:
    machine.day.mkdir(parents=True)
    async with machine.listening() as first:
        await first.until_told(1)
        at = machine.now + 5
        machine.write(meta(at), machine.turn(at + 1, "t1"))
        await first.until(ReportKind.TURN_COMPLETED)
    machine.clock.advance(KEPT_MS / 1_000 + 10)
    async with machine.listening() as second:
        await second.until_told(1)
        assert not [key for key in machine.state.stored if key.startswith(FILE_KEY)]
        machine.write(machine.turn(machine.now + 1, "t2"))
        await second.until(ReportKind.TURN_COMPLETED)

    assert [(one.kind.value, one.turn_id) for one in second.reports] == [
        ("turn-started", "t2"),
        ("turn-completed", "t2"),
    ]


async def test_a_log_of_many_pieces_is_told_in_order(machine: Machine) -> None:
    filler = line(machine.now + 6, "response_item", type="message", text="x" * (SLICE_BYTES // 3))
    machine.day.mkdir(parents=True)
    async with machine.listening() as heard:
        await heard.until_told(1)
        at = machine.now + 5
        machine.write(
            meta(at), *[filler, machine.turn(at + 2, "t1"), filler, filler, machine.turn(at + 4, "t2"), filler]
        )
        await heard.until(ReportKind.TURN_COMPLETED, 2)

    assert [(one.kind.value, one.turn_id) for one in heard.reports] == [
        ("spawned", None),
        *((kind, turn) for turn in ("t1", "t2") for kind in TURN),
    ]


async def test_state_of_another_version_begins_anew_and_tells_nothing_twice(machine: Machine) -> None:
    machine.day.mkdir(parents=True)
    async with machine.listening() as first:
        await first.until_told(1)
        at = machine.now + 5
        machine.write(meta(at), machine.turn(at + 1, "t1"))
        await first.until(ReportKind.TURN_COMPLETED)
    machine.state.stored[FILE_KEY + name_of()] = b"\x93 something else"
    machine.clock.advance(60)
    async with machine.listening() as second:
        await second.until_told(2)
        machine.write(machine.turn(machine.now + 1, "t2"))
        await second.until(ReportKind.TURN_COMPLETED)

    assert [(one.kind.value, one.turn_id) for one in second.reports] == [(kind, "t2") for kind in TURN]


def test_codex_is_where_the_settings_or_its_own_variable_say(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("CODEX_HOME", raising=False)
    assert codex_home(AgentsSettings()) == tmp_path / ".codex"
    monkeypatch.setenv("CODEX_HOME", "/srv/codex")
    assert codex_home(AgentsSettings()) == Path("/srv/codex")
    assert codex_home(AgentsSettings(codex_home="~/other")) == tmp_path / "other"
