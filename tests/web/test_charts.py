"""The charts of the overview: what was really sent, by eye, by keyboard, and by ear."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.receiver import Received, Reply
from tests.web.browser import axe_script, watch
from tests.web.stage import Stage
from tests.web.test_dashboard import opened

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("browser")]

DELIVERED, REFUSED = 7, 2


def temper(request: Received) -> Reply:
    return Reply(status=422 if b"order.odd" in request.body else 200)


async def send_some(stage: Stage) -> Any:
    """A few that arrive and a few that are refused; what the API then tells of the last hour."""
    stage.receiver.default = temper
    await stage.add_target("hook", stage.receiver.url)
    await stage.bind("ingest", "hook")
    for number in range(DELIVERED):
        await stage.emit("order.paid", subject=str(number))
    for number in range(REFUSED):
        await stage.emit("order.odd", subject=str(number))
    await stage.until(
        "all is settled",
        lambda status: (status["counts"]["delivered"], status["counts"]["dlq"]) == (DELIVERED, REFUSED),
    )
    return await stage.call("GET", "/api/throughput?window=hour")


def section_of(page: Page) -> Locator:
    return page.get_by_test_id("throughput")


def slider_of(page: Page) -> Locator:
    return page.get_by_role("slider", name="Time looked at in the charts")


def took(ms: int) -> str:
    return f"{ms} ms" if ms < 1_000 else f"{ms / 1_000:.1f} s"


def words_of(tally: Any) -> str:
    failed = f"{tally['failed']} failed {'try' if tally['failed'] == 1 else 'tries'}"
    speed = f"; half within {took(tally['p50Ms'])}, 95 % within {took(tally['p95Ms'])}" if tally["delivered"] else ""
    return f"{tally['delivered']} delivered, {failed}{speed}."


async def colours_in(canvas: Locator) -> Any:
    """How many pixels of the lamps' green and red a canvas shows."""
    return await canvas.evaluate(
        """canvas => {
            const lamps = ['--green-lamp', '--red-lamp'].map(name => {
                const probe = document.body.appendChild(document.createElement('span'));
                probe.style.color = `var(${name})`;
                const found = getComputedStyle(probe).color.match(/\\d+/g).slice(0, 3).map(Number);
                probe.remove();
                return found;
            });
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            const seen = [0, 0];
            for (let at = 0; at < data.length; at += 4) lamps.forEach((lamp, which) => {
                if (lamp.every((value, index) => Math.abs(value - data[at + index]) < 3)) seen[which] += 1;
            });
            return seen;
        }"""
    )


async def test_figures_are_those_of_the_api_and_bars_show_what_failed(stage: Stage, browser: Browser) -> None:
    found = await send_some(stage)
    page = await opened(stage, browser)
    wrong = watch(page, stage.url)
    await page.reload()

    await expect(page.get_by_test_id("throughput-summary")).to_have_text(words_of(found["totals"]))
    totals = found["totals"]
    assert (totals["delivered"], totals["failed"]) == (DELIVERED, REFUSED)
    way = f"half within {took(totals['arrivedP50Ms'])}, 95 % within {took(totals['arrivedP95Ms'])}"
    await expect(section_of(page)).to_contain_text(f"From being noticed to having arrived: {way}.")
    await expect(slider_of(page)).to_be_visible()
    green, red = await colours_in(section_of(page).locator("canvas").first)
    assert green > red > 0
    assert wrong == []


async def test_table_says_all_that_the_charts_show(stage: Stage, browser: Browser) -> None:
    found = await send_some(stage)
    page = await opened(stage, browser)

    rows = section_of(page).get_by_role("table").locator("tbody tr")
    busy = [bucket for bucket in found["buckets"] if bucket["delivered"] or bucket["failed"]]
    await expect(rows).to_have_count(len(busy))
    for place, bucket in enumerate(busy):
        cells = await rows.nth(place).locator("td").all_inner_texts()
        speeds = [took(bucket[name]) if bucket["delivered"] else "nothing arrived" for name in ("p50Ms", "p95Ms")]
        assert cells == [str(bucket["delivered"]), str(bucket["failed"]), *speeds]


async def test_keyboard_goes_from_bar_to_bar_and_hears_what_each_says(stage: Stage, browser: Browser) -> None:
    found = await send_some(stage)
    page = await opened(stage, browser)
    slider, tip = slider_of(page), page.get_by_test_id("throughput-tip")
    await expect(slider).to_be_visible()
    # What was sent may lie in two minutes, and a third may have begun since.
    busy = max(
        (bucket for bucket in found["buckets"] if bucket["delivered"] or bucket["failed"]), key=lambda one: one["at"]
    )

    await page.get_by_role("tab", name="Last hour").focus()
    await page.keyboard.press("Tab")

    await expect(slider).to_be_focused()
    await expect(page.get_by_role("status")).to_have_text(words_of(busy))
    await expect(tip).to_contain_text(f"{busy['delivered']} delivered" if busy["delivered"] else "failed")
    at = await slider.get_attribute("aria-valuetext")
    assert at is not None
    await expect(tip).to_contain_text(at)

    await page.keyboard.press("Home")
    await expect(slider).to_have_attribute("aria-valuenow", "0")
    await expect(tip).to_contain_text("nothing was sent")
    await expect(page.get_by_role("status")).to_have_text("nothing was sent.")
    await page.keyboard.press("ArrowRight")
    await expect(slider).to_have_attribute("aria-valuenow", "1")
    await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("ArrowLeft")
    await expect(slider).to_have_attribute("aria-valuenow", "0")
    await page.keyboard.press("End")
    await expect(slider).to_have_attribute("aria-valuenow", "59")
    await page.keyboard.press("Escape")
    await expect(tip).to_have_count(0)


