"""What a program says becomes a payload, or a precise error; nothing runs that its owner did not allow."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.model.errors import BadInput, PosthouseError
from posthouse.model.sources import Emission
from posthouse.sources.base import RESCAN, SourceContext, source_kind
from posthouse.sources.command import DEPTH_MAX, Command, is_deeper
from tests.sources.support import context_for, decoded, soon


def context(
    code: str, *, is_allowed: bool = True, properties: dict[str, bool] | None = None, **more: Any
) -> SourceContext:
    settings = {"argv": [sys.executable, "-c", code], **more}
    return context_for("command", settings, may_run_programs=is_allowed, properties=properties)


def says(text: str | bytes) -> str:
    """Code that says just that."""
    return f"import sys; sys.stdout.buffer.write({text.encode() if isinstance(text, str) else text!r})"


async def collected(one: SourceContext) -> Emission:
    emission = await soon(Command().collect(one, RESCAN))
    assert isinstance(emission, Emission)
    return emission


async def refusal(one: SourceContext) -> PosthouseError:
    """What the read fails with."""
    with pytest.raises(PosthouseError) as caught:
        await collected(one)
    return caught.value


def field_refused(settings: dict[str, Any]) -> str | None:
    with pytest.raises(BadInput) as caught:
        Command().parse(settings)
    assert caught.value.code == "source.bad_setting"
    return caught.value.field


async def test_json_that_a_program_says_is_one_event() -> None:
    emission = await collected(context(says('{"free": 12, "disks": ["a", null]}\n')))

    (event,) = emission.events
    assert event.type == "command.snapshot"
    assert decoded(event.data) == {
        "source": "command",
        "version": 1,
        "generated_at": "2026-01-01T00:00:00.000Z",
        "exit_code": 0,
        "duration_ms": 0,
        "output": {"free": 12, "disks": ["a", None]},
    }


@pytest.mark.parametrize("text", ["", " \n\t "])
async def test_a_program_that_says_nothing_has_nothing_to_tell(text: str) -> None:
    assert await collected(context(says(text))) == Emission()


async def test_nothing_runs_before_it_was_allowed(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    one = context(f"open({str(mark)!r}, 'w')", is_allowed=False)

    for reading in (Command().collect(one, RESCAN), Command().preview(one)):
        with pytest.raises(BadInput, match=r"commands\.allowed") as caught:
            await reading
        assert caught.value.code == "source.commands_off"
    assert not mark.exists()


async def test_of_an_output_that_is_off_nothing_stays() -> None:
    one = context(says('{"password": "tulip"}'), properties={"output": False})

    told = (await collected(one)).events[0].data
    preview = await Command().preview(one)

    assert decoded(told).keys() == {"source", "version", "generated_at", "exit_code", "duration_ms"}
    assert b"tulip" not in bytes(told) + bytes(preview.data)
    assert "tulip" not in preview.found


def test_projection_leaves_the_output_out_and_nothing_else() -> None:
    data = {"source": "command", "exit_code": 0, "output": [1]}

    assert Command().project(data, {"output": True}) == data
    assert Command().project(data, {"output": False}) == {"source": "command", "exit_code": 0}


async def test_an_exit_code_that_is_not_ok_fails_with_the_end_of_the_complaint() -> None:
    complaint = "x" * 5_000 + "\\x1b[31m no disk\\n at https://me:hunter2@example.org/ \\u202e"
    error = await refusal(context(f"import sys; sys.stderr.write('{complaint}'); print('{{}}'); sys.exit(7)"))

    assert error.code == "source.command_failed"
    assert "exit code 7" in error.message
    assert "no disk" in error.message
    assert "hunter2" not in error.message
    assert len(error.message) < 400
    assert error.message.isprintable()


async def test_an_exit_code_that_its_owner_calls_ok_is_told() -> None:
    one = context("import sys; print('[1]'); sys.exit(3)", ok_exit_codes=[0, 3])

    assert decoded((await collected(one)).events[0].data)["exit_code"] == 3


async def test_a_signal_is_named() -> None:
    error = await refusal(context("import os; os.kill(os.getpid(), 9)"))

    assert error.code == "source.command_failed"
    assert "SIGKILL" in error.message


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"hello", "byte 0"),
        (b'{"a": 1} tulip', "trailing characters (byte"),
        (b'{"a": ', "of 6 byte(s)"),
        (b'{"a": NaN}', "byte 6"),
        (b"[1e999]", "out of range"),
        (b'["tulip", "\xff"]', "not UTF-8 (byte 11)"),
        (b"\xff\xfe[\x001\x00]\x00", "not UTF-8 (byte 0)"),
        (b"[" * (DEPTH_MAX + 2) + b"]" * (DEPTH_MAX + 2), "nested"),
        (b"[" * 100_000 + b"]" * 100_000, "nested"),
    ],
)
async def test_output_that_is_no_json_says_where_it_breaks_and_repeats_none_of_it(text: bytes, reason: str) -> None:
    one = context(says(text) if len(text) < 1_000 else "print('['*10**5+']'*10**5)")

    error = await refusal(one)

    assert error.code == "source.command_output"
    assert reason in error.message
    assert "tulip" not in error.message


async def test_output_nested_as_deep_as_may_be_is_taken() -> None:
    assert (await collected(context(says("[" * DEPTH_MAX + "]" * DEPTH_MAX)))).events


async def test_too_much_output_is_an_error_of_its_own() -> None:
    error = await refusal(context("print('1' * 100_000)", output_bytes_max=10_000))

    assert error.code == "source.command_output_too_large"


async def test_a_program_that_does_not_end_is_ended() -> None:
    error = await refusal(
        context("import time, sys; sys.stderr.write('waiting for a lock'); time.sleep(100)", deadline_s=1)
    )

    assert error.code == "source.command_deadline"
    assert "deadline_s" in error.message


@pytest.mark.parametrize("settings", [{"argv": ["/nowhere/tool"]}, {"argv": ["no-such-tool-here"]}])
async def test_a_program_that_is_not_there_is_named(settings: dict[str, Any]) -> None:
    error = await refusal(context_for("command", settings, may_run_programs=True))

    assert error.code == "source.command_not_started"
    assert settings["argv"][0].rpartition("/")[2] in error.message


async def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    error = await refusal(context("print(1)", cwd=str(tmp_path / "gone")))

    assert error.code == "source.command_not_started"
    assert str(tmp_path / "gone") in error.message


async def test_it_runs_in_its_folder_with_its_variables_and_none_of_the_daemons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTHOUSE_KEY_FILE", "/etc/key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    code = "import json, os; print(json.dumps([os.getcwd(), dict(os.environ)]))"

    emission = await collected(context(code, cwd=str(tmp_path), env={"CITY": "Utrecht"}))

    folder, environment = decoded(emission.events[0].data)["output"]
    assert Path(folder) == tmp_path.resolve()
    assert environment["CITY"] == "Utrecht"
    assert "PATH" in environment
    assert not {"POSTHOUSE_KEY_FILE", "AWS_SECRET_ACCESS_KEY"} & environment.keys()


async def test_preview_runs_it_and_says_how_it_went() -> None:
    preview = await soon(Command().preview(context(says("[1, 2]"))))

    assert preview.event_type == "command.snapshot"
    assert decoded(preview.data)["output"] == [1, 2]
    assert "exit code 0" in preview.found
    assert "6 byte(s)" in preview.found
    assert preview.problems == ()


async def test_preview_of_silence_says_so() -> None:
    preview = await soon(Command().preview(context("pass")))

    assert decoded(preview.data) == {}
    assert "nothing" in preview.problems[0]


async def test_it_is_never_said_that_it_changed() -> None:
    assert Command.needs_schedule
    signals = aiter(Command().signals(context("pass")))
    waiting = asyncio.ensure_future(anext(signals))
    await asyncio.sleep(0)

    assert not waiting.done()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, "argv"),
        ({"argv": []}, "argv"),
        ({"argv": "ls -l"}, "argv"),
        ({"argv": [""]}, "argv"),
        ({"argv": ["./tool"]}, "argv"),
        ({"argv": ["bin/tool"]}, "argv"),
        ({"argv": ["ls", "a\0b"]}, "argv"),
        ({"argv": ["ls"] * 101}, "argv"),
        ({"argv": ["ls"], "cwd": "here"}, "cwd"),
        ({"argv": ["ls"], "cwd": "/a\0"}, "cwd"),
        ({"argv": ["ls"], "deadline_s": 0.5}, "deadline_s"),
        ({"argv": ["ls"], "deadline_s": 3_601}, "deadline_s"),
        ({"argv": ["ls"], "output_bytes_max": 9 * 1024 * 1024}, "output_bytes_max"),
        ({"argv": ["ls"], "ok_exit_codes": []}, "ok_exit_codes"),
        ({"argv": ["ls"], "env": {"A=B": "1"}}, "env"),
        ({"argv": ["ls"], "env": {"A": "\0"}}, "env"),
        ({"argv": ["ls"], "shell": True}, "shell"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(settings: dict[str, Any], field: str) -> None:
    assert field_refused(settings) == field


def test_settings_are_completed_and_stay_as_they_are() -> None:
    parsed = Command().parse({"argv": ["df", "-h"]})

    assert decoded(parsed)["deadline_s"] == 60
    assert decoded(parsed)["ok_exit_codes"] == [0]
    assert Command().parse(decoded(parsed)) == parsed


def test_the_kind_is_known_by_its_name() -> None:
    assert isinstance(source_kind("command"), Command)


def depth_of(value: Any) -> int:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if children is None else 1 + max(map(depth_of, children), default=0)


json_values = st.recursive(
    st.none() | st.integers(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)


@given(json_values, st.integers(0, 6))
def test_depth_is_judged_as_counting_it_would(value: Any, levels: int) -> None:
    assert is_deeper(value, levels) == (depth_of(value) > levels)
