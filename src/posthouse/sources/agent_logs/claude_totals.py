"""Counting pages of facts: the join, in which every line and every response counts once, and sums of joins.

The join takes, for every identity, a minimum or a maximum over the facts; so neither the order of the files nor the
cuts between reads matter, and repeating a fact changes nothing.

A line or response that stands in several sessions (a resumed or forked session repeats what went before, under its
own id) belongs to the one that ranks first: fewest sessions it says it was copied from, then the earliest end (what
was resumed ended before its continuation), then the id. Responses: usage of the copy with the largest output, tool
uses of all copies together, on the day of the earliest copy. A session from which nothing counts (all of it belongs to
others) is none.

What is counted is kept as a `Tally` per session. Where no identity stands in two pages, the tally of all pages is the
sum of the pages' tallies (`added`): that is what an append costs. Everywhere else the pages are joined again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec import Struct

from posthouse.model.ids import Millis
from posthouse.sources.agent_logs.claude_log import LINE, Page, better_branch, better_project, earlier, tools_of
from posthouse.sources.agent_logs.moments import DAY_MS, HOUR_MS

Use = tuple[int, int, int, int, int]
"""What one model did: responses, then tokens: input, output, cache reads, cache creation."""

NO_USE: Use = (0, 0, 0, 0, 0)


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


class Day(Struct, array_like=True, gc=False):
    """What happened on one UTC day. `models`: by name, "" where no model made the response."""

    prompts: int = 0
    responses: int = 0
    tool_uses: int = 0
    models: dict[str, Use] = msgspec.field(default_factory=dict)

    def plus(self, other: Day, times: int = 1) -> Day:
        """The sum of both, or, with -1, the difference; models that are left with nothing are left out."""
        models = dict(self.models)
        for model, use in other.models.items():
            models[model] = plus(models.get(model, NO_USE), use, times)
            if models[model] == NO_USE:
                del models[model]
        return Day(
            self.prompts + times * other.prompts,
            self.responses + times * other.responses,
            self.tool_uses + times * other.tool_uses,
            models,
        )

    def ordered(self) -> Day:
        """The same, in the order in which it is stored."""
        return Day(self.prompts, self.responses, self.tool_uses, dict(sorted(self.models.items())))

    @property
    def is_active(self) -> bool:
        """Whether anything was asked or answered."""
        return bool(self.prompts or self.responses)


class Tally(Struct, array_like=True, gc=False):
    """One session, counted by UTC day (days since 1970; 0 is what has no instant), and its prompts by UTC hour.

    `is_shared`: some identity stands in another session too. `summary`: whether its last line is known, that line's
    instant, the text.
    """

    id: str
    project: tuple[int, str] | None = None
    branch: tuple[int, str] | None = None
    prompt: tuple[int, str] | None = None
    summary: tuple[bool, int, str] | None = None
    start_at: int = 0
    end_at: int = 0
    is_shared: bool = False
    days: dict[int, Day] = msgspec.field(default_factory=dict)
    hours: dict[int, int] = msgspec.field(default_factory=dict)

    def ordered(self) -> Tally:
        """The same, in the order in which it is stored."""
        days = {number: day.ordered() for number, day in sorted(self.days.items())}
        return msgspec.structs.replace(self, days=days, hours=dict(sorted(self.hours.items())))

    @property
    def is_counted(self) -> bool:
        """Whether it has a prompt or a response of its own."""
        return any(day.is_active for day in self.days.values())


def plus(one: Use, other: Use, times: int = 1) -> Use:
    """The sum of both, or, with -1, the difference."""
    a, b, c, d, e = one
    v, w, x, y, z = other
    return a + times * v, b + times * w, c + times * x, d + times * y, e + times * z


def added(one: Tally, other: Tally, times: int = 1) -> Tally:
    """The tally of both of one session's facts, if they share no identity; with -1 the counts are taken away."""
    days, hours = dict(one.days), dict(one.hours)
    for number, day in other.days.items():
        days[number] = days.get(number, Day()).plus(day, times)
        if days[number] == Day():
            del days[number]
    for hour, count in other.hours.items():
        hours[hour] = hours.get(hour, 0) + times * count
        if not hours[hour]:
            del hours[hour]
    return Tally(
        id=one.id,
        project=better_project(one.project, other.project),
        branch=better_branch(one.branch, other.branch),
        prompt=better_project(one.prompt, other.prompt),
        summary=max((found for found in (one.summary, other.summary) if found is not None), default=None),
        start_at=earlier(one.start_at, other.start_at),
        end_at=max(one.end_at, other.end_at),
        is_shared=one.is_shared or other.is_shared,
        days=days,
        hours=hours,
    )


def join(pages: Sequence[Page]) -> list[Session]:
    """Every session that has a prompt or a response of its own, in the order of their ids."""
    return [session_of(one) for _, one in sorted(tally(pages).items()) if one.is_counted]


def tally(pages: Sequence[Page]) -> dict[str, Tally]:
    """Every session that any page speaks of, counted, by its id."""
    found = {facts.id: Tally(facts.id) for page in pages for facts in page.sessions}
    for page in pages:
        for facts in page.sessions:
            one = found[facts.id]
            one.project = better_project(one.project, facts.project)
            one.branch = better_branch(one.branch, facts.branch)
            one.prompt = better_project(one.prompt, facts.prompt)
    ranked = _ranked(pages, found)
    ranks = {one.id: rank for rank, one in enumerate(ranked)}
    owners = _count_lines(pages, ranked, ranks)
    _count_responses(pages, ranked, ranks)
    _settle_summaries(pages, ranked, ranks, owners)
    return found


