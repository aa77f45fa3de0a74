"""How a child ended, in words for people: nothing in them is a credential that we recognise, or moves a cursor."""

from __future__ import annotations

import re
import signal

from posthouse.system.logging import redact
from posthouse.system.process import Finished

COMPLAINT_CHARACTERS_MAX = 300
"""How much of the end of standard error is told."""

_UNREADABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffd]+")


def complaint(finished: Finished) -> str:
    """The end of what stands on standard error, as a sentence; empty where nothing does."""
    text = redact(plain(finished.stderr_tail.decode("utf-8", "replace"))[-4 * COMPLAINT_CHARACTERS_MAX :])
    return f"It complained: {text[-COMPLAINT_CHARACTERS_MAX:]}" if text else ""


def end_of(finished: Finished) -> str:
    """`ended with exit code 3`, `was ended by SIGKILL`."""
    if finished.signal is None:
        return f"ended with exit code {finished.exit_code}"
    try:
        return f"was ended by {signal.Signals(finished.signal).name}"
    except ValueError:
        return f"was ended by signal {finished.signal}"


def plain(text: str) -> str:
    """The text on one line, without what cannot be seen."""
    return _UNREADABLE.sub(" ", text).strip()
