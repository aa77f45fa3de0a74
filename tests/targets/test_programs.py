"""Programs as targets: what they are told, what their end means, and that nothing is run before it is allowed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from posthouse.model.bindings import BodyFormat, Shape
from posthouse.model.deliveries import Outcome, OutcomeKind
from posthouse.model.errors import BadInput, Conflict
from posthouse.rules.diagnosis import BY_CODE
from posthouse.targets.base import target_kind
from tests.targets.cases import House, make_event, make_parcel, set_up

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs here are Unix's")

SECRET = "hunter2-hunter2"


class Programs:
    """Targets made of shell lines."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._houses: list[House] = []

    async def house(self, *argv: str, env: dict[str, str] | None = None) -> House:
        house = await set_up("command", {"argv": list(argv), "env": env or {}}, self._home)
        self._houses.append(house)
        return house

    async def run(self, line: str, *, env: dict[str, str] | None = None, **how: Any) -> Outcome:
        """What comes of a shell line."""
        house = await self.house("/bin/sh", "-c", line, env=env)
        delivered = await house.kind.deliver(house.context(**how), make_parcel())
        (outcome,) = delivered.outcomes
        return outcome

    async def close(self) -> None:
        for house in self._houses:
            await house.outbound.close()


@pytest.fixture
async def programs(home: Path) -> AsyncIterator[Programs]:
    made = Programs(home)
    yield made
    await made.close()


@pytest.mark.parametrize(
    ("line", "kind", "code", "is_maybe_sent"),
    [
        ("exit 0", OutcomeKind.DELIVERED, "command_done", False),
        ("exit 75", OutcomeKind.TRANSIENT, "command_retry", False),
        ("exit 77", OutcomeKind.AUTH, "command_denied", False),
        ("exit 1", OutcomeKind.REJECTED, "command_failed", False),
        ("exit 127", OutcomeKind.REJECTED, "command_failed", False),
        ("kill -9 $$", OutcomeKind.TRANSIENT, "command_killed", True),
    ],
)
async def test_how_it_ends_says_what_came_of_it(
    programs: Programs, line: str, kind: OutcomeKind, code: str, is_maybe_sent: bool
) -> None:
    outcome = await programs.run(line)

    assert (outcome.kind, outcome.code, outcome.is_maybe_sent) == (kind, code, is_maybe_sent)
    assert outcome.is_chargeable
    assert code in BY_CODE


async def test_at_its_deadline_it_is_ended_and_may_have_done_its_work(programs: Programs) -> None:
    outcome = await programs.run("echo half; sleep 100", deadline_s=0.5)

    assert (outcome.kind, outcome.code, outcome.is_maybe_sent) == (OutcomeKind.TRANSIENT, "command_timeout", True)
    assert outcome.excerpt == b"half\n"
    assert "after 0.5 s" in outcome.detail


async def test_it_reads_the_event_as_a_cloud_event(programs: Programs) -> None:
    event = json.loads((await programs.run("cat")).excerpt)

    assert (event["specversion"], event["type"], event["data"]) == ("1.0", "agent.turn-completed", {"turns": 3})


async def test_it_reads_the_data_alone_or_several_events_where_that_is_wanted(programs: Programs) -> None:
    house = await programs.house("/bin/cat")
    raw = make_parcel(make_event(), make_event(), shape=Shape(format=BodyFormat.RAW))

    delivered = await house.kind.deliver(house.context(), raw)

    assert [one.excerpt for one in delivered.outcomes] == [b'[{"turns": 3},{"turns": 3}]'] * 2


