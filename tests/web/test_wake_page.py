"""The wake schedule as a person marks it and reads of it: a real daemon, a real account, a real browser."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.receiver import Received, Reply
from tests.web.browser import watch
from tests.web.stage import Stage
from tests.web.test_dashboard import opened
from tests.web.test_settings import is_clean
from tests.web.test_targets_page import words_at

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("browser")]

NOTE_MARKS = """() => {
    window.noted = [];
    const marked = () => [...document.querySelectorAll('[data-hour][aria-pressed="true"]')];
    const note = () => window.noted.push(marked().map((one) => Number(one.dataset.hour)));
    new MutationObserver(note).observe(document.querySelector('main'), {subtree: true, attributes: true});
}"""
"""Notes which hours the page shows as marked, whenever that changes."""

SECRET = "sk-MzNIz2AgQdq7mVBoFD37"


async def add_account(stage: Stage, label: str) -> None:
    """An account that is asked by a request to the stage's receiver."""
    ask = {"kind": "request", "url": stage.receiver.url, "method": "POST", "body": label}
    await stage.call("POST", "/api/wake-schedule/accounts", {"label": label, "ask": ask})


async def held(stage: Stage) -> list[int]:
    """The hours that the daemon holds as marked."""
    return sorted(int(hour) for hour in (await stage.call("GET", "/api/wake-schedule"))["schedule"])


async def mark(stage: Stage, *hours: int, is_on: bool = True, **more: Any) -> None:
    for hour in hours:
        await stage.call(
            "POST", "/api/wake-schedule/toggle", {"hour": hour, "action": "on" if is_on else "off", **more}
        )


async def wake_page(stage: Stage, browser: Browser, **options: Any) -> Page:
    """The page, as one gets there."""
    page = await opened(stage, browser, reduced_motion="reduce", **options)
    if "viewport" in options:
        await page.get_by_role("button", name="More pages").click()
    await page.get_by_role("link", name="Wake", exact=True).click()
    await expect(page.get_by_role("heading", name="Wake schedule", level=1)).to_be_focused()
    await expect(block(page, 0)).to_be_visible()
    return page


def block(page: Page, hour: int) -> Locator:
    """The button of an hour."""
    return page.locator(f'[data-hour="{hour}"]')


async def marked(page: Page) -> list[int]:
    """The hours that a page shows as marked."""
    shown = page.locator('[data-hour][aria-pressed="true"]')
    return [int(await one.get_attribute("data-hour") or "") for one in await shown.all()]


async def test_an_hour_is_marked_with_its_reset_and_what_it_covers(stage: Stage, browser: Browser) -> None:
    page = await wake_page(stage, browser)
    wrong = watch(page, stage.url)
    await expect(page.get_by_role("main")).to_contain_text("Nobody is woken yet.")
    assert await is_clean(page)

    await block(page, 22).click()

    await expect(block(page, 22)).to_have_attribute("aria-pressed", "true")
    await expect(block(page, 22)).to_contain_text("Reset by 03:00")
    for hour in (23, 0, 1, 2):
        await expect(block(page, hour)).to_contain_text("covered")
    await expect(block(page, 3)).to_have_text("03:00")
    await expect(page.locator(".under-way")).to_have_count(0)
    assert await held(stage) == [22]
    await block(page, 22).click()
    await expect(page.locator(".under-way")).to_have_count(0)
    assert (await held(stage), await marked(page)) == ([], [])
    assert await is_clean(page)
    assert wrong == []


async def test_hours_go_by_keyboard_with_one_stop_for_tab(stage: Stage, browser: Browser) -> None:
    page = await wake_page(stage, browser)
    await expect(page.locator('[data-hour][tabindex="0"]')).to_have_count(1)

    await block(page, 5).focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "Enter"):
        await page.keyboard.press(key)
    await expect(block(page, 5)).to_be_focused()
    await page.keyboard.press("End")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("Space")

    await expect(block(page, 23)).to_be_focused()
    await expect(block(page, 23)).to_have_attribute("aria-pressed", "true")
    await expect(block(page, 5)).to_have_attribute("aria-pressed", "true")
    await expect(page.locator(".under-way")).to_have_count(0)
    assert await held(stage) == [5, 23]


