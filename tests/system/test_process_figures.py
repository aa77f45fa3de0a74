"""What a kept process and all of its own use is measured, and what is not known is not made up."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from posthouse.system.process_figures import Meter
from tests.clock import ManualClock
from tests.system.kept import ear_in, start_python

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sessions and signals are Unix's own")

CODE = """
import threading
if os.fork() == 0:
    threading.Thread(target=threading.Event().wait, daemon=True).start()
    say('up')
    hang()
def burn(*_):
    until = time.process_time() + 0.3
    while time.process_time() < until:
        pass
    say('burnt')
signal.signal(10, burn)
say('up')
hang()
"""


async def test_figures_are_of_all_that_belongs_to_it_from_look_to_look(tmp_path: Path, clock: ManualClock) -> None:
    with ear_in(tmp_path) as ear:
        child = start_python(CODE, tmp_path)
        meter = Meter(child, clock)
        assert (await ear.word(), await ear.word()) == ("up", "up")
        first = await meter.look()
        again = await meter.look()
        os.kill(child.pid, signal.SIGUSR1)
        assert await ear.word() == "burnt"
        clock.advance(1.0)
        second = await meter.look()
        child.kill()
        await child.ended()

    assert first is not None
    assert again is not None
    assert second is not None
    # Between two looks at one instant there is nothing to measure.
    assert (first.cpu_percent, again.cpu_percent) == (None, None)
    assert second.cpu_percent is not None
    # It burnt 0.3 s of the second that went by; the kernel counts in hundredths.
    assert second.cpu_percent >= 20
    assert (second.processes, second.threads) == (2, 3)
    assert second.rss_bytes is not None
    assert second.rss_bytes > 2 * 1024 * 1024
    assert second.uptime_s is not None
    assert 0.0 <= second.uptime_s < 3_600.0
    assert await meter.look() is None
