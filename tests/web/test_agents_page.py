"""The board of agents as a person looks at it: a real daemon that hears of agents, a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.web.browser import watch
from tests.web.stage import Stage, play_agents
from tests.web.test_dashboard import opened
from tests.web.test_settings import is_clean

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("browser")]


async def agents_page(stage: Stage, browser: Browser, **options: Any) -> Page:
    """The page, as one gets there."""
    page = await opened(stage, browser, reduced_motion="reduce", **options)
    await page.get_by_role("link", name="Agents", exact=True).click()
    await expect(page.get_by_role("heading", name="Agents", level=1)).to_be_focused()
    return page


def row_of(page: Page, agent_id: str) -> Locator:
    """An agent on the board, with those below it."""
    return page.locator(f'[data-agent="{agent_id}"]')


async def test_an_empty_board_says_how_to_begin_and_fills_by_itself(stage: Stage, browser: Browser) -> None:
    page = await agents_page(stage, browser)
    wrong = watch(page, stage.url)
    for command in (
        "posthouse hooks install claude-code",
        "posthouse hooks install codex",
        "posthouse run -- make test",
    ):
        await expect(page.get_by_text(command, exact=True)).to_be_visible()
    assert await is_clean(page)

    await stage.emit("agent.turn-started", data={"agent_id": "a1", "tool": "mine", "title": "Fix the tests"})

    await expect(row_of(page, "a1")).to_contain_text("Working")
    await expect(page.get_by_test_id("tally")).to_have_text("1 is working.")
    await stage.emit("agent.turn-completed", data={"agent_id": "a1"})
    await expect(row_of(page, "a1")).to_contain_text("Idle")
    assert wrong == []


async def test_prompts_stand_first_and_go_when_they_are_resolved(stage: Stage, browser: Browser) -> None:
    await play_agents(stage)
    page = await agents_page(stage, browser)

    headings = page.get_by_role("heading", level=2)
    await expect(headings).to_have_text(["Waiting for you", "Agents who is doing what"])
    asking = page.get_by_role("region", name="Waiting for you")
    await expect(asking).to_contain_text("Fix the tests asks for Bash")
    await expect(asking).to_contain_text("rm -r build")
    await expect(asking).to_contain_text("Posthouse cannot answer for you")
    await expect(asking.get_by_role("button")).to_have_count(0)

    await stage.emit("agent.permission-resolved", data={"agent_id": "claude-1", "prompt_ids": ["p1"]})

    await expect(asking).to_have_count(0)


async def test_the_board_nests_subagents_and_folds_away_what_has_ended(stage: Stage, browser: Browser) -> None:
    await play_agents(stage)
    page = await agents_page(stage, browser)

    below = page.get_by_role("list", name="Subagents of Fix the tests", exact=True)
    await expect(below.locator("[data-agent]")).to_have_count(1)
    await expect(below).to_contain_text("Look for callers")
    await expect(row_of(page, "codex-1")).to_contain_text("rate limit reached")
    await expect(row_of(page, "codex-1")).to_contain_text("Failed")
    await expect(row_of(page, "old-1")).to_be_hidden()

    await page.get_by_text("1 agent has ended").click()

    await expect(row_of(page, "old-1")).to_be_visible()
    first = page.get_by_role("list", name="Agents", exact=True).locator("> li").first
    await expect(first).to_have_attribute("data-agent", "claude-1")


async def test_an_agent_has_a_place_of_its_own_that_messages_lead_to(stage: Stage, browser: Browser) -> None:
    await play_agents(stage)
    page = await opened(stage, browser, reduced_motion="reduce")

    await page.goto(f"{stage.url}/agents/sub-1")

    await expect(page.get_by_role("heading", name="Look for callers", level=1)).to_be_visible()
    await expect(page.get_by_role("main")).to_contain_text("A subagent of Fix the tests")
    await page.get_by_role("link", name="Fix the tests").click()
    await expect(page.get_by_role("heading", name="Fix the tests", level=1)).to_be_focused()
    await expect(page.get_by_role("region", name="Waiting for you")).to_contain_text("rm -r build")
    await expect(page.get_by_role("region", name="Subagents")).to_contain_text("Look for callers")
    assert await is_clean(page)

    await page.goto(f"{stage.url}/agents/nobody-known")
    await expect(page.get_by_role("heading", name="Agent nobody-k", level=1)).to_be_visible()
    await expect(page.get_by_role("main")).to_contain_text("It is not on the board")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_board_is_accessible_and_fits_a_phone(stage: Stage, browser: Browser, scheme: Any) -> None:
    await play_agents(stage)
    page = await agents_page(stage, browser, color_scheme=scheme, viewport={"width": 360, "height": 780})

    await expect(row_of(page, "claude-1")).to_be_visible()
    assert await is_clean(page)
    for path in ("/agents", "/agents/claude-1", "/notifications"):
        await page.goto(f"{stage.url}{path}")
        await expect(page.get_by_text("Looking…")).to_have_count(0)
        root = "document.documentElement"
        assert await page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")
