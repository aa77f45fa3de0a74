"""The dashboard as a person uses it: a real daemon, a real receiver, a real browser."""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.processes import free_port
from tests.receiver import Receiver
from tests.web.browser import axe_script, settled, watch
from tests.web.stage import Stage, data_of, play_everything

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("browser")]

expect.set_options(timeout=20_000)


async def opened(stage: Stage, browser: Browser, **options: Any) -> Page:
    """A page of a browser that is signed in."""
    page = await (await browser.new_context(**options)).new_page()
    await stage.sign_in(page)
    return page


async def test_a_link_signs_in_once_and_leaves_no_trace_in_the_address(stage: Stage, browser: Browser) -> None:
    page = await browser.new_page()
    wrong = watch(page, stage.url)
    link = await stage.link()

    await page.goto(link)
    await expect(page.get_by_test_id("verdict")).to_have_text("Nothing is sent anywhere yet.")

    assert page.url == f"{stage.url}/"
    (cookie,) = await page.context.cookies()
    assert (cookie.get("httpOnly"), cookie.get("sameSite"), cookie.get("path")) == (True, "Strict", "/")
    assert await page.evaluate("document.cookie") == ""
    assert await page.evaluate("history.length") <= 2
    assert wrong == []

    other = await (await browser.new_context()).new_page()
    await other.goto(link)
    await expect(other.get_by_role("alert").first).to_contain_text("used already")
    assert await other.context.cookies() == []


async def test_without_a_session_the_page_says_how_to_get_in(stage: Stage, browser: Browser) -> None:
    page = await browser.new_page()

    await page.goto(f"{stage.url}/activity?status=dlq")

    await expect(page.get_by_role("heading", name="Sign in to Posthouse")).to_be_visible()
    await expect(page.get_by_text("posthouse open", exact=True)).to_be_visible()


async def test_signing_out_ends_the_session_here_and_in_other_tabs(stage: Stage, browser: Browser) -> None:
    page = await opened(stage, browser)
    other = await page.context.new_page()
    await other.goto(stage.url)
    await expect(other.get_by_test_id("verdict")).to_be_visible()

    await page.get_by_role("button", name="Sign out").click()

    for tab in (page, other):
        await expect(tab.get_by_role("heading", name="Sign in to Posthouse")).to_be_visible()
    assert await page.context.cookies() == []
    assert (await stage.call("GET", "/api/sessions"))["items"] == []


async def test_a_tab_that_was_open_goes_on_when_another_signs_in(stage: Stage, browser: Browser) -> None:
    context = await browser.new_context()
    waiting, page = await context.new_page(), await context.new_page()
    await waiting.goto(stage.url)
    await expect(waiting.get_by_role("heading", name="Sign in to Posthouse")).to_be_visible()

    await stage.sign_in(page)

    await expect(waiting.get_by_test_id("verdict")).to_be_visible()


async def test_overview_tells_what_the_api_tells(stage: Stage, browser: Browser) -> None:
    await stage.add_target("n8n", stage.receiver.url)
    await stage.bind("ingest", "n8n")
    for number in range(3):
        await stage.emit("build.finished", subject=str(number))
    await stage.until("they are delivered", lambda status: status["counts"]["delivered"] == 3)

    page = await opened(stage, browser)

    await expect(page.get_by_test_id("verdict")).to_have_text("All is well. Everything was delivered.")
    await expect(page.get_by_test_id("figure-delivered")).to_contain_text("3")
    await expect(page.get_by_test_id("target-n8n")).to_contain_text("Flowing")
    source = page.get_by_test_id("source-ingest")
    await expect(source).to_contain_text("Goes to n8n")
    await expect(source).to_contain_text("3 events kept")
    await expect(source.get_by_role("button", name="Push now")).to_have_count(0)
    await expect(page.get_by_test_id("source-claude-sessions")).to_contain_text("Off")


