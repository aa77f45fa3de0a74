"""The source `command`: what a program of its owner's choice says, read by the clock or by hand.

In: a program's standard output, which must be one JSON text in UTF-8. Out: one `command.snapshot` event per run, unless
it said nothing. Nothing runs before the owner of the machine allowed it (`commands.allowed`), never through a
shell, and never with the daemon's own variables.
"""

from __future__ import annotations

import os
import re
from asyncio import Future, get_running_loop
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec

from posthouse.model.errors import BadInput, PosthouseError
from posthouse.model.events import EventDraft
from posthouse.model.ids import Millis
from posthouse.model.sources import Emission, Property, SourceShape
from posthouse.sources.base import Preview, Signal, SourceContext, SourceSettings, parse_settings
from posthouse.system.process import Ending, Finished, Program, plain_environment, run_program
from posthouse.system.process_words import complaint, end_of, plain

EVENT_TYPE = "command.snapshot"
SOURCE = "command"
PAYLOAD_VERSION = 1
OUTPUT = "output"
DEPTH_MAX = 100
"""So many levels deep may the output be nested."""

MIB = 1024 * 1024
_WORDS_MAX = 32_768
_VARIABLES_MAX = 100
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")

Word = Annotated[str, msgspec.Meta(max_length=_WORDS_MAX)]


class CommandSettings(SourceSettings, frozen=True, kw_only=True):
    """What to run, where, and within which bounds."""

    argv: Annotated[
        tuple[Word, ...],
        msgspec.Meta(
            min_length=1,
            max_length=100,
            description="The program and its arguments: an absolute path, or a name found on PATH. No shell reads it.",
        ),
    ]
    cwd: (
        Annotated[Word, msgspec.Meta(description="The folder in which it runs; the home folder where not set.")] | None
    ) = None
    deadline_s: Annotated[
        float, msgspec.Meta(ge=1, le=3_600, description="Seconds after which it is ended and the read fails.")
    ] = 60.0
    output_bytes_max: Annotated[
        int, msgspec.Meta(ge=1, le=8 * MIB, description="Bytes of output; over it, it is ended and the read fails.")
    ] = MIB
    ok_exit_codes: Annotated[
        tuple[Annotated[int, msgspec.Meta(ge=0, le=0xFFFF_FFFF)], ...],
        msgspec.Meta(min_length=1, max_length=100, description="The exit codes whose output is taken."),
    ] = (0,)
    env: Annotated[
        dict[str, Word],
        msgspec.Meta(
            max_length=_VARIABLES_MAX,
            description="More environment variables. They are no secrets: whoever may read the settings sees them.",
        ),
    ] = {}


class Command:
    """The kind; it holds no state."""

    shape = SourceShape.SNAPSHOT
    is_passive = False
    needs_schedule = True
    settings_type = CommandSettings
    title = "A program's output"
    properties = (Property(name=OUTPUT, title="What the program says"),)
    volatile: tuple[str, ...] = ("generated_at", "duration_ms")

    def parse(self, settings: dict[str, Any]) -> msgspec.Raw:
        """Validate and complete; raises BadInput `source.bad_setting` naming the field."""
        canonical = parse_settings(CommandSettings, settings)
        parsed = msgspec.json.decode(canonical, type=CommandSettings)
        program = parsed.argv[0]
        is_name = bool(program) and not re.search(r"[/\\]", program)
        if not (is_name or Path(program).is_absolute()):
            raise _bad("argv", "argv must begin with an absolute path or with a name that is found on PATH.")
        if parsed.cwd is not None and not (Path(parsed.cwd).is_absolute() or parsed.cwd[:1] == "~"):
            raise _bad("cwd", "cwd must be a path that begins with / (or a drive) or ~.")
        for name in parsed.env:
            if not _VARIABLE.fullmatch(name):
                raise _bad("env", f"{name[:100]!r} is no name of a variable: use letters, digits and _.")
        words = {"argv": parsed.argv, "cwd": (parsed.cwd or "",), "env": tuple(parsed.env.values())}
        for field, texts in words.items():
            if any("\0" in text for text in texts):
                raise _bad(field, f"{field} may hold no NUL character.")
        return canonical

    def project(self, data: Any, allowed: Mapping[str, bool]) -> Any:
        """The payload, without its output where that is not allowed. Pure."""
        return data if allowed[OUTPUT] else {name: value for name, value in data.items() if name != OUTPUT}

    async def signals(self, context: SourceContext) -> AsyncIterator[Signal]:  # noqa: ARG002
        """None, ever: nothing tells that a program would say something else now."""
        never: Future[Signal] = get_running_loop().create_future()
        yield await never

    async def collect(self, context: SourceContext, signal: Signal) -> Emission:  # noqa: ARG002
        """Run it once. Raises PosthouseError `source.command_…` where that failed, or is not allowed."""
        settings = _settings(context)
        data = _payload(context, settings, await _run(context, settings))
        if data is None:
            return Emission()
        return Emission(events=(EventDraft(type=EVENT_TYPE, data=msgspec.Raw(msgspec.json.encode(data))),))

    async def preview(self, context: SourceContext) -> Preview:
        """Run it once and show what it says. Whatever the program itself does, it has done."""
        settings = _settings(context)
        finished = await _run(context, settings)
        data = _payload(context, settings, finished)
        found = f"{_name(settings)} ended with exit code {finished.exit_code} after {_duration_ms(finished)} ms"
        return Preview(
            event_type=EVENT_TYPE,
            data=msgspec.Raw(msgspec.json.encode({} if data is None else data)),
            found=f"{found}, {len(finished.stdout)} byte(s) of output.",
            problems=("It said nothing, so there is nothing to tell.",) if data is None else (),
        )


