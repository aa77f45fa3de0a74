"""Managed servers from what a person wants to what becomes of the processes, with real ones."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from posthouse.model.errors import BadInput, Conflict, DiskLow, NotFound
from posthouse.model.live import ErrorEventEvent, ServerUpdateEvent
from posthouse.rules import timestamps
from posthouse.rules.live import is_critical, level_of
from posthouse.sources.servers.place import is_same_command
from posthouse.sources.servers.telling import excerpt_of
from posthouse.system import managed_process
from posthouse.system.lock_file import LockFile
from tests.sources.servers_room import Room, free_port, is_there, needs_linux, no_program_is_left, python

pytestmark = needs_linux

HTTP = """
import http.server, socketserver
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        is_well = not os.path.exists('sick')
        self.send_response(200 if is_well else 503)
        self.send_header('content-length', '0')
        self.end_headers()
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()
"""


@pytest.fixture(autouse=True)
def tidy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    with no_program_is_left(tmp_path):
        yield


async def test_a_server_is_started_watched_and_stopped(tmp_path: Path) -> None:
    room = Room(tmp_path)
    async with room.at_work():
        await room.add("web", "say('hello'); hang()")
        assert room.runtime("web").process.state == "stopped"
        await room.tell("start", "web")
        await room.until_state("web", "running")
        pid = room.pid("web")
        await room.until(lambda: "hello" in room.said("web"))
        figures = await room.ask("figures", names=["web"])
        await room.tell("stop", "web")
        await room.until_state("web", "stopped")
    assert figures["web"]["processes"] == 1
    assert figures["web"]["memory_bytes"] > 0
    assert room.told() == ["starting", "starting", "running", "stopping", "stopped"] or room.told() == [
        "starting", "running", "stopping", "stopped",
    ]  # fmt: skip
    assert not is_there(pid)
    last = [one for one in room.updates if isinstance(one, ServerUpdateEvent)][-1]
    assert (last.payload.server, last.payload.state) == ("web", "stopped")
    assert is_critical(last, level_of(last))


async def test_a_crash_is_an_error_with_its_exit_code_and_the_server_starts_again_after_a_wait(tmp_path: Path) -> None:
    room = Room(tmp_path)
    async with room.at_work():
        await room.add("web", "say('secret words'); hang()")
        await room.tell("start", "web")
        await room.until_state("web", "running")
        await room.until(lambda: "secret" in room.said("web"))
        first = room.pid("web")
        os.kill(first, signal.SIGKILL)
        await room.until(lambda: room.told("server.error"))
        assert not is_there(first)
        assert room.runtime("web").process.pid is None
        await room.until_state("web", "running", pass_s=0.5)
        assert room.pid("web") != first
        assert room.runtime("web").restarts == 1
    (error,) = (data for kind, data in room.events if kind == "server.error")
    assert (error["server"], error["signal"], error["exit_code"]) == ("web", signal.SIGKILL, None)
    assert "output" not in error
    assert "started again in 1 s" in error["reason"]
    (told,) = (one for one in room.updates if isinstance(one, ErrorEventEvent))
    assert is_critical(told, level_of(told))
    assert told.payload.error_type == "server.error"
    assert critical(room) == [told, room.updates[-1]]


async def test_the_last_lines_are_told_where_the_owner_lets_them_out(tmp_path: Path) -> None:
    room = Room(tmp_path)
    room.properties = {"output": True}
    async with room.at_work():
        await room.add("web", "say('no such table'); sys.exit(3)")
        await room.tell("start", "web")
        await room.until(lambda: room.told("server.error"))
    error = next(data for kind, data in room.events if kind == "server.error")
    assert error["exit_code"] == 3
    assert error["output"] == ["no such table"]


async def test_a_server_that_keeps_crashing_fails_with_a_reason_until_a_person_starts_it(tmp_path: Path) -> None:
    room = Room(tmp_path)
    async with room.at_work():
        await room.add_command("web", ["false"])
        await room.tell("start", "web")
        await room.until_state("web", "failed", pass_s=5.0)
        assert room.runtime("web").restarts == 10
        assert len(critical(room)) == len(room.told("server.error")) == 11
        assert "did not help" in room.runtime("web").process.why
        await room.tell("start", "web")
        assert room.runtime("web").restarts == 0
        await room.tell("stop", "web")
        await room.until_state("web", "stopped")
        assert type(critical(room)[-1]) is ServerUpdateEvent


def critical(room: Room) -> list[Any]:
    """What is owed to each client, oldest first."""
    return [one for one in room.updates if is_critical(one, level_of(one))]


GROWTH_BYTES_MAX = 32 * 1024
"""From the 50th to the 200th crash: a single event that were kept of each would be more. Measured: nothing, and up to
20 KiB of cancelled timers, which asyncio throws away by the hundred."""


def memory_bytes() -> int:
    """What Python has allocated and holds, without the instants that were put into words last, which are cached."""
    cached = tracemalloc.Filter(inclusive=False, filename_pattern=timestamps.__file__)
    return sum(one.size for one in tracemalloc.take_snapshot().filter_traces([cached]).traces)


async def test_two_hundred_crashes_leave_nothing_behind(tmp_path: Path) -> None:
    room = Room(tmp_path)
    held: dict[int, tuple[int, int, int]] = {}
    tracemalloc.start()
    try:
        async with room.at_work():
            await room.add_command("web", ["false"])
            await room.tell("start", "web")
            for crash in range(1, 201):
                await room.until(lambda: room.told("server.error"), pass_s=61.0)
                room.emitted.clear()
                if room.runtime("web").process.state == "failed":
                    await room.tell("start", "web")
                if crash in (50, 200):
                    gc.collect()
                    descriptors = len(list(Path("/proc/self/fd").iterdir()))
                    held[crash] = descriptors, len(asyncio.all_tasks()), memory_bytes()
            await room.tell("stop", "web")
            await room.until_state("web", "stopped")
    finally:
        tracemalloc.stop()
    assert held[200][0] <= held[50][0]
    assert held[200][1] <= held[50][1]
    assert held[200][2] - held[50][2] <= GROWTH_BYTES_MAX
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    assert not [one for one in children if Path(f"/proc/{one}/stat").read_text().split()[2] == "Z"]


async def test_servers_stop_with_the_source_and_resume_with_it_in_the_same_life(tmp_path: Path) -> None:
    room = Room(tmp_path)
    async with room.at_work():
        await room.add("web", "hang()", autostart=False)
        await room.tell("start", "web")
        await room.until_state("web", "running")
        pid = room.pid("web")
    assert not is_there(pid)
    assert room.runtime("web").process.state == "stopped"
    async with room.at_work():
        await room.until_state("web", "running")


async def test_a_stubborn_server_is_killed_when_the_source_stops(tmp_path: Path) -> None:
    room = Room(tmp_path)
    code = "signal.signal(signal.SIGTERM, signal.SIG_IGN); say('deaf'); hang()"
    async with room.at_work():
        await room.add("web", code, stop_grace_s=0.1)
        await room.tell("start", "web")
        await room.until(lambda: "deaf" in room.said("web"))
        pid = room.pid("web")
    assert not is_there(pid)
    assert room.runtime("web").process.state == "stopped"


async def test_a_server_that_is_to_stay_goes_on_and_is_found_again(tmp_path: Path) -> None:
    room = Room(tmp_path)
    async with room.at_work():
        await room.add("web", "say('once'); hang()", keep_running=True)
        await room.tell("start", "web")
        await room.until_state("web", "running")
        await room.until(lambda: "once" in room.said("web"))
        pid = room.pid("web")
    assert is_there(pid)
    async with room.at_work():
        await room.until(lambda: room.inbox.ask is not None)
        figures = await room.ask("figures", names=["web"])
        assert figures["web"]["processes"] == 1
        assert room.pid("web") == pid
        os.kill(pid, signal.SIGTERM)
        await room.until(lambda: room.told("server.error"))
        await room.tell("stop", "web")
        await room.until_state("web", "stopped")
    assert room.said("web").count("once") == 1


async def test_one_that_ended_while_nobody_looked_is_started_again(tmp_path: Path) -> None:
    room = Room(tmp_path)
    async with room.at_work():
        await room.add("web", "hang()", keep_running=True)
        await room.tell("start", "web")
        await room.until_state("web", "running")
        pid = room.pid("web")
    os.kill(pid, signal.SIGKILL)
    async with room.at_work():
        await room.until(lambda: room.runtime("web").process.pid not in (None, pid), pass_s=0.5)
        await room.tell("stop", "web")
        await room.until_state("web", "stopped")


async def test_the_same_command_on_the_port_is_adopted_and_not_fought(tmp_path: Path) -> None:
    room, port = Room(tmp_path), free_port()
    argv = python(f"one = listen({port}); say('ready'); hang()")
    output = tmp_path / "by-hand.log"
    by_hand = managed_process.start(argv, environment=dict(os.environ), folder=tmp_path, output=output)
    await room.until(lambda: "ready" in output.read_text())
    async with room.at_work():
        await room.add_command("web", argv, port=port, health={"kind": "tcp"})
        await room.tell("start", "web")
        await room.until_state("web", "running", pass_s=0.1)
        assert room.pid("web") == by_hand.pid
        assert room.runtime("web").is_adopted
        await room.tell("stop", "web")
        await room.until_state("web", "stopped")
    assert not by_hand.is_alive()


async def test_a_stranger_on_the_port_is_named_and_left_alone(tmp_path: Path) -> None:
    room = Room(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        async with room.at_work():
            await room.add("web", f"listen({port}); hang()", port=port)
            with pytest.raises(Conflict) as refused:
                await room.tell("start", "web")
            assert room.runtime("web").process.state == "stopped"
    assert refused.value.code == "server.port_taken"
    assert f"process {os.getpid()} (" in refused.value.message


async def test_two_daemons_never_keep_one_port(tmp_path: Path) -> None:
    room, port = Room(tmp_path), free_port()
    other = LockFile(tmp_path / "runtime" / "posthouse" / f"port-{port}.lock")
    (tmp_path / "runtime" / "posthouse").mkdir()
    assert other.acquire()
    async with room.at_work():
        await room.add("web", f"listen({port}); hang()", port=port)
        with pytest.raises(Conflict) as refused:
            await room.tell("start", "web")
        assert refused.value.code == "server.held"
        assert str(os.getpid()) in refused.value.message
        other.release()
        await room.tell("start", "web")
        await room.until_state("web", "running")
        assert not other.acquire()
        await room.tell("stop", "web")
        await room.until_state("web", "stopped")
        assert other.acquire()
        other.release()


async def test_nothing_runs_where_programs_may_not(tmp_path: Path) -> None:
    room = Room(tmp_path)
    async with room.at_work():
        await room.add("web", "hang()")
        room.is_allowed = False
        for attempt in (room.tell("start", "web"), room.add("next", "hang()")):
            with pytest.raises(BadInput) as refused:
                await attempt
            assert refused.value.code == "source.commands_off"
    assert room.told() == []


async def test_a_sick_server_is_told_and_restarted_after_its_grace(tmp_path: Path) -> None:
    room, port = Room(tmp_path), free_port()
    async with room.at_work():
        await room.add("web", HTTP, port=port, env={"PORT": str(port)}, health={"kind": "http", "path": "/"})
        await room.tell("start", "web")
        await room.until_state("web", "running", pass_s=0.1)
        first = room.pid("web")
        (tmp_path / "sick").touch()
        await room.until_state("web", "unhealthy", pass_s=1.0)
        assert "503" in room.runtime("web").process.why
        await room.until(lambda: room.runtime("web").process.pid not in (None, first), pass_s=1.0)
        (tmp_path / "sick").unlink()
        await room.until_state("web", "running", pass_s=0.5)
        await room.tell("stop", "web")
        await room.until_state("web", "stopped")


async def test_a_line_of_output_tells_that_a_server_is_ready(tmp_path: Path) -> None:
    room = Room(tmp_path)
    code = "say('warming up')\nwhile not os.path.exists('go'): time.sleep(0.01)\nsay('ready to serve'); hang()"
    async with room.at_work():
        await room.add("web", code, health={"kind": "log", "contains": "ready to serve"})
        await room.tell("start", "web")
        await room.until(lambda: "warming" in room.said("web"))
        assert room.runtime("web").process.state == "starting"
        (tmp_path / "go").touch()
        await room.until_state("web", "running", pass_s=0.05)
        await room.tell("stop", "web")
        await room.until_state("web", "stopped")


async def test_a_tunnel_comes_and_goes_with_its_server_and_its_address_is_found(tmp_path: Path) -> None:
    room = Room(tmp_path)
    said = "say('see https://example.com/terms'); say('|  https://quick-fox.example.net   |'); hang()"
    tunnel = python(said)
    async with room.at_work():
        with pytest.raises(BadInput) as refused:
            await room.add("web", "hang()", tunnel=tunnel)
        assert refused.value.code == "server.tunnel_unconfirmed"
        await room.add("web", "hang()", tunnel=tunnel, confirm_tunnel=True)
        await room.tell("start", "web")
        await room.until(lambda: room.tunnel("web").process.state == "running", pass_s=0.05)
        assert room.tunnel("web").url == "https://quick-fox.example.net"
        pid = room.tunnel("web").process.pid
        assert pid is not None
        await room.tell("stop", "web")
        await room.until(lambda: room.tunnel("web").process.state == "stopped")
        await room.until_state("web", "stopped")
    assert not is_there(pid)


async def test_an_edit_holds_from_the_next_start_on_and_only_what_has_stopped_is_removed(tmp_path: Path) -> None:
    room = Room(tmp_path)
    async with room.at_work():
        await room.add("web", "say('old'); hang()")
        await room.tell("start", "web")
        await room.until(lambda: "old" in room.said("web"))
        await room.ask("edit", name="web", definition={"argv": python("say('new'); hang()")})
        assert "new" not in room.said("web")
        with pytest.raises(Conflict) as moved:
            await room.ask("edit", name="web", definition={"port": free_port()})
        assert (moved.value.code, moved.value.field) == ("server.not_stopped", "port")
        with pytest.raises(Conflict) as refused:
            await room.tell("remove", "web")
        assert refused.value.code == "server.not_stopped"
        await room.tell("restart", "web")
        await room.until(lambda: "new" in room.said("web"))
        await room.tell("stop", "web")
        await room.until_state("web", "stopped")
        await room.tell("remove", "web")
        with pytest.raises(NotFound):
            await room.tell("start", "web")
    assert not (tmp_path / "servers" / "web").exists()
    assert not [key for key in room.state.stored if "web" in key]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": "Web Server"}, "name"),
        ({"argv": []}, "argv"),
        ({"argv": ["./relative"]}, "argv"),
        ({"port": 80}, "port"),
        ({"port": 70_000}, "port"),
        ({"folder": "relative"}, "folder"),
        ({"env": {"1X": "y"}}, "env"),
        ({"env": {"POSTHOUSE_HOME": "y"}}, "env"),
        ({"health": {"kind": "tcp"}}, "port"),
        ({"health": {"kind": "log"}}, "health.contains"),
        ({"health": {"kind": "http", "path": "x"}, "port": 4_000}, "health.path"),
        ({"health": {"interval_s": 0}}, "health.interval_s"),
        ({"restart": "sometimes"}, "restart"),
        ({"stop_signal": "SIGKILL"}, "stop_signal"),
        ({"preset": "nginx"}, "preset"),
    ],
)
async def test_what_no_server_can_be_is_refused_and_changes_nothing(
    tmp_path: Path, given: dict[str, object], field: str
) -> None:
    room = Room(tmp_path)
    async with room.at_work():
        with pytest.raises(BadInput) as refused:
            await room.ask("add", definition={"name": "web", "argv": ["true"], **given})
    assert refused.value.code == ("server.port_invalid" if "port" in given and field == "port" else "server.invalid")
    assert refused.value.field == field
    assert not room.state.stored


async def test_two_servers_cannot_have_one_port_or_one_name(tmp_path: Path) -> None:
    room, port = Room(tmp_path), free_port()
    async with room.at_work():
        await room.add("web", "hang()", port=port)
        for name, code in (("web", "server.exists"), ("next", "server.port_used")):
            with pytest.raises(Conflict) as refused:
                await room.add(name, "hang()", port=port)
            assert refused.value.code == code


async def test_the_opencode_preset_needs_only_its_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room, port = Room(tmp_path), free_port()
    monkeypatch.setenv("PATH", str(tmp_path))
    async with room.at_work():
        with pytest.raises(Conflict) as refused:
            await room.ask("add", definition={"name": "code", "preset": "opencode", "port": port})
        assert refused.value.code == "server.opencode_missing"
        assert "npm install -g opencode-ai" in refused.value.message
        program = tmp_path / "opencode"
        program.write_text(f"#!{sys.executable}\n")
        program.chmod(0o755)
        await room.ask("add", definition={"name": "code", "preset": "opencode", "port": port})
    assert b'"/global/health"' in room.state.stored["server/code"]


async def test_a_program_that_cannot_be_started_says_why(tmp_path: Path) -> None:
    room = Room(tmp_path)
    async with room.at_work():
        await room.add_command("web", [str(tmp_path / "nowhere")], restart="never")
        await room.tell("start", "web")
        await room.until_state("web", "failed")
    assert "No such file" in room.runtime("web").process.why


async def test_servers_go_on_while_nothing_can_be_committed_and_are_found_again(tmp_path: Path) -> None:
    room = Room(tmp_path)
    async with room.at_work() as task:
        await room.add("web", "hang()")
        await room.tell("start", "web")
        await room.until_state("web", "running")
        pid = room.pid("web")
        room.failure = DiskLow("disk.low", "The disk is full.")
        os.kill(pid, signal.SIGKILL)
        await room.until(task.done)
    room.failure = None
    async with room.at_work():
        await room.until(lambda: room.runtime("web").process.pid not in (None, pid), pass_s=0.5)
        await room.tell("stop", "web")
        await room.until_state("web", "stopped")


def test_a_command_is_recognised_behind_an_interpreter() -> None:
    wanted = ("opencode", "serve", "--port", "4096")
    assert is_same_command(wanted, ("/usr/bin/node", "/usr/bin/opencode", "serve", "--port", "4096"))
    assert is_same_command(wanted, wanted)
    assert not is_same_command(wanted, ("opencode", "serve", "--port", "4097"))
    assert not is_same_command(wanted, ("serve", "--port", "4096"))


def test_an_excerpt_is_short() -> None:
    assert excerpt_of([str(n) for n in range(30)]) == tuple(str(n) for n in range(10, 30))
    assert sum(map(len, excerpt_of(["x" * 3_000] * 5))) == 4_000
