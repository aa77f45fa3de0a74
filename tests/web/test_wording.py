"""Asking and wording in the dashboard: tried on real events while it is written, and kept with the binding."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.web.browser import axe_script, watch
from tests.web.stage import Stage


async def edit_page(stage: Stage, browser: Browser, width: int = 1280) -> Page:
    """The page of a binding of `ingest`, with the part for words open, over two events."""
    await stage.add_target("hook", stage.receiver.url)
    made = await stage.call("POST", "/api/bindings", {"source": "ingest", "target": "hook"})
    for number in (41, 75):
        await stage.emit("build.finished", subject="shop", data={"seconds": number, "branch": "main"})
    page = await browser.new_page(viewport={"width": width, "height": 900})
    await stage.sign_in(page)
    await page.goto(f"{stage.url}/bindings/{made['id']}")
    await page.get_by_text("Which events exactly, and in what words").click()
    return page


async def test_a_filter_is_tried_on_real_events_and_kept(stage: Stage, browser: Browser) -> None:
    page = await edit_page(stage, browser)
    wrong = watch(page, stage.url)
    tried = page.get_by_role("region", name="On your newest events")
    await expect(tried.get_by_text("Goes")).to_have_count(2)

    await page.get_by_label("Only where this is true").fill("data.seconds > `60`")

    await expect(tried.get_by_text("Goes")).to_have_count(1)
    await expect(tried.get_by_text("Stays here")).to_have_count(1)
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("button", name="Save")).to_have_count(0)
    (kept,) = (await stage.call("GET", "/api/bindings"))["items"]
    assert kept["filter"]["where"] == "data.seconds > `60`"
    assert wrong == []


async def test_json_of_ones_own_is_written_with_the_fields_of_the_newest_event(stage: Stage, browser: Browser) -> None:
    page = await edit_page(stage, browser)
    await page.get_by_text("JSON of your own").click()
    field = page.get_by_label("The JSON to send")
    await field.fill('{"text": "Took "}')
    await field.press("End")
    for _ in range(2):
        await field.press("ArrowLeft")

    await page.get_by_role("button", name="data.seconds 75").click()

    await expect(field).to_have_value('{"text": "Took {{ data.seconds }}"}')
    await expect(field).to_be_focused()
    await expect(page.get_by_text('"text": "Took 75"')).to_be_visible()
    assert json.loads(await field.input_value())


async def test_a_mistake_is_told_at_its_field_with_its_place(stage: Stage, browser: Browser) -> None:
    page = await edit_page(stage, browser)
    field = page.get_by_label("Only where this is true")

    await field.fill("data.seconds >")

    await expect(field).to_have_attribute("aria-invalid", "true")
    mistake = page.get_by_role("alert").filter(has_text="At character 15.").first
    await expect(mistake).to_contain_text("It ends too soon.")


async def test_the_part_is_for_everyone_and_fits_a_phone(stage: Stage, browser: Browser, tmp_path: Path) -> None:
    page = await edit_page(stage, browser, width=360)
    await expect(page.get_by_role("region", name="On your newest events").get_by_text("Goes")).to_have_count(2)

    box = await page.locator(".editor").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    assert await page.locator(".editor").evaluate("one => one.scrollWidth <= one.clientWidth")
    await page.evaluate(axe_script())
    found = await page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})"
    )
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
    await page.screenshot(path=tmp_path / "wording.png", full_page=True)