def is_deeper(value: Any, levels: int) -> bool:
    """Whether lists and objects are nested more than so many levels deep. Pure; depth costs it no stack."""
    level = [value]
    for _ in range(levels + 1):
        nodes = [node for node in level if isinstance(node, dict | list)]
        if not nodes:
            return False
        level = [child for node in nodes for child in (node.values() if isinstance(node, dict) else node)]
    return True


async def _run(context: SourceContext, settings: CommandSettings) -> Finished:
    """Run the program to an end that is as it should be."""
    if not context.may_run_programs:
        raise BadInput(
            "source.commands_off",
            "Programs may not be run here yet. Whoever may change the settings lets them run as the daemon's user: "
            "posthouse settings set commands.allowed true",
        )
    folder = Path(settings.cwd or "~").expanduser()
    program = Program(
        argv=settings.argv,
        environment=plain_environment(os.environ, settings.env),
        deadline_s=settings.deadline_s,
        output_bytes_max=settings.output_bytes_max,
        folder=str(folder),
    )
    try:
        finished = await run_program(program, context.clock)
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else settings.argv[0]
        raise PosthouseError(
            "source.command_not_started",
            f"{_name(settings)} could not be started in {folder}: {error.strerror or error} ({plain(where)}).",
        ) from error
    _judge(settings, finished)
    return finished


def _judge(settings: CommandSettings, finished: Finished) -> None:
    name = _name(settings)
    match finished.ending:
        case Ending.DEADLINE:
            raise PosthouseError(
                "source.command_deadline",
                f"{name} was ended after {settings.deadline_s:g} s, the setting deadline_s. {complaint(finished)}",
            )
        case Ending.OUTPUT:
            raise PosthouseError(
                "source.command_output_too_large",
                f"{name} was ended since it said more than {settings.output_bytes_max} bytes (output_bytes_max).",
            )
        case Ending.EXITED:
            if finished.exit_code not in settings.ok_exit_codes:
                raise PosthouseError(
                    "source.command_failed", f"{name} {end_of(finished)}. {complaint(finished)}".rstrip()
                )


def _payload(context: SourceContext, settings: CommandSettings, finished: Finished) -> dict[str, Any] | None:
    """The payload as the source's own choices allow it, or None where the program said nothing."""
    if not finished.stdout.strip():
        return None
    data = {
        "source": SOURCE,
        "version": PAYLOAD_VERSION,
        "generated_at": _time(context.clock.now()),
        "exit_code": finished.exit_code,
        "duration_ms": _duration_ms(finished),
        OUTPUT: _decoded(finished.stdout, _name(settings)),
    }
    return data if context.allows(OUTPUT) else {name: value for name, value in data.items() if name != OUTPUT}


def _decoded(text: bytes, name: str) -> Any:
    """The output's value. Raises PosthouseError `source.command_output` where it is no JSON, or nested too deeply."""
    try:
        text.decode()
        value = msgspec.json.decode(text)
    except UnicodeDecodeError as error:
        raise _no_json(name, f"it is not UTF-8 (byte {error.start})") from error
    except msgspec.DecodeError as error:
        # The path that some errors add is made of the output's own names.
        reason = str(error).partition(" - at ")[0]
        raise _no_json(name, f"{reason}, of {len(text)} byte(s)") from error
    except RecursionError as error:
        raise _too_deep(name) from error
    if is_deeper(value, DEPTH_MAX):
        raise _too_deep(name)
    return value


def _no_json(name: str, reason: str) -> PosthouseError:
    return PosthouseError(
        "source.command_output", f"What {name} said is no JSON: {reason}. It must print one JSON text and nothing else."
    )


def _too_deep(name: str) -> PosthouseError:
    return _no_json(name, f"it is nested more than {DEPTH_MAX} levels deep")


def _duration_ms(finished: Finished) -> int:
    return round(finished.duration_s * 1_000)


def _name(settings: CommandSettings) -> str:
    return plain(Path(settings.argv[0]).name) or "the program"


def _settings(context: SourceContext) -> CommandSettings:
    return msgspec.json.decode(context.source.settings, type=CommandSettings)


def _time(at: Millis) -> str:
    moment = datetime.fromtimestamp(at // 1000, tz=UTC).replace(microsecond=at % 1000 * 1000)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _bad(field: str, message: str) -> BadInput:
    return BadInput("source.bad_setting", message, field=field)
