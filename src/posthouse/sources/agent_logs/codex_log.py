"""What is kept of Codex's session logs: one file folded line by line, and snapshots of its counter in pages.

In: the lines of one file, in order, however they were cut into reads. Out: an `Open` record, which says what the file
amounts to so far, and *pages* of snapshots, of which only the last one ever grows. What the same lines lead to is the
same, byte for byte, whatever the cuts.

A *snapshot* is what a session has used since its beginning. Codex repeats it freely, so one that is as the one before
in its file is none. What a session used is the largest of each count; what it used on a UTC day is the sum of what each
of that day's snapshots is above the one before. Where a count falls, that is nothing.

A fork goes on counting from where it left the other session, and older versions begin its log with a copy of what went
before, under new instants. Both are left out: its counts begin at `base`, and a copied turn is known by its own clock.

Nothing of a prompt is kept but its instant; the first one's beginning is only where `Keeping` says so.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from posthouse.model.rate_limits import RateLimits
from posthouse.sources.agent_logs.codex_lines import (
    Line,
    ModelChosen,
    PromptWritten,
    SessionBegun,
    Tokens,
    TokensCounted,
    TurnStarted,
    decode,
)
from posthouse.sources.agent_logs.moments import DAY_MS
from posthouse.sources.jsonl import lines_of

PAGE_SNAPSHOTS, PAGE_PROMPTS = 200, 200
"""A page that holds so many of one of these is full."""

GAP_MS = 300_000
"""An agent counts as at work between two instants that are less than this apart."""

DAYS_MAX, MODELS_MAX = 400, 50
"""Of one session: the newest days, and the first models."""

_ROUNDING_MS = 1_000

Use = tuple[int, int, int, int]
"""Tokens: input, cached input (part of it), output, reasoning output (part of it)."""

NO_USE: Use = (0, 0, 0, 0)


class Keeping(Struct, frozen=True, kw_only=True, array_like=True):
    """What may be kept beside counts. `has_names`: folders, branches, models; `has_titles`: beginnings of prompts."""

    has_names: bool = True
    has_titles: bool = False


class Run(Struct, array_like=True):
    """A run of snapshots, folded in their order.

    `last`, `first_at`, `last_at`: the latest snapshot, and the first and last instant of any (0: none). `top`: the
    largest of each count. `days`: by UTC day. `outputs`: output tokens by model. `inner_ms`: the sum of all gaps
    between two snapshots that are shorter than `GAP_MS`.
    """

    last: Use | None = None
    first_at: int = 0
    last_at: int = 0
    top: Use = NO_USE
    days: dict[int, Use] = msgspec.field(default_factory=dict)
    outputs: dict[str, int] = msgspec.field(default_factory=dict)
    inner_ms: int = 0

    def take(self, at: int, use: Use, model: str, base: Use) -> None:
        """The next snapshot. `base` is what the first one is compared with."""
        if use == self.last:
            return
        more = above(use, base if self.last is None else self.last)
        self.last, self.top = use, largest(self.top, use)
        if model and (model in self.outputs or len(self.outputs) < MODELS_MAX):
            self.outputs[model] = self.outputs.get(model, 0) + more[2]
        if not at:
            return
        if more != NO_USE:
            day = at // DAY_MS
            self.days[day] = plus(self.days.get(day, NO_USE), more)
            if len(self.days) > DAYS_MAX:
                del self.days[min(self.days)]
        if self.first_at:
            self.inner_ms += worked_ms(self.last_at, at)
        self.first_at, self.last_at = self.first_at or at, at


class Facts(Struct, array_like=True):
    """What one file says of the session that it is of; `session` is "" until it says which.

    `is_copied`: what follows was copied from another session. `base`: what a fork's counts begin at, once it is known.
    `left_at`: the other session's counts, as the copy has them. `prompts`: those told in the older way and as items.
    `model`: by which the session goes now. `start_at`, `end_at`: the first and last instant (0: none).
    """

    session: str = ""
    began_at: int = 0
    is_fork: bool = False
    is_copied: bool = False
    base: Use | None = None
    left_at: Use = NO_USE
    project: str = ""
    branch: str = ""
    title: str = ""
    model: str = ""
    prompts: tuple[int, int] = (0, 0)
    start_at: int = 0
    end_at: int = 0
    run: Run = msgspec.field(default_factory=Run)


class Page(Struct, array_like=True):
    """What joins several files of one session: `snapshots` are an instant, the counts and the model's index.

    `prompts`: the instants of those told in the older way, and of those told as items.
    """

    models: list[str] = msgspec.field(default_factory=list)
    snapshots: list[tuple[int, Use, int]] = msgspec.field(default_factory=list)
    prompts: tuple[list[int], list[int]] = msgspec.field(default_factory=lambda: ([], []))

    @property
    def is_full(self) -> bool:
        """Whether the next fact begins another page."""
        return len(self.snapshots) >= PAGE_SNAPSHOTS or sum(map(len, self.prompts)) >= PAGE_PROMPTS


class Open(Struct, array_like=True):
    """A file's own record: all that it says, and its page that still grows."""

    facts: Facts = msgspec.field(default_factory=Facts)
    page: Page = msgspec.field(default_factory=Page)


