"""What speaks HTTP or runs programs does so over each event loop; the other tests of this room over asyncio's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest

from tests.loops import LOOPS


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    if item.path.name.startswith(("test_left_by", "test_managed_process", "test_outbound", "test_process")):
        return LOOPS
    return {"asyncio": asyncio.new_event_loop}
