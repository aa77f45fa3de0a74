"""What a person is told of an agent, in plain words."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.agents import AgentEvent, AgentFacts, AgentPayload, PromptFacts
from posthouse.model.ids import Millis
from posthouse.model.messages import BODY_MAX, CLICK_MAX, TAGS_MAX, TITLE_MAX, Message, MessageTemplate
from posthouse.rules.messages import compose
from posthouse.rules.notice_words import LINE_MAX, LINES_MAX, agent_message, digest_message
from tests.rules.test_notices import NOON, event

DASHBOARD = "https://house.example"
PROMPT = PromptFacts(id="p", permission="Bash", description="rm -rf build", metadata=msgspec.Raw(b"{}"))
NAMED = {"project": "posthouse", "title": "Fix the tests"}


def data(agent: dict[str, str] | None = None, **fields: Any) -> msgspec.Raw:
    facts = {"id": "0f3a9c1b-aaaa", "tool": "claude-code", "machine": "laptop"} | (NAMED if agent is None else agent)
    return msgspec.Raw(msgspec.json.encode(AgentPayload(agent=AgentFacts(**facts), **fields)))


def told(of: AgentEvent, payload: msgspec.Raw) -> Message:
    message = agent_message(event(of), payload, dashboard=DASHBOARD)
    assert message is not None
    return message


@pytest.mark.parametrize(
    ("of", "payload", "title", "body", "tag", "priority"),
    [
        (AgentEvent.TURN_COMPLETED, data(), "is done", "", "white_check_mark", 3),
        (AgentEvent.TURN_COMPLETED, data(message="Done.\nOK."), "is done", "Done.\nOK.\n", "white_check_mark", 3),
        (AgentEvent.TURN_ERROR, data(error="overloaded"), "failed", "overloaded\n", "rotating_light", 4),
        (AgentEvent.PERMISSION_REQUIRED, data(prompt=PROMPT), "needs you", "Bash: rm -rf build\n", "lock", 4),
        (AgentEvent.SPAWNED, data(), "has begun", "", "sparkles", 2),
        (AgentEvent.ENDED, data(), "has ended", "", "checkered_flag", 2),
    ],
)  # fmt: skip
def test_each_kind_says_what_became_of_the_agent(
    of: AgentEvent, payload: msgspec.Raw, title: str, body: str, tag: str, priority: int
) -> None:
    assert told(of, payload) == Message(
        title=f"posthouse: Fix the tests {title}",
        body=f"{body}Claude Code on laptop · 0f3a9c1b",
        priority=priority,
        tags=(tag,),
        click="https://house.example/agents/0f3a9c1b-aaaa",
    )


@pytest.mark.parametrize(
    ("decision", "word", "tag"),
    [("allowed", "Allowed", "unlock"), ("denied", "Denied", "no_entry"), ("", "Resolved", "unlock")],
)
def test_what_became_of_a_prompt_is_told_quietly(decision: str, word: str, tag: str) -> None:
    message = told(AgentEvent.PERMISSION_RESOLVED, data(prompt=PROMPT, decision=decision))

    assert (message.title, message.tags, message.priority) == (f"posthouse: Fix the tests: {word}", (tag,), 2)


@pytest.mark.parametrize(
    ("agent", "title"),
    [
        ({}, "Claude Code is done"),
        ({"tool": "codex"}, "Codex is done"),
        ({"tool": "my-agent", "project": "shop"}, "shop: my-agent is done"),
        ({"tool": ""}, "An agent is done"),
        ({"title": "Two\nlines\x00"}, "Two lines is done"),
    ],
)
def test_an_agent_without_a_title_is_called_by_its_tool(agent: dict[str, str], title: str) -> None:
    assert told(AgentEvent.TURN_COMPLETED, data(agent)).title == title


def test_a_long_title_keeps_what_became_of_it() -> None:
    title = told(AgentEvent.TURN_COMPLETED, data({"project": "p" * 300, "title": "t" * 300})).title

    assert len(title) == TITLE_MAX
    assert title.endswith("t… is done")


def test_an_id_in_a_link_leads_nowhere_else() -> None:
    message = told(AgentEvent.TURN_COMPLETED, data({"id": "../a?b#c"}))

    assert message.click == "https://house.example/agents/..%2Fa%3Fb%23c"
    bare = agent_message(event(AgentEvent.TURN_COMPLETED), data())
    assert bare is not None
    assert bare.click == ""


@pytest.mark.parametrize("payload", [b"{}", b"[]", b'{"agent": 5}', b"[" * 9_000 + b"]" * 9_000])
def test_data_that_are_no_agents_are_told_as_any_event(payload: bytes) -> None:
    raw = msgspec.Raw(payload)

    assert agent_message(event(AgentEvent.TURN_COMPLETED), raw) is None
    assert compose(event(AgentEvent.TURN_COMPLETED), raw, source_name="agents").title == "agent.turn-completed"
    assert agent_message(event("build.done"), data()) is None


def test_an_owners_own_words_replace_what_they_name() -> None:
    wording = MessageTemplate(title="{{ data.agent.title }}!")

    message = compose(event(AgentEvent.TURN_COMPLETED), data(), source_name="agents", wording=wording)

    assert (message.title, message.body) == ("Fix the tests!", "Claude Code on laptop · 0f3a9c1b")


texts = st.text(max_size=400)


@given(
    of=st.sampled_from(AgentEvent),
    agent=st.fixed_dictionaries(dict.fromkeys(("id", "tool", "machine", "project", "title"), texts)),
    said=st.fixed_dictionaries({name: st.text(max_size=50) for name in ("message", "error", "decision")}),
)
def test_whatever_an_agent_says_fits(of: AgentEvent, agent: dict[str, str], said: dict[str, str]) -> None:
    message = told(of, data(agent, **said))

    assert 0 < len(message.title) <= TITLE_MAX
    assert 0 < len(message.body) <= BODY_MAX
    assert len(message.click) <= CLICK_MAX
    assert message.title.isprintable()
    assert all(one.isprintable() or one == "\n" for one in message.body)


def test_a_digest_tells_when_and_what_and_how_many_more() -> None:
    several = [
        (
            Millis(NOON + n * 60_000),
            Message(title=f"Turn {n} is done", body="b", priority=2 + n % 3, tags=(f"t{n % 12}",)),
        )
        for n in range(23)
    ]

    digest = digest_message(several, zone=ZoneInfo("Europe/Berlin"), dashboard=DASHBOARD)

    lines = digest.body.split("\n")
    assert digest.title == "23 notifications"
    assert lines[:2] == ["12:00 Turn 0 is done", "12:01 Turn 1 is done"]
    assert (len(lines), lines[-1]) == (LINES_MAX + 1, "… and 3 more")
    assert (digest.priority, digest.click) == (4, "https://house.example/notifications")
    assert digest.tags == tuple(f"t{n}" for n in range(TAGS_MAX))


@given(st.lists(st.tuples(st.integers(0, 2**42).map(Millis), st.text(max_size=300)), min_size=2, max_size=120))
def test_a_digest_fits_whatever_it_tells_of(said: list[tuple[Millis, str]]) -> None:
    several = [(at, Message(title=title, body="")) for at, title in said]

    lines = digest_message(several, zone=ZoneInfo("Pacific/Chatham")).body.split("\n")

    assert len(lines) == min(len(said), LINES_MAX) + (len(said) > LINES_MAX)
    assert all(len(line) <= LINE_MAX for line in lines)
