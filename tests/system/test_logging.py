"""One event is one line, for people or programs, and no secret or payload is on it."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.system.logging import JsonFormatter, TextFormatter, configure_logging, get_log, redact


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    """The root logger is one for all tests of a process: leave it as it was."""
    root, own = logging.getLogger(), logging.getLogger("posthouse")
    before = (root.handlers[:], root.level, own.level, logging.raiseExceptions)
    yield
    root.handlers[:], root.level, own.level, logging.raiseExceptions = before
    logging.captureWarnings(False)


def record(message: str, error: BaseException | None = None, /, **fields: object) -> logging.LogRecord:
    made = logging.LogRecord("posthouse.test", logging.WARNING, __file__, 1, message, None, None)
    made.exc_info = (type(error), error, error.__traceback__) if error else None
    made.fields = fields
    return made


def as_json(message: str, /, **fields: object) -> dict[str, Any]:
    line = JsonFormatter().format(record(message, None, **fields))
    assert "\n" not in line
    parsed: dict[str, Any] = json.loads(line)
    return parsed


def test_line_for_people_has_its_sentence_and_its_fields() -> None:
    line = TextFormatter().format(record("endpoint paused", endpoint="orders", reason="http_401", waiting=3, gone=None))

    assert line.endswith("warning  endpoint paused  endpoint=orders reason=http_401 waiting=3")


def test_line_for_programs_is_json_with_utc_time_to_the_millisecond() -> None:
    made = record("endpoint paused", endpoint="orders", is_probe=True)
    made.created = 1_767_225_600.25

    line = json.loads(JsonFormatter().format(made))

    assert line == {
        "at": "2026-01-01T00:00:00.250Z",
        "level": "warning",
        "message": "endpoint paused",
        "logger": "posthouse.test",
        "endpoint": "orders",
        "is_probe": True,
    }


def test_field_never_hides_what_every_line_has() -> None:
    assert as_json("true words", message="false words", level="debug")["message"] == "true words"


@pytest.mark.parametrize(
    "name",
    ["token", "api_key", "apiKey", "Authorization", "cookie", "webhook_secret", "password", "passwd", "signature"],
)
def test_field_whose_name_speaks_of_a_secret_is_hidden(name: str) -> None:
    assert as_json("made", **{name: "hunter2"})[name] == "[hidden]"
    assert "hunter2" not in TextFormatter().format(record("made", None, **{name: "hunter2"}))
    assert "hunter2" not in TextFormatter().format(record("made", headers={name: "hunter2"}))


@pytest.mark.parametrize("name", ["idempotency_key", "key", "allow_private", "endpoint"])
def test_field_whose_name_only_resembles_one_is_shown(name: str) -> None:
    assert as_json("made", **{name: "plain"})[name] == "plain"


def test_payload_is_told_by_its_size_only() -> None:
    assert as_json("sent", body=b"private words", parts=[b"ab"]) | {"at": ""} == {
        "at": "",
        "level": "warning",
        "message": "sent",
        "logger": "posthouse.test",
        "body": "[13 bytes]",
        "parts": ["[2 bytes]"],
    }


@pytest.mark.parametrize(
    "text",
    [
        "could not reach https://ann:hunter2-hunter2@example.org/x",
        "could not reach https://example.org/hook?key=hunter2-hunter2",
        "sent Authorization: Bearer hunter2-hunter2",
        "sent Basic hunter2-hunter2",
        "signed with whsec_hunter2-hunter2",
        "token ph_hunter2-hunter2 is unknown",
    ],
)
def test_credentials_in_any_text_are_cut_out(text: str) -> None:
    try:
        raise RuntimeError(text)
    except RuntimeError as error:
        lines = [
            TextFormatter().format(record(text, error, detail=text, details=[text])),
            JsonFormatter().format(record(text, error, detail=text, details=[text])),
        ]

    assert all("hunter2" not in line and "[hidden]" in line for line in lines)


def test_traceback_stands_below_the_line_for_people_and_inside_it_for_programs() -> None:
    try:
        raise RuntimeError("broken")
    except RuntimeError as error:
        text, line = TextFormatter().format(record("crashed", error)), JsonFormatter().format(record("crashed", error))

    assert text.splitlines()[-1] == "    RuntimeError: broken"
    assert json.loads(line)["traceback"].endswith("RuntimeError: broken")
    assert "\n" not in line


@given(st.text(), st.text() | st.integers() | st.binary() | st.lists(st.text()))
def test_nothing_hostile_breaks_a_line_or_moves_the_cursor(message: str, value: object) -> None:
    text = TextFormatter().format(record(message, value=value))
    line = JsonFormatter().format(record(message, value=value))

    assert len(text.splitlines()) == len(line.splitlines()) == 1
    assert "\x1b" not in text + line
    assert json.loads(line)["level"] == "warning"


@given(st.text(max_size=5_000))
def test_redacted_text_has_a_bounded_length(text: str) -> None:
    assert len(redact(text)) <= 2_001


def test_configured_level_holds_for_our_lines_and_warning_for_those_of_libraries() -> None:
    stream = io.StringIO()
    configure_logging(level="info", style="json", stream=stream)

    get_log("posthouse.test").debug("too fine")
    get_log("posthouse.test").info("told", count=1)
    logging.getLogger("somebody").info("not ours")
    logging.getLogger("somebody").warning("100%% %s", "theirs")

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["message"], line.get("count")) for line in lines] == [("told", 1), ("100% theirs", None)]


def test_configuring_twice_does_not_write_twice() -> None:
    stream = io.StringIO()
    configure_logging(level="debug", style="text", stream=stream)
    configure_logging(level="info", style="auto", stream=stream)

    get_log("posthouse.test").error("told")

    (line,) = stream.getvalue().splitlines()
    assert json.loads(line)["level"] == "error"


def test_closed_stderr_harms_nobody() -> None:
    program = (
        "import os, sys\n"
        "from posthouse.system.logging import configure_logging, get_log\n"
        "configure_logging(level='info', style='text')\n"
        "os.close(2)\n"
        "get_log('posthouse.test').info('told')\n"
        "print('alive')\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stdout) == (0, "alive\n")