def session_of(one: Tally) -> Session:
    """A counted session, summed up over its days."""
    prompts = responses = tool_uses = 0
    models: dict[str, Use] = {}
    for day in one.days.values():
        prompts += day.prompts
        responses += day.responses
        tool_uses += day.tool_uses
        for model, use in day.models.items():
            models[model] = plus(models[model], use) if model in models else use
    named = sorted(model for model in models if model)
    return Session(
        id=one.id,
        project_path=one.project[1] if one.project else None,
        git_branch=one.branch[1] if one.branch else None,
        summary=one.summary[2] if one.summary else None,
        first_prompt=one.prompt[1] if one.prompt else None,
        start_at=Millis(one.start_at),
        end_at=Millis(one.end_at),
        prompt_count=prompts,
        response_count=responses,
        tool_use_count=tool_uses,
        tokens=tokens_of(sum_of(models.values())),
        by_model={model: tokens_of(models[model]) for model in named},
        responses_by_model={model: models[model][0] for model in named},
    )


def tokens_of(use: Use) -> Tokens:
    """Its tokens."""
    _, fresh, output, cache_read, cache_creation = use
    return Tokens(input=fresh, output=output, cache_read=cache_read, cache_creation=cache_creation)


def sum_of(uses: Iterable[Use]) -> Use:
    """All of them together."""
    total = NO_USE
    for use in uses:
        total = plus(total, use)
    return total


def _ranked(pages: Sequence[Page], found: Mapping[str, Tally]) -> list[Tally]:
    """The sessions, those first to which what they share belongs."""
    if len(found) == 1:
        return list(found.values())
    origins: dict[str, set[str]] = {session: set() for session in found}
    last_seen = dict.fromkeys(found, 0)
    for page in pages:
        ids = [facts.id for facts in page.sessions]
        for facts in page.sessions:
            origins[facts.id].update(facts.origins)
        for _, at, session, _ in LINE.iter_unpack(page.lines):
            if at > last_seen[ids[session]]:
                last_seen[ids[session]] = at
    return sorted(found.values(), key=lambda one: (len(origins[one.id]), last_seen[one.id], one.id))


def _count_lines(pages: Iterable[Page], ranked: Sequence[Tally], ranks: Mapping[str, int]) -> dict[bytes, _Owner]:
    owners: dict[bytes, _Owner] = {}
    for page in pages:
        here = [ranks[facts.id] for facts in page.sessions]
        for key, at, session, is_prompt in LINE.iter_unpack(page.lines):
            owner = (here[session], at, -is_prompt)
            known = owners.setdefault(key, owner)
            if known is not owner:
                _note_shared(ranked, known[0], owner[0])
                if owner < known:
                    owners[key] = owner
    for rank, at, minus_prompt in owners.values():
        one = ranked[rank]
        if at:
            if at > one.end_at:
                one.end_at = at
            if at < one.start_at or not one.start_at:
                one.start_at = at
        if minus_prompt:
            one.days.setdefault(at // DAY_MS, Day()).prompts += 1
            if at:
                hour = at % DAY_MS // HOUR_MS
                one.hours[hour] = one.hours.get(hour, 0) + 1
    return owners


def _count_responses(pages: Iterable[Page], ranked: Sequence[Tally], ranks: Mapping[str, int]) -> None:
    found: dict[bytes, tuple[int, int, tuple[int, int, int, int, str], bytes]] = {}
    for page in pages:
        here = [ranks[facts.id] for facts in page.sessions]
        for facts in page.messages:
            rank = here[facts.session]
            known = found.get(facts.key)
            if known is None:
                found[facts.key] = (rank, facts.at, facts.usage, facts.tools)
            else:
                _note_shared(ranked, known[0], rank)
                tools = b"".join(tools_of(known[3]) | tools_of(facts.tools))
                usage = max(known[2], facts.usage)
                found[facts.key] = (min(known[0], rank), earlier(known[1], facts.at), usage, tools)
    for rank, at, (output, fresh, cache_read, cache_creation, model), tools in found.values():
        day = ranked[rank].days.setdefault(at // DAY_MS, Day())
        day.responses += 1
        if tools:
            day.tool_uses += len(tools_of(tools))
        day.models[model] = plus(day.models.get(model, NO_USE), (1, fresh, output, cache_read, cache_creation))


def _settle_summaries(
    pages: Iterable[Page], ranked: Sequence[Tally], ranks: Mapping[str, int], owners: Mapping[bytes, _Owner]
) -> None:
    """A summary is of the session that holds its last line, else of the one whose file it stands in; the latest wins.

    Files also carry summaries of other sessions, which is why the leaf comes first.
    """
    for page in pages:
        for facts in page.summaries:
            owner = owners.get(facts.leaf)
            one = ranked[ranks[page.sessions[facts.session].id] if owner is None else owner[0]]
            found = (owner is not None, 0 if owner is None else owner[1], facts.text)
            one.summary = found if one.summary is None else max(one.summary, found)


def _note_shared(ranked: Sequence[Tally], one: int, other: int) -> None:
    if one != other:
        ranked[one].is_shared = ranked[other].is_shared = True


_Owner = tuple[int, int, int]
"""Whose a line is: the session's rank, the instant, and minus one where it is a prompt."""