async def test_one_change_is_under_way_and_what_was_taken_back_is_never_sent(stage: Stage, browser: Browser) -> None:
    page = await wake_page(stage, browser)
    sent: list[tuple[int, str]] = []
    asked, answered = asyncio.Event(), asyncio.Event()

    async def slowly(route: Route) -> None:
        body = route.request.post_data_json
        assert body is not None
        sent.append((body["hour"], body["action"]))
        asked.set()
        await answered.wait()
        await route.continue_()

    await page.route("**/api/wake-schedule/toggle", slowly)
    await block(page, 4).click()
    await asyncio.wait_for(asked.wait(), 20)
    for hour in (8, 9, 9, 10):
        await block(page, hour).click()
    await block(page, 4).click()
    assert await marked(page) == [8, 10]
    assert sent == [(4, "on")]
    answered.set()

    await expect(page.locator(".under-way")).to_have_count(0)
    assert sent == [(4, "on"), (8, "on"), (10, "on"), (4, "off")]
    assert (await marked(page), await held(stage)) == ([8, 10], [8, 10])


async def test_an_answer_that_is_older_than_what_was_heard_is_not_shown(stage: Stage, browser: Browser) -> None:
    page = await wake_page(stage, browser)
    answered, heard, overtaken = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def late(route: Route) -> None:
        await mark(stage, 9)
        answer = await route.fetch()
        answered.set()
        await overtaken.wait()
        await route.fulfill(response=answer)

    async def listen(route: Route) -> None:
        answer = await route.fetch()
        if "6" in (await answer.json())["schedule"]:
            heard.set()
        await route.fulfill(response=answer)

    await page.route("**/api/wake-schedule", listen)
    await page.route("**/api/wake-schedule/toggle", late)
    await block(page, 4).click()
    await asyncio.wait_for(answered.wait(), 20)
    await mark(stage, 9, is_on=False)
    await mark(stage, 6)
    await asyncio.wait_for(heard.wait(), 20)
    await page.evaluate(NOTE_MARKS)
    overtaken.set()

    await expect(block(page, 6)).to_have_attribute("aria-pressed", "true")
    await expect(page.locator(".under-way")).to_have_count(0)
    await page.unroute_all(behavior="wait")
    assert (await marked(page), await held(stage)) == ([4, 6], [4, 6])
    noted = await page.evaluate("window.noted")
    assert noted
    assert all(9 not in hours for hours in noted)


async def test_two_windows_that_switch_against_each_other_end_with_what_is_held(stage: Stage, browser: Browser) -> None:
    one, other = await wake_page(stage, browser), await wake_page(stage, browser)

    for hour in (3, 4, 5, 4, 3, 4, 6):
        await asyncio.gather(block(one, hour).click(), block(other, 9 - hour).click(), block(other, hour).click())

    for page in (one, other):
        await expect(page.locator(".under-way")).to_have_count(0)
    end = await held(stage)
    for page in (one, other):
        await expect(page.locator('[data-hour][aria-pressed="true"]')).to_have_count(len(end))
        assert await marked(page) == end
    await mark(stage, 12)
    for page in (one, other):
        await expect(block(page, 12)).to_have_attribute("aria-pressed", "true")
    assert await marked(one) == await marked(other) == await held(stage)


async def test_a_change_that_is_refused_is_told_and_undone(stage: Stage, browser: Browser) -> None:
    page = await wake_page(stage, browser)

    async def refuse(route: Route) -> None:
        problem = {"detail": "Not this hour.", "code": "wake.invalid"}
        await route.fulfill(status=409, json=problem, content_type="application/problem+json")

    await page.route("**/api/wake-schedule/toggle", refuse)
    await block(page, 4).click()

    await expect(page.get_by_role("alert")).to_contain_text("04:00 was not switched. Not this hour.")
    await expect(block(page, 4)).to_have_attribute("aria-pressed", "false")


async def test_the_ring_goes_round_with_the_clock_of_the_schedule(stage: Stage, browser: Browser) -> None:
    await mark(stage, 6, timeZone="Asia/Tokyo")
    page = await opened(stage, browser, reduced_motion="reduce", timezone_id="Asia/Kolkata")
    await page.clock.install(time=datetime(2026, 3, 4, 5, 59, 30, tzinfo=UTC))
    await page.goto(f"{stage.url}/wake")
    ring = page.locator('[data-hour][aria-current="time"]')

    await expect(page.get_by_role("heading", name="Hours")).to_contain_text("Asia/Tokyo")
    await expect(page.get_by_test_id("zone-hint")).to_contain_text("there it is 3 h 30 min earlier")
    await expect(ring).to_have_attribute("data-hour", "14")
    await page.clock.fast_forward(45_000)

    await expect(ring).to_have_attribute("data-hour", "15")


