"""Sessions from pages of facts: the join over all files, in which every line and every response counts once.

The join takes, for every identity, a minimum or a maximum over the facts; so neither the order of the files nor the
cuts between reads matter, and repeating a fact changes nothing.

A line or response that stands in several sessions (a resumed or forked session repeats what went before, under its
own id) belongs to the one that ranks first: fewest sessions it says it was copied from, then the earliest end (what
was resumed ended before its continuation), then the id. Responses: usage of the copy with the largest output, tool
uses of all copies together. A session from which nothing counts (all of it belongs to others) is none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from posthouse.model.ids import Millis
from posthouse.sources.agent_logs.claude_log import LINE, Page, better_branch, better_project, tools_of


class Tokens(Struct, frozen=True, kw_only=True):
    """Token counts, as the API reports them: input excludes what was read from or written to the cache."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_creation: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(
            input=self.input + other.input,
            output=self.output + other.output,
            cache_read=self.cache_read + other.cache_read,
            cache_creation=self.cache_creation + other.cache_creation,
        )


class Session(Struct, frozen=True, kw_only=True):
    """One session, counted. `by_model`: tokens of each model; `tokens` also holds what no model is named for."""

    id: str
    project_path: str | None
    git_branch: str | None
    summary: str | None
    first_prompt: str | None
    start_at: Millis
    end_at: Millis
    prompt_count: int
    response_count: int
    tool_use_count: int
    tokens: Tokens
    by_model: dict[str, Tokens]
    responses_by_model: dict[str, int]


class _Totals(Struct):
    """One session while it is being counted."""

    id: str
    project: tuple[int, str] | None = None
    branch: tuple[int, str] | None = None
    prompt: tuple[int, str] | None = None
    summary: tuple[bool, int, str] | None = None
    origins: set[str] = msgspec.field(default_factory=set)
    last_seen_at: int = 0
    start_at: int = 0
    end_at: int = 0
    prompts: int = 0
    responses: int = 0
    tool_uses: int = 0
    by_model: dict[str, Tokens] = msgspec.field(default_factory=dict)
    responses_by_model: dict[str, int] = msgspec.field(default_factory=lambda: defaultdict(int))


def join(pages: Sequence[Page]) -> list[Session]:
    """Every session that has a prompt or a response of its own, in the order of their ids."""
    totals = _gather(pages)
    ranked = sorted(totals.values(), key=lambda one: (len(one.origins), one.last_seen_at, one.id))
    ranks = {one.id: rank for rank, one in enumerate(ranked)}
    owners = _count_lines(pages, ranked, ranks)
    _count_responses(pages, ranked, ranks)
    _settle_summaries(pages, ranked, totals, owners)
    return [_session(one) for _, one in sorted(totals.items()) if one.prompts or one.responses]


def _gather(pages: Iterable[Page]) -> dict[str, _Totals]:
    totals: dict[str, _Totals] = {}
    for page in pages:
        here = [totals.setdefault(facts.id, _Totals(facts.id)) for facts in page.sessions]
        for one, facts in zip(here, page.sessions, strict=True):
            one.project = better_project(one.project, facts.project)
            one.branch = better_branch(one.branch, facts.branch)
            one.prompt = better_project(one.prompt, facts.prompt)
            one.origins.update(facts.origins)
        for _, at, session, _ in LINE.iter_unpack(page.lines):
            one = here[session]
            if at > one.last_seen_at:
                one.last_seen_at = at
    return totals


def _count_lines(pages: Iterable[Page], ranked: Sequence[_Totals], ranks: dict[str, int]) -> dict[bytes, _Owner]:
    owners: dict[bytes, _Owner] = {}
    for page in pages:
        here = [ranks[facts.id] for facts in page.sessions]
        for key, at, session, is_prompt in LINE.iter_unpack(page.lines):
            owner = (here[session], at, -is_prompt)
            if owner < owners.setdefault(key, owner):
                owners[key] = owner
    for rank, at, minus_prompt in owners.values():
        one = ranked[rank]
        one.prompts -= minus_prompt
        if at:
            one.start_at = min(one.start_at or at, at)
            one.end_at = max(one.end_at, at)
    return owners


def _count_responses(pages: Iterable[Page], ranked: Sequence[_Totals], ranks: dict[str, int]) -> None:
    found: dict[bytes, tuple[int, tuple[int, int, int, int, str], bytes]] = {}
    for page in pages:
        here = [ranks[facts.id] for facts in page.sessions]
        for facts in page.messages:
            rank = here[facts.session]
            known = found.get(facts.key)
            if known is None:
                found[facts.key] = (rank, facts.usage, facts.tools)
            else:
                tools = b"".join(tools_of(known[2]) | tools_of(facts.tools))
                found[facts.key] = (min(rank, known[0]), max(facts.usage, known[1]), tools)
    for rank, (output, fresh, cache_read, cache_creation, model), tools in found.values():
        one = ranked[rank]
        one.responses += 1
        one.tool_uses += len(tools_of(tools))
        one.responses_by_model[model] += 1
        tokens = Tokens(input=fresh, output=output, cache_read=cache_read, cache_creation=cache_creation)
        one.by_model[model] = one.by_model.get(model, Tokens()) + tokens


def _settle_summaries(
    pages: Iterable[Page], ranked: Sequence[_Totals], totals: dict[str, _Totals], owners: dict[bytes, _Owner]
) -> None:
    """A summary is of the session that holds its last line, else of the one whose file it stands in; the latest wins.

    Files also carry summaries of other sessions, which is why the leaf comes first.
    """
    for page in pages:
        for facts in page.summaries:
            owner = owners.get(facts.leaf)
            one = totals[page.sessions[facts.session].id] if owner is None else ranked[owner[0]]
            found = (owner is not None, 0 if owner is None else owner[1], facts.text)
            one.summary = found if one.summary is None else max(one.summary, found)


def _session(one: _Totals) -> Session:
    total = Tokens()
    for tokens in one.by_model.values():
        total += tokens
    return Session(
        id=one.id,
        project_path=one.project[1] if one.project else None,
        git_branch=one.branch[1] if one.branch else None,
        summary=one.summary[2] if one.summary else None,
        first_prompt=one.prompt[1] if one.prompt else None,
        start_at=Millis(one.start_at),
        end_at=Millis(one.end_at),
        prompt_count=one.prompts,
        response_count=one.responses,
        tool_use_count=one.tool_uses,
        tokens=total,
        by_model={model: tokens for model, tokens in sorted(one.by_model.items()) if model},
        responses_by_model={model: count for model, count in sorted(one.responses_by_model.items()) if model},
    )


_Owner = tuple[int, int, int]
"""Whose a line is: the session's rank, the instant, and minus one where it is a prompt."""
