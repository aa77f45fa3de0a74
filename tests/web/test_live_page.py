"""The live page, and what stays on top of every page until it was seen: a real daemon, a real browser."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.web.browser import axe_script, watch
from tests.web.stage import Stage
from tests.web.test_dashboard import opened

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("browser")]

expect.set_options(timeout=20_000)


async def live_page(stage: Stage, browser: Browser, path: str = "/live") -> Page:
    """The page of a browser that is signed in, once its link stands."""
    page = await opened(stage, browser, reduced_motion="reduce")
    await page.goto(f"{stage.url}{path}")
    await linked(page)
    return page


async def linked(page: Page) -> None:
    """Until what happens comes as it happens."""
    await expect(page.get_by_test_id("link")).to_have_attribute("data-link", "open")


def lines(page: Page) -> Locator:
    return page.get_by_test_id("feed").get_by_role("listitem")


async def change_settings(stage: Stage, *values: int) -> None:
    """Something that is a line of its own each time."""
    for value in values:
        await stage.call("PATCH", "/api/settings/delivery.concurrency", {"value": value})


async def is_clean(page: Page) -> bool:
    """Whether the accessibility checker finds nothing, with what it found told where it does."""
    await page.evaluate(axe_script())
    found = (await page.evaluate("axe.run()"))["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
    return True


async def test_what_happens_is_told_in_words_newest_first_and_is_there_after_a_reload(
    stage: Stage, browser: Browser
) -> None:
    await stage.add_target("n8n", stage.receiver.url)
    await stage.bind("ingest", "n8n", filter={"types": ["build.*"]})
    page = await live_page(stage, browser)
    wrong = watch(page, stage.url)
    await expect(lines(page).filter(has_text="has started")).to_have_count(1)

    await stage.emit("backup.done")
    await expect(lines(page).first).to_contain_text("ingest recorded backup.done. No binding takes it.")
    await stage.emit("build.finished")
    await expect(lines(page).filter(has_text="build.finished was delivered to n8n.")).to_have_count(1)
    await change_settings(stage, 4)
    await expect(lines(page).first).to_contain_text("delivery.concurrency was set to 4.")
    texts = await lines(page).all_inner_texts()
    assert await is_clean(page)
    await page.reload()

    await expect(lines(page)).to_have_count(len(texts))
    told = [re.split(r"\n", text)[0] for text in await lines(page).all_inner_texts()]
    assert told == [re.split(r"\n", text)[0] for text in texts]
    await lines(page).filter(has_text="build.finished").get_by_role("link").click()
    await expect(page.get_by_role("dialog", name="build.finished")).to_be_visible()
    assert wrong == []


async def test_while_it_is_paused_nothing_moves_and_nothing_is_lost(stage: Stage, browser: Browser) -> None:
    page = await live_page(stage, browser)
    before = await lines(page).count()

    await page.get_by_role("button", name="Pause").press("Enter")
    await expect(page.get_by_test_id("waiting")).to_have_text("0 new")
    await change_settings(stage, 3, 4, 5)
    await expect(page.get_by_test_id("waiting")).to_have_text("3 new")
    assert await lines(page).count() == before
    assert await is_clean(page)
    await page.get_by_role("button", name="Resume").press("Enter")

    for place, value in enumerate((5, 4, 3)):
        await expect(lines(page).nth(place)).to_contain_text(f"was set to {value}.")
    await expect(lines(page)).to_have_count(min(before + 3, 10))  # no more are shown until they are asked for
    await expect(page.get_by_test_id("waiting")).to_have_count(0)


async def test_type_and_level_filter_and_the_address_keeps_them(stage: Stage, browser: Browser) -> None:
    page = await live_page(stage, browser)
    await change_settings(stage, 3)
    await stage.call("POST", "/api/sources/claude-sessions/enable")
    await stage.call("POST", "/api/sources/claude-sessions/disable")
    await expect(lines(page).filter(has_text="switched off")).to_have_count(1)

    await page.get_by_label("About").select_option("Sources")
    await page.get_by_label("Level").select_option("Warnings")
    await expect(lines(page)).to_have_count(1)
    assert page.url.endswith("/live?type=source_update&level=warning")
    await page.reload()
    await expect(lines(page)).to_have_count(1)
    await expect(lines(page)).to_contain_text("claude-sessions was switched off.")
    await expect(page.get_by_label("About")).to_have_value("source_update")
    await page.get_by_label("Level").select_option("Errors")
    await expect(page.get_by_text("Nothing of this kind has happened lately.")).to_be_visible()
    assert await is_clean(page)
    await page.get_by_role("link", name="Show everything").click()

    await expect(lines(page).filter(has_text="was set to 3")).to_have_count(1)
    assert page.url.endswith("/live")


async def test_ten_lines_are_shown_until_there_are_to_be_more_and_the_setting_holds_at_once(
    stage: Stage, browser: Browser
) -> None:
    page = await live_page(stage, browser)
    await change_settings(stage, *range(1, 31))
    await expect(lines(page).first).to_contain_text("was set to 30.")
    await expect(lines(page)).to_have_count(10)

    await page.get_by_role("button", name="Show more").click()
    await expect(lines(page)).to_have_count(20)
    await stage.call("PATCH", "/api/settings/dashboard.feed_entries", {"value": 7})

    await expect(lines(page)).to_have_count(14)
    await page.reload()
    await expect(lines(page)).to_have_count(7)


async def test_under_load_a_lane_is_one_line_with_its_latest_figures(stage: Stage, browser: Browser) -> None:
    await stage.add_target("n8n", stage.receiver.url)
    await stage.bind("ingest", "n8n")
    page = await live_page(stage, browser)
    before = await lines(page).count()
    for _ in range(20):
        await stage.call("POST", "/api/events", [{"type": "build.finished"}] * 20)
    await stage.until("they are delivered", lambda status: status["counts"]["delivered"] == 400)

    await expect(lines(page).filter(has_text="400 delivered")).to_have_count(1)
    assert await lines(page).filter(has_text="build.finished").count() == 1
    assert await lines(page).count() <= before + 2


async def restart(stage: Stage, *, is_clean: bool) -> None:
    """Another life of the daemon at the same address, since a browser keeps things for an address."""
    port = str(urlsplit(stage.url).port)
    await asyncio.to_thread(stage.daemon.stop if is_clean else stage.daemon.kill)
    await asyncio.to_thread(stage.daemon.start, "--port", port)


def critical(page: Page) -> Locator:
    return page.get_by_test_id("critical-entry")


async def acknowledged(page: Page, click: Locator) -> None:
    """Click, and wait for the daemon to know."""
    async with page.expect_response("**/api/live/ack") as answer:
        await click.click()
    assert (await answer.value).ok


async def test_an_unclean_stop_is_told_on_every_page_until_it_is_seen(stage: Stage, browser: Browser) -> None:
    page = await live_page(stage, browser, "/")
    await expect(critical(page)).to_have_count(0)

    await restart(stage, is_clean=False)

    await expect(critical(page)).to_contain_text("stopped without being asked to")
    await expect(page.get_by_role("alert").filter(has_text="stopped without being asked to")).to_have_count(1)
    await page.reload()
    await page.get_by_role("link", name="Settings").click()
    await expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()
    await expect(critical(page)).to_have_count(1)
    assert await is_clean(page)
    # It was said aloud before the page was loaded again.
    await linked(page)
    await expect(page.get_by_role("alert").filter(has_text="without being asked to")).to_have_count(0)

    await acknowledged(page, page.get_by_role("button", name="Got it"))
    await expect(critical(page)).to_have_count(0)
    await page.reload()
    await linked(page)
    await expect(critical(page)).to_have_count(0)


async def test_each_browser_is_told_and_what_could_not_be_acknowledged_stays(stage: Stage, browser: Browser) -> None:
    one, other = await live_page(stage, browser), await live_page(stage, browser)
    await stage.call("POST", "/api/sources/claude-sessions/enable")
    await stage.call("POST", "/api/sources/claude-sessions/disable")
    for page in (one, other):
        await expect(critical(page)).to_contain_text("claude-sessions was switched off.")

    await one.route("**/api/live/ack", lambda route: route.abort())
    await one.get_by_role("button", name="Got it").click()
    await expect(one.get_by_role("alert").filter(has_text="It stays here until then")).to_have_count(1)
    await expect(critical(one)).to_have_count(1)
    await one.unroute("**/api/live/ack")
    tab = await one.context.new_page()
    await tab.goto(stage.url)
    await expect(critical(tab)).to_have_count(1)
    await acknowledged(one, one.get_by_role("button", name="Got it"))

    await expect(critical(one)).to_have_count(0)
    await expect(critical(tab)).to_have_count(0)
    await other.reload()
    await expect(critical(other)).to_have_count(1)


async def switch(stage: Stage, times: int) -> None:
    """Switch a source on and off, which is owed to everyone each time."""

    def run() -> None:
        stage.daemon.api.close()
        for _ in range(times):
            for what in ("enable", "disable"):
                stage.daemon.api.call("POST", f"/api/sources/claude-sessions/{what}")

    await asyncio.to_thread(run)


async def test_many_are_counted_shown_on_demand_and_acknowledged_together(stage: Stage, browser: Browser) -> None:
    page = await live_page(stage, browser)
    await switch(stage, 5)
    section = page.get_by_test_id("critical")
    await expect(section).to_contain_text("5 things happened while you were away.")
    await expect(critical(page)).to_have_count(3)
    assert await is_clean(page)
    wide = page.viewport_size
    assert wide is not None
    await page.set_viewport_size({"width": 360, "height": 780})
    await expect(critical(page).filter(visible=True)).to_have_count(1)
    await page.set_viewport_size(wide)
    await expect(critical(page).filter(visible=True)).to_have_count(3)

    await section.get_by_role("button", name="Show all 5").click()
    await expect(critical(page)).to_have_count(5)
    await acknowledged(page, section.get_by_role("button", name="Got it, all"))

    await expect(section).to_have_count(0)
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await page.reload()
    await linked(page)
    await expect(section).to_have_count(0)


async def test_more_than_a_thousand_are_one_notice_that_counts_them(stage: Stage, browser: Browser) -> None:
    page = await live_page(stage, browser)
    await switch(stage, 1_001)
    await page.reload()

    await expect(critical(page)).to_contain_text("1,001 critical entries have not been seen.")
    await acknowledged(page, page.get_by_role("button", name="Got it"))

    await page.reload()
    await linked(page)
    await expect(critical(page)).to_have_count(0)


async def owed(stage: Stage, page: Page) -> Any:
    """What the daemon says is owed to a page's browser."""
    client = await page.evaluate("localStorage.getItem('posthouse-client')")
    return (await stage.call("GET", f"/api/live/critical?client={client}"))["owed"]


async def test_what_is_shown_is_what_the_daemon_owes(stage: Stage, browser: Browser) -> None:
    page = await live_page(stage, browser)
    await switch(stage, 2)
    await expect(critical(page)).to_have_count(2)
    assert await owed(stage, page) == 2

    await acknowledged(page, critical(page).first.get_by_role("button", name="Got it"))

    await expect(critical(page)).to_have_count(1)
    assert await owed(stage, page) == 1
