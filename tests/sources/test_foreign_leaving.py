"""A process ends with its exit code, whatever threads third parties have left in it."""

from __future__ import annotations

import subprocess
import sys

import pytest

THREADS = {
    "none": "",
    "one that cannot be joined": "threading.Thread(target=threading.Event().wait).start()",
    "one of a pool": "ThreadPoolExecutor().submit(threading.Event().wait)",
    "one that prints": "threading.Thread(target=lambda: [print('x' * 500) for _ in iter(int, 1)], daemon=True).start()",
}


@pytest.mark.parametrize("within_s", [0.0, 0.05])
@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize("thread", THREADS)
def test_a_process_ends_with_its_code_whatever_still_runs(thread: str, code: int, within_s: float) -> None:
    program = (
        "import sys, threading\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "from posthouse.sources.foreign.leaving import end_despite_threads\n"
        f"{THREADS[thread]}\n"
        "sys.stderr.write('the last words')\n"
        f"end_despite_threads({code}, within_s={within_s})\n"
        f"sys.exit({code})\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, check=False)

    assert b"the last words" in done.stderr
    # While one prints, the interpreter may abort of itself before the time is up: whatever happens then, it ends.
    assert done.returncode == code or ("prints" in thread and within_s > 0)
