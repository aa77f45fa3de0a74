"""One benchmark in a process of its own: `python -m benchmarks.child NAME FOLDER RESULT [--quick]`.

So that none inherits another's heap, threads or caches, and the progress bar's drawing takes nothing from what is
measured. How far it is goes to standard output, a share per line; the figures go to the file RESULT as JSON.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from benchmarks.records import Run
from benchmarks.registry import benchmark_named
from benchmarks.serving import run


def main() -> None:
    """Measure one benchmark."""
    name, folder, result = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    benchmark = benchmark_named(name)
    figures = run(benchmark.measure(Run(folder, is_quick="--quick" in sys.argv[4:], tell=_tell)))
    result.write_bytes(msgspec.json.encode(figures))


def _tell(share: float) -> None:
    sys.stdout.write(f"{share:.4f}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
