"""The real `codex` and a loopback server: its logs are followed and counted, and its hooks leave what they hear."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from posthouse.cli.hooks_codex import PROGRAM, plan, unplan
from posthouse.model.agents import Report, ReportKind
from posthouse.model.ids import Millis
from posthouse.model.rate_limits import RateLimits
from posthouse.sources.agent_logs.codex_sessions import CodexSessions
from posthouse.sources.agent_logs.codex_state import rate_limits
from posthouse.sources.agents.codex_logs import LIMITS_KEY
from posthouse.sources.agents.codex_notify import reports
from posthouse.sources.agents.hearing import Call
from posthouse.sources.base import RESCAN, SourceContext
from posthouse.sources.watch import watch
from posthouse.system.clock import SystemClock
from tests.codex_program import CODEX, Machine
from tests.servers.responses_api import FunctionCall, Reply, responses_api
from tests.sources.codex_logs import listening
from tests.sources.support import DEADLINE_S, MemoryState, context_for

pytestmark = pytest.mark.timeout(600)
ECHO = FunctionCall(name="exec_command", arguments={"cmd": "echo parcels > noted"})
REFUSED = Reply(status=400, text="this model is not for you")
BROKEN = Reply(status=500, text="broken inside")


def install_hooks(machine: Machine, posthouse: Path) -> Path:
    """Posthouse's hooks in the program's configuration; the folder of the spool that they write to."""
    program = posthouse / "hooks" / "codex"
    program.parent.mkdir(parents=True)
    program.write_text(PROGRAM)
    before = machine.config.read_text()
    machine.config.write_text(plan(before, program))
    assert unplan(machine.config.read_text(), program) == before
    return posthouse / "spool" / "agents" / "codex"


async def spooled(spool: Path, count: int) -> list[Report]:
    """What lies in the spool, as reports, oldest first, once so many files are there: nobody waits for `notify`."""
    async with asyncio.timeout(DEADLINE_S):
        async with aclosing(watch((spool,))) as changes:  # type: ignore[type-var]
            async for _ in changes:
                if len(list(spool.glob("*.json"))) >= count:
                    break
    files = sorted(spool.glob("*.json"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    calls = [Call(key=path.name, at=Millis(1), content=path.read_bytes()) for path in files]
    return [report for call in calls for report in reports(call)]


def facts(report: Report) -> tuple[Any, ...]:
    """What tells reports apart, without instants."""
    return report.kind.value, report.project, report.message, report.error


async def test_turns_that_end_fail_and_use_a_tool_are_heard_live_from_the_log_and_from_notify(tmp_path: Path) -> None:
    program = await asyncio.to_thread(CODEX.path_or_skip)
    limited = Reply(text="There are parcels.", used_percent=(12.5, 40.0), resets_at_s=1_900_000_000)
    async with responses_api(Reply(call=ECHO), limited) as api:
        machine = Machine(tmp_path, program, api.url)
        spool = install_hooks(machine, tmp_path / "posthouse")
        state = MemoryState()
        async with listening(machine.codex_home, state, clock=SystemClock()) as heard:
            assert await machine.run("Look for parcels") == 0
            await heard.until(ReportKind.TURN_COMPLETED)
            assert [facts(one) for one in heard.reports] == [
                ("spawned", "work", "", ""),
                ("turn-started", "work", "", ""),
                ("permission-resolved", "work", "", ""),
                ("turn-completed", "work", "There are parcels.", ""),
            ]
            ended = heard.reports[-1]
            assert {one.agent_id for one in heard.reports} == {ended.agent_id}
            assert (machine.work / "noted").read_text() == "parcels\n"
            limits = msgspec.json.decode(state.stored[LIMITS_KEY], type=RateLimits)
            assert limits.primary is not None
            assert limits.secondary is not None
            assert (limits.primary.used_percent, limits.primary.window_minutes) == (12.5, 300)
            assert (limits.secondary.used_percent, limits.secondary.resets_at) == (40.0, 1_900_000_000_000)

            (notified,) = await spooled(spool, 1)
            assert facts(notified) == facts(ended)
            assert (notified.agent_id, notified.turn_id) == (ended.agent_id, ended.turn_id)

            for reply in (REFUSED, *[BROKEN] * 10):
                api.add(reply)
            assert await machine.run("Fail at once") == 1
            assert await machine.run("Fail after all retries") == 1
            await heard.until(ReportKind.TURN_ERROR, 2)
            refused, broken = (one for one in heard.reports if one.kind is ReportKind.TURN_ERROR)
            assert "this model is not for you" in refused.error
            assert broken.error
            assert len(api.requests) > 2 + 1 + 2
            assert heard.kinds(broken.agent_id) == ["spawned", "turn-started", "turn-error"]
            assert len(await spooled(spool, 1)) == 1


async def test_an_error_that_is_tried_again_is_no_error_of_the_turn(tmp_path: Path) -> None:
    program = await asyncio.to_thread(CODEX.path_or_skip)
    async with responses_api(Reply(is_cut=True), Reply(text="Now it worked.")) as api:
        machine = Machine(tmp_path, program, api.url)
        async with listening(machine.codex_home, MemoryState(), clock=SystemClock()) as heard:
            assert await machine.run("Try twice") == 0
            await heard.until(ReportKind.TURN_COMPLETED)
            assert len(api.requests) == 2
            assert heard.kinds() == ["spawned", "turn-started", "turn-completed"]


async def test_a_permission_is_heard_by_the_hook_and_its_answer_from_the_log(tmp_path: Path) -> None:
    program = await asyncio.to_thread(CODEX.path_or_skip)
    turns = [Reply(call=ECHO), Reply(), Reply(call=ECHO), Reply(), Reply(call=ECHO)]
    decisions = iter(("accept", "decline", "cancel"))
    async with responses_api(*turns) as api:
        machine = Machine(tmp_path, program, api.url)
        spool = install_hooks(machine, tmp_path / "posthouse")
        assert await machine.trust_hooks() == 2
        async with listening(machine.codex_home, MemoryState(), clock=SystemClock()) as heard:
            async with machine.server(lambda asked: next(decisions)) as server:
                started = await server.call(
                    "thread/start", cwd=str(machine.work), approvalPolicy="untrusted", sandbox="danger-full-access"
                )
                thread = started["thread"]["id"]
                ids = [await server.turn(thread, f"Ask me, {number}") for number in range(3)]
                assert len(server.asked) == 3
            await heard.until(ReportKind.WAITING)

        # Three questions, and two turns that ended well.
        asked = [one for one in await spooled(spool, 5) if one.kind is ReportKind.PERMISSION_REQUIRED]
        assert [(one.agent_id, one.turn_id) for one in asked] == [(thread, turn) for turn in ids]
        prompts = [one.prompts[0] for one in asked]
        assert {(one.permission, one.description) for one in prompts} == {("Bash", ECHO.arguments["cmd"])}
        resolved = [one.prompt_ids for one in heard.reports if one.kind is ReportKind.PERMISSION_RESOLVED]
        assert [ids for ids in resolved if ids] == [(one.id,) for one in prompts]
        turn = ["turn-started", "permission-resolved", "turn-completed"]
        broken_off = ["turn-started", "permission-resolved", "permission-resolved", "waiting"]
        assert heard.kinds(thread) == ["spawned", *turn, *turn, *broken_off]


async def test_subagents_forks_and_names_are_known_for_what_they_are(tmp_path: Path) -> None:
    program = await asyncio.to_thread(CODEX.path_or_skip)
    spawn = FunctionCall(name="spawn_agent", namespace="multi_agent_v1", arguments={"message": "Count them"})
    async with responses_api(Reply(text="First.")) as api:
        machine = Machine(tmp_path, program, api.url)
        spool = install_hooks(machine, tmp_path / "posthouse")
        assert await machine.trust_hooks() == 2
        async with (
            listening(machine.codex_home, MemoryState(), clock=SystemClock()) as heard,
            machine.server() as server,
        ):
            started = await server.call("thread/start", cwd=str(machine.work), approvalPolicy="never")
            thread = started["thread"]["id"]
            await server.turn(thread, "Begin")
            await server.call("thread/name/set", threadId=thread, name="Parcels of November")
            forked = await server.call("thread/fork", threadId=thread)
            fork = forked["thread"]["id"]
            await server.turn(fork, "Go on apart")
            api.add(Reply(call=spawn))
            await server.begin_turn(thread, "Let it be counted")
            await heard.until(ReportKind.TURN_COMPLETED, 4)
        assert heard.kinds(fork) == ["spawned", "turn-started", "turn-completed"]
        (subagent,) = {one.agent_id for one in heard.reports} - {thread, fork}
        assert heard.kinds(subagent) == ["spawned", "turn-started", "turn-completed"]
        assert {one.parent_id for one in heard.reports if one.agent_id == subagent} == {thread}
        assert {one.parent_id for one in heard.reports if one.agent_id == thread} == {None}
        assert [one.title for one in heard.reports if one.agent_id == thread][-1] == "Parcels of November"
        # A subagent's beginning, and four turns that ended well.
        born = [one for one in await spooled(spool, 5) if one.kind is ReportKind.SPAWNED]
        assert [(one.agent_id, one.parent_id) for one in born] == [(subagent, thread)]


async def test_what_the_program_used_is_counted_as_it_was_served(tmp_path: Path) -> None:
    program = await asyncio.to_thread(CODEX.path_or_skip)
    limited = Reply(text="First.", used_percent=(12.5, 40.0), resets_at_s=1_900_000_000)
    async with responses_api(limited) as api:
        machine = Machine(tmp_path, program, api.url)
        assert await machine.run("Begin") == 0
        (log,) = machine.codex_home.glob("sessions/**/*.jsonl")
        settings = {"roots": [str(machine.codex_home / name) for name in ("sessions", "archived_sessions")]}
        context = context_for("codex-sessions", settings, properties={"titles": True}, clock=SystemClock())
        (alone,) = await sessions(context)
        assert (alone["id"], alone["title"]) == (log.stem[-36:], "Begin")
        async with machine.server() as server:
            thread = (await server.call("thread/resume", threadId=alone["id"]))["thread"]["id"]
            await server.turn(thread, "Go on")
            await server.call("thread/name/set", threadId=thread, name="Parcels")
            fork = (await server.call("thread/fork", threadId=thread))["thread"]["id"]
            await server.turn(fork, "Go on apart")
            await server.call("thread/archive", threadId=fork)
        found = {one["id"]: one for one in await sessions(context)}

    # One request each: of the first run, of its resumption, and of the fork.
    served = {"input": 11, "cache_read": 3, "output": 7, "reasoning_output": 2}
    assert found.keys() == {thread, fork}
    assert found[fork]["tokens"] == alone["tokens"] == served
    assert found[thread]["tokens"] == {name: 2 * count for name, count in served.items()}
    assert (found[thread]["message_count"], found[fork]["message_count"]) == (2, 1)
    assert {one["title"] for one in found.values()} == {"Parcels"}
    assert {(one["model"], one["project_path"]) for one in found.values()} == {("gpt-5-codex", str(machine.work))}
    limits = await rate_limits(context.state)
    assert limits is not None
    assert limits.secondary is not None
    assert limits.secondary.resets_at == 1_900_000_000_000


async def sessions(context: SourceContext) -> list[dict[str, Any]]:
    """The sessions that one read tells of, whose state is committed."""
    emission = await CodexSessions().collect(context, RESCAN)
    assert isinstance(context.state, MemoryState)
    context.state.commit(emission)
    return list(msgspec.json.decode(emission.events[0].data)["sessions"])