async def test_what_is_pushed_is_delivered_and_shown_with_all_that_was_sent(stage: Stage, browser: Browser) -> None:
    await stage.add_target("n8n", stage.receiver.url)
    await stage.show_sessions()
    await stage.bind("claude-sessions", "n8n")
    await stage.receiver.wait_for(1)
    page = await opened(stage, browser)
    wrong = watch(page, stage.url)

    await page.get_by_role("button", name="Push now claude-sessions").click()
    await expect(page.get_by_role("status")).to_contain_text("claude-sessions was read; 1 delivery is on the way.")
    received = (await stage.receiver.wait_for(2))[-1]
    await stage.until("it is delivered", lambda status: status["counts"]["delivered"] == 2)
    await page.get_by_role("link", name="Activity").click()

    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    rows = page.locator("a[data-delivery]")
    await expect(rows).to_have_count(2)
    await rows.first.click()
    sheet = page.get_by_role("dialog", name="claude-sessions.snapshot")
    await expect(sheet.get_by_text("Delivered (200)")).to_be_visible()
    await expect(sheet.get_by_role("region", name="Request")).to_contain_text(f"POST {stage.receiver.url}")
    body = await sheet.get_by_role("region", name="Body sent").inner_text()
    assert json.loads(body) == json.loads(received.body)
    await expect(sheet.get_by_role("region", name="Response")).to_have_text("ok")
    await sheet.get_by_role("tab", name="Payload").click()
    payload = json.loads(await sheet.get_by_role("region", name="Event data").inner_text())
    assert payload == data_of(received)
    assert wrong == []


async def test_paused_target_is_orange_until_it_is_reconnected_and_everything_goes(
    stage: Stage, browser: Browser
) -> None:
    port = free_port()
    await stage.add_target("phone", f"http://127.0.0.1:{port}/topic")
    await stage.bind("ingest", "phone", policy={"retryScheduleS": [1.0] * 20})
    await stage.fail_until_paused("phone", "alert.raised")
    waiting = (await stage.call("GET", "/api/status"))["counts"]["targetPaused"]
    page = await opened(stage, browser)
    card = page.get_by_test_id("target-phone")

    await expect(page.get_by_test_id("verdict")).to_contain_text("phone does not answer.")
    await expect(card).to_contain_text("refused the connection")
    await expect(card).to_contain_text("queued")
    await expect(card.locator(".badge.orange")).to_have_text("Paused")
    await expect(page.get_by_test_id("figure-target_paused")).to_contain_text(str(waiting))

    await card.get_by_role("button", name="Reconnect").click()
    await expect(page.get_by_role("alert")).to_contain_text("phone stays paused.")

    async with Receiver(port=port) as phone:
        await card.get_by_role("button", name="Reconnect").click()
        await expect(page.get_by_role("status")).to_contain_text("phone is connected.")
        await stage.until("the queue is empty", lambda status: status["counts"]["delivered"] == waiting)
        await page.get_by_role("button", name="Refresh").click()
        await expect(page.get_by_test_id("verdict")).to_have_text("All is well. Everything was delivered.")
        await expect(card.locator(".badge.green")).to_have_text("Flowing")
        checks = [one for one in phone.requests if b"posthouse.check" in one.body]
        assert len(phone.requests) - len(checks) == waiting


async def test_target_that_was_paused_by_hand_is_resumed(stage: Stage, browser: Browser) -> None:
    await stage.add_target("n8n", stage.receiver.url)
    await stage.call("POST", "/api/targets/n8n/pause")
    page = await opened(stage, browser)

    await expect(page.get_by_test_id("verdict")).to_have_text("One thing needs you.")
    await page.get_by_test_id("target-n8n").get_by_role("button", name="Resume").click()

    await expect(page.get_by_test_id("verdict")).to_have_text("Nothing is sent anywhere yet.")


