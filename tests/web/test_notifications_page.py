"""Notifications as a person sets them up and reads of them: a real daemon, an ntfy server, a real browser."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.servers.ntfy import NtfyServer
from tests.web.browser import watch
from tests.web.stage import Stage
from tests.web.test_dashboard import opened
from tests.web.test_settings import is_clean
from tests.web.test_targets_page import words_at

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("browser")]

TOKEN = "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2"


@pytest.fixture
def phone(stage: Stage) -> NtfyServer:
    """An ntfy server in place of the stage's receiver, which lets in nobody without the token."""
    server = NtfyServer(path="/hook", token=TOKEN)
    stage.receiver.default = server.answer
    return server


async def notifications_page(stage: Stage, browser: Browser, **options: Any) -> Page:
    """The page, as one gets there."""
    page = await opened(stage, browser, reduced_motion="reduce", **options)
    await page.get_by_role("link", name="Agents", exact=True).click()
    await page.get_by_role("link", name="Notifications", exact=True).click()
    await expect(page.get_by_role("heading", name="Notifications", level=1)).to_be_focused()
    await expect(page.get_by_role("checkbox", name="Notify me")).to_be_visible()
    return page


async def put(stage: Stage, **config: Any) -> None:
    await stage.call("PUT", "/api/notifications", config)


async def set_up(stage: Stage, **more: Any) -> None:
    """A receiver that works, and whatever else is to be set."""
    await put(stage, enabled=True, topic="mine", server=stage.receiver.url, authToken=TOKEN, **more)


async def config_of(stage: Stage) -> Any:
    return (await stage.call("GET", "/api/notifications"))["config"]


def state_of(page: Page) -> Locator:
    """Whether the form says what is stored."""
    return page.get_by_test_id("form-state")


async def save(page: Page) -> None:
    await page.get_by_role("button", name="Save").click()
    await expect(state_of(page)).to_have_text("As it is stored.")


async def test_a_phone_is_set_up_and_tested_in_one_visit(stage: Stage, browser: Browser, phone: NtfyServer) -> None:
    page = await notifications_page(stage, browser)
    wrong = watch(page, stage.url)
    assert await is_clean(page)

    await page.get_by_role("checkbox", name="Notify me").check()
    await page.get_by_label("Topic").fill("mine")
    await page.get_by_label("Server").fill(stage.receiver.url)
    await page.get_by_label("Access token").fill(TOKEN)
    await expect(state_of(page)).to_have_text("Not saved yet.")
    await save(page)
    await page.get_by_role("button", name="Send a test").click()

    await expect(page.get_by_test_id("test-answer")).to_contain_text("The test was taken: the server answered 200.")
    (message,) = phone.shown.values()
    assert message["topic"] == "mine"
    config = await config_of(stage)
    assert (config["enabled"], config["topic"], config["hasAuthToken"]) == (True, "mine", True)
    await expect(page.get_by_label("Access token")).to_have_value("")
    assert TOKEN not in await page.content()
    assert await is_clean(page)
    assert wrong == []


async def test_what_is_refused_stands_where_it_was_entered(stage: Stage, browser: Browser) -> None:
    page = await notifications_page(stage, browser)
    topic = page.get_by_label("Topic")

    await page.get_by_role("checkbox", name="Notify me").check()
    await page.get_by_role("button", name="Save").click()

    await expect(topic).to_be_focused()
    assert await words_at(topic)
    assert await is_clean(page)
    await expect(state_of(page)).to_have_text("Not saved yet.")
    assert (await config_of(stage))["enabled"] is False

    await page.get_by_label("Gather for (minutes)").fill("soon")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_label("Gather for (minutes)")).to_be_focused()
    assert await words_at(page.get_by_label("Gather for (minutes)")) == "A number of minutes is needed; 0 is off."

    await page.get_by_role("button", name="Discard").click()
    await expect(page.get_by_role("checkbox", name="Notify me")).not_to_be_checked()
    await expect(state_of(page)).to_have_text("As it is stored.")


async def test_a_test_that_fails_shows_the_servers_own_words(stage: Stage, browser: Browser, phone: NtfyServer) -> None:
    await set_up(stage)
    phone.token = "tk_another"
    page = await notifications_page(stage, browser)

    await page.get_by_role("button", name="Send a test").click()

    await expect(page.get_by_test_id("test-answer")).to_contain_text("unauthorized")
    assert TOKEN not in await page.content()


async def test_clearing_the_token_is_said_only_once_the_server_has_answered(
    stage: Stage, browser: Browser, phone: NtfyServer
) -> None:
    await set_up(stage)
    assert phone.shown == {}
    page = await notifications_page(stage, browser)
    asked, answered = asyncio.Event(), asyncio.Event()

    async def slowly(route: Route) -> None:
        if route.request.method == "PUT":
            asked.set()
            await answered.wait()
        await route.continue_()

    await page.route("**/api/notifications", slowly)
    await page.get_by_role("button", name="Clear stored token").click()
    await asyncio.wait_for(asked.wait(), 20)
    await expect(page.get_by_text("One is stored")).to_be_visible()
    await expect(page.get_by_text("The stored token is cleared.")).to_have_count(0)
    answered.set()

    await expect(page.get_by_text("None is stored")).to_be_visible()
    await expect(page.get_by_role("button", name="Clear stored token")).to_have_count(0)
    assert (await config_of(stage))["hasAuthToken"] is False