async def test_pointer_shows_what_is_under_it_in_either_chart(stage: Stage, browser: Browser) -> None:
    await send_some(stage)
    page = await opened(stage, browser)
    tip = page.get_by_test_id("throughput-tip")
    plots = section_of(page).locator(".u-over")
    await expect(plots).to_have_count(2)

    for place in (0, 1):
        box = await plots.nth(place).bounding_box()
        assert box is not None
        await plots.nth(place).hover(position={"x": 2, "y": box["height"] / 2})
        await expect(tip).to_have_count(1)
        await expect(tip).to_contain_text("nothing was sent")
    await page.get_by_test_id("verdict").hover()
    await expect(tip).to_have_count(0)


async def test_last_day_is_told_by_half_hours(stage: Stage, browser: Browser) -> None:
    await send_some(stage)
    page = await opened(stage, browser)
    await expect(slider_of(page)).to_have_attribute("aria-valuemax", "59")

    await page.get_by_role("tab", name="Last hour").focus()
    await page.keyboard.press("ArrowRight")

    await expect(slider_of(page)).to_have_attribute("aria-valuemax", "47")
    day = await stage.call("GET", "/api/throughput?window=day")
    await expect(page.get_by_test_id("throughput-summary")).to_have_text(words_of(day["totals"]))
    await expect(slider_of(page)).to_have_attribute("aria-valuetext", " to ".join(await half_hour(page, day)))


async def half_hour(page: Page, day: Any) -> list[str]:
    """When the last half hour begins and ends, by the browser's own clock."""
    at = day["buckets"][-1]["at"]
    words = "at => new Date(at).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })"
    return [await page.evaluate(words, one) for one in (at, at + day["bucketMs"])]


async def test_without_deliveries_it_says_so_and_draws_nothing(stage: Stage, browser: Browser) -> None:
    page = await opened(stage, browser)

    await expect(section_of(page)).to_contain_text("Nothing was sent in the last hour.")
    await page.get_by_role("tab", name="Last day").click()
    await expect(section_of(page)).to_contain_text("Nothing was sent in the last day.")
    await expect(section_of(page).locator("canvas")).to_have_count(0)


async def test_what_is_sent_later_shows_when_the_page_is_asked_anew(stage: Stage, browser: Browser) -> None:
    page = await opened(stage, browser)
    await expect(section_of(page)).to_contain_text("Nothing was sent in the last hour.")
    found = await send_some(stage)

    await page.get_by_role("button", name="Refresh").click()

    await expect(page.get_by_test_id("throughput-summary")).to_have_text(words_of(found["totals"]))
    await expect(slider_of(page)).to_be_visible()


async def test_first_paint_does_not_wait_for_the_charts(stage: Stage, browser: Browser) -> None:
    await send_some(stage)
    page = await (await browser.new_context()).new_page()
    await page.route("**/ThroughputCharts-*.js", lambda route: route.abort())

    await stage.sign_in(page)

    await expect(page.get_by_test_id("verdict")).to_be_visible()
    await expect(page.get_by_test_id("throughput-summary")).to_be_visible()
    await expect(section_of(page)).to_contain_text("The charts could not be loaded.")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_charts_fit_a_phone_and_pass_the_accessibility_checks(
    stage: Stage, browser: Browser, scheme: Any
) -> None:
    await send_some(stage)
    page = await opened(
        stage, browser, viewport={"width": 360, "height": 780}, color_scheme=scheme, reduced_motion="reduce"
    )
    slider = slider_of(page)
    await expect(slider).to_be_visible()
    await page.get_by_role("tab", name="Last hour").focus()
    await page.keyboard.press("Tab")
    await expect(page.get_by_test_id("throughput-tip")).to_be_visible()

    await page.evaluate(axe_script())
    result = await page.evaluate("axe.run('[data-testid=throughput]')")

    faults = [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in result["violations"]]
    assert faults == [], json.dumps(faults, indent=1)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_colours_follow_light_and_dark_at_once(stage: Stage, browser: Browser) -> None:
    await send_some(stage)
    page = await opened(stage, browser, color_scheme="light")
    canvas = section_of(page).locator("canvas").first
    await expect(slider_of(page)).to_be_visible()
    await page.emulate_media(color_scheme="dark")
    await page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    green, red = await colours_in(canvas)

    assert green > red > 0
