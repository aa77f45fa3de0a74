"""The dashboard's live link: what happens shows at once, whatever happens to the link."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.e2e.processes import until
from tests.web.browser import watch
from tests.web.stage import Stage

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("browser")]

expect.set_options(timeout=20_000)

STREAM = re.compile(r"/api/live\?")
POLL = re.compile(r"/api/live/poll\b")
PING = re.compile(r"/api/live/ping\b")
SNAPSHOT = re.compile(r"/api/live/snapshot\b")
UNAVAILABLE = "Live updates unavailable. Using periodic updates."
RESTORED = "Live updates restored"
BRIEF_MS = 10_000
"""Half a minute would bring everything anyhow: what follows the stream is there long before."""

CUTTABLE = """
    const real = window.fetch;
    window.fetch = (input, init) => {
      if (!String(input).startsWith('/api/live?')) return real(input, init);
      const cut = new AbortController();
      window.cutStream = () => cut.abort();
      return real(input, { ...init, signal: AbortSignal.any([init.signal, cut.signal]) });
    };
"""
"""Lets a test break the connection that the stream came over."""

HIDE = """
    (isHidden) => {
      Object.defineProperty(document, 'hidden', { get: () => isHidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }
"""

HEAR = """
    () => {
      window.said = [];
      for (const region of document.querySelectorAll('[aria-live]'))
        new MutationObserver(() => window.said.push([region.ariaLive, region.textContent.trim()]))
          .observe(region, { childList: true, characterData: true, subtree: true });
    }
"""
"""Notes what is announced, and how."""


class Asked:
    """How often the page asked for something, from now on."""

    def __init__(self, page: Page, pattern: re.Pattern[str]) -> None:
        self.count = 0
        self._pattern = pattern
        page.on("request", self._note)

    def _note(self, request: Any) -> None:
        self.count += bool(self._pattern.search(request.url))


async def live_page(stage: Stage, browser: Browser, path: str = "/", *, is_timed: bool = False) -> Page:
    """A page that is signed in and linked; `is_timed`: its clock can be moved on."""
    page = await (await browser.new_context()).new_page()
    await page.add_init_script(CUTTABLE)
    if is_timed:
        await page.clock.install()
    await stage.sign_in(page)
    if path != "/":
        await page.goto(f"{stage.url}{path}")
    await expect(link_of(page)).to_contain_text("Live")
    await page.evaluate(HEAR)
    return page


def link_of(page: Page) -> Any:
    return page.get_by_test_id("link")


def rows_of(page: Page) -> Any:
    return page.locator("a[data-delivery]")


async def bound(stage: Stage) -> None:
    """Something to emit to."""
    await stage.add_target("n8n", stage.receiver.url)
    await stage.bind("ingest", "n8n")


async def pass_on(page: Page, seconds: int, *, until: Callable[[], bool] = lambda: False) -> None:
    """Let time pass on the page, second by second; what it asks of the daemon has its answer each time."""
    for _ in range(seconds):
        if until():
            return
        await page.clock.run_for(1_000)
        # What was asked before this is answered before this.
        await page.evaluate("() => fetch('/api/health').then((answer) => answer.text(), () => '')")


async def announced(page: Page, words: str) -> list[str]:
    """In which tone these words were announced, each time."""
    said: list[list[str]] = await page.evaluate("window.said")
    return [tone for tone, text in said if text == words]


async def abort(route: Route) -> None:
    await route.abort()


async def told_all_since(stage: Stage, page: Page, cursor: str, told: int) -> Callable[[], Awaitable[bool]]:
    """Whether the page was told exactly what the log has behind a place."""

    async def holds() -> bool:
        items = (await stage.call("GET", f"/api/live/poll?cursor={cursor}&limit=500"))["items"]
        return int(await link_of(page).get_attribute("data-told") or 0) - told == len(items) > 0

    return holds


async def test_what_happens_shows_at_once_and_without_a_reload(stage: Stage, browser: Browser) -> None:
    await bound(stage)
    page = await live_page(stage, browser)
    await expect(page.get_by_test_id("figure-delivered")).to_contain_text("0")
    wrong = watch(page, stage.url)

    await stage.emit("build.finished", subject="shop")

    await expect(page.get_by_test_id("figure-delivered")).to_contain_text("1", timeout=BRIEF_MS)
    await page.get_by_role("link", name="Activity").click()
    await expect(rows_of(page)).to_have_count(1)
    assert wrong == []


async def test_every_page_follows(stage: Stage, browser: Browser) -> None:
    await bound(stage)
    await stage.emit("build.finished")
    await stage.until("it is delivered", lambda status: status["counts"]["delivered"] == 1)
    overview = await live_page(stage, browser)
    activity = await live_page(stage, browser, "/activity")
    settings = await live_page(stage, browser, "/settings")
    sheet = await live_page(stage, browser, "/activity")
    await rows_of(sheet).click()
    await expect(sheet.get_by_role("dialog")).to_contain_text("Delivered")

    await stage.call("PATCH", "/api/settings/delivery.concurrency", {"value": 3})
    await stage.call("POST", "/api/targets/n8n/pause")
    await stage.emit("build.finished", subject="waits")
    await stage.call("POST", "/api/deliveries/replay", {"ids": [await rows_of(sheet).get_attribute("data-delivery")]})

    await expect(settings.get_by_test_id("setting-delivery.concurrency").get_by_test_id("value")).to_have_text(
        "3", timeout=BRIEF_MS
    )
    await expect(overview.get_by_test_id("target-n8n").locator(".badge.orange")).to_have_text(
        "Paused", timeout=BRIEF_MS
    )
    await expect(overview.get_by_test_id("figure-target_paused")).to_contain_text("2", timeout=BRIEF_MS)
    await expect(rows_of(activity)).to_have_count(3, timeout=BRIEF_MS)
    await stage.call("POST", "/api/targets/n8n/resume")
    await expect(overview.get_by_test_id("figure-delivered")).to_contain_text("3", timeout=BRIEF_MS)
    await expect(rows_of(activity).filter(has_text="Paused")).to_have_count(0, timeout=BRIEF_MS)


async def test_killed_daemon_comes_back_and_nothing_is_lost_or_told_twice(stage: Stage, browser: Browser) -> None:
    await bound(stage)
    await stage.bind("posthouse", "n8n")
    page = await live_page(stage, browser, "/activity")
    port = stage.url.rsplit(":", 1)[1]
    place = (await stage.call("GET", "/api/live/poll"))["cursor"]
    told = int(await link_of(page).get_attribute("data-told") or 0)
    await stage.emit("build.finished", subject="before")
    await expect(rows_of(page)).to_have_count(1)
    await stage.until("it is delivered", lambda status: status["counts"]["delivered"] == 1)

    await asyncio.to_thread(stage.daemon.kill)
    await expect(link_of(page)).to_contain_text("Not reached")
    await expect(page.get_by_role("alert").first).to_contain_text("Posthouse cannot be reached.")
    await asyncio.to_thread(stage.daemon.start, "--port", port)
    await stage.emit("build.finished", subject="after")

    await expect(link_of(page)).to_contain_text("Live", timeout=60_000)
    for subject in ("before", "after"):
        await expect(rows_of(page).filter(has_text=subject)).to_have_count(1)
    await expect(rows_of(page).filter(has_text="daemon.stopped")).to_have_count(1)
    await expect(page.get_by_text("Posthouse cannot be reached.")).to_have_count(0)
    ids = await rows_of(page).evaluate_all("rows => rows.map(row => row.dataset.delivery)")
    assert len(set(ids)) == len(ids)
    await settles(await told_all_since(stage, page, place, told))


async def settles(holds: Callable[[], Awaitable[bool]]) -> None:
    """Until something holds, and still does when asked again."""
    loop = asyncio.get_running_loop()

    def check() -> bool:
        return asyncio.run_coroutine_threadsafe(_twice(holds), loop).result()

    await asyncio.to_thread(until, check, "the page was told everything, and once")


async def _twice(holds: Callable[[], Awaitable[bool]]) -> bool:
    return await holds() and await holds()


async def test_polls_take_over_while_the_stream_is_blocked_and_give_back(stage: Stage, browser: Browser) -> None:
    await bound(stage)
    page = await live_page(stage, browser, "/activity", is_timed=True)
    streams, polls = Asked(page, STREAM), Asked(page, POLL)
    place = (await stage.call("GET", "/api/live/poll"))["cursor"]
    told = int(await link_of(page).get_attribute("data-told") or 0)

    await page.route(STREAM, abort)
    await page.evaluate("window.cutStream()")
    await expect(link_of(page)).to_contain_text("Updating every 10 s")
    await stage.emit("build.finished", subject="polled")
    await pass_on(page, 120, until=lambda: streams.count >= 4)
    await expect(rows_of(page).filter(has_text="polled")).to_have_count(1)
    assert await announced(page, UNAVAILABLE) == []

    await pass_on(page, 120, until=lambda: streams.count >= 5)
    warning = page.get_by_role("listitem").filter(has_text=UNAVAILABLE)
    await expect(warning).to_have_count(1)
    await pass_on(page, 60)
    assert await announced(page, UNAVAILABLE) == ["polite"]
    assert streams.count >= 6
    assert polls.count >= 10

    await stage.emit("build.finished", subject="at the last")
    await page.unroute(STREAM)
    await pass_on(page, 31)
    await expect(link_of(page)).to_contain_text("Live")
    await expect(warning).to_have_count(0)
    await expect(rows_of(page)).to_have_count(2)
    polled = polls.count
    await stage.emit("build.finished", subject="streamed")
    await pass_on(page, 90)

    await expect(rows_of(page)).to_have_count(3)
    await expect(link_of(page)).to_contain_text("Live")
    assert polls.count == polled
    assert await announced(page, RESTORED) == ["polite"]
    assert await announced(page, UNAVAILABLE) == ["polite"]
    await settles(await told_all_since(stage, page, place, told))


async def test_lost_pong_takes_the_link_down_in_time_and_a_pong_brings_it_back(stage: Stage, browser: Browser) -> None:
    page = await live_page(stage, browser, is_timed=True)
    await page.route(PING, abort)

    await pass_on(page, 20)
    await expect(link_of(page)).to_contain_text("Live")
    await pass_on(page, 15)
    await expect(link_of(page)).to_contain_text("Updating every 10 s")

    # The stream itself can be opened; without a pong it does not count.
    streams = Asked(page, STREAM)
    await pass_on(page, 20, until=lambda: streams.count >= 2)
    await expect(link_of(page)).to_contain_text("Updating every 10 s")
    await page.unroute(PING)
    await pass_on(page, 31)
    await expect(link_of(page)).to_contain_text("Live")
    assert await announced(page, RESTORED) == []


async def test_machine_that_slept_is_judged_by_what_comes_and_not_by_its_timers(stage: Stage, browser: Browser) -> None:
    page = await live_page(stage, browser, is_timed=True)
    streams = Asked(page, STREAM)

    for _ in range(3):
        await page.clock.fast_forward("01:00:00")
        await pass_on(page, 8)

    await expect(link_of(page)).to_contain_text("Live")
    assert streams.count == 0


async def test_hidden_tab_lets_go_and_catches_up_when_it_is_shown(stage: Stage, browser: Browser) -> None:
    await bound(stage)
    page = await live_page(stage, browser, "/activity", is_timed=True)
    place = (await stage.call("GET", "/api/live/poll"))["cursor"]
    told = int(await link_of(page).get_attribute("data-told") or 0)

    await page.evaluate(HIDE, True)
    await pass_on(page, 62)
    await expect(link_of(page)).to_contain_text("Connecting…")
    api = re.compile(r"/api/(?!health)")
    asked = Asked(page, api)
    await stage.emit("build.finished")
    await stage.until("it is delivered", lambda status: status["counts"]["delivered"] == 1)
    await pass_on(page, 60)
    assert asked.count == 0

    await page.evaluate(HIDE, False)

    await expect(rows_of(page)).to_have_count(1)
    await expect(link_of(page)).to_contain_text("Live")
    await settles(await told_all_since(stage, page, place, told))


async def test_tabs_of_one_browser_have_a_stream_each(stage: Stage, browser: Browser) -> None:
    await bound(stage)
    context = await browser.new_context()
    pages = [await context.new_page() for _ in range(3)]
    for page in pages:
        await page.clock.install()
    await stage.sign_in(pages[0])
    for page in pages:
        await page.goto(f"{stage.url}/activity")
        await expect(link_of(page)).to_contain_text("Live")

    for page in pages:
        await pass_on(page, 40)
    await stage.emit("build.finished")

    for page in pages:
        await expect(rows_of(page)).to_have_count(1)
        await expect(link_of(page)).to_contain_text("Live")
    assert len({await page.evaluate("localStorage.getItem('posthouse-client')") for page in pages}) == 1


async def test_hole_in_the_stream_leads_to_a_snapshot_and_what_is_strange_is_passed_over(
    stage: Stage, browser: Browser
) -> None:
    await bound(stage)
    page = await live_page(stage, browser, "/activity", is_timed=True)
    notes: list[str] = []
    page.on("console", lambda line: notes.append(line.text))
    cursor = (await stage.call("GET", "/api/live/poll"))["cursor"]
    epoch, _, offset = cursor.partition(":")
    places = [cursor, *(f"{epoch}:{int(offset) + more}" for more in (1, 2))]
    events = [
        {"type": "reload", "payload": {"version": 1, "reason": "trimmed"}},
        *({"type": "comet_update", "payload": {"version": 1, "tail": number}} for number in (1, 2)),
    ]
    entries = [
        {"id": place, "timestamp": 0, "cursor": place, "event": event}
        for place, event in zip(places, events, strict=True)
    ]
    text = "".join(f"id: {one['id']}\ndata: {json.dumps(one)}\n\n" for one in entries)

    async def tell_strange_things(route: Route) -> None:
        await route.fulfill(content_type="text/event-stream", body=text)

    snapshots = Asked(page, SNAPSHOT)
    await page.route(STREAM, tell_strange_things, times=1)
    await page.evaluate("window.cutStream()")
    await pass_on(page, 5, until=lambda: snapshots.count > 0)
    await pass_on(page, 10)

    await expect(link_of(page)).to_contain_text("Live")
    # One for the hole; one since the strange entries lie ahead of the ledger, as the daemon itself then says.
    assert snapshots.count == 2
    assert [note for note in notes if "comet_update" in note] == [
        "Entries of type comet_update, version 1 are passed over: this page does not know them."
    ]
    for number in range(3):
        await stage.emit("build.finished", subject=str(number))
    await expect(rows_of(page)).to_have_count(3)


async def test_link_says_how_it_is(stage: Stage, browser: Browser) -> None:
    page = await (await browser.new_context()).new_page()
    held: list[Route] = []

    async def hold(route: Route) -> None:
        held.append(route)

    await page.route(STREAM, hold)
    await stage.sign_in(page)
    await expect(link_of(page)).to_contain_text("Connecting…")
    await expect(link_of(page)).to_have_attribute("title", re.compile("being opened. Since "))
    await expect(page.get_by_test_id("verdict")).to_have_text("Nothing is sent anywhere yet.")

    await held[0].continue_()
    await expect(link_of(page)).to_contain_text("Live")

    await asyncio.to_thread(stage.daemon.kill)
    await expect(link_of(page)).to_contain_text("Not reached")
    await expect(page.get_by_test_id("verdict")).to_have_text("Posthouse does not answer.")
    await expect(page.get_by_text(re.compile(r"At \d\d:\d\d:\d\d it said: Nothing is sent"))).to_be_visible()
    await expect(page.get_by_role("alert").first).to_contain_text(re.compile(r"as it was at \d\d:\d\d:\d\d"))


async def test_session_that_is_ended_elsewhere_ends_the_link(stage: Stage, browser: Browser) -> None:
    page = await live_page(stage, browser)
    (one,) = (await stage.call("GET", "/api/sessions"))["items"]
    await stage.call("DELETE", f"/api/sessions/{one['id']}")
    streams = Asked(page, STREAM)

    await page.evaluate("window.cutStream()")

    await expect(page.get_by_role("heading", name="Sign in to Posthouse")).to_be_visible()
    assert streams.count <= 1
