"""What is kept of Claude Code's session logs: facts, in pages.

In: the lines of one file, in order, however they were cut into reads. Out: *pages* of facts, each of a few hundred
lines, of which only the last one ever grows; so what an append costs to store does not depend on what is stored
already. What the same lines lead to is the same pages, byte for byte, whatever the cuts.

Facts carry the identity that the log gives them (a line's `uuid`, a response's `message.id`), hashed to 16 bytes, and
nothing is counted here: the same fact may stand in many pages, since resumed and forked sessions repeat lines.
`claude_totals` joins pages, and counts each fact once.

A page is closed before a prompt or a new response, if it can be: the lines of one response then stand in one page, and
no identity in two. Of a prompt nothing is kept but that it was one; its first 120 characters are only where `Keeping`
says so. Unknown kinds of line and lines that make no sense are passed over and counted.
"""

from __future__ import annotations

import struct
from hashlib import blake2b
from pathlib import PurePath

import msgspec
from msgspec import Struct

from posthouse.sources.agent_logs.claude_lines import (
    PREVIEW_CHARS_MAX,
    SUMMARY_CHARS_MAX,
    Line,
    Message,
    decode,
    decode_block,
    digest,
    instant_of,
    prompt_text,
    usage_of,
)
from posthouse.sources.jsonl import lines_of

LINE = struct.Struct(">16sQHB")
"""A line's identity, its instant (0: not known), its session's index in the page, and whether it is a prompt."""

_pack = LINE.pack

PAGE_LINES, PAGE_MESSAGES = 100, 50
"""A page that holds so many of one of these is full."""

_LINES_MAX, _SESSIONS_MAX, _SUMMARIES_MAX, _TOOLS_MAX = 2 * PAGE_LINES, 16, 100, 10_000
_TOOL_BYTES = 8
_ORIGINS_MAX = 20
_PASSED_OVER = frozenset({"progress", "system", "file-history-snapshot"})
_NO_SESSION = -1


