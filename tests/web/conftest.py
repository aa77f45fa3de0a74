"""A browser and a stage for each test of the dashboard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.web.browser import browser_at, chromium_or_skip
from tests.web.stage import Stage, staged


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium."""
    async with browser_at(chromium_or_skip()) as opened:
        yield opened


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A daemon with nothing to tell yet."""
    async with staged(tmp_path) as made:
        yield made
