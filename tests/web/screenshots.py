"""`make screenshots`: every page of the dashboard in light and dark, wide and narrow, into `screenshots/`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page

from tests.web.browser import INSTALL, browser_at, chromium, settled
from tests.web.stage import (
    Stage,
    play_everything,
    play_notifications,
    play_peers,
    play_schedules,
    play_servers,
    play_settings,
    play_wake,
    staged,
)

FOLDER = Path(__file__).resolve().parents[2] / "screenshots"
WIDTHS = {1280: 860, 360: 780}
EMPTY = [
    "/",
    "/activity",
    "/targets",
    "/targets/new",
    "/live",
    "/nowhere",
    "/agents",
    "/notifications",
    "/servers",
    "/servers?add",
    "/peers",
    "/wake",
]
AGENTS = ["/agents", "/agents/claude-1", "/agents/nobody", "/notifications"]
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


async def main() -> int:
    """Take them all."""
    path = chromium()
    if path is None:
        print(f"There is no Chromium on this machine: {INSTALL}", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        async with staged(Path(folder)) as stage, browser_at(path) as browser:
            await take_all(stage, browser, "empty", EMPTY)
            await play_everything(stage)
            deliveries = (await stage.call("GET", "/api/deliveries?limit=500"))["items"]
            given_up = next(one["id"] for one in deliveries if one["status"] == "dlq")
            delivered = next(one["id"] for one in deliveries if one["status"] == "delivered")
            pages = [
                "/",
                "/targets",
                "/targets/1",
                "/activity",
                f"/activity/{given_up}",
                f"/activity/{delivered}",
                "/activity?status=expired",
                "/live",
                "/enable",
                "/enable/claude-sessions",
            ]
            await take_all(stage, browser, "full", pages)
            await take_login(stage, browser)
            await play_schedules(stage)
            await play_settings(stage)
            await take_all(stage, browser, "schedules", ["/", "/settings"])
            await play_notifications(stage)
            await take_all(stage, browser, "agents", AGENTS)
            await play_wake(stage)
            await take_all(stage, browser, "wake", ["/wake"])
            await play_servers(stage)
            await take_all(stage, browser, "servers", ["/servers", "/servers/docs", "/servers/broken"])
            async with play_peers(stage):
                await take_all(stage, browser, "peers", ["/peers", "/"])
    print(f"The pictures are in {FOLDER}.")
    return 0


async def take_all(stage: Stage, browser: Browser, name: str, paths: list[str]) -> None:
    """Each page, signed in."""
    for scheme in SCHEMES:
        for width, height in WIDTHS.items():
            page = await browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            await stage.sign_in(page)
            for number, path in enumerate(paths):
                await page.goto(f"{stage.url}{path}")
                await settled(page)
                await take(page, f"{name}-{number}-{scheme}-{width}")
            await page.close()


async def take_login(stage: Stage, browser: Browser) -> None:
    """The page that says how to get in."""
    for scheme in SCHEMES:
        for width, height in WIDTHS.items():
            page = await browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            await page.goto(stage.url)
            await page.get_by_role("heading", name="Sign in").wait_for()
            await take(page, f"login-{scheme}-{width}")
            await page.goto(f"{stage.url}/login#code=wrong")
            await page.get_by_role("alert").first.wait_for()
            await take(page, f"login-refused-{scheme}-{width}")
            await page.close()


async def take(page: Page, name: str) -> None:
    """One picture, of the whole page."""
    is_sheet = await page.locator("dialog[open]").count() > 0
    await page.wait_for_timeout(250)
    await page.screenshot(path=FOLDER / f"{name}.png", full_page=not is_sheet)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
