"""The settings page: what can be set and where it came from, tokens, and the browsers that are signed in."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.processes import ApiError
from tests.web.browser import axe_script, watch
from tests.web.stage import Stage
from tests.web.test_dashboard import opened

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("browser")]


async def settings_page(stage: Stage, browser: Browser) -> Page:
    """The page, as one gets there."""
    page = await opened(stage, browser, reduced_motion="reduce")
    await page.get_by_role("link", name="Settings").click()
    await expect(page.get_by_role("heading", name="Settings", level=1)).to_be_focused()
    return page


async def is_clean(page: Page) -> bool:
    """Whether the accessibility checker finds nothing, with what it found told where it does."""
    await page.evaluate(axe_script())
    found = (await page.evaluate("axe.run()"))["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
    return True


async def test_a_setting_is_changed_refused_in_the_daemons_words_and_reset(stage: Stage, browser: Browser) -> None:
    page = await settings_page(stage, browser)
    wrong = watch(page, stage.url)
    row = page.get_by_test_id("setting-delivery.concurrency")
    await expect(row).to_contain_text("A whole number from 1 to 256.")
    await expect(row).to_contain_text("The default")
    await expect(row.get_by_role("button", name="Reset")).to_have_count(0)

    await page.get_by_role("button", name="Change delivery.concurrency").press("Enter")
    field = page.get_by_role("textbox", name="New value of delivery.concurrency")
    await expect(field).to_be_focused()
    await field.fill("1000")
    await field.press("Enter")
    refusal = "delivery.concurrency must be a whole number from 1 to 256, not '1000'."
    await expect(row.get_by_role("alert")).to_have_text(refusal)
    await expect(field).to_be_focused()
    assert await is_clean(page)
    await field.fill("16")
    await field.press("Enter")

    await expect(row.get_by_test_id("value")).to_have_text("16")
    await expect(row).to_contain_text("Stored; the default is 8")
    await expect(page.get_by_role("button", name="Change delivery.concurrency")).to_be_focused()
    assert (await stage.call("GET", "/api/settings/delivery.concurrency"))["value"] == 16

    await row.get_by_role("button", name="Reset").click()
    await expect(row.get_by_test_id("value")).to_have_text("8")
    assert (await stage.call("GET", "/api/settings/delivery.concurrency"))["origin"] == "default"
    (refused,) = wrong
    assert "Failed to load resource" in refused


async def test_sizes_choices_and_switches_are_set_as_people_write_them(stage: Stage, browser: Browser) -> None:
    page = await settings_page(stage, browser)
    size = page.get_by_test_id("setting-ingest.event_bytes_max")
    await expect(size.get_by_test_id("value")).to_have_text("1 MiB")

    await page.get_by_role("button", name="Change ingest.event_bytes_max").click()
    await page.get_by_role("textbox", name="New value of ingest.event_bytes_max").fill("2 MiB")
    await size.get_by_role("button", name="Save").click()
    await page.get_by_role("button", name="Change commands.allowed").click()
    await page.get_by_role("combobox", name="New value of commands.allowed").select_option("yes")
    await page.get_by_test_id("setting-commands.allowed").get_by_role("button", name="Save").click()
    await page.get_by_role("button", name="Change log.level").click()
    await page.get_by_role("combobox", name="New value of log.level").select_option("debug")
    await page.keyboard.press("Escape")

    await expect(size.get_by_test_id("value")).to_have_text("2 MiB")
    await expect(page.get_by_test_id("setting-commands.allowed").get_by_test_id("value")).to_have_text("yes")
    await expect(page.get_by_test_id("setting-log.level").get_by_test_id("value")).to_have_text("info")
    stored = {one["key"]: one["value"] for one in (await stage.call("GET", "/api/settings"))["items"]}
    assert (stored["ingest.event_bytes_max"], stored["commands.allowed"], stored["log.level"]) == (
        2 << 20,
        True,
        "info",
    )


async def test_what_the_environment_and_a_flag_say_is_told_and_not_offered_to_be_changed(
    stage: Stage, browser: Browser
) -> None:
    stage.daemon.environ["POSTHOUSE_DELIVERY_PACE_S"] = "1.5"
    await asyncio.to_thread(stage.daemon.stop)
    await asyncio.to_thread(stage.daemon.start)

    page = await settings_page(stage, browser)

    pace, port = page.get_by_test_id("setting-delivery.pace_s"), page.get_by_test_id("setting-api.port")
    await expect(pace).to_contain_text("1.5 s")
    await expect(pace).to_contain_text("From the environment, POSTHOUSE_DELIVERY_PACE_S; the default is 0 s")
    await expect(port).to_contain_text("From a flag of posthouse up; the default is 8484")
    for row in (pace, port):
        await expect(row.get_by_role("button")).to_have_count(0)


async def test_settings_stand_in_groups_and_say_when_a_change_holds_and_what_is_hidden(
    stage: Stage, browser: Browser
) -> None:
    await stage.call("PATCH", "/api/settings/delivery.pace_s", {"value": 2})
    stage.daemon.environ["POSTHOUSE_DELIVERY_PACE_S"] = "1.5"
    await asyncio.to_thread(stage.daemon.stop)
    await asyncio.to_thread(stage.daemon.start)
    page = await settings_page(stage, browser)
    groups = page.get_by_role("region", name="What can be set").get_by_role("heading", level=3)

    titles = [
        "Delivery",
        "Taking events",
        "Coalescing",
        "Notifications",
        "Live and dashboard",
        "Retention",
        "Security",
        "Network",
        "Log",
    ]
    await expect(groups).to_have_text(titles)
    pace, level = page.get_by_test_id("setting-delivery.pace_s"), page.get_by_test_id("setting-log.level")
    await expect(pace).to_contain_text("Stored is 2 s, which does not count meanwhile")
    await expect(level).to_contain_text("A change holds from the next start.")
    await expect(page.get_by_test_id("setting-delivery.concurrency")).not_to_contain_text("next start")
    await page.get_by_role("button", name="Change log.level").click()
    await page.get_by_role("combobox", name="New value of log.level").select_option("debug")
    await level.get_by_role("button", name="Save").click()

    await expect(level.get_by_test_id("value")).to_have_text("debug")
    await expect(level).to_contain_text("Holds from the next start. Until then it is info.")
    assert await is_clean(page)


async def test_a_token_is_shown_once_and_revoked_only_after_a_question(stage: Stage, browser: Browser) -> None:
    page = await settings_page(stage, browser)
    wrong = watch(page, stage.url)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await expect(page.get_by_text("There is none but the home’s own")).to_be_visible()

    await page.get_by_label("Name of a new token").fill("ci")
    await page.get_by_label("What it may do").select_option("Read everything but secrets")
    await page.get_by_role("button", name="Make a token").click()
    made = page.get_by_role("region", name="The token ci")
    await expect(made).to_be_focused()
    token = await made.locator("code").inner_text()
    assert await is_clean(page)
    await made.get_by_role("button", name="Copy the token").click()
    assert await page.evaluate("navigator.clipboard.readText()") == token
    await made.get_by_role("button", name="Done").click()
    assert token not in await page.content()

    (known,) = (await stage.call("GET", "/api/tokens"))["items"]
    assert (known["name"], known["scope"], token.startswith(known["prefix"])) == ("ci", "read", True)
    revoke = page.get_by_role("button", name="Revoke ci")
    question = page.get_by_role("dialog", name="Revoke ci?")
    await revoke.press("Enter")
    await expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    assert await is_clean(page)
    await page.keyboard.press("Escape")
    await expect(question).to_have_count(0)
    await expect(revoke).to_be_focused()
    assert len((await stage.call("GET", "/api/tokens"))["items"]) == 1
    await revoke.click()
    await question.get_by_role("button", name="Revoke").click()

    await expect(page.get_by_role("status")).to_contain_text("ci is revoked.")
    await expect(page.get_by_test_id("token-ci")).to_have_count(0)
    await expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert (await stage.call("GET", "/api/tokens"))["items"] == []
    assert wrong == []


async def test_a_name_that_is_taken_is_refused_in_the_daemons_words(stage: Stage, browser: Browser) -> None:
    await stage.call("POST", "/api/tokens", {"name": "ci", "scope": "ingest"})
    with pytest.raises(ApiError) as refused:
        await stage.call("POST", "/api/tokens", {"name": "ci", "scope": "ingest"})
    page = await settings_page(stage, browser)

    await page.get_by_label("Name of a new token").fill("ci")
    await page.get_by_role("button", name="Make a token").click()

    await expect(page.get_by_role("alert").filter(has_text="ci")).to_contain_text(refused.value.problem["detail"])
    await expect(page.get_by_label("Name of a new token")).to_have_value("ci")


async def test_another_browser_is_signed_out_and_this_one_too(stage: Stage, browser: Browser) -> None:
    other = await opened(stage, browser)
    page = await settings_page(stage, browser)
    ids = [one["id"] for one in (await stage.call("GET", "/api/sessions"))["items"]]
    await expect(page.get_by_test_id(f"session-{max(ids)}")).to_contain_text("this one")

    await page.get_by_test_id(f"session-{min(ids)}").get_by_role("button", name="Sign out").click()

    await expect(page.get_by_test_id(f"session-{min(ids)}")).to_have_count(0)
    await other.reload()
    await expect(other.get_by_role("heading", name="Sign in to Posthouse")).to_be_visible()
    await page.get_by_role("button", name="Sign out this browser").click()
    await expect(page.get_by_role("heading", name="Sign in to Posthouse")).to_be_visible()
    assert (await stage.call("GET", "/api/sessions"))["items"] == []