async def test_only_what_was_changed_is_stored(stage: Stage, browser: Browser, phone: NtfyServer) -> None:
    await set_up(stage)
    assert phone.shown == {}
    page = await notifications_page(stage, browser)
    before = await config_of(stage)

    await page.get_by_role("checkbox", name="Turn completed").uncheck()
    await page.get_by_role("checkbox", name="Include subagents").check()
    await page.get_by_role("checkbox", name="Quiet hours").check()
    await page.get_by_label("From").fill("23:30")
    await page.get_by_label("Time zone").fill("Europe/Berlin")
    await page.get_by_label("What gets through").select_option("4")
    await page.get_by_label("All else").select_option("withhold")
    await page.get_by_label("Only when away for (minutes)").fill("2.5")
    await save(page)

    after = await config_of(stage)
    quiet = {"from": "23:30", "until": "07:00", "zone": "Europe/Berlin", "priority": 4, "action": "withhold"}
    events = before["events"] | {"turn-completed": False}
    assert after == before | {"quietHours": quiet, "events": events, "notifySubagents": True, "awayS": 150.0}
    await page.reload()
    await expect(page.get_by_label("From")).to_have_value("23:30")
    await expect(page.get_by_role("checkbox", name="Turn completed")).not_to_be_checked()
    await page.get_by_role("checkbox", name="Quiet hours").uncheck()
    await save(page)
    assert (await config_of(stage))["quietHours"]["from"] is None


async def test_what_another_changes_shows_without_taking_what_is_being_typed(stage: Stage, browser: Browser) -> None:
    page = await notifications_page(stage, browser)
    await page.get_by_label("Topic").fill("half-typed")

    await put(stage, notifySubagents=True)

    await expect(page.get_by_role("checkbox", name="Include subagents")).to_be_checked()
    await expect(page.get_by_label("Topic")).to_have_value("half-typed")
    await expect(state_of(page)).to_have_text("Not saved yet.")


async def test_the_latest_say_what_became_of_them_and_why(stage: Stage, browser: Browser, phone: NtfyServer) -> None:
    await set_up(stage)
    page = await notifications_page(stage, browser)
    await expect(page.get_by_role("main")).to_contain_text("Nothing was to be told yet.")

    for agent in ({"agent_id": "a1"}, {"agent_id": "s1", "parent_id": "a1"}):
        data = {"title": "Fix the tests", "project": "shop", "tool": "mine", "turn_id": "t1", **agent}
        await stage.emit("agent.turn-started", data=data)
        await stage.emit("agent.turn-completed", data=data)

    latest = page.get_by_role("list", name="Notifications")
    sent, withheld = latest.locator('[data-fate="sent"]'), latest.locator('[data-fate="withheld"]')
    await expect(sent).to_contain_text(re.compile("Sent.*Turn completed.*Fix the tests", re.DOTALL))
    await expect(withheld.filter(has_text="Turn completed")).to_contain_text("subagent")
    assert len(phone.shown) == 1
    assert await is_clean(page)
    await sent.get_by_role("link", name="Fix the tests").click()
    await expect(page.get_by_role("heading", name="Fix the tests", level=1)).to_be_focused()
    await expect(page.get_by_role("region", name="What was told of it")).to_contain_text("Sent")


async def test_receivers_are_listed_with_the_way_to_their_bindings(
    stage: Stage, browser: Browser, phone: NtfyServer
) -> None:
    await set_up(stage)
    assert phone.shown == {}
    page = await notifications_page(stage, browser)

    receivers = page.get_by_role("list", name="Receivers")
    await expect(receivers).to_contain_text("The topic above. It takes everything that is told.")
    await expect(page.get_by_text("posthouse bind agents TARGET --notify", exact=True)).to_be_visible()
    await receivers.get_by_role("link", name="Change").click()

    await expect(page).to_have_url(re.compile(r"/bindings/\d+$"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_is_accessible_and_goes_by_keyboard_on_a_phone(
    stage: Stage, browser: Browser, phone: NtfyServer, scheme: Any
) -> None:
    await set_up(stage, quietHours={"from": "22:00"})
    assert phone.shown == {}
    page = await notifications_page(stage, browser, color_scheme=scheme, viewport={"width": 360, "height": 780})
    assert await is_clean(page)

    await page.get_by_role("checkbox", name="Agent started").focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Enter")

    await expect(state_of(page)).to_have_text("As it is stored.")
    assert (await config_of(stage))["events"]["agent-spawned"] is True
