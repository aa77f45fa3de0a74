"""The event loops that a user's machine may run: asyncio's own, and uvloop where there is one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}

try:
    import uvloop
except ImportError:
    # There is none for Windows; the daemon then runs on asyncio's own as well.
    pass
else:
    LOOPS["uvloop"] = uvloop.new_event_loop