async def test_accounts_are_added_checked_woken_and_removed(stage: Stage, browser: Browser) -> None:
    page = await wake_page(stage, browser)
    wrong = watch(page, stage.url)
    await page.get_by_role("button", name="Add an account").click()
    form = page.get_by_role("form", name="Add an account")
    await expect(form.get_by_label("Label")).to_be_focused()
    await form.get_by_role("radio", name="A request").check()
    await form.get_by_role("button", name="Save").click()
    await expect(form.get_by_label("Label")).to_be_focused()
    assert await words_at(form.get_by_label("Label")) == "This is needed."

    await form.get_by_label("Label").fill("Work")
    await form.get_by_label("URL").fill(stage.receiver.url)
    await form.get_by_label("Method").select_option("POST")
    await form.get_by_role("button", name="Add to secret headers").click()
    await form.get_by_label("Name of secret 1").fill("x-api-key")
    await form.get_by_label("Value of secret 1").fill(SECRET)
    assert await is_clean(page)
    await form.get_by_role("button", name="Save").click()

    account = page.get_by_role("list", name="Accounts").get_by_role("listitem")
    await expect(account).to_contain_text(f"POST {stage.receiver.url}, a window of 5 hours")
    await expect(page.get_by_role("button", name="Add an account")).to_be_focused()
    assert stage.receiver.requests == []
    await account.get_by_role("button", name="Check Work").click()
    await expect(page.get_by_test_id("checked-Work")).to_have_text("It answered as it should.")
    await page.get_by_role("button", name="Wake now").click()

    await expect(page.get_by_role("status")).to_contain_text("Work is being asked.")
    await expect(page.get_by_test_id("last-wake")).to_contain_text("It went well")
    (checked, woken) = await stage.receiver.wait_for(2)
    assert {one.headers["x-api-key"] for one in (checked, woken)} == {SECRET}
    assert SECRET not in await page.content()
    await account.get_by_role("button", name="Remove Work").click()
    await page.get_by_role("dialog", name="Remove Work?").get_by_role("button", name="Remove").click()
    await expect(page.get_by_role("status")).to_contain_text("Work is removed")
    await expect(account).to_have_count(0)
    assert await is_clean(page)
    assert wrong == []


async def test_a_failed_wake_says_why_and_when_it_is_tried_again(stage: Stage, browser: Browser) -> None:
    def temper(request: Received) -> Reply:
        is_full = b"Home" in request.body
        return Reply(status=429, body=b"Limit reached until 15:00") if is_full else Reply(status=200)

    stage.receiver.default = temper
    for label in ("Work", "Home"):
        await add_account(stage, label)
    page = await wake_page(stage, browser)
    await expect(page.get_by_role("main")).to_contain_text("Nobody was woken yet.")

    await stage.call("POST", "/api/wake-schedule/wake", {})

    await expect(page.get_by_test_id("last-wake")).to_contain_text("429: Limit reached until 15:00")
    await expect(page.get_by_test_id("pending-retry")).to_contain_text(
        re.compile(r"Home is asked again in \d min; 6 tries are left\.")
    )
    results = page.get_by_role("list", name="What each account answered")
    await expect(results.locator('[data-account="Work"]')).to_contain_text("Answered")
    await expect(results.locator('[data-account="Home"]')).to_contain_text("Failed, will retry")
    await expect(results.locator('[data-account="Home"]')).to_contain_text("429: Limit reached until 15:00")
    assert await is_clean(page)
    await results.get_by_role("link", name="Home").click()
    await expect(page).to_have_url(re.compile(r"/activity/"))


async def test_programs_that_may_not_run_are_told_of_and_can_be_allowed(stage: Stage, browser: Browser) -> None:
    page = await wake_page(stage, browser)
    await page.get_by_role("button", name="Add an account").click()
    form = page.get_by_role("form", name="Add an account")
    await form.get_by_label("Label").fill("Claude")
    await expect(form.get_by_test_id("programs-off")).to_be_visible()
    await form.get_by_role("radio", name="A request").check()
    await expect(form.get_by_test_id("programs-off")).to_have_count(0)
    await form.get_by_role("radio", name="Claude Code").check()
    await form.get_by_role("button", name="Save").click()

    account = page.get_by_role("list", name="Accounts").get_by_role("listitem")
    await expect(account).to_contain_text("Claude Code")
    await expect(account).to_contain_text("Programs may not be run here yet")
    await page.get_by_role("button", name="Allow programs").click()
    await page.get_by_role("dialog", name="Allow programs?").get_by_role("button", name="Allow").click()

    await expect(page.get_by_test_id("programs-off")).to_have_count(0)
    await expect(account).not_to_contain_text("Programs may not be run here yet")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_is_accessible_on_a_phone(stage: Stage, browser: Browser, scheme: Any) -> None:
    await add_account(stage, "Work")
    await mark(stage, 6, 11)
    page = await wake_page(stage, browser, color_scheme=scheme, viewport={"width": 360, "height": 780})

    assert await is_clean(page)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await block(page, 6).click()
    await expect(page.locator(".under-way")).to_have_count(0)
    assert await held(stage) == [11]