def above(use: Use, before: Use) -> Use:
    """By how much each count is larger; 0 where it is not."""
    a, b, c, d = use
    w, x, y, z = before
    return max(a - w, 0), max(b - x, 0), max(c - y, 0), max(d - z, 0)


def plus(one: Use, other: Use, times: int = 1) -> Use:
    """The sum of both, or, with -1, the difference."""
    a, b, c, d = one
    w, x, y, z = other
    return a + times * w, b + times * x, c + times * y, d + times * z


def largest(one: Use, other: Use) -> Use:
    """The larger of each count."""
    a, b, c, d = one
    w, x, y, z = other
    return max(a, w), max(b, x), max(c, y), max(d, z)


def worked_ms(one: int, other: int) -> int:
    """The time between two instants, if it is short enough to have been spent at work; else 0."""
    gap = other - one
    return gap if 0 < gap < GAP_MS else 0


class Folder:
    """Folds the lines of one file; mutable, for one read.

    `full` are the pages that were closed, in order; whoever takes them empties the list. `limits` are the latest that
    were told of.
    """

    def __init__(self, keeps: Keeping, opened: Open) -> None:
        self.malformed = 0
        self.full: list[Page] = []
        self.limits: RateLimits | None = None
        self._keeps = keeps
        self._facts = opened.facts
        self._page = opened.page

    @property
    def opened(self) -> Open:
        """The file's record as it stands."""
        return Open(self._facts, self._page)

    def fold(self, block: bytes) -> None:
        """Take whole lines in, each with its newline, in the file's order."""
        for raw in lines_of(block):
            try:
                line = decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                self.malformed += 1
            else:
                self._take(line)

    def _take(self, line: Line) -> None:
        facts, said = self._facts, line.said
        if isinstance(said, SessionBegun):
            self._begin(said)
        if not facts.session:
            return  # Nobody knows whose line it is.
        if isinstance(said, TurnStarted):
            happened_at = said.happened_at
            facts.is_copied = happened_at is not None and happened_at + _ROUNDING_MS < facts.began_at
        if facts.is_copied:
            if isinstance(said, TokensCounted) and said.total is not None:
                facts.left_at = _use(said.total)
            return
        self._note_instant(line.at)
        match said:
            case ModelChosen():
                self._choose(said)
            case PromptWritten():
                self._note_prompt(said, line.at)
            case TokensCounted():
                self._count(said, line.at)
            case _:
                pass

    def _begin(self, said: SessionBegun) -> None:
        """The file's first session is the one it is of; further ones came with a history that was taken over."""
        facts = self._facts
        if facts.session:
            return
        facts.session, facts.began_at, facts.is_fork = said.id, said.began_at, said.forked_from_id is not None
        if self._keeps.has_names:
            facts.project, facts.branch = said.cwd, said.branch
        self._note_instant(said.began_at)

    def _note_instant(self, at: int) -> None:
        facts = self._facts
        if at:
            facts.start_at = min(facts.start_at or at, at)
            facts.end_at = max(facts.end_at, at)

    def _choose(self, said: ModelChosen) -> None:
        if self._keeps.has_names:
            self._facts.model = said.model or self._facts.model
            self._facts.project = self._facts.project or said.cwd

    def _note_prompt(self, said: PromptWritten, at: int) -> None:
        facts = self._facts
        older, items = facts.prompts
        facts.prompts = (older, items + 1) if said.is_item else (older + 1, items)
        if self._keeps.has_titles:
            facts.title = facts.title or said.text
        self._turn_page()
        self._page.prompts[said.is_item].append(at)

    def _count(self, said: TokensCounted, at: int) -> None:
        if said.limits is not None and (self.limits is None or said.limits.heard_at >= self.limits.heard_at):
            self.limits = said.limits
        if said.total is None:
            return
        facts, use = self._facts, _use(said.total)
        if facts.base is None:
            facts.base = self._base(use, said.last)
        if use == facts.run.last:
            return
        facts.run.take(at, use, facts.model, facts.base)
        self._turn_page()
        if facts.model not in self._page.models:
            self._page.models.append(facts.model)
        self._page.snapshots.append((at, use, self._page.models.index(facts.model)))

    def _base(self, use: Use, last: Tokens | None) -> Use:
        """What the session's first own snapshot counts from."""
        if not self._facts.is_fork:
            return NO_USE
        return self._facts.left_at if last is None else above(use, _use(last))

    def _turn_page(self) -> None:
        if self._page.is_full:
            self.full.append(self._page)
            self._page = Page()


def _use(tokens: Tokens) -> Use:
    return tokens.input_tokens, tokens.cached_input_tokens, tokens.output_tokens, tokens.reasoning_output_tokens
