"""What a benchmark says: which figures it has, what they should be, and what they were.

A `FigureSpec` is written down before anything runs; a `Measured` is what one run gave. The aim is judged from the two,
so that no benchmark judges itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


class Bound(StrEnum):
    """On which side of its limit a figure should be."""

    AT_LEAST = "≥"
    AT_MOST = "≤"


class Aim(msgspec.Struct, frozen=True, kw_only=True):
    """A limit for a figure, or, with `is_ratio`, for its ratio within the run."""

    bound: Bound
    limit: float
    is_ratio: bool = False

    def is_met(self, measured: Measured) -> bool:
        """Whether the measured figure is on the right side. Raises ValueError where the ratio was not measured."""
        value = measured.ratio if self.is_ratio else measured.value
        if value is None:
            raise ValueError(f"{measured.name} has an aim for a ratio that was not measured")
        return value >= self.limit if self.bound is Bound.AT_LEAST else value <= self.limit


class FigureSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that a benchmark gives.

    `name` is stable, `what` a phrase for people, `against` what its ratio is to; without aims it is told only. `needs`
    is what a machine may lack: a run without it leaves the figure out, and says so.
    """

    name: str
    what: str
    unit: str
    against: str = ""
    needs: str = ""
    aims: tuple[Aim, ...] = ()


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What one run gave for a figure. `rounds` are the raw numbers by what was measured, in the order of the rounds."""

    name: str
    value: float
    ratio: float | None = None
    rounds: dict[str, list[float]] = {}


class Run:
    """What a benchmark is given: an empty folder on the disk of the project, how long it may take, whom to tell."""

    def __init__(self, folder: Path, *, is_quick: bool, tell: Callable[[float], None]) -> None:
        self.folder = folder
        self.is_quick = is_quick
        self._tell = tell

    def choose(self, full: T, quick: T) -> T:
        """The one for a full run or the one for a quick run."""
        return quick if self.is_quick else full

    def progress(self, share: float) -> None:
        """Say how much is done, 0 to 1."""
        self._tell(share)


class Benchmark(msgspec.Struct, frozen=True, kw_only=True):
    """A named benchmark: its figures, and what measures all of them."""

    name: str
    figures: tuple[FigureSpec, ...]
    measure: Callable[[Run], Coroutine[Any, Any, list[Measured]]]


async def interleave(
    rounds: int,
    arms: Mapping[str, Callable[[], Awaitable[float]]],
    progress: Callable[[float], None],
) -> dict[str, list[float]]:
    """Measure each arm once per round, in turn: A B, B A, A B …, so that a machine that drifts favours none."""
    found: dict[str, list[float]] = {name: [] for name in arms}
    for index in range(rounds):
        names = list(arms)
        for name in names if index % 2 == 0 else reversed(names):
            found[name].append(await arms[name]())
        progress((index + 1) / rounds)
    return found


def ratio_of(values: Sequence[float], to: Sequence[float]) -> float:
    """The median over the rounds of a round's ratio."""
    return median(value / other for value, other in zip(values, to, strict=True))


def measured(name: str, rounds: Mapping[str, list[float]], arm: str, *, against: str | None = None) -> Measured:
    """A figure from rounds: the arm's median, and its ratio to another arm's."""
    ratio = None if against is None else ratio_of(rounds[arm], rounds[against])
    kept = {key: rounds[key] for key in (arm, against) if key is not None}
    return Measured(name=name, value=median(rounds[arm]), ratio=ratio, rounds=kept)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
