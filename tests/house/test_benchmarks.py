"""The page of figures shows what the benchmarks measure, and judges each by its aim."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from benchmarks.page import Machine, Report, left_out, number, page
from benchmarks.records import Aim, Bound, FigureSpec, Measured, interleave, percentile, ratio_of
from benchmarks.registry import BENCHMARKS, all_figures

ROOT = Path(__file__).resolve().parents[2]
MACHINE = Machine(
    cores=2, processor="a processor", memory_gib=8, system="Linux", python="3.11", sqlite="3.50", posthouse="0.1"
)
SPEEDY = FigureSpec(
    name="speed",
    what="going",
    unit="steps/s",
    against="walking",
    aims=(Aim(bound=Bound.AT_LEAST, limit=100), Aim(bound=Bound.AT_LEAST, limit=0.5, is_ratio=True)),
)


def table_of(text: str) -> list[list[str]]:
    """The cells of the page's only table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[1:]]


def report_of(*figures: Measured) -> Report:
    return Report(date="2026-01-31", machine=MACHINE, is_quick=False, took_s=300, figures=list(figures))


def test_page_in_the_docs_shows_every_figure_that_is_measured_and_no_other() -> None:
    shown = [row[0] for row in table_of((ROOT / "docs" / "performance.md").read_text("utf-8"))]

    assert shown == [spec.what for spec in all_figures()]


def test_every_benchmark_and_every_figure_has_a_name_of_its_own() -> None:
    benchmarks = [one.name for one in BENCHMARKS]
    figures = [spec.name for spec in all_figures()]
    phrases = [spec.what for spec in all_figures()]

    assert all(len(names) == len(set(names)) for names in (benchmarks, figures, phrases))


def test_aim_for_a_ratio_names_what_the_ratio_is_to() -> None:
    nameless = [spec.name for spec in all_figures() if any(aim.is_ratio for aim in spec.aims) and not spec.against]

    assert nameless == []


@pytest.mark.parametrize(
    ("value", "ratio", "met"),
    [(100.0, 0.5, "yes"), (99.0, 0.9, "**no**"), (500.0, 0.4, "**no**")],
)
def test_figure_meets_its_aims_only_where_it_meets_all(value: float, ratio: float, met: str) -> None:
    text = page(report_of(Measured(name="speed", value=value, ratio=ratio)), [SPEEDY])

    assert table_of(text) == [
        ["going", f"{value:.0f} steps/s" if value >= 100 else "99 steps/s", f"{ratio} × walking",
         "≥ 100 steps/s and ≥ 0.5 ×", met]
    ]  # fmt: skip


def test_figure_that_was_not_measured_is_left_out() -> None:
    assert table_of(page(report_of(), [SPEEDY])) == []


def test_figure_that_this_machine_lacks_something_for_is_told_in_words() -> None:
    paint = FigureSpec(name="paint", what="first paint", unit="ms", needs="a Chromium on this machine")

    assert left_out([], [SPEEDY, paint]) == ["Not measured: first paint. It needs a Chromium on this machine."]
    assert "Not measured: first paint." in page(report_of(), [paint])
    assert left_out([Measured(name="paint", value=1)], [paint]) == []


def test_aim_for_a_ratio_that_was_not_measured_is_an_error() -> None:
    with pytest.raises(ValueError, match="not measured"):
        page(report_of(Measured(name="speed", value=200.0)), [SPEEDY])


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.003, "0.003"), (0.66, "0.66"), (3, "3"), (15.04, "15"), (76.73, "76.7"), (72_889.2, "72,889")],
)
def test_numbers_are_told_with_three_digits_that_matter(value: float, text: str) -> None:
    assert number(value) == text


async def test_rounds_measure_every_arm_and_turn_their_order_round() -> None:
    order: list[str] = []
    shares: list[float] = []

    async def measure(name: str) -> float:
        order.append(name)
        return float(len(order))

    found = await interleave(2, {"a": lambda: measure("a"), "b": lambda: measure("b")}, shares.append)

    assert order == ["a", "b", "b", "a"]
    assert found == {"a": [1.0, 4.0], "b": [2.0, 3.0]}
    assert shares == [0.5, 1.0]


def test_ratio_is_that_of_each_round_so_that_a_slow_round_counts_once() -> None:
    assert ratio_of([10.0, 2.0, 10.0], [20.0, 4.0, 10.0]) == 0.5


def test_percentile_is_a_value_that_was_measured() -> None:
    values = [float(number) for number in range(100, 0, -1)]

    assert percentile(values, 0.5) == 51.0
    assert percentile(values, 0.99) == 100.0
    assert percentile([7.0], 0.99) == 7.0
