"""What watches files runs over each event loop; the other tests of this room over asyncio's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

from tests.loops import LOOPS


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    if item.path.name in {"test_watch.py", "test_watch_trouble.py", "test_real_claude.py"}:
        return LOOPS
    return {"asyncio": asyncio.new_event_loop}
