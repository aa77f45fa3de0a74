"""The end of a process in which threads of third parties still run: the interpreter would wait for them for ever."""

from __future__ import annotations

import logging
import os
import sys
import threading
from contextlib import suppress

FLUSH_S = 1.0
"""How long the last lines have to leave; a stream that a left thread holds locked is not waited for any longer."""


def end_despite_threads(code: int, *, within_s: float) -> None:
    """End the process with this exit code within so many seconds, whatever its other threads do.

    To be called when all of our own work is done. Where no other thread runs this does nothing, and the process ends as
    any other: only the code of third parties makes threads that outlive the daemon, or has some made that the
    interpreter would join (`asyncio.to_thread`).
    """
    if all(one is threading.current_thread() for one in threading.enumerate()):
        return
    if within_s <= 0:
        _end(code)
    timer = threading.Timer(within_s, _end, [code])
    timer.daemon = True
    timer.start()


def _end(code: int) -> None:
    flushing = threading.Thread(target=_flush, daemon=True)
    flushing.start()
    flushing.join(FLUSH_S)
    os._exit(code)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()
    with suppress(Exception):
        logging.shutdown()
