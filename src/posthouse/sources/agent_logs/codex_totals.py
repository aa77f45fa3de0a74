"""Sessions of Codex, counted: from the one file that a session usually has, or from all of its files together.

Several files are one session's where they name the same id (it was resumed into a new file, or copied). Their snapshots
are then one run, in the order of their instants; so a snapshot that stands in two files counts once. The same files
give the same counts, in whatever order they were read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from posthouse.sources.agent_logs.codex_log import NO_USE, Facts, Page, Run, Use, above, worked_ms


class Tally(Struct, array_like=True):
    """One session, counted. `outputs`: output tokens by model. `days`: tokens by UTC day. Instants: 0 is none.

    `agentic_ms`: the sum of all gaps under five minutes between its start, its snapshots and its end.
    """

    id: str
    project: str
    branch: str
    title: str
    start_at: int
    end_at: int
    prompts: int
    use: Use
    outputs: dict[str, int]
    agentic_ms: int
    days: dict[int, Use]


class Held(Struct):
    """What one file holds of a session. `file` orders files that begin at one instant."""

    file: bytes
    facts: Facts
    pages: list[Page]


def is_counted(facts: Facts) -> bool:
    """Whether anything was asked or used in it."""
    return any(facts.prompts) or facts.run.last is not None


def tally_of(facts: Facts) -> Tally | None:
    """A session with this one file; None where nothing was asked or used in it."""
    return _tally([facts], facts.run, facts.base or NO_USE, max(facts.prompts)) if is_counted(facts) else None


def tally_together(held: Sequence[Held]) -> Tally | None:
    """A session with several files; None where nothing was asked or used in any."""
    counted = [one for one in held if is_counted(one.facts)]
    if not counted:
        return None
    if len(counted) == 1:
        return tally_of(counted[0].facts)
    counted.sort(key=lambda one: (one.facts.start_at or 2**63, one.file))
    facts = [one.facts for one in counted]
    base, run = _base(facts), Run()
    for at, use, model in sorted(snapshot for one in counted for snapshot in _snapshots(one)):
        run.take(at, use, model, base)
    return _tally(facts, run, base, max(_prompts(counted, 0), _prompts(counted, 1)))


def _tally(facts: Sequence[Facts], run: Run, base: Use, prompts: int) -> Tally:
    start_at = min((one.start_at for one in facts if one.start_at), default=0)
    end_at = max(one.end_at for one in facts)
    # Where no snapshot has an instant, there is one gap.
    first_at, last_at = run.first_at or end_at, run.last_at or end_at
    return Tally(
        id=facts[0].session,
        project=next((one.project for one in facts if one.project), ""),
        branch=next((one.branch for one in reversed(facts) if one.branch), ""),
        title=next((one.title for one in facts if one.title), ""),
        start_at=start_at,
        end_at=end_at,
        prompts=prompts,
        use=above(run.top, base),
        outputs=dict(sorted(run.outputs.items())),
        agentic_ms=worked_ms(start_at, first_at) + run.inner_ms + worked_ms(last_at, end_at),
        days=dict(sorted(run.days.items())),
    )


def _base(facts: Sequence[Facts]) -> Use:
    """The smallest of each count, of those files that hold any."""
    bases = [one.base for one in facts if one.base is not None]
    if not bases:
        return NO_USE
    a, b, c, d = zip(*bases, strict=True)
    return min(a), min(b), min(c), min(d)


def _snapshots(held: Held) -> Iterator[tuple[int, Use, str]]:
    for page in held.pages:
        for at, use, model in page.snapshots:
            yield at, use, page.models[model]


def _prompts(held: Sequence[Held], form: int) -> int:
    """How many prompts there are, told in one of the two ways; one that stands in two files counts once."""
    instants = [at for one in held for page in one.pages for at in page.prompts[form]]
    return len({at for at in instants if at}) + instants.count(0)
