"""`python -m benchmarks`: run the benchmarks, show how far they are, write docs/performance.md.

    --only NAME   this benchmark (repeat for several); prints its figures and leaves the page alone
    --quick       fewer and shorter rounds: about two minutes instead of six
    --list        the benchmarks' names

Each runs in a process of its own in an empty folder below `benchmarks/scratch/`, on the disk of the project, which is
removed afterwards; the raw numbers stay there as JSON. The exit code is 1 where a benchmark failed, and 0 otherwise:
a missed aim is told, not punished, since machines differ.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from benchmarks.page import Report, left_out, page, rows, this_machine, today
from benchmarks.records import Benchmark, Measured
from benchmarks.registry import BENCHMARKS, all_figures

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
SCRATCH = ROOT / "benchmarks" / "scratch"
REDRAWS_PER_S = 2


class Failed(Exception):
    """A benchmark ended without figures."""


def main() -> int:
    """Run as told by the arguments."""
    options = _parse()
    chosen = [one for one in BENCHMARKS if not options.only or one.name in options.only]
    if options.list:
        sys.stdout.writelines(f"{one.name}\n" for one in chosen)
        return 0
    console = Console()
    SCRATCH.mkdir(exist_ok=True)
    started_s = time.monotonic()
    figures, failures = _run_all(console, chosen, is_quick=options.quick)
    report = Report(
        date=today(),
        machine=this_machine(),
        is_quick=options.quick,
        took_s=round(time.monotonic() - started_s),
        figures=figures,
        failures=failures,
    )
    _show(console, report)
    for line in left_out(figures, [figure for one in chosen for figure in one.figures]):
        console.print(line, highlight=False)
    for failure in failures:
        console.print(failure, style="red", markup=False, highlight=False)
    raw = SCRATCH / f"{'-'.join(options.only) or 'all'}{'-quick' if options.quick else ''}.json"
    raw.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    if not options.only and not failures:
        PAGE.write_text(page(report, all_figures()), "utf-8")
        console.print(f"Wrote {PAGE.relative_to(ROOT)} and {raw.relative_to(ROOT)}.", highlight=False)
    return 1 if failures else 0


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure what Posthouse promises.")
    names = [one.name for one in BENCHMARKS]
    parser.add_argument("--only", action="append", default=[], choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--list", action="store_true", help="print the benchmarks' names")
    return parser.parse_args()


def _run_all(console: Console, chosen: Sequence[Benchmark], *, is_quick: bool) -> tuple[list[Measured], list[str]]:
    figures: list[Measured] = []
    failures: list[str] = []
    columns = (TextColumn("{task.description:<12}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, refresh_per_second=REDRAWS_PER_S) as progress:
        tasks = {one.name: progress.add_task(one.name, total=1.0, start=False) for one in chosen}
        for one in chosen:
            progress.start_task(tasks[one.name])
            try:
                figures += _run_one(one, progress, tasks[one.name], is_quick=is_quick)
                progress.update(tasks[one.name], completed=1.0)
            except Failed as error:
                failures.append(str(error))
            progress.stop_task(tasks[one.name])
    return figures, failures


def _run_one(benchmark: Benchmark, progress: Progress, task: object, *, is_quick: bool) -> list[Measured]:
    """Measure one in a child. Raises Failed with the end of what the child said."""
    with tempfile.TemporaryDirectory(dir=SCRATCH, prefix=f"{benchmark.name}-") as name:
        folder = Path(name)
        result = folder / "figures.json"
        command = [sys.executable, "-m", "benchmarks.child", benchmark.name, str(folder), str(result)]
        with (
            (folder / "child.log").open("wb") as log,
            subprocess.Popen(
                [*command, "--quick"] if is_quick else command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True
            ) as child,
        ):
            for line in child.stdout or ():
                progress.update(task, completed=float(line))  # type: ignore[arg-type]
        if child.returncode != 0:
            said = (folder / "child.log").read_text("utf-8", "replace").strip()
            raise Failed(f"{benchmark.name} failed:\n{said[-2_000:]}")
        return msgspec.json.decode(result.read_bytes(), type=list[Measured])


def _show(console: Console, report: Report) -> None:
    table = Table("what", "figure", "within the same run", "aim", "met")
    for row in rows(report.figures, all_figures()):
        table.add_row(*(cell.replace("*", "") for cell in row))
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
