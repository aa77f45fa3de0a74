"""The real `opencode serve` works for a loopback provider, and its event stream is followed."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from posthouse.model.agents import Report, ReportKind
from posthouse.sources.agents.opencode_standing import CUT_OFF
from posthouse.system.clock import SystemClock
from tests.opencode_program import OPENCODE, OpenCodeProcess, opencode_process
from tests.servers.chat_completions import TITLE, ChatCompletions, Reply, ToolCall, chat_completions
from tests.sources.opencode_ear import Ear, listening

pytestmark = pytest.mark.timeout(600)

SPAWNED, STARTED, COMPLETED = ReportKind.SPAWNED, ReportKind.TURN_STARTED, ReportKind.TURN_COMPLETED
REQUIRED, RESOLVED, LIST = (
    ReportKind.PERMISSION_REQUIRED,
    ReportKind.PERMISSION_RESOLVED,
    ReportKind.PERMISSION_LIST,
)
ERROR, ALIVE, WAITING, ENDED = ReportKind.TURN_ERROR, ReportKind.ALIVE, ReportKind.WAITING, ReportKind.ENDED

ECHO = ToolCall(name="bash", input={"command": "echo parcels", "description": "Say it"})
TASK = ToolCall(name="task", input={"description": "Look", "prompt": "Look around", "subagent_type": "general"})
QUESTION = ToolCall(
    name="question",
    input={
        "questions": [
            {"question": "Which colour?", "header": "Colour", "options": [{"label": "Red", "description": "As roses"}]}
        ]
    },
)


@pytest.fixture(scope="module")
def program() -> Path:
    return OPENCODE.path_or_skip()


def of(ear: Ear, session_id: str) -> Callable[[], list[ReportKind]]:
    """The kinds of what was told of a session, but for the signs of life."""
    return lambda: [one.kind for one in ear.reports if one.agent_id == session_id and one.kind is not ALIVE]


def last(ear: Ear, session_id: str) -> Report:
    return [one for one in ear.reports if one.agent_id == session_id][-1]


async def at_work(process: OpenCodeProcess, ear: Ear, text: str) -> tuple[str, Callable[[], list[ReportKind]]]:
    """A new session with something to do, and what will be told of it."""
    session_id = await process.session()
    await process.ask(session_id, text)
    return session_id, of(ear, session_id)


async def test_turns_prompts_questions_subagents_and_errors_of_the_real_server_are_told(
    program: Path, tmp_path: Path
) -> None:
    async with (
        chat_completions() as api,
        opencode_process(program, tmp_path, api.url) as process,
        listening(process.url, clock=SystemClock()) as ear,
    ):
        await ear.until(lambda: ear.state.stored)
        await _a_turn(process, ear)
        await _a_permission_in_another_project(process, ear, api, tmp_path / "other")
        await _a_subagent(process, ear, api)
        await _a_question(process, ear, api)
        await _errors(process, ear, api)
        await _an_abort(process, ear, api)


async def _a_turn(process: OpenCodeProcess, ear: Ear) -> None:
    session_id, kinds = await at_work(process, ear, "Say hello")
    await ear.until(lambda: kinds()[-1:] == [COMPLETED])

    assert kinds() == [SPAWNED, STARTED, COMPLETED]
    done = last(ear, session_id)
    assert (done.tool, done.machine, done.project, done.parent_id) == ("opencode", "", "work", None)
    assert (done.turn_id or "").startswith("msg_")

    await process.ask(session_id, "Once more")
    await ear.until(lambda: kinds().count(COMPLETED) == 2)
    assert kinds()[3:] == [STARTED, COMPLETED]
    assert (last(ear, session_id).turn_id != done.turn_id, last(ear, session_id).title) == (True, TITLE)


async def _a_permission_in_another_project(
    process: OpenCodeProcess, ear: Ear, api: ChatCompletions, folder: Path
) -> None:
    folder.mkdir()
    git = ("git", "-c", "user.email=me@example.org", "-c", "user.name=me")
    await asyncio.to_thread(subprocess.run, [*git, "init", "-q"], cwd=folder, check=True)
    await asyncio.to_thread(subprocess.run, [*git, "commit", "-qm", "x", "--allow-empty"], cwd=folder, check=True)
    api.add(Reply(text="Running.", tool=ECHO), Reply(text="It ran."))
    session_id = await process.session(folder)
    await process.ask(session_id, "Run it", folder=folder)
    kinds = of(ear, session_id)
    await ear.until(lambda: REQUIRED in kinds())

    (prompt,) = last(ear, session_id).prompts
    assert (prompt.permission, prompt.description, bytes(prompt.metadata)) == (
        "bash",
        "echo parcels",
        b'{"command":"echo parcels"}',
    )
    await process.post(f"/permission/{prompt.id}/reply", {"reply": "once"}, folder=folder)
    await ear.until(lambda: kinds()[-1:] == [COMPLETED])
    assert kinds() == [SPAWNED, STARTED, REQUIRED, RESOLVED, COMPLETED]
    resolved = next(one for one in ear.of(RESOLVED) if one.agent_id == session_id)
    assert (resolved.prompt_ids, resolved.decision) == ((prompt.id,), "allowed")
    assert last(ear, session_id).project == "other"


async def _a_subagent(process: OpenCodeProcess, ear: Ear, api: ChatCompletions) -> None:
    api.add(Reply(text="Delegating.", tool=TASK), Reply(text="Looking.", tool=ECHO), Reply(text="Seen."), Reply())
    session_id, kinds = await at_work(process, ear, "Delegate it")
    await ear.until(lambda: ear.reports[-1].kind is REQUIRED and ear.reports[-1].parent_id == session_id)

    child = ear.reports[-1]
    await process.post(f"/permission/{child.prompts[0].id}/reply", {"reply": "reject", "message": "Go on without."})
    await ear.until(lambda: kinds()[-1:] == [COMPLETED])
    assert kinds() == [SPAWNED, STARTED, COMPLETED]
    assert of(ear, child.agent_id)() == [SPAWNED, STARTED, REQUIRED, RESOLVED, COMPLETED]
    denied = next(one for one in ear.of(RESOLVED) if one.agent_id == child.agent_id)
    assert (denied.decision, denied.parent_id) == ("denied", session_id)


async def _a_question(process: OpenCodeProcess, ear: Ear, api: ChatCompletions) -> None:
    api.add(Reply(text="I wonder.", tool=QUESTION), Reply(text="Red it is."))
    session_id, kinds = await at_work(process, ear, "Ask me")
    await ear.until(lambda: WAITING in kinds())

    assert last(ear, session_id).message == "Which colour?"
    (question,) = await process.get("/question")
    await process.post(f"/question/{question['id']}/reply", {"answers": [["Red"]]})
    await ear.until(lambda: kinds()[-1:] == [COMPLETED])
    assert kinds() == [SPAWNED, STARTED, WAITING, COMPLETED]
    assert ALIVE in [one.kind for one in ear.reports if one.agent_id == session_id]
    await process.delete(session_id)
    await ear.until(lambda: ENDED in kinds())
    assert last(ear, session_id).reason == "deleted"


async def _errors(process: OpenCodeProcess, ear: Ear, api: ChatCompletions) -> None:
    api.add(Reply(status=503, text="Too busy"), Reply(text="There it is."))
    session_id, kinds = await at_work(process, ear, "Try until it works")
    await ear.until(lambda: kinds()[-1:] == [COMPLETED])
    assert kinds() == [SPAWNED, STARTED, COMPLETED]

    api.add(Reply(status=401, text="No such key"))
    await process.ask(session_id, "Try in vain")
    await ear.until(lambda: kinds()[-1:] == [ERROR])
    assert last(ear, session_id).error == "No such key"

    await process.ask(session_id, "And again")
    await ear.until(lambda: kinds()[-1:] == [COMPLETED])
    assert kinds()[3:] == [STARTED, ERROR, STARTED, COMPLETED]


async def _an_abort(process: OpenCodeProcess, ear: Ear, api: ChatCompletions) -> None:
    held = asyncio.Event()
    api.add(Reply(before=held))
    session_id, kinds = await at_work(process, ear, "Take long")
    await api.wait_for("Take long")
    await process.post(f"/session/{session_id}/abort")
    await ear.until(lambda: WAITING in kinds())
    held.set()

    await process.ask(session_id, "Go on")
    await ear.until(lambda: kinds()[-1:] == [COMPLETED])
    assert kinds() == [SPAWNED, STARTED, RESOLVED, WAITING, STARTED, COMPLETED]


async def test_a_restart_of_the_real_server_and_of_the_listener_loses_no_turn_and_doubles_none(
    program: Path, tmp_path: Path
) -> None:
    async with chat_completions() as api, opencode_process(program, tmp_path, api.url) as process:
        async with listening(process.url, clock=SystemClock()) as ear:
            await ear.until(lambda: ear.state.stored)
            done, done_kinds = await at_work(process, ear, "Say hello")
            await ear.until(lambda: COMPLETED in done_kinds())
            api.add(Reply(text="Running.", tool=ECHO))
            cut, cut_kinds = await at_work(process, ear, "Run it")
            await ear.until(lambda: REQUIRED in cut_kinds())

            await process.kill()
            await process.start()
            await ear.until(lambda: ERROR in cut_kinds())
            assert (last(ear, cut).error, cut_kinds()) == (CUT_OFF, [SPAWNED, STARTED, REQUIRED, ERROR])

            await process.ask(done, "Still there?")
            await ear.until(lambda: done_kinds().count(COMPLETED) == 2)

        api.add(Reply(text="Running.", tool=ECHO), Reply(text="It ran."))
        await process.ask(cut, "Run it now")
        async with listening(process.url, clock=SystemClock(), state=ear.state) as again:
            kinds = of(again, cut)
            await again.until(lambda: any(one.prompts for one in again.reports))
            prompt_id = last(again, cut).prompts[0].id
            await process.post(f"/permission/{prompt_id}/reply", {"reply": "once"})
            await again.until(lambda: kinds()[-1:] == [COMPLETED])

    told = [(one.agent_id, one.turn_id) for one in (*ear.reports, *again.reports) if one.kind is COMPLETED]
    assert len(set(told)) == 3
    assert {turn for turn in told if told.count(turn) > 1} <= {told[1]}


async def test_a_real_server_with_a_password_is_followed_with_it(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", "planted-word")

    async with (
        chat_completions() as api,
        opencode_process(program, tmp_path, api.url, password="planted-word") as process,
        listening(process.url, clock=SystemClock()) as ear,
    ):
        await ear.until(lambda: ear.state.stored)
        _, kinds = await at_work(process, ear, "Say hello")
        await ear.until(lambda: COMPLETED in kinds())

    assert kinds() == [SPAWNED, STARTED, COMPLETED]
