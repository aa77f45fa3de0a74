"""What is made of what an OpenCode server says: every transition once, and what must hold of any stream at all."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.agents import Report, ReportKind
from posthouse.model.ids import Millis
from posthouse.sources.agents.opencode_sessions import (
    ALIVE_EVERY_S,
    LAST_WORD_S,
    SESSIONS_MAX,
    Sessions,
    hear,
    project_of,
)
from posthouse.sources.agents.opencode_standing import KEPT_MAX, Found, Kept, Place, catch_up, kept_of
from posthouse.sources.agents.opencode_words import (
    busy_in,
    last_message_in,
    prompts_in,
    questions_in,
    said_by_event,
    sessions_in,
)
from tests.clock import START

SPAWNED, STARTED, COMPLETED = ReportKind.SPAWNED, ReportKind.TURN_STARTED, ReportKind.TURN_COMPLETED
REQUIRED, RESOLVED = ReportKind.PERMISSION_REQUIRED, ReportKind.PERMISSION_RESOLVED
ERROR, ALIVE, WAITING, ENDED = ReportKind.TURN_ERROR, ReportKind.ALIVE, ReportKind.WAITING, ReportKind.ENDED

Event = dict[str, Any]


class Listener:
    """Hears events, one a second unless a test says otherwise, and keeps what is reported."""

    def __init__(self) -> None:
        self.sessions: Sessions = {}
        self.now = START
        self.reports: list[Report] = []

    def hear(self, *events: Event, after_s: float = 1.0) -> list[ReportKind]:
        """The kinds of what is reported of these."""
        count = len(self.reports)
        for event in events:
            self.now = Millis(self.now + round(after_s * 1_000))
            said = said_by_event(json.dumps(event))
            if said is not None:
                self.sessions, reports = hear(self.sessions, said, self.now)
                self.reports += reports
        return [one.kind for one in self.reports[count:]]


def event(kind: str, session_id: str = "ses_1", **properties: Any) -> Event:
    return {"id": "evt_1", "type": kind, "properties": {"sessionID": session_id, **properties}}


def info(kind: str, session_id: str = "ses_1", **more: Any) -> Event:
    said = {"id": session_id, "directory": "/home/me/work", "title": "New session - 2026", "time": {"updated": 1}}
    return event(f"session.{kind}", session_id, info=said | more)


def message(role: str, message_id: str, at: int, session_id: str = "ses_1", **more: Any) -> Event:
    said = {"id": message_id, "sessionID": session_id, "role": role, "time": {"created": at}}
    return event("message.updated", session_id, info=said | more)


def error(name: str = "APIError", text: str = "No credit") -> Event:
    return event("session.error", error={"name": name, "data": {"message": text}})


BUSY = event("session.status", status={"type": "busy"})
RETRY = event("session.status", status={"type": "retry", "attempt": 1, "message": "Too busy", "next": 1})
IDLE = event("session.status", status={"type": "idle"})
REST = event("session.idle")
BEAT: Event = {"type": "server.heartbeat", "properties": {}}
ABORT = error("MessageAbortedError", "Aborted")
ASKED = event("permission.asked", id="per_1", permission="bash", patterns=["ls", "cat"], metadata={}, always=[])
V2_ASKED = event("permission.v2.asked", id="per_1", action="bash", resources=["ls"], metadata={"a": [1]})
OLD_ASKED = event("permission.updated", id="per_1", type="bash", pattern="ls", title="", metadata={})
REPLIED = event("permission.replied", requestID="per_1", reply="always")
V2_REPLIED = event("permission.v2.replied", requestID="per_1", reply="reject")
QUESTION = event("question.asked", id="que_1", questions=[{"question": "Which?"}, {"question": "Why?"}])
ANSWERED = event("question.replied", requestID="que_1", answers=[["Red"]])
WAVED = event("question.v2.rejected", requestID="que_1")


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([info("created")], [SPAWNED]),
        ([info("updated")], []),
        ([info("deleted")], [ENDED]),
        ([info("updated", time={"updated": 2, "archived": 3})], [ENDED]),
        ([BUSY], [STARTED]),
        ([RETRY], [STARTED]),
        ([BUSY, RETRY, BUSY], [STARTED]),
        ([BUSY, info("updated", title="A talk")], [STARTED, ALIVE]),
        ([BUSY, info("updated"), info("updated")], [STARTED]),
        ([IDLE, REST], []),
        ([BUSY, IDLE, REST], [STARTED, COMPLETED]),
        ([BUSY, REST, BUSY, REST], [STARTED, COMPLETED, STARTED, COMPLETED]),
        ([BUSY, error(), IDLE, REST, IDLE, REST], [STARTED, ERROR]),
        ([BUSY, error(), BUSY, IDLE], [STARTED, COMPLETED]),
        ([BUSY, error(), error(text="Else"), IDLE, error(), BEAT, BEAT], [STARTED, ERROR]),
        ([BUSY, ABORT, IDLE, REST, IDLE], [STARTED, RESOLVED, WAITING]),
        ([ABORT, BEAT, BEAT], []),
        ([error(), BUSY, IDLE, BEAT, BEAT], [STARTED, COMPLETED]),
        ([error(), BEAT], []),
        ([ASKED], [REQUIRED]),
        ([ASKED, IDLE], [REQUIRED, COMPLETED]),
        ([ASKED, REPLIED, IDLE], [REQUIRED, RESOLVED, COMPLETED]),
        ([V2_ASKED, V2_REPLIED], [REQUIRED, RESOLVED]),
        ([OLD_ASKED], [REQUIRED]),
        ([QUESTION, BUSY, ANSWERED, ANSWERED, IDLE], [WAITING, ALIVE, COMPLETED]),
        ([QUESTION, WAVED], [WAITING, ALIVE]),
        ([ANSWERED], []),
    ],
)
def test_what_is_said_of_a_session_is_reported_so(events: list[Event], told: list[ReportKind]) -> None:
    listener = Listener()

    assert listener.hear(*events) == told
    assert {one.agent_id for one in listener.reports} <= {"ses_1"}


def test_an_error_at_rest_is_told_once_nothing_followed_it() -> None:
    listener = Listener()

    assert listener.hear(error(text="Model not found")) == []
    assert listener.hear(BEAT, after_s=LAST_WORD_S - 1) == []
    assert listener.hear(BEAT, BEAT) == [ERROR]
    assert (listener.reports[0].error, listener.reports[0].turn_id) == ("Model not found", None)


def test_a_session_that_works_on_is_told_to_be_alive_once_a_minute() -> None:
    listener = Listener()
    listener.hear(BUSY)

    assert listener.hear(*[BUSY] * 30, after_s=10.0) == [ALIVE] * 5
    assert listener.hear(QUESTION, BUSY, BUSY, after_s=ALIVE_EVERY_S) == [WAITING]


def test_a_turn_has_the_id_of_the_message_that_it_answers() -> None:
    listener = Listener()
    answer = message("assistant", "msg_2", 20, parentID="msg_1")
    listener.hear(message("user", "msg_1", 10), BUSY, answer, BUSY, answer, IDLE, message("user", "msg_1", 10))
    listener.hear(message("user", "msg_3", 30), BUSY, IDLE, message("user", "msg_1", 10))

    assert [(one.kind, one.turn_id) for one in listener.reports] == [
        (STARTED, "msg_1"),
        (COMPLETED, "msg_1"),
        (STARTED, "msg_3"),
        (COMPLETED, "msg_3"),
    ]


def test_a_message_that_is_queued_is_a_turn_once_it_is_answered() -> None:
    listener = Listener()
    listener.hear(message("user", "msg_1", 10), BUSY, ASKED, message("user", "msg_3", 30))
    assert listener.hear(message("assistant", "msg_2", 20, parentID="msg_1"), REPLIED) == [RESOLVED]

    assert listener.hear(message("assistant", "msg_4", 40, parentID="msg_3"), IDLE) == [STARTED, COMPLETED]
    assert [one.turn_id for one in listener.reports[-2:]] == ["msg_3", "msg_3"]


def test_facts_of_a_session_go_with_all_that_is_told_of_it() -> None:
    listener = Listener()
    listener.hear(info("created", parentID="ses_0"), info("updated", parentID="ses_0", title="A talk"), BUSY)

    first, last = listener.reports
    assert (first.tool, first.project, first.title, first.parent_id) == ("opencode", "work", "", "ses_0")
    assert (last.title, last.parent_id, last.at) == ("A talk", "ses_0", listener.now)


@pytest.mark.parametrize(
    ("asked", "description", "metadata"),
    [(ASKED, "ls, cat", {}), (V2_ASKED, "ls", {"a": [1]}), (OLD_ASKED, "ls", {})],
)
def test_a_permission_is_read_in_all_its_shapes(asked: Event, description: str, metadata: Any) -> None:
    listener = Listener()
    listener.hear(asked)

    (prompt,) = listener.reports[0].prompts
    assert (prompt.id, prompt.permission, prompt.description) == ("per_1", "bash", description)
    assert json.loads(bytes(prompt.metadata)) == metadata


def test_an_event_is_the_same_with_and_without_its_folder_around_it() -> None:
    assert said_by_event(json.dumps({"directory": "/a", "payload": BUSY})) == said_by_event(json.dumps(BUSY))


def test_a_folder_is_named_by_its_last_part() -> None:
    assert [project_of(one) for one in ("/home/me/work/", "C:\\Users\\me\\work", "/", "")] == ["work", "work", "", ""]


def test_of_very_many_sessions_those_at_rest_are_forgotten_first() -> None:
    listener = Listener()
    listener.hear(event("session.status", "ses_busy", status={"type": "busy"}))
    listener.hear(*(info("created", f"ses_{number}") for number in range(SESSIONS_MAX + 20)))

    assert len(listener.sessions) == SESSIONS_MAX
    assert {"ses_busy", f"ses_{SESSIONS_MAX + 19}"} <= listener.sessions.keys()


def test_only_what_is_open_is_kept_and_not_without_end() -> None:
    listener = Listener()
    listener.hear(info("created"), *(event("session.status", f"{n}", status={"type": "busy"}) for n in range(200)))

    kept = kept_of(listener.sessions, seen_at=7.0)

    assert len(kept.sessions) == KEPT_MAX
    assert all(one.is_busy for one in kept.sessions.values())
    assert msgspec.json.decode(msgspec.json.encode(kept), type=Kept) == kept


def test_a_folder_of_which_nothing_could_be_learned_changes_nothing() -> None:
    listener = Listener()
    listener.hear(BUSY)
    found = Found(
        sessions=tuple(sessions_in(b'[{"id": "ses_1", "directory": "/a"}, {"id": 2}, []]')), places={"/a": Place()}
    )

    assert catch_up(listener.sessions, found, listener.now, seen_at=1.0) == (listener.sessions, ())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "type", "info"]), inner),
    max_leaves=8,
)
KINDS = st.sampled_from([one["type"] for one in (info("created"), BUSY, REST, error(), ASKED, V2_ASKED, OLD_ASKED)])
KEYS = st.sampled_from(["id", "sessionID", "info", "status", "error", "metadata", "questions", "patterns", "pattern"])


@given(said=JSON | st.builds(lambda kind, data: {"type": kind, "properties": data}, KINDS, st.dictionaries(KEYS, JSON)))
def test_whatever_is_said_harms_nothing(said: Any) -> None:
    Listener().hear(said)


@given(body=st.binary(max_size=60) | JSON.map(lambda one: json.dumps(one).encode()))
def test_whatever_is_answered_is_read_or_refused(body: bytes) -> None:
    for reader in (sessions_in, prompts_in, questions_in, busy_in, last_message_in):
        try:
            reader(body)
        except ValueError:
            continue


LIFE = (info("created"), info("updated", title="A talk"), info("deleted"), BUSY, RETRY, IDLE, REST, BEAT, ABORT)
TALK = (error(), ASKED, REPLIED, QUESTION, ANSWERED, message("user", "msg_1", 1), message("user", "msg_5", 5))
ANSWERS = (message("assistant", "msg_2", 2, parentID="msg_1"), message("assistant", "msg_6", 6, parentID="msg_5"))


@given(events=st.lists(st.sampled_from(LIFE + TALK + ANSWERS), max_size=40), after_s=st.sampled_from([0.0, 3.0, 61.0]))
def test_of_any_stream_only_a_turn_that_was_under_way_ends_and_it_ends_once(
    events: list[Event], after_s: float
) -> None:
    listener = Listener()
    for number, one in enumerate(events):
        before = listener.sessions.get("ses_1")
        told = listener.hear(one, after_s=after_s)
        after = listener.sessions.get("ses_1")
        if COMPLETED in told:
            assert before is not None
            assert before.is_busy
            assert error() not in events[:number] or before.error == ""
        if ERROR in told:
            assert error() in events[:number]
        if {COMPLETED, ERROR} & {*told}:
            assert after is not None
            assert not after.is_busy
        if one in (IDLE, REST):
            assert after is None or not after.is_busy