class Keeping(Struct, frozen=True, kw_only=True, array_like=True):
    """What may be kept beside counts. `has_names`: folders and titles."""

    has_names: bool = True
    has_branches: bool = True
    has_prompts: bool = False


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

    `model` is empty where no model made it. `tools` are the distinct tool uses, 8 bytes each. `at` is the earliest
    instant among the copies, 0 where none has one.
    """

    key: bytes
    session: int
    usage: tuple[int, int, int, int, str]
    tools: bytes = b""
    at: int = 0


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

    def identities(self) -> dict[bytes, int]:
        """Every identity in it, with the index of its session; -1 where only a summary speaks of it."""
        found = dict.fromkeys((facts.leaf for facts in self.summaries if facts.leaf), _NO_SESSION)
        found.update((key, session) for key, _, session, _ in LINE.iter_unpack(self.lines))
        found.update((facts.key, facts.session) for facts in self.messages)
        return found


decode_page = msgspec.msgpack.Decoder(Page).decode
encode = msgspec.msgpack.Encoder().encode


def better_project(one: tuple[int, str] | None, other: tuple[int, str] | None) -> tuple[int, str] | None:
    """The earliest, of what has an instant. The same rule serves for the first prompt."""
    if one is None or other is None:
        return one or other
    return one if (one[0] == 0, *one) <= (other[0] == 0, *other) else other


def better_branch(one: tuple[int, str] | None, other: tuple[int, str] | None) -> tuple[int, str] | None:
    """The latest."""
    if one is None or other is None:
        return one or other
    return max(one, other)


def earlier(one: int, other: int) -> int:
    """The earlier of two instants, of which 0 is none."""
    return min(one, other) if one and other else one or other


def session_of_path(path: str) -> str:
    """The session whose log this file is, where its lines do not say: its stem, or the folder of its subagents."""
    parts = PurePath(path).parts
    if "subagents" in parts[2:]:
        return parts[len(parts) - 1 - parts[::-1].index("subagents") - 1][:200]
    return PurePath(path).stem[:200]


class Folder:
    """Folds the lines of one file into pages; mutable, for one read.

    `full` are the pages that were closed, in order. `fresh` are the identities that came new into their page.
    `is_tangled`: some line repeats another with other facts, so that what was counted of it before may have changed.
    Whoever takes these lists empties them.
    """

    def __init__(self, session: str, keeps: Keeping, *, page: Page | None = None) -> None:
        self.malformed = 0
        self.unknown = 0
        self.full: list[Page] = []
        self.fresh: list[bytes] = []
        self.is_tangled = False
        self._session = session
        self._keeps = keeps
        self._has_more = keeps.has_names or keeps.has_branches
        self._identity: str | None = None
        self._key = b""
        self._open(page or Page())

    def fold(self, block: bytes) -> None:
        """Take whole lines in, each with its newline, in the file's order."""
        lines = decode_block(block)
        if lines is None:
            for raw in lines_of(block):
                self._fold_one(raw)
            return
        for line in lines:
            self._take(b"", line, line.message)

    def _fold_one(self, raw: bytes) -> None:
        try:
            self._take(raw, *decode(raw))
        except (msgspec.DecodeError, UnicodeDecodeError):
            self.malformed += 1

    def _take(self, raw: bytes, line: Line, message: Message | None) -> None:
        """One line; `raw` serves as its identity where it has no other."""
        kind = line.type
        if kind == "assistant":
            self._take_assistant(raw, line, message)
        elif kind == "user":
            self._take_user(raw, line, message)
        elif kind == "summary" and line.summary is not None:
            self._take_summary(line)
        elif kind not in _PASSED_OVER:
            self.unknown += 1

    def page(self) -> Page:
        """The open page as it stands."""
        self._page.lines = bytes(self._lines)
        return self._page

    def encoded(self) -> bytes:
        """The open page as it stands, as it is stored."""
        return encode(self.page())

    def _open(self, page: Page) -> None:
        self._page = page
        self._lines = bytearray(page.lines)
        self._known = page.identities()
        self._sessions = {facts.id: index for index, facts in enumerate(page.sessions)}
        self._messages = {(facts.session, facts.key): facts for facts in page.messages}
        self._tools = sum(len(facts.tools) for facts in page.messages) // _TOOL_BYTES

    def _close(self) -> None:
        self.full.append(self.page())
        self._open(Page())

    def _is_full(self) -> bool:
        return (
            len(self._lines) >= PAGE_LINES * LINE.size
            or len(self._messages) >= PAGE_MESSAGES
            or self._tools >= _TOOLS_MAX
        )

    def _take_user(self, raw: bytes, line: Line, message: Message | None) -> None:
        text = None if message is None else prompt_text(line, message)
        is_prompt = text is not None
        if is_prompt and self._is_full():
            self._close()
        at = instant_of(line)
        index = self._note(raw, line, at, is_prompt)
        if text and self._keeps.has_prompts and not text.startswith("<command-"):
            facts = self._page.sessions[index]
            facts.prompt = better_project(facts.prompt, (at, text[:PREVIEW_CHARS_MAX]))

    def _take_assistant(self, raw: bytes, line: Line, message: Message | None) -> None:
        identity = line.uuid if message is None else message.id or line.uuid
        if not identity or identity != self._identity:
            # The lines of one response follow each other.
            self._identity, self._key = identity, digest(identity.encode() if identity else raw)
        key = self._key
        if key not in self._known and self._is_full():
            self._close()
        at = instant_of(line)
        index = self._note(raw, line, at, False)
        if message is None:
            return
        usage = usage_of(message)
        facts = self._messages.get((index, key))
        if facts is None:
            facts = self._messages[index, key] = MessageFacts(key, index, usage, b"", at)
            self._page.messages.append(facts)
            self._meet(key, index)
        else:
            if usage > facts.usage:
                facts.usage = usage
            if at < facts.at or not facts.at:
                facts.at = earlier(facts.at, at)
        if message.content.__class__ is list:
            self._note_tools(facts, message)

    def _note_tools(self, facts: MessageFacts, message: Message) -> None:
        assert isinstance(message.content, list)
        for block in message.content:
            if block.type == "tool_use" and block.id and self._tools < _TOOLS_MAX:
                short = blake2b(block.id.encode(), digest_size=_TOOL_BYTES).digest()
                if not facts.tools or short not in tools_of(facts.tools):
                    facts.tools += short
                    self._tools += 1

    def _note(self, raw: bytes, line: Line, at: int, is_prompt: bool) -> int:
        """Take in what every line tells; the index of its session."""
        if len(self._lines) >= _LINES_MAX * LINE.size:
            self._close()
        session = line.sessionId or self._session
        index = self._sessions.get(session)
        if index is None:
            index = self._session_index(session)
        if self._has_more or line.requestSessionId:
            self._note_more(self._page.sessions[index], line, at)
        uuid = line.uuid
        key = digest(uuid.encode() if uuid else raw)
        record = _pack(key, at, index, is_prompt)
        if key not in self._known:
            self._known[key] = index
            self.fresh.append(key)
        elif self._known[key] != index or record not in self._lines:
            self._known[key] = index
            self.is_tangled = True
        self._lines += record
        return index

    def _note_more(self, facts: SessionFacts, line: Line, at: int) -> None:
        """Take in what a line tells of its session."""
        if self._keeps.has_names and (cwd := line.cwd):
            earliest = facts.project
            if earliest is None or at <= earliest[0] or not earliest[0]:
                facts.project = better_project(earliest, (at, cwd))
        if self._keeps.has_branches and (branch := line.gitBranch):
            pair = (at, branch)
            if facts.branch is None or pair > facts.branch:
                facts.branch = pair
        origin = line.requestSessionId
        if origin and origin != facts.id and origin not in facts.origins and len(facts.origins) < _ORIGINS_MAX:
            facts.origins.append(origin)

    def _meet(self, key: bytes, index: int) -> None:
        """A response's identity stands in this session."""
        known = self._known.get(key)
        if known is None:
            self.fresh.append(key)
        elif known != index:
            self.is_tangled = True
        self._known[key] = index

    def _take_summary(self, line: Line) -> None:
        text = " ".join((line.summary or "").split())[:SUMMARY_CHARS_MAX]
        if not text or not self._keeps.has_names:
            return
        if len(self._page.summaries) >= _SUMMARIES_MAX:
            self._close()
        leaf = digest(line.leafUuid.encode()) if line.leafUuid else b""
        index = self._session_index(line.sessionId or self._session)
        self._page.summaries.append(SummaryFacts(leaf=leaf, session=index, text=text))
        if leaf and leaf not in self._known:
            self._known[leaf] = _NO_SESSION
            self.fresh.append(leaf)

    def _session_index(self, session: str) -> int:
        index = self._sessions.get(session)
        if index is None:
            if len(self._sessions) >= _SESSIONS_MAX:
                self._close()
            index = self._sessions[session] = len(self._page.sessions)
            self._page.sessions.append(SessionFacts(id=session))
        return index


def tools_of(packed: bytes) -> set[bytes]:
    """The distinct tool uses in a message's packed field."""
    return {packed[start : start + _TOOL_BYTES] for start in range(0, len(packed), _TOOL_BYTES)}