async def test_it_is_told_in_variables_what_it_gets_and_sees_nothing_of_the_daemons_own(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("POSTHOUSE_KEY_FILE", "/somewhere")
    event = make_event(subject="a\x00\n\x1b[31m" + "é" * 1_000)
    house = await programs.house("/usr/bin/env", env={"MINE": "yes"})

    delivered = await house.kind.deliver(house.context(), make_parcel(event))

    seen = dict(line.split("=", 1) for line in delivered.outcomes[0].excerpt.decode().splitlines())
    assert {name: value for name, value in seen.items() if name.startswith("POSTHOUSE_")} == {
        "POSTHOUSE_DELIVERY_ID": "019b7652-4c00-7000-8000-0000000000aa",
        "POSTHOUSE_EVENTS": "1",
        "POSTHOUSE_EVENT_ID": event.id,
        "POSTHOUSE_EVENT_TYPE": "agent.turn-completed",
        "POSTHOUSE_EVENT_SEVERITY": "success",
        "POSTHOUSE_EVENT_SUBJECT": "a [31m" + "é" * 497,
        "POSTHOUSE_SOURCE": "claude-sessions",
    }
    assert seen["MINE"] == "yes"
    assert SECRET not in seen.values()


async def test_no_shell_reads_its_words(programs: Programs) -> None:
    house = await programs.house("/bin/echo", "$HOME; id", "`id`")

    delivered = await house.kind.deliver(house.context(), make_parcel())

    assert delivered.outcomes[0].excerpt == b"$HOME; id `id`\n"
    assert delivered.request is not None
    assert (delivered.request.method, delivered.request.url) == ("RUN", "/bin/echo '$HOME; id' '`id`'")


async def test_of_much_output_the_end_is_kept(programs: Programs) -> None:
    outcome = await programs.run("yes | head -c 1000000; echo; echo the end", response_bytes_max=100)

    assert (outcome.kind, len(outcome.excerpt)) == (OutcomeKind.DELIVERED, 100)
    assert outcome.excerpt.endswith(b"\nthe end\n")


async def test_its_secrets_stand_nowhere_whatever_it_says(programs: Programs) -> None:
    line = "head -c 95 /dev/zero; echo $KEY; printf '%0288d' 0 >&2; echo $KEY >&2; exit 3"
    house = await programs.house("/bin/sh", "-c", line, env={"KEY": SECRET})

    delivered = await house.kind.deliver(house.context(response_bytes_max=10), make_parcel())

    (outcome,) = delivered.outcomes
    assert outcome.detail.startswith("sh ended with exit code 3. It complained: 0000")
    assert "hunter2" not in repr(delivered)
    assert delivered.request is not None
    assert dict(delivered.request.headers)["KEY"] == "[hidden]"


@pytest.mark.parametrize("mode", [None, 0o644])
async def test_what_cannot_be_started_is_rejected_with_the_reason(
    programs: Programs, tmp_path: Path, mode: int | None
) -> None:
    program = tmp_path / "tool"
    if mode is not None:
        program.write_text("#!/bin/sh\n")
        program.chmod(mode)
    house = await programs.house(str(program))

    delivered = await house.kind.deliver(house.context(), make_parcel())
    checked = await house.kind.check(house.context())

    (outcome,) = delivered.outcomes
    assert (outcome.kind, outcome.code, outcome.is_maybe_sent) == (OutcomeKind.REJECTED, "command_not_started", False)
    assert outcome.detail.startswith("tool could not be started: ")
    assert not checked.is_ok


async def test_check_runs_it_with_an_event_that_says_so(programs: Programs) -> None:
    house = await programs.house("/bin/sh", "-c", "echo $POSTHOUSE_EVENT_TYPE; cat")

    checked = await house.kind.check(house.context())

    first, _, event = checked.outcome.excerpt.partition(b"\n")
    assert checked.is_ok
    assert (first, json.loads(event)["type"]) == (b"posthouse.check", "posthouse.check")


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("command", {"argv": ["/usr/bin/touch", "MARK"]}),
        ("probe", {"ask": {"kind": "command", "argv": ["/usr/bin/touch", "MARK"]}}),
    ],
)
async def test_nothing_is_run_before_it_is_allowed_and_what_comes_waits_for_a_person(
    kind: str, settings: dict[str, Any], home: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    settings = json.loads(json.dumps(settings).replace("MARK", str(mark)))
    house = await set_up(kind, settings, home)
    off = msgspec.structs.replace(house.context(), may_run_programs=False)

    delivered = await house.kind.deliver(off, make_parcel())
    checked = await house.kind.check(off)
    with pytest.raises(Conflict) as refused:
        await house.kind.preview(off, make_parcel())

    assert refused.value.code == "target.commands_off"
    assert delivered.request is None
    for outcome in (*delivered.outcomes, checked.outcome):
        assert (outcome.kind, outcome.code) == (OutcomeKind.AUTH, "commands_not_allowed")
    assert not mark.exists()
    assert (await house.kind.check(house.context())).is_ok
    assert mark.exists()
    await house.outbound.close()


@pytest.mark.parametrize(
    ("settings", "code", "field"),
    [
        ({}, "target.settings_invalid", None),
        ({"argv": []}, "target.settings_invalid", "argv"),
        ({"argv": [""]}, "target.program_invalid", "argv"),
        ({"argv": ["./tool"]}, "target.program_invalid", "argv"),
        ({"argv": ["tool", "a\0b"]}, "target.program_invalid", "argv"),
        ({"argv": ["tool"], "env": {"A-B": {"secret": "x"}}}, "target.program_invalid", "env"),
        ({"argv": ["tool"], "env": {"POSTHOUSE_HOME": {"secret": "x"}}}, "target.program_invalid", "env"),
        ({"argv": ["tool"], "env": {"A": "b"}}, "target.settings_invalid", "env[...]"),
        ({"argv": ["tool"], "shell": True}, "target.settings_invalid", None),
    ],
)
def test_settings_that_no_program_can_have_are_refused(settings: dict[str, Any], code: str, field: str | None) -> None:
    with pytest.raises(BadInput) as refused:
        target_kind("command").parse(settings)

    assert (refused.value.code, refused.value.field) == (code, field)


async def test_a_name_is_found_on_the_path(programs: Programs, tmp_path: Path) -> None:
    tool = tmp_path / "tool-of-mine"
    tool.write_text("#!/bin/sh\necho found\n")
    tool.chmod(0o755)
    house = await programs.house("tool-of-mine", env={"PATH": f"{tmp_path}:{os.defpath}"})

    delivered = await house.kind.deliver(house.context(), make_parcel())

    assert delivered.outcomes[0].excerpt == b"found\n"
