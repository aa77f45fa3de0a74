"""Who is on the network, as a person looks at it: a real daemon, a neighbour that speaks to it, a real browser."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.web.browser import watch
from tests.web.neighbour import ENTRY, EXIT, HERE, Neighbour
from tests.web.stage import Stage
from tests.web.test_dashboard import opened
from tests.web.test_settings import is_clean

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("browser")]

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

STOPWATCH = """
    globalThis.begin = () => { globalThis.heard = {}; globalThis.shown = {}; globalThis.said = ''; };
    begin();
    const read = ReadableStreamDefaultReader.prototype.read;
    ReadableStreamDefaultReader.prototype.read = async function (...wanted) {
        const piece = await read.apply(this, wanted);
        if (typeof piece.value === 'string') said += piece.value;
        for (const [, state] of said.matchAll(/"peerId":"ann:desk:"[^}]*"state":"([a-z]+)"/g))
            heard[state] ??= performance.now();
        return piece;
    };
    new MutationObserver(() => {
        const row = document.querySelector('[data-peer="ann:desk:"]');
        if (row !== null) shown[row.dataset.state] ??= performance.now();
    }).observe(document, { subtree: true, childList: true, attributeFilter: ['data-state'] });
"""
"""When the page heard of Ann's state, and when it showed it."""


@pytest.fixture
async def ann(stage: Stage) -> AsyncIterator[Neighbour]:
    """A neighbour of a daemon whose peers are switched off yet."""
    neighbour = Neighbour()
    settings = {"port": neighbour.port, "address": HERE, "hosts": [neighbour.address], "mdns": False}
    await stage.call("PATCH", "/api/sources/peers", {"settings": settings})
    yield neighbour
    neighbour.socket.close()


async def peers_page(stage: Stage, browser: Browser, **options: Any) -> Page:
    """The page."""
    page = await opened(stage, browser, reduced_motion="reduce", **options)
    await page.goto(f"{stage.url}/peers")
    await expect(page.get_by_role("heading", name="Peers", level=1)).to_be_visible()
    return page


async def switch_on(stage: Stage) -> None:
    """Let the daemon hear its neighbour."""
    await stage.call("POST", "/api/sources/peers/enable")


async def test_peers_are_switched_on_by_hand_come_are_written_to_and_go(
    stage: Stage, browser: Browser, ann: Neighbour
) -> None:
    page = await peers_page(stage, browser)
    wrong = watch(page, stage.url)
    await expect(page.get_by_role("main")).to_contain_text("announces this machine on the network")
    assert await is_clean(page)
    await page.get_by_role("button", name="Switch on").click()
    await expect(page.get_by_text("Nobody else was heard of yet.")).to_be_visible()

    row, rows = row_of_ann(page), page.get_by_role("list", name="Peers").get_by_role("listitem")
    await arrive(page, ann)
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("This machine")
    await expect(rows.first).not_to_contain_text("last seen")
    await expect(rows.first.get_by_role("button")).to_have_count(0)
    await expect(row).to_contain_text("ann@desk, in sales")
    await expect(row).to_contain_text(ann.address)
    await expect(row).to_contain_text("last seen just now")
    await expect(page.get_by_test_id("online")).to_have_text("1 of 1 online")
    assert await is_clean(page)

    await page.get_by_role("button", name=re.compile("Write to")).click()
    await page.get_by_role("textbox", name=re.compile("A message to")).fill("Grüße: bis gleich")
    taken = asyncio.create_task(asyncio.to_thread(ann.take_message))
    await page.get_by_role("button", name="Send").click()
    assert await taken == "Grüße: bis gleich"
    await expect(page.get_by_role("button", name=re.compile("Write to"))).to_be_focused()
    await expect(page.get_by_text("has it.", exact=False).first).to_be_visible()

    ann.say(EXIT)
    await expect(row).to_contain_text("Left")
    await expect(row).to_have_attribute("data-state", "left")
    await expect(page.get_by_test_id("online")).to_have_text("0 of 1 online")
    assert wrong == []


async def test_a_change_is_on_the_page_within_a_second_of_its_entry(
    stage: Stage, browser: Browser, ann: Neighbour
) -> None:
    """From the moment at which the page has read the entry off the stream, by the page's own clock."""
    await switch_on(stage)
    page = await opened(stage, browser, reduced_motion="reduce")
    await page.add_init_script(STOPWATCH)
    await page.goto(f"{stage.url}/peers")
    await arrive(page, ann)
    for state, command in (("left", EXIT), ("online", ENTRY)):
        await page.evaluate("begin()")
        ann.say(command, "Ann\0sales\0")
        await expect(row_of_ann(page)).to_have_attribute("data-state", state)
        await page.wait_for_function("(state) => state in heard && state in shown", arg=state)
        late_ms = await page.evaluate("(state) => shown[state] - heard[state]", state)
        assert late_ms < 1_000, f"{state}: {late_ms:.0f} ms"


async def test_timing_is_changed_refused_in_the_daemons_words_and_set_by_a_preset(
    stage: Stage, browser: Browser, ann: Neighbour
) -> None:
    assert ann.port
    page = await peers_page(stage, browser)
    form = page.get_by_role("form", name="Heartbeat and timeout")
    heartbeat, timeout = form.get_by_label("Heartbeat (seconds)"), form.get_by_label("Timeout (seconds)")
    await expect(heartbeat).to_have_value("60")

    await timeout.fill("45")
    await form.get_by_role("button", name="Save").click()
    await expect(timeout).to_have_attribute("aria-invalid", "true")
    await expect(timeout).to_be_focused()
    await expect(form).to_contain_text("must be above the heartbeat interval (60 s)")
    await heartbeat.fill("20")
    await form.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved. It holds from now on.").first).to_be_visible()
    config = await stage.call("GET", "/api/peers/config")
    assert (config["heartbeatInterval"], config["peerTimeout"]) == (20, 45)

    await form.get_by_role("button", name=re.compile("^Fast")).click()
    await expect(form.get_by_role("button", name=re.compile("^Fast"))).to_have_attribute("aria-pressed", "true")
    await expect(heartbeat).to_have_value("15")
    assert (await stage.call("GET", "/api/peers/config"))["preset"] == "fast"


async def test_the_page_of_peers_is_accessible_and_fits_a_phone(stage: Stage, browser: Browser, ann: Neighbour) -> None:
    await switch_on(stage)
    page = await peers_page(stage, browser, viewport={"width": 360, "height": 780})
    await arrive(page, ann)

    for scheme in SCHEMES:
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.goto(f"{stage.url}/peers")
        await page.get_by_role("button", name=re.compile("Write to")).click()
        assert await is_clean(page)
    root = "document.documentElement"
    assert await page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")


async def arrive(page: Page, ann: Neighbour) -> None:
    """Come, as one does who is not heard before somebody listens: again and again until the page shows it."""
    row = row_of_ann(page)
    for _ in range(40):
        ann.say(ENTRY, "Ann\0sales\0")
        try:
            await expect(row).to_contain_text("Online", timeout=1_000)
        except AssertionError:
            continue
        return
    raise AssertionError("Ann is not seen")


def row_of_ann(page: Page) -> Locator:
    """Her row among the peers."""
    return page.get_by_role("list", name="Peers").get_by_role("listitem").filter(has_text="ann@desk")
