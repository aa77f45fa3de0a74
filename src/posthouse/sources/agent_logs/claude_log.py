"""What is kept of Claude Code's session logs: facts, in pages.

In: the lines of one file, in order, however they were cut into reads. Out: *pages* of facts, each at most a few
hundred KiB, of which only the last one ever grows; so what an append costs to store does not depend on what is
stored already. What the same lines lead to is the same pages, byte for byte, whatever the cuts.

Facts carry the identity that the log gives them (a line's `uuid`, a response's `message.id`), hashed to 16 bytes, and
nothing is counted here: the same fact may stand in many pages, since resumed and forked sessions repeat lines.
`claude_totals` joins all pages of all files, and counts each fact once.

Of a prompt nothing is kept but that it was one; its first 120 characters are only where `has_prompts` says so.

Unknown kinds of line and lines that make no sense are passed over and counted.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import PurePath

import msgspec
from msgspec import Struct

from posthouse.sources.agent_logs.claude_lines import (
    PREVIEW_CHARS_MAX,
    SUMMARY_CHARS_MAX,
    AssistantMessage,
    Line,
    decode_assistant,
    decode_line,
    decode_user,
    digest,
    instant_of,
    prompt_text,
    usage_of,
)
from posthouse.sources.jsonl import Cursor

STATE_VERSION = 1

LINE = struct.Struct(">16sQHB")
"""A line's identity, its instant (0: not known), its session's index in the page, and whether it is a prompt."""

_PAGE_LINES, _PAGE_MESSAGES, _PAGE_SESSIONS, _PAGE_SUMMARIES, _PAGE_TOOLS = 1_000, 500, 40, 100, 10_000
_TOOL_BYTES = 8
_ORIGINS_MAX = 20
_PASSED_OVER = frozenset({"progress", "system", "file-history-snapshot"})


class SessionFacts(Struct, array_like=True, gc=False):
    """What a page knows of one session. Each pair is an instant and a value; of two, a fixed rule takes one.

    `origins`: other sessions that lines of this one say they were copied from.
    """

    id: str
    project: tuple[int, str] | None = None
    branch: tuple[int, str] | None = None
    prompt: tuple[int, str] | None = None
    origins: list[str] = msgspec.field(default_factory=list)


class MessageFacts(Struct, array_like=True, gc=False):
    """One response of the model, as the copies in one page tell it: the usage of the copy with the largest output.

    `model` is empty where no model made it. `tools` are the distinct tool uses, 8 bytes each.
    """

    key: bytes
    session: int
    usage: tuple[int, int, int, int, str]
    tools: bytes = b""


class SummaryFacts(Struct, array_like=True, gc=False):
    """A summary line: the identity of the line at its end, and the session whose file it stands in."""

    leaf: bytes
    session: int
    text: str


class Page(Struct, array_like=True):
    """Facts of consecutive lines of one file. `lines` are packed `LINE` records."""

    sessions: list[SessionFacts] = msgspec.field(default_factory=list)
    lines: bytes = b""
    messages: list[MessageFacts] = msgspec.field(default_factory=list)
    summaries: list[SummaryFacts] = msgspec.field(default_factory=list)


class LogState(Struct, frozen=True, kw_only=True, array_like=True):
    """Where the reading of one file stands. `path` is the file system's own bytes; `pages` is how many there are."""

    version: int
    path: bytes
    cursor: Cursor
    pages: int
    has_prompts: bool
    malformed: int
    unknown: int


decode_page = msgspec.msgpack.Decoder(Page).decode
decode_state = msgspec.msgpack.Decoder(LogState).decode
encode = msgspec.msgpack.Encoder().encode


def better_project(one: tuple[int, str] | None, other: tuple[int, str] | None) -> tuple[int, str] | None:
    """The earliest, of what has an instant. The same rule serves for the first prompt."""
    found = [pair for pair in (one, other) if pair is not None]
    return min(found, key=lambda pair: (pair[0] == 0, *pair), default=None)


def better_branch(one: tuple[int, str] | None, other: tuple[int, str] | None) -> tuple[int, str] | None:
    """The latest."""
    return max((pair for pair in (one, other) if pair is not None), default=None)


def session_of_path(path: str) -> str:
    """The session whose log this file is, where its lines do not say: its stem, or the folder of its subagents."""
    parts = PurePath(path).parts
    if "subagents" in parts[2:]:
        return parts[len(parts) - 1 - parts[::-1].index("subagents") - 1][:200]
    return PurePath(path).stem[:200]


