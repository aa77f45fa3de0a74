"""One line of Claude Code's session logs: the few fields that matter, and what they mean.

In: the bytes of a line. Out: a narrow record, decoded without touching the rest of the line; its `message` is decoded
a second time only for the two kinds that have one of interest. The format is undocumented and moves with the
program's version: unknown fields are ignored, and every text that is kept has a bound. A line of another shape raises
`msgspec.DecodeError`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Annotated

import msgspec
from msgspec import Raw, Struct

PREVIEW_CHARS_MAX = 120
SUMMARY_CHARS_MAX = 300
TOKENS_MAX = 2**48

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
    message: Raw = Raw(b"null")


class UserBlock(Struct, gc=False):
    """One block of what the person, or a tool in their place, said."""

    type: str = ""
    text: str | None = None


class UserMessage(Struct, gc=False):
    """A prompt, or the results of tools."""

    content: str | list[UserBlock] | None = None


class Usage(Struct, gc=False):
    """Tokens as the API reports them."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None


class AssistantBlock(Struct, gc=False):
    """One block of an answer; only the id of a tool use is of interest."""

    type: str = ""
    id: str | None = None


class AssistantMessage(Struct, gc=False):
    """One response of the model, or a part of one: the program writes a line per block, with the usage so far."""

    id: _Id | None = None
    model: _Id | None = None
    usage: Usage | None = None
    content: str | list[AssistantBlock] | None = None


decode_line = msgspec.json.Decoder(Line).decode
decode_user = msgspec.json.Decoder(UserMessage | None).decode
decode_assistant = msgspec.json.Decoder(AssistantMessage | None).decode


def prompt_text(line: Line, message: UserMessage) -> str | None:
    """A prompt's text on one line, cut short; None where a program wrote the line, or it carries a tool's result."""
    if line.isMeta or line.isSidechain or line.isCompactSummary or not message.content:
        return None
    if isinstance(message.content, str):
        texts = [message.content]
    elif any(block.type == "tool_result" for block in message.content):
        return None
    else:
        texts = [block.text or "" for block in message.content]
    typed = [text for text in texts if not text.startswith(_NOT_PROMPTS)]
    if not typed:
        return None
    text = next((text for text in typed if text), "")
    return " ".join(text[: PREVIEW_CHARS_MAX * 4].split())


def usage_of(message: AssistantMessage) -> tuple[int, int, int, int, str]:
    """Output, input, cache reads, cache creation, model: of two, the larger is the one with the larger output."""
    usage = message.usage or Usage()
    model = message.model or ""
    return (
        _tokens(usage.output_tokens),
        _tokens(usage.input_tokens),
        _tokens(usage.cache_read_input_tokens),
        _tokens(usage.cache_creation_input_tokens),
        "" if model == "<synthetic>" else model,
    )


def _tokens(count: int | None) -> int:
    return min(max(count or 0, 0), TOKENS_MAX)


def instant_of(line: Line) -> int:
    """Unix milliseconds; 0 where the line has no timestamp."""
    return 0 if line.timestamp is None else max(0, (line.timestamp - _EPOCH) // _MILLISECOND)


def digest(identity: bytes) -> bytes:
    """16 bytes that stand for an identity from the log."""
    return blake2b(identity, digest_size=16).digest()