async def test_given_up_delivery_is_explained_replayed_and_dismissed(stage: Stage, browser: Browser) -> None:
    await play_everything(stage)
    page = await opened(stage, browser)

    await page.get_by_role("link", name="See them (books)").click()
    assert "status=dlq" in page.url
    assert "target=books" in page.url
    await page.locator("a[data-delivery]").click()
    sheet = page.get_by_role("dialog", name="invoice.odd")
    await expect(sheet).to_contain_text("Gave up after 1 attempt")
    await expect(sheet).to_contain_text("Compare what was sent with what the receiver expects")
    await expect(sheet.get_by_role("region", name="Response")).to_contain_text("Unknown field: total")
    await sheet.get_by_role("tab", name="Payload").click()
    await expect(sheet.get_by_role("region", name="Event data")).to_contain_text("<script>alert(1)</script>")

    await sheet.get_by_role("tab", name="Attempts").click()
    await sheet.get_by_role("button", name="Replay").click()
    await expect(sheet).to_contain_text("Gave up after 2 attempts")
    await sheet.get_by_role("button", name="Dismiss").click()
    await expect(sheet).to_contain_text("Dismissed: by hand")
    await page.keyboard.press("Escape")

    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_text("No delivery fits these filters.")).to_be_visible()


async def test_activity_is_filtered_by_the_daemon_and_the_address_keeps_the_filter(
    stage: Stage, browser: Browser
) -> None:
    await play_everything(stage)
    page = await opened(stage, browser)
    rows = page.locator("a[data-delivery]")

    await page.goto(f"{stage.url}/activity")
    await page.get_by_label("Event type").fill("build.*")
    await page.get_by_label("Event type").press("Enter")
    await expect(rows).to_have_count(8)
    await page.get_by_role("button", name="Gave up", exact=True).click()
    await expect(page.get_by_text("No delivery fits these filters.")).to_be_visible()
    await page.get_by_label("Event type").fill("")
    await page.get_by_label("Event type").press("Enter")
    await page.get_by_label("Target").select_option("books")
    async with page.expect_request(lambda one: "/api/deliveries?" in one.url and "source=ingest" in one.url) as last:
        await page.get_by_label("Source").select_option("ingest")

    await expect(rows).to_have_count(1)
    assert page.url.endswith("/activity?status=dlq&source=ingest&target=books")
    asked = (await last.value).url
    assert all(part in asked for part in ("status=dlq", "source=ingest", "target=books"))
    await page.reload()
    await expect(rows).to_have_count(1)
    await expect(page.get_by_role("button", name="Gave up", exact=True)).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("button", name="Clear all").click()
    await expect(page.get_by_role("button", name="Gave up", exact=True)).to_have_attribute("aria-pressed", "false")
    assert page.url.endswith("/activity")


async def test_older_deliveries_come_page_by_page_and_stay(stage: Stage, browser: Browser) -> None:
    await stage.add_target("n8n", stage.receiver.url)
    await stage.bind("ingest", "n8n")
    await stage.call("POST", "/api/events", [{"type": "build.finished", "subject": str(n)} for n in range(120)])
    page = await opened(stage, browser)
    rows = page.locator("a[data-delivery]")
    await page.goto(f"{stage.url}/activity")

    await expect(rows).to_have_count(50)
    await page.get_by_role("button", name="Show older").click()
    await expect(rows).to_have_count(100)
    await page.get_by_role("button", name="Show older").click()
    await expect(rows).to_have_count(120)

    await expect(page.get_by_role("button", name="Show older")).to_have_count(0)
    ids = await rows.evaluate_all("rows => rows.map(row => row.dataset.delivery)")
    assert len(set(ids)) == 120


async def test_everything_is_read_again_every_half_minute_while_it_is_looked_at(stage: Stage, browser: Browser) -> None:
    await stage.add_target("n8n", stage.receiver.url)
    await stage.bind("ingest", "n8n")
    page = await browser.new_page()
    await page.clock.install()
    await stage.sign_in(page)
    await expect(page.get_by_test_id("figure-delivered")).to_contain_text("0")
    await stage.emit("build.finished")
    await stage.until("it is delivered", lambda status: status["counts"]["delivered"] == 1)

    await page.clock.fast_forward(31_000)

    await expect(page.get_by_test_id("figure-delivered")).to_contain_text("1")


