"""What the overview tells of servers, wake-ups and peers: nothing where they are not used, else one card each, live."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from tests.web.browser import watch
from tests.web.stage import Stage, play_peers, play_servers, play_wake
from tests.web.test_dashboard import opened
from tests.web.test_settings import is_clean

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("browser")]


async def test_the_overview_tells_of_what_is_used_and_keeps_it_up_to_date(stage: Stage, browser: Browser) -> None:
    page = await opened(stage, browser, reduced_motion="reduce", viewport={"width": 360, "height": 780})
    wrong = watch(page, stage.url)
    await expect(page.get_by_test_id("source-ingest")).to_be_visible()
    await expect(page.get_by_role("list", name="Servers, wake-ups and peers")).to_have_count(0)

    await play_wake(stage)
    wake = page.get_by_test_id("glance-wake")
    await expect(wake).to_contain_text(re.compile(r"The next wake is (at|due)"))
    await expect(wake).to_contain_text(re.compile(r"Last wake .+: 2 accounts did not answer\."))
    await play_servers(stage)
    servers = page.get_by_test_id("glance-servers")
    await expect(servers).to_contain_text("1 has failed, 1 is running and 1 is stopped.")
    async with play_peers(stage):
        await expect(page.get_by_test_id("glance-peers")).to_contain_text("2 of 3 online.")
    assert await is_clean(page)
    root = "document.documentElement"
    assert await page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")

    await stage.call("POST", "/api/servers/docs/stop")
    await expect(servers).to_contain_text("1 has failed and 2 are stopped.")
    await servers.click()
    await expect(page.get_by_role("heading", name="Servers", level=1)).to_be_visible()
    assert wrong == []
