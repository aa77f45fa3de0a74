"""One line of Claude Code's session logs: the few fields that matter, and what they mean.

In: whole lines as they stand in the file. Out: narrow records, decoded without touching the rest of the line. The
format is undocumented and moves with the program's version: unknown fields are ignored, and every text that is kept
has a bound. A line of another shape raises `msgspec.DecodeError`.

A block of lines is decoded in one call, which is twice as fast as line by line; where anything about it is unusual,
nothing comes of that and its lines are decoded one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Annotated

import msgspec
from msgspec import Raw, Struct

PREVIEW_CHARS_MAX = 120
SUMMARY_CHARS_MAX = 300
TOKENS_MAX = 2**48 - 1

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

# What the program itself writes in the person's place: the output of commands that were run, and notices.
_NOT_PROMPTS = (
    "<local-command-",
    "<bash-stdout",
    "<bash-stderr",
    "<task-notification",
    "<system-reminder",
    "[Request interrupted",
)

_Id = Annotated[str, msgspec.Meta(max_length=200)]
_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Line(Struct, gc=False):
    """The fields that all kinds share, and those of a summary."""

    type: str = ""
    uuid: _Id | None = None
    sessionId: _Id | None = None  # noqa: N815 - the log's own names, here and below
    timestamp: _Instant | None = None
    cwd: Annotated[str, msgspec.Meta(max_length=4096)] | None = None
    gitBranch: Annotated[str, msgspec.Meta(max_length=1024)] | None = None  # noqa: N815
    isMeta: bool | None = None  # noqa: N815
    isSidechain: bool | None = None  # noqa: N815
    isCompactSummary: bool | None = None  # noqa: N815
    requestSessionId: _Id | None = None  # noqa: N815
    summary: str | None = None
    leafUuid: _Id | None = None  # noqa: N815


class Usage(Struct, gc=False):
    """Tokens as the API reports them."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None


class Block(Struct, gc=False):
    """One block of what was said: by the person, by a tool in their place, or by the model."""

    type: str = ""
    id: str | None = None
    text: str | None = None


class Message(Struct, gc=False):
    """A prompt, the results of tools, or a response of the model.

    Of a response it may be a part: the program writes a line per block, with the usage so far.
    """

    id: _Id | None = None
    model: _Id | None = None
    usage: Usage | None = None
    content: str | list[Block] | None = None


class _Spoken(Line, gc=False):
    message: Message | None = None


class _Other(Line, gc=False):
    message: Raw = Raw(b"null")


SPOKEN = frozenset({"assistant", "user"})
"""The types of line whose message is looked at."""

_spoken = msgspec.json.Decoder(_Spoken)
_decode_other = msgspec.json.Decoder(_Other).decode
_decode_message = msgspec.json.Decoder(Message | None).decode


def decode(raw: bytes) -> tuple[Line, Message | None]:
    """A line, and its message where its type is one of `SPOKEN`. Raises msgspec.DecodeError."""
    line = _decode_other(raw)
    return line, _decode_message(line.message) if line.type in SPOKEN else None


def decode_block(block: bytes) -> Sequence[_Spoken] | None:
    """The lines of a block, or None where they must be decoded one by one.

    So it is where a line makes no sense, or where one of `SPOKEN` has no identity but its bytes.
    """
    count = _count_objects(block)
    if not count:
        return None
    try:
        lines = _spoken.decode_lines(block)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    if len(lines) != count or any(not line.uuid and line.type in SPOKEN for line in lines):
        return None
    return lines


def _count_objects(block: bytes) -> int:
    """How many lines there are; 0 where one does not begin and end as an object does.

    JSON never has a brace that closes right before one that opens but between two whole values. So if a block that
    passes decodes into as many values as it has lines, each value is one line: a decoder alone does not mind newlines.
    """
    if not block.startswith(b"{") or not block.endswith(b"}\n"):
        return 0
    count, at, end = 1, block.find(b"\n"), len(block) - 1
    while at < end:
        if block[at - 1 : at + 2] != b"}\n{":
            return 0
        count += 1
        at = block.find(b"\n", at + 1)
    return count


def prompt_text(line: Line, message: Message) -> str | None:
    """A prompt's text on one line, cut short; None where a program wrote the line, or it carries a tool's result."""
    if line.isMeta or line.isSidechain or line.isCompactSummary or not message.content:
        return None
    if isinstance(message.content, str):
        texts = [message.content]
    else:
        texts = []
        for block in message.content:
            if block.type == "tool_result":
                return None
            texts.append(block.text or "")
    typed = [text for text in texts if not text.startswith(_NOT_PROMPTS)]
    if not typed:
        return None
    text = next((text for text in typed if text), "")
    return " ".join(text[: PREVIEW_CHARS_MAX * 4].split())


def usage_of(message: Message) -> tuple[int, int, int, int, str]:
    """Output, input, cache reads, cache creation, model: of two, the larger is the one with the larger output."""
    model = message.model or ""
    if model == "<synthetic>":
        model = ""
    usage = message.usage
    if usage is None:
        return 0, 0, 0, 0, model
    output, fresh = usage.output_tokens or 0, usage.input_tokens or 0
    cache_read, cache_creation = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    if (output | fresh | cache_read | cache_creation) & ~TOKENS_MAX:
        output, fresh, cache_read, cache_creation = map(_bounded, (output, fresh, cache_read, cache_creation))
    return output, fresh, cache_read, cache_creation, model


def _bounded(count: int) -> int:
    return min(max(count, 0), TOKENS_MAX)


def instant_of(line: Line) -> int:
    """Unix milliseconds; 0 where the line has no timestamp."""
    moment = line.timestamp
    if moment is None:
        return 0
    at = (moment - _EPOCH) // _MILLISECOND
    return max(0, at)


def digest(identity: bytes) -> bytes:
    """16 bytes that stand for an identity from the log."""
    return blake2b(identity, digest_size=16).digest()