class Folder:
    """Folds the lines of one file into pages; mutable, for one read. `full` holds the encoded pages that are closed."""

    def __init__(self, session: str, *, has_prompts: bool, first_page: int = 0, page: Page | None = None) -> None:
        self.malformed = 0
        self.unknown = 0
        self.full: dict[int, bytes] = {}
        self.number = first_page
        self._session = session
        self._has_prompts = has_prompts
        self._open(page or Page())

    def fold(self, lines: Iterable[bytes]) -> None:
        """Take these lines in, in the file's order."""
        for raw in lines:
            try:
                line = decode_line(raw)
                if line.type == "assistant":
                    self._take_assistant(raw, line)
                elif line.type == "user":
                    self._take_user(raw, line)
                elif line.type == "summary" and line.summary is not None:
                    self._take_summary(line)
                elif line.type not in _PASSED_OVER:
                    self.unknown += 1
            except (msgspec.DecodeError, UnicodeDecodeError):
                self.malformed += 1
            if self._is_full():
                self.full[self.number] = self.encoded()
                self.number += 1
                self._open(Page())

    def encoded(self) -> bytes:
        """The open page as it stands."""
        self._page.lines = bytes(self._lines)
        return encode(self._page)

    def _open(self, page: Page) -> None:
        self._page = page
        self._lines = bytearray(page.lines)
        self._sessions = {facts.id: index for index, facts in enumerate(page.sessions)}
        self._messages = {(facts.session, facts.key): facts for facts in page.messages}
        self._tools = sum(len(facts.tools) for facts in page.messages) // _TOOL_BYTES

    def _is_full(self) -> bool:
        page = self._page
        return (
            len(self._lines) >= _PAGE_LINES * LINE.size
            or len(page.messages) >= _PAGE_MESSAGES
            or len(page.sessions) >= _PAGE_SESSIONS
            or len(page.summaries) >= _PAGE_SUMMARIES
            or self._tools >= _PAGE_TOOLS
        )

    def _take_user(self, raw: bytes, line: Line) -> None:
        message = decode_user(line.message)
        text = None if message is None else prompt_text(line, message)
        at = instant_of(line)
        facts = self._note(raw, line, at, is_prompt=text is not None)
        if text and self._has_prompts and not text.startswith("<command-"):
            facts.prompt = better_project(facts.prompt, (at, text[:PREVIEW_CHARS_MAX]))

    def _take_assistant(self, raw: bytes, line: Line) -> None:
        message = decode_assistant(line.message)
        self._note(raw, line, instant_of(line), is_prompt=False)
        if message is None:
            return
        session = self._sessions[line.sessionId or self._session]
        key = digest((message.id or line.uuid or "").encode() or raw)
        usage = usage_of(message)
        known = self._messages.get((session, key))
        if known is None:
            known = MessageFacts(key=key, session=session, usage=usage)
            self._messages[session, key] = known
            self._page.messages.append(known)
        else:
            known.usage = max(known.usage, usage)
        self._note_tools(known, message)

    def _note_tools(self, facts: MessageFacts, message: AssistantMessage) -> None:
        if not isinstance(message.content, list):
            return
        room = _PAGE_TOOLS - self._tools
        uses = [block.id for block in message.content if block.type == "tool_use" and block.id]
        for use in uses[: max(room, 0)]:
            short = blake2b(use.encode(), digest_size=_TOOL_BYTES).digest()
            if short not in tools_of(facts.tools):
                facts.tools += short
                self._tools += 1

    def _take_summary(self, line: Line) -> None:
        text = " ".join((line.summary or "").split())[:SUMMARY_CHARS_MAX]
        if text:
            leaf = digest(line.leafUuid.encode()) if line.leafUuid else b""
            session = self._session_index(line.sessionId or self._session)
            self._page.summaries.append(SummaryFacts(leaf=leaf, session=session, text=text))

    def _note(self, raw: bytes, line: Line, at: int, *, is_prompt: bool) -> SessionFacts:
        index = self._session_index(line.sessionId or self._session)
        facts = self._page.sessions[index]
        if line.cwd:
            facts.project = better_project(facts.project, (at, line.cwd))
        if line.gitBranch:
            facts.branch = better_branch(facts.branch, (at, line.gitBranch))
        origin = line.requestSessionId
        if origin and origin != facts.id and origin not in facts.origins and len(facts.origins) < _ORIGINS_MAX:
            facts.origins.append(origin)
        key = digest(line.uuid.encode() if line.uuid else raw)
        self._lines += LINE.pack(key, at, index, is_prompt)
        return facts

    def _session_index(self, session: str) -> int:
        index = self._sessions.get(session)
        if index is None:
            index = self._sessions[session] = len(self._page.sessions)
            self._page.sessions.append(SessionFacts(id=session))
        return index


def tools_of(packed: bytes) -> set[bytes]:
    """The distinct tool uses in a message's packed field."""
    return {packed[start : start + _TOOL_BYTES] for start in range(0, len(packed), _TOOL_BYTES)}