async def test_daemon_that_is_gone_is_told_of_and_what_was_known_stays(stage: Stage, browser: Browser) -> None:
    await stage.add_target("n8n", stage.receiver.url)
    page = await opened(stage, browser)
    await expect(page.get_by_test_id("target-n8n")).to_be_visible()

    stage.daemon.kill()
    await page.get_by_role("button", name="Refresh").click()

    await expect(page.get_by_role("alert").first).to_contain_text("Posthouse cannot be reached.")
    await expect(page.get_by_role("alert").first).to_contain_text("posthouse up")
    await expect(page.get_by_test_id("target-n8n")).to_be_visible()


async def test_all_can_be_done_by_keyboard(stage: Stage, browser: Browser) -> None:
    await stage.add_target("n8n", stage.receiver.url)
    await stage.bind("ingest", "n8n")
    await stage.emit("build.finished")
    await stage.until("it is delivered", lambda status: status["counts"]["delivered"] == 1)
    page = await opened(stage, browser)
    await page.goto(stage.url)
    await expect(page.get_by_test_id("verdict")).to_be_visible()

    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_test_id("figure-delivered")).to_be_focused()
    await page.keyboard.press("Enter")
    row = page.locator("a[data-delivery]")
    await expect(row).to_have_count(1)
    await row.focus()
    await page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog")
    await expect(sheet.get_by_role("tab", name="Attempts")).to_be_visible()
    await sheet.get_by_role("tab", name="Attempts").focus()
    await page.keyboard.press("ArrowRight")
    await expect(sheet.get_by_role("tab", name="Payload")).to_be_focused()
    await expect(sheet.get_by_role("region", name="Event data")).to_be_visible()
    await page.keyboard.press("Escape")

    await expect(row).to_be_focused()


async def test_theme_follows_the_system_until_a_person_chooses(stage: Stage, browser: Browser) -> None:
    page = await opened(stage, browser, color_scheme="dark")
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    dark = await page.evaluate(paper)

    await page.get_by_role("radio", name="Light").check(force=True)
    light = await page.evaluate(paper)
    await page.reload()

    assert light != dark
    assert await page.evaluate(paper) == light
    await page.get_by_role("radio", name="As the system").check(force=True)
    assert await page.evaluate(paper) == dark


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
async def test_nothing_keeps_anyone_out(
    stage: Stage, browser: Browser, scheme: Literal["light", "dark"], width: int
) -> None:
    await play_everything(stage)
    deliveries = (await stage.call("GET", "/api/deliveries?limit=500"))["items"]
    given_up = next(one["id"] for one in deliveries if one["status"] == "dlq")
    page = await opened(
        stage, browser, color_scheme=scheme, viewport={"width": width, "height": 800}, reduced_motion="reduce"
    )
    wrong = watch(page, stage.url)
    axe = axe_script()
    for path in (
        "/",
        "/activity",
        "/activity?status=expired",
        f"/activity/{given_up}",
        "/settings",
        "/nowhere",
        "/login",
    ):
        await page.goto(f"{stage.url}{path}")
        await settled(page)
        await page.evaluate(axe)
        found = await page.evaluate("axe.run()")
        violations = {one["id"]: [node["html"] for node in one["nodes"]] for one in found["violations"]}
        assert violations == {}, path
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    assert wrong == []


async def test_nothing_that_an_event_says_becomes_part_of_the_page(stage: Stage, browser: Browser) -> None:
    await stage.add_target("n8n", stage.receiver.url)
    await stage.bind("ingest", "n8n")
    evil = "<img src=x onerror=\"document.title='owned'\">"
    await stage.emit(f"a.{evil}"[:200], subject=evil, data={"html": evil, "deep": [[[[1e308, None, "\u202e"]]]]})
    await stage.until("it is delivered", lambda status: status["counts"]["delivered"] == 1)
    page = await opened(stage, browser)
    wrong = watch(page, stage.url)
    await page.goto(f"{stage.url}/activity")

    await page.locator("a[data-delivery]").click()
    await page.get_by_role("tab", name="Payload").click()

    await expect(page.get_by_role("region", name="Event data")).to_contain_text(evil.replace('"', '\\"'))
    assert await page.locator("img").count() == 0
    assert "owned" not in await page.title()
    assert wrong == []
