"""The listener against a small OpenCode server that does what a real one cannot be made to do."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from aiohttp import web

from posthouse.model.agents import Report, ReportKind
from posthouse.model.sources import StateKey, StatePut
from posthouse.sources.agents import opencode_api
from posthouse.sources.agents.opencode import STATE, OpenCode, problems, wait_s
from posthouse.sources.agents.opencode_standing import CUT_OFF
from posthouse.sources.agents.settings import AgentsSettings
from posthouse.sources.servers.opencode import authorization
from tests.clock import START, ManualClock
from tests.servers.opencode import OpenCodeServer, opencode_server, wrapped
from tests.sources.opencode_ear import Ear, listening
from tests.sources.support import MemoryState, context_for

SPAWNED, STARTED, COMPLETED = ReportKind.SPAWNED, ReportKind.TURN_STARTED, ReportKind.TURN_COMPLETED
REQUIRED, RESOLVED, LIST = (
    ReportKind.PERMISSION_REQUIRED,
    ReportKind.PERMISSION_RESOLVED,
    ReportKind.PERMISSION_LIST,
)
ERROR, ALIVE, WAITING, ENDED = ReportKind.TURN_ERROR, ReportKind.ALIVE, ReportKind.WAITING, ReportKind.ENDED
ASKED: dict[str, Any] = {
    "permission": "bash",
    "patterns": ["echo hi"],
    "metadata": {"command": "echo hi"},
    "always": ["echo *"],
}


@pytest.fixture
async def server() -> AsyncIterator[OpenCodeServer]:
    async with opencode_server() as running:
        yield running


async def turn(server: OpenCodeServer, session_id: str, message_id: str, *, at: int) -> None:
    """Let a turn begin and end."""
    info = {"id": message_id, "sessionID": session_id, "role": "user", "time": {"created": at}}
    await server.say("message.updated", sessionID=session_id, info=info)
    await server.say("session.status", sessionID=session_id, status={"type": "busy"})
    await server.say("session.status", sessionID=session_id, status={"type": "idle"})
    await server.say("session.idle", sessionID=session_id)


async def ready(server: OpenCodeServer, ear: Ear, connections: int = 1) -> None:
    """Return when the listener has asked what stands, which it commits, and listens."""
    await server.connected(connections)
    await ear.until(lambda: any(key.startswith(STATE) for key in ear.state.stored))


def problems_of(ear: Ear) -> tuple[str, ...]:
    return problems({key: value for key, value in ear.state.stored.items() if key.startswith(STATE)})


def life(server: OpenCodeServer) -> bytes:
    """A session with a turn that asks for a permission, as it is sent."""
    info = server.session("ses_1", updated=START)
    asked = {"id": "msg_1", "sessionID": "ses_1", "role": "user", "time": {"created": START + 1}}
    return b"".join(
        [
            wrapped("session.created", sessionID="ses_1", info=info),
            b": a comment\n\n",
            wrapped("message.updated", sessionID="ses_1", info=asked),
            wrapped("session.updated", sessionID="ses_1", info=info | {"title": "A tälk"}),
            wrapped("session.status", sessionID="ses_1", status={"type": "busy"}),
            wrapped(
                "message.part.delta", sessionID="ses_1", messageID="msg_2", partID="prt_1", field="text", delta="x"
            ),
            wrapped("permission.asked", id="per_1", sessionID="ses_1", **ASKED),
            wrapped("permission.replied", sessionID="ses_1", requestID="per_1", reply="once"),
            wrapped("session.status", sessionID="ses_1", status={"type": "idle"}),
            wrapped("session.idle", sessionID="ses_1"),
        ]
    )


@pytest.mark.parametrize("piece", [1, 7, 1_000_000])
async def test_events_are_heard_however_they_are_cut(server: OpenCodeServer, piece: int) -> None:
    async with listening(server.url) as ear:
        await ready(server, ear)
        said = life(server)
        for start in range(0, len(said), piece):
            await server.write(said[start : start + piece])
        await ear.until(lambda: COMPLETED in ear.kinds)

    assert ear.kinds == [SPAWNED, STARTED, REQUIRED, RESOLVED, COMPLETED]
    assert {(one.agent_id, one.tool, one.machine, one.project) for one in ear.reports} == {
        ("ses_1", "opencode", "", "work")
    }
    assert [(one.title, one.turn_id) for one in ear.reports] == [("", None), *[("A tälk", "msg_1")] * 4]
    (prompt,) = ear.reports[2].prompts
    assert (prompt.id, prompt.permission, prompt.description) == ("per_1", "bash", "echo hi")
    assert json.loads(bytes(prompt.metadata)) == {"command": "echo hi"}
    assert (ear.reports[3].prompt_ids, ear.reports[3].decision) == (("per_1",), "allowed")


@pytest.mark.parametrize("cut", [0, 1, 40, 90])
async def test_a_connection_that_breaks_in_the_middle_of_an_event_loses_nothing(
    server: OpenCodeServer, cut: int
) -> None:
    async with listening(server.url) as ear:
        await ready(server, ear)
        server.session("ses_1", updated=START + 5)
        await server.say("session.status", sessionID="ses_1", status={"type": "busy"})
        await ear.until(lambda: STARTED in ear.kinds)
        server.message("ses_1", turn="msg_1", at=START + 5)
        server.messages["ses_1"]["info"]["time"]["completed"] = START + 9
        await server.write(wrapped("session.idle", sessionID="ses_1")[:cut])
        server.reset()
        await ear.until(lambda: COMPLETED in ear.kinds)
        await server.connected(2)
        await turn(server, "ses_1", "msg_2", at=START + 20)
        await ear.until(lambda: len(ear.of(COMPLETED)) == 2)

    assert [one.turn_id for one in ear.of(COMPLETED)] == ["msg_1", "msg_2"]


async def test_a_server_that_is_not_there_is_tried_ever_less_often_and_said_to_be_missing_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    with caplog.at_level(logging.INFO):
        async with listening(f"http://127.0.0.1:{port}") as ear:
            await ear.until(lambda: len(ear.waits) == 7)
            assert problems_of(ear) == (
                f"OpenCode's events cannot be followed: 127.0.0.1:{port} refused the connection.",
            )
            async with opencode_server(port) as server:
                await server.connected(1)
                await ear.until(lambda: not problems_of(ear))

    assert ear.waits[:7] == [wait_s(number, 0.0) for number in range(1, 8)]
    assert [record.getMessage() for record in caplog.records if record.name.endswith("opencode")][:2] == [
        "an OpenCode server is not followed",
        "an OpenCode server is followed again",
    ]
    assert ear.reports == []


def test_waits_grow_to_half_a_minute_and_are_spread() -> None:
    assert [wait_s(number, 1.0) for number in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]
    assert [wait_s(number, -1.0) for number in range(1, 8)] == [0.75, 1.5, 3, 6, 12, 22.5, 22.5]
    assert wait_s(10_000, 1.0) == 30


async def test_a_stream_without_heartbeats_is_lost_and_opened_again(
    server: OpenCodeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opencode_api, "SILENCE_S", 0.2)

    async with listening(server.url) as ear:
        await server.connected(3)

    assert len(ear.waits) >= 2


async def test_a_stream_that_ends_is_opened_again(server: OpenCodeServer) -> None:
    async with listening(server.url) as ear:
        await ready(server, ear)
        server.end()
        await server.connected(2)
        await turn(server, "ses_1", "msg_1", at=START)
        await ear.until(lambda: COMPLETED in ear.kinds)

    assert ear.kinds == [STARTED, COMPLETED]


async def test_a_server_with_a_password_wants_it_from_the_environment(
    server: OpenCodeServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    server.password = "planted-word"

    async with listening(server.url) as ear:
        await ear.until(lambda: problems_of(ear))
        (problem,) = problems_of(ear)
    monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", "planted-word")
    async with listening(server.url, state=ear.state) as ear:
        await server.connected(1)
        await ear.until(lambda: not problems_of(ear))

    assert "OPENCODE_SERVER_PASSWORD" in problem
    assert "planted-word" not in caplog.text
    assert not any(b"planted-word" in value for value in ear.state.stored.values())


async def test_what_lets_it_in_may_be_said_by_who_keeps_the_server(
    server: OpenCodeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.password = "planted-word"
    monkeypatch.setenv("OPENCODE_SERVER_PASSWORD", "of-another-server")

    async with listening(server.url, headers={server.url: authorization("", "planted-word")}) as ear:
        await server.connected(1)
        await ear.until(lambda: ear.state.stored)

    assert problems_of(ear) == ()
    assert not any(b"planted-word" in value for value in ear.state.stored.values())


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (302, {"location": "/elsewhere"}, "a redirect, which is not followed"),
        (404, {}, "no OpenCode server (status 404)"),
        (200, {"content-type": "text/html"}, "no OpenCode server (status 200)"),
        (500, {}, "no OpenCode server (status 500)"),
    ],
)
async def test_what_is_no_server_of_opencode_is_said_to_be_none(
    server: OpenCodeServer, status: int, headers: dict[str, str], words: str
) -> None:
    server.refusal = web.Response(status=status, headers=headers)

    async with listening(server.url) as ear:
        await ear.until(lambda: problems_of(ear))
        assert words in problems_of(ear)[0]
        server.refusal = None
        await server.connected(1)
        await ear.until(lambda: not problems_of(ear))

    assert server.asked[0].startswith("/experimental/session?")


async def test_an_event_that_is_too_large_is_passed_over_and_the_next_is_heard(server: OpenCodeServer) -> None:
    async with listening(server.url) as ear:
        await ready(server, ear)
        part = {"type": "tool", "sessionID": "ses_1", "state": {"output": "x" * 3_000_000}}
        await server.say("message.part.updated", sessionID="ses_1", part=part)
        await server.write(b"data: {not json\n\ndata: []\n\ndata: {}\n\n")
        await server.say("session.status", sessionID="ses_1", status="busy")
        await turn(server, "ses_1", "msg_1", at=START)
        await ear.until(lambda: COMPLETED in ear.kinds)

    assert ear.kinds == [STARTED, COMPLETED]


async def test_at_the_first_look_only_who_is_at_work_is_told_of(server: OpenCodeServer) -> None:
    server.session("ses_old", updated=START - 30_000_000)
    server.session("ses_done", updated=START - 5_000, folder="/done")
    server.session("ses_asks", updated=START - 4_000, title="Fix it")
    server.session("ses_sub", updated=START - 3_000, parentID="ses_asks")
    server.session("ses_wonders", updated=START - 2_000)
    server.busy = {"ses_asks", "ses_sub", "ses_wonders"}
    server.prompts = [{"id": "per_1", "sessionID": "ses_asks", **ASKED}]
    server.questions = [{"id": "que_1", "sessionID": "ses_wonders", "questions": [{"question": "Which colour?"}]}]
    for session_id in server.sessions:
        server.message(session_id, turn=f"turn_{session_id}", at=START - 2_000)

    async with listening(server.url) as ear:
        await ready(server, ear)
        await ear.until(lambda: ear.reports)

    told = [(one.agent_id, one.kind, len(one.prompts), one.turn_id) for one in ear.reports]
    assert told == [
        ("ses_asks", ALIVE, 0, "turn_ses_asks"),
        ("ses_asks", LIST, 1, "turn_ses_asks"),
        ("ses_sub", ALIVE, 0, "turn_ses_sub"),
        ("ses_sub", LIST, 0, "turn_ses_sub"),
        ("ses_wonders", LIST, 0, "turn_ses_wonders"),
        ("ses_wonders", WAITING, 0, "turn_ses_wonders"),
    ]
    assert (ear.reports[0].title, ear.reports[2].parent_id) == ("Fix it", "ses_asks")
    assert ear.reports[-1].message == "Which colour?"


async def test_what_happened_while_the_daemon_was_away_is_told_by_what_stands(server: OpenCodeServer) -> None:
    names = ("ends", "fails", "breaks", "stops", "goes", "decides", "moves", "leaves")
    async with listening(server.url) as before:
        await ready(server, before)
        for number, name in enumerate(names):
            info = server.session(name, updated=START + number)
            await server.say("session.updated", sessionID=name, info=info)
            await server.say("session.status", sessionID=name, status={"type": "busy"})
        await server.say("permission.asked", id="per_1", sessionID="decides", **ASKED)
        await before.until(lambda: len(before.reports) == len(names) + 1)
    clock = ManualClock()
    clock.advance(600)
    server.busy = {"goes", "decides", "moves"}
    for name in names:
        server.message(name, turn="msg_1", at=START + 100, time={"created": START + 100, "completed": START + 200})
    fault = {"name": "APIError", "data": {"message": "No credit", "isRetryable": False}}
    server.messages["fails"]["info"]["error"] = fault
    server.messages["breaks"]["info"]["error"] = {"name": "MessageAbortedError", "data": {"message": "Aborted"}}
    del server.messages["stops"]["info"]["time"]["completed"]
    server.session("new", updated=START + 300)
    server.message("new", turn="msg_7", at=START + 250, time={"created": START + 250, "completed": START + 300})
    server.session("elsewhere", updated=START + 300)
    server.message("elsewhere", turn="msg_8", at=START + 300)
    del server.sessions["leaves"]

    async with listening(server.url, state=before.state, clock=clock) as ear:
        await ear.until(lambda: ear.reports)

    now = clock.now()
    told = {(one.agent_id, one.kind): one for one in ear.reports}
    assert len(told) == len(ear.reports)
    assert told.keys() == {
        ("ends", COMPLETED),
        ("fails", ERROR),
        ("breaks", RESOLVED),
        ("breaks", WAITING),
        ("stops", ERROR),
        ("goes", STARTED),
        ("goes", LIST),
        ("decides", STARTED),
        ("decides", LIST),
        ("moves", STARTED),
        ("moves", LIST),
        ("new", COMPLETED),
        ("leaves", ENDED),
    }
    assert (told["ends", COMPLETED].turn_id, told["ends", COMPLETED].at) == ("msg_1", START + 200)
    assert told["fails", ERROR].error == "No credit"
    assert (told["stops", ERROR].error, told["stops", ERROR].at) == (CUT_OFF, now)
    assert told["decides", LIST].prompts == ()
    assert (told["new", COMPLETED].turn_id, told["leaves", ENDED].reason) == ("msg_7", "deleted")

    async with listening(server.url, state=ear.state, clock=clock) as again:
        await server.connected(3)
        await again.until(lambda: again.reports)

    assert {one.kind for one in again.reports} == {ALIVE, LIST}


async def test_folders_in_which_nothing_went_on_are_not_opened(server: OpenCodeServer) -> None:
    server.session("ses_old", updated=START - 100_000_000, folder="/old")
    server.session("ses_new", updated=START - 1_000, folder="/new")

    async with listening(server.url) as ear:
        await ready(server, ear)

    assert not any("old" in path for path in server.asked)
    assert "/permission?directory=%2Fnew" in server.asked


async def test_an_older_server_is_asked_what_it_knows(server: OpenCodeServer) -> None:
    server.is_old = True
    server.session("ses_1", updated=START - 1_000)
    server.busy = {"ses_1"}

    async with listening(server.url) as ear:
        await ear.until(lambda: LIST in ear.kinds)
        await server.say(
            "permission.updated", id="per_1", type="bash", title="Run it", sessionID="ses_1", metadata={"a": 1}
        )
        await server.say("permission.replied", sessionID="ses_1", permissionID="per_1", response="reject")
        await ear.until(lambda: RESOLVED in ear.kinds)

    (prompt,) = ear.of(REQUIRED)[0].prompts
    assert (prompt.id, prompt.permission, prompt.description) == ("per_1", "bash", "Run it")
    assert ear.reports[-1].decision == "denied"


async def test_servers_do_not_disturb_each_other(server: OpenCodeServer) -> None:
    async with opencode_server() as other:
        other.refusal = web.Response(status=500)
        async with listening(other.url, server.url) as ear:
            await ready(server, ear)
            await turn(server, "ses_1", "msg_1", at=START)
            await ear.until(lambda: COMPLETED in ear.kinds)
            assert len(problems_of(ear)) == 1


async def test_a_commit_that_fails_ends_the_listener_and_nothing_is_remembered(server: OpenCodeServer) -> None:
    state = MemoryState()

    async def tell(
        reports: Sequence[Report], *, state_puts: Sequence[StatePut] = (), state_deletes: Sequence[StateKey] = ()
    ) -> None:
        raise OSError("the disk is full")

    context = context_for("ingest", {}, state=state)
    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.timeout(20):
            await OpenCode().listen(context, AgentsSettings(opencode_urls=(server.url,)), tell)

    assert caught.group_contains(OSError, match="the disk is full")
    assert state.stored == {}


async def test_state_that_cannot_be_read_is_begun_anew(server: OpenCodeServer) -> None:
    async with listening(server.url) as ear:
        await ready(server, ear)
    (key,) = ear.state.stored
    ear.state.stored[key] = b'{"seen_at": "later"}'

    async with listening(server.url, state=ear.state) as again:
        await server.connected(2)
        await again.until(lambda: b"later" not in again.state.stored[key])

    assert again.reports == []
