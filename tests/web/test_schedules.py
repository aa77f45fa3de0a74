"""What the overview tells of schedules: when they run, how it went, and what was missed."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, expect

from tests.web.browser import axe_script, watch
from tests.web.stage import Stage, play_schedules
from tests.web.test_dashboard import opened

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("browser")]


def days_of(gap: dict[str, Any]) -> str:
    """The days of a gap in Tokyo, as a person would write them."""
    first, last = (datetime.fromtimestamp(gap[key] / 1000, ZoneInfo("Asia/Tokyo")) for key in ("firstAt", "lastAt"))
    # Browsers shorten September by four letters, Python by three.
    months = [one.strftime("%b").replace("Sep", "Sept") for one in (first, last)]
    begin = f"{first.day}" if months[0] == months[1] else f"{first.day} {months[0]}"
    return f"{begin} to {last.day} {months[1]}"


async def test_runs_are_told_with_what_came_of_them_and_missed_ones_can_be_made(stage: Stage, browser: Browser) -> None:
    await play_schedules(stage)
    gaps = (await stage.call("GET", "/api/gaps?source=stock"))["items"]
    missed = next(one for one in gaps if one["reason"] == "missed")
    arrived = len(stage.receiver.requests)
    page = await opened(stage, browser, reduced_motion="reduce")
    wrong = watch(page, stage.url)

    stock, till = page.get_by_test_id("source-stock"), page.get_by_test_id("source-till")
    await expect(stock).to_contain_text(re.compile(r"Daily 00:01 Asia/Tokyo, next in \d+ (h|min|s)"))
    await expect(stock).to_contain_text("Nothing new")
    await expect(till).to_contain_text(re.compile(r"Could not be read, .*: .*till\.db"))
    assert (await till.inner_text()).count("till.db") == 1
    await expect(page.locator("[data-testid^=gap-]")).to_have_count(2)
    banner = page.get_by_test_id(f"gap-{missed['id']}")
    await expect(banner).to_contain_text(
        "3 runs of stock to hook were missed: the daemon was not running, or the machine slept."
    )
    await expect(banner).to_contain_text(days_of(missed))
    await page.evaluate(axe_script())
    assert (await page.evaluate("axe.run()"))["violations"] == []

    await page.get_by_role("button", name="Run now till to hook").click()
    await expect(page.get_by_role("alert")).to_contain_text("till")
    await expect(page.locator("[data-testid^=gap-]")).to_have_count(2)
    await page.get_by_role("button", name="Run now stock to hook").press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("stock was read; 1 delivery is on the way.")
    await expect(banner).to_have_count(0)
    await expect(page.get_by_role("heading", level=1)).to_be_focused()

    await stage.receiver.wait_for(arrived + 1)
    await expect(stock).to_contain_text("Sent")
    (refused,) = wrong
    assert "Failed to load resource" in refused
