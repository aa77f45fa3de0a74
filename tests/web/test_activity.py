"""The activity page as a person uses it: search, filters, many at once, one in detail, and events nobody wanted."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.receiver import Received, Reply
from tests.web.browser import axe_script, settled, watch
from tests.web.stage import Stage, play_everything

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("browser")]

expect.set_options(timeout=20_000)

ROWS = "a[data-delivery]"


async def opened(stage: Stage, browser: Browser, path: str = "/activity", **options: Any) -> Page:
    """A page of a browser that is signed in."""
    page = await (await browser.new_context(**options)).new_page()
    await stage.sign_in(page)
    await page.goto(f"{stage.url}{path}")
    return page


async def given_up(stage: Stage, count: int) -> None:
    """So many deliveries that a receiver refused, before it came to its senses."""
    stage.receiver.default = Reply(status=422, body=b'{"error": "Unknown field: total"}')
    await stage.add_target("books", stage.receiver.url)
    await stage.bind("ingest", "books", policy={"isHealthRelevant": False})
    events = [{"type": "invoice.odd", "subject": f"2026-{number:03d}"} for number in range(count)]
    for start in range(0, count, 100):
        await stage.call("POST", "/api/events", events[start : start + 100])
    await stage.until("all are given up", lambda status: status["counts"]["dlq"] == count)
    stage.receiver.default = Reply()


async def test_search_finds_by_subject_and_by_error_while_one_types(stage: Stage, browser: Browser) -> None:
    await play_everything(stage)
    page = await opened(stage, browser)
    rows = page.locator(ROWS)
    search = page.get_by_label("Search")

    await search.press_sequentially("shop #5")
    await expect(rows).to_have_count(1)
    await expect(rows.first).to_contain_text("build.finished")
    await search.fill("HTTP_422")
    await expect(rows).to_have_count(1)
    await expect(rows.first).to_contain_text("invoice.odd")
    await search.fill("refused the connection")
    await expect(rows.first).to_contain_text("alert.raised")
    await search.fill("no such thing")
    await expect(page.get_by_text("No delivery fits these filters.")).to_be_visible()

    await expect(search).to_be_focused()
    await page.get_by_role("button", name="Clear all").click()
    await expect(search).to_have_value("")
    assert await rows.count() > 10


async def test_filters_combine_and_survive_a_reload(stage: Stage, browser: Browser) -> None:
    await play_everything(stage)
    page = await opened(stage, browser)
    rows = page.locator(ROWS)
    gave_up = page.get_by_role("button", name="Gave up", exact=True)
    delivered = page.get_by_role("button", name="Delivered")

    await gave_up.click()
    await delivered.click()
    await page.get_by_label("Target").select_option("books")
    await expect(rows).to_have_count(2)
    await page.get_by_label("Search").fill("2026-119")
    await expect(rows).to_have_count(1)
    await page.get_by_label("Period").select_option("The last hour")
    await expect(rows).to_have_count(1)
    await page.reload()

    await expect(rows).to_have_count(1)
    await expect(gave_up).to_have_attribute("aria-pressed", "true")
    await expect(delivered).to_have_attribute("aria-pressed", "true")
    await expect(page.get_by_label("Search")).to_have_value("2026-119")
    await expect(page.get_by_label("Period")).to_have_value("hour")
    await page.get_by_label("Period").select_option("From … to …")
    await page.get_by_label("To", exact=True).fill("2001-01-01T12:00")
    await expect(page.get_by_text("No delivery fits these filters.")).to_be_visible()
    assert "until=" in page.url
    assert "period=" not in page.url


async def test_everything_that_gave_up_is_replayed_with_progress_and_arrives_once(
    stage: Stage, browser: Browser
) -> None:
    await given_up(stage, 300)
    page = await opened(stage, browser, "/activity?status=dlq")
    before = len(stage.receiver.requests)
    chunks: list[str] = []
    page.on("request", lambda asked: chunks.append(asked.url) if asked.method == "POST" else None)

    await page.get_by_role("button", name="Replay all 300 that gave up").click()
    dialog = page.get_by_role("dialog", name="Replay 300 deliveries that gave up?")
    await expect(dialog).to_contain_text("all its retries anew")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await dialog.get_by_role("button", name="Replay").click()

    done = page.get_by_role("dialog", name="Done")
    await expect(done).to_contain_text("300 deliveries to be sent again.")
    await stage.until("all are delivered", lambda status: status["counts"]["delivered"] == 300)
    await done.get_by_role("button", name="Close").click()
    await expect(page.get_by_text("No delivery fits these filters.")).to_be_visible()
    assert len(chunks) >= 12
    sent = Counter(wire_id(one) for one in stage.receiver.requests[before:])
    assert (len(sent), set(sent.values())) == (300, {1})


def wire_id(received: Received) -> str:
    return str(received.headers["webhook-id"])


async def test_stop_ends_between_two_chunks_and_it_goes_on_from_there(stage: Stage, browser: Browser) -> None:
    await given_up(stage, 100)
    await stage.call("POST", "/api/targets/books/pause")
    page = await opened(stage, browser, "/activity?status=dlq")
    may_answer = asyncio.Event()
    chunks = 0

    async def hold(route: Route) -> None:
        nonlocal chunks
        chunks += 1
        if chunks == 2:
            await may_answer.wait()
        await route.continue_()

    await page.route("**/api/deliveries/replay", hold)
    await page.get_by_role("button", name="Replay all 100").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Replay").click()
    await expect(dialog.get_by_role("progressbar")).to_have_attribute("value", "25")
    await dialog.get_by_role("button", name="Stop").click()
    may_answer.set()

    await expect(dialog).to_contain_text("Stopped after 50 of 100 deliveries.")
    await stage.until("half are left", lambda status: status["counts"]["dlq"] == 50)
    assert chunks == 2
    await dialog.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("dialog", name="Done")).to_contain_text("100 deliveries to be sent again.")
    await stage.until("none is left", lambda status: status["counts"]["dlq"] == 0)


async def test_trouble_in_the_middle_says_how_far_it_came(stage: Stage, browser: Browser) -> None:
    await given_up(stage, 60)
    await stage.call("POST", "/api/targets/books/pause")
    page = await opened(stage, browser, "/activity?status=dlq")
    asked = 0

    async def fail_once(route: Route) -> None:
        nonlocal asked
        asked += 1
        await (route.abort() if asked == 2 else route.continue_())

    await page.route("**/api/deliveries/dismiss", fail_once)
    await page.get_by_role("button", name="Dismiss all").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Dismiss").click()

    await expect(dialog).to_contain_text("Stopped after 25 of 60 deliveries.")
    await expect(dialog.get_by_role("alert")).to_contain_text("Posthouse cannot be reached.")
    await dialog.get_by_role("button", name="Go on").click()
    await expect(page.get_by_role("dialog", name="Done")).to_contain_text("60 deliveries dismissed.")
    await stage.until("all are dismissed", lambda status: status["counts"]["dismissed"] == 60)


async def test_rows_are_chosen_by_keyboard_and_dismissed(stage: Stage, browser: Browser) -> None:
    await given_up(stage, 8)
    page = await opened(stage, browser)
    boxes = page.get_by_role("checkbox", name="Choose invoice.odd")
    await expect(boxes).to_have_count(8)

    await boxes.nth(1).focus()
    await page.keyboard.press("Space")
    await boxes.nth(4).focus()
    await page.keyboard.press("Shift+Space")
    bar = page.get_by_role("region", name="Chosen deliveries")
    await expect(bar).to_contain_text("4 chosen")
    await boxes.nth(2).focus()
    await page.keyboard.press("Space")
    await expect(bar).to_contain_text("3 chosen")
    await boxes.nth(7).click(modifiers=["Shift"])
    await expect(bar).to_contain_text("7 chosen")
    await page.get_by_role("checkbox", name="Choose all shown").click()
    await page.get_by_role("checkbox", name="Choose all shown").click()
    await expect(bar).to_have_count(0)
    for number in (0, 3):
        await boxes.nth(number).check()
    await bar.get_by_role("button", name="Dismiss").press("Enter")
    dialog = page.get_by_role("dialog", name="Dismiss 2 deliveries?")
    await dialog.get_by_role("button", name="Dismiss").press("Enter")

    await expect(page.get_by_role("dialog", name="Done")).to_contain_text("2 deliveries dismissed.")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(bar).to_have_count(0)
    await expect(page.locator(ROWS).filter(has_text="Dismissed: by hand")).to_have_count(2)


async def test_sheet_offers_what_fits_and_copies_the_request_as_a_command(stage: Stage, browser: Browser) -> None:
    await play_everything(stage)
    page = await opened(
        stage, browser, "/activity?status=dlq&target=books", permissions=["clipboard-read", "clipboard-write"]
    )
    clipboard = "navigator.clipboard.readText()"

    await page.locator(ROWS).click()
    sheet = page.get_by_role("dialog", name="invoice.odd")
    edit = sheet.get_by_role("link", name="Edit books")
    await expect(edit).to_have_attribute("href", re.compile(r"/targets/\d+"))
    await sheet.get_by_role("button", name="Copy as curl").click()
    command = await page.evaluate(clipboard)
    await sheet.get_by_role("button", name="Copy request").click()
    request = await page.evaluate(clipboard)
    await sheet.get_by_role("tab", name="Facts").click()
    await sheet.get_by_role("button", name="Copy the id on the wire").click()
    id_on_the_wire = await page.evaluate(clipboard)

    assert request.startswith(f"POST {stage.receiver.url}")
    assert command.startswith(f"curl -i -X POST '{stage.receiver.url}'")
    assert f"webhook-id: {id_on_the_wire}" in command
    before = len(stage.receiver.requests)
    again = await asyncio.create_subprocess_exec(
        "sh", "-c", command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    await again.communicate()
    received = stage.receiver.requests[before]
    first = next(one for one in stage.receiver.requests if wire_id(one) == id_on_the_wire)
    assert received.body == first.body
    assert wire_id(received) == id_on_the_wire


async def test_generations_and_the_event_are_one_click_away(stage: Stage, browser: Browser) -> None:
    await stage.add_target("n8n", stage.receiver.url)
    await stage.bind("ingest", "n8n")
    await stage.emit("build.finished", subject="once more")
    await stage.until("it is delivered", lambda status: status["counts"]["delivered"] == 1)
    page = await opened(stage, browser)

    await page.locator(ROWS).click()
    sheet = page.get_by_role("dialog", name="build.finished")
    await sheet.get_by_role("button", name="Replay").click()
    await stage.until("it is delivered again", lambda status: status["counts"]["delivered"] == 2)
    await sheet.get_by_role("tab", name="Event").click()
    await expect(sheet.get_by_role("link", name="This one")).to_have_count(1)
    address = page.url
    await sheet.get_by_role("link", name="generation 2").click()
    await expect(page).not_to_have_url(address)
    await sheet.get_by_role("tab", name="Event").click()
    await expect(sheet.get_by_role("link", name="This one")).to_contain_text("generation 2")
    await sheet.get_by_role("link", name="Open the event").click()

    event = page.get_by_role("dialog", name="build.finished")
    await expect(event.get_by_text("2 deliveries")).to_be_visible()
    assert "/activity/events/" in page.url


async def test_paused_delivery_offers_to_reconnect_its_target(stage: Stage, browser: Browser) -> None:
    await play_everything(stage)
    page = await opened(stage, browser, "/activity?status=target_paused")

    await page.locator(ROWS).first.click()
    sheet = page.get_by_role("dialog", name="alert.raised")
    await sheet.get_by_role("button", name="Reconnect phone").click()

    await expect(page.get_by_role("alert")).to_contain_text("phone stays paused.")


async def test_event_that_nobody_wanted_is_found_with_its_payload(stage: Stage, browser: Browser) -> None:
    await stage.emit("nobody.cares", subject="a lonely one", data={"how": "lonely"})
    await stage.emit("other.thing")
    page = await opened(stage, browser)

    await page.get_by_role("link", name="Events").click()
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    await page.get_by_label("Search").fill("LONELY")
    rows = page.locator("a[data-event]")
    await expect(rows).to_have_count(1)
    await expect(rows.first).to_contain_text("No binding wanted it")
    await rows.first.click()
    sheet = page.get_by_role("dialog", name="nobody.cares")
    await expect(sheet).to_contain_text("No binding wanted it, so it was sent nowhere.")
    await expect(sheet.get_by_role("region", name="Event data")).to_contain_text('"how": "lonely"')
    await page.keyboard.press("Escape")

    await expect(rows.first).to_be_focused()
    assert page.url.endswith("/activity/events?q=LONELY")


async def test_page_that_was_cut_short_says_so_and_goes_on(stage: Stage, browser: Browser) -> None:
    await given_up(stage, 3)
    page = await browser.new_page()
    await stage.sign_in(page)
    last = (await stage.call("GET", "/api/deliveries"))["items"][-1]

    async def cut(route: Route) -> None:
        if "cursor=" in route.request.url:
            await route.continue_()
            return
        body = {"items": [], "nextCursor": "1000000", "searchedTo": last["createdAt"]}
        await route.fulfill(json=body)

    await page.route(re.compile(r"/api/deliveries\?"), cut)
    await page.goto(f"{stage.url}/activity?q=invoice")

    await expect(page.get_by_text("Nothing found so far.")).to_be_visible()
    await expect(page.get_by_text("Searched back to today at")).to_be_visible()
    await page.get_by_role("button", name="Search further back").click()
    await expect(page.locator(ROWS)).to_have_count(3)


async def test_five_hundred_rows_are_shown_page_by_page_and_each_once(stage: Stage, browser: Browser) -> None:
    await given_up(stage, 500)
    page = await opened(stage, browser)
    rows = page.locator(ROWS)
    await expect(rows).to_have_count(50)
    for shown in range(100, 501, 50):
        await page.get_by_role("button", name="Show older").click()
        await expect(rows).to_have_count(shown)

    ids = await rows.evaluate_all("rows => rows.map(row => row.dataset.delivery)")
    assert len(set(ids)) == 500


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
async def test_nothing_keeps_anyone_out_of_the_activity(
    stage: Stage, browser: Browser, scheme: Literal["light", "dark"], width: int
) -> None:
    await play_everything(stage)
    await stage.emit("nobody.cares")
    event = (await stage.call("GET", "/api/events?type=nobody.cares"))["items"][0]["id"]
    paused = (await stage.call("GET", "/api/deliveries?status=target_paused"))["items"][0]["id"]
    page = await opened(
        stage, browser, color_scheme=scheme, viewport={"width": width, "height": 800}, reduced_motion="reduce"
    )
    wrong = watch(page, stage.url)
    axe = axe_script()

    async def look(what: str) -> None:
        await settled(page)
        await page.evaluate(axe)
        found = await page.evaluate("axe.run()")
        violations = {one["id"]: [node["html"] for node in one["nodes"]] for one in found["violations"]}
        assert violations == {}, what
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), what

    for path in (
        "/activity?status=dlq,delivered&q=a&period=week&code=http_422",
        "/activity?since=1&until=2",
        f"/activity/{paused}",
        "/activity/events",
        f"/activity/events/{event}",
    ):
        await page.goto(f"{stage.url}{path}")
        await look(path)
    await page.goto(f"{stage.url}/activity?period=hour")
    await page.locator(".pick input").first.check()
    await look("a row is chosen")
    await page.get_by_role("button", name="Replay all").click()
    await expect(page.get_by_role("dialog").get_by_role("button", name="Replay")).to_be_visible()
    await look("the question")
    assert wrong == []
