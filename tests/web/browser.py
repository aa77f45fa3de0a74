"""The system's Chromium, driven by Playwright. Without one these tests are skipped, or fail where `CI` is true."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright

from posthouse.http.web import DASHBOARD

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
INSTALL = "apt-get install chromium, or name one: POSTHOUSE_CHROMIUM=/path/to/chromium"

# Read when the module is loaded: the tests' own environment, made later, has no variables of Posthouse.
NAMED = os.environ.get("POSTHOUSE_CHROMIUM")
IS_CI = os.environ.get("CI", "").lower() in {"1", "true"}


def chromium() -> str | None:
    """Where Chromium is, if it is."""
    return NAMED or next((path for name in NAMES if (path := shutil.which(name))), None)


def chromium_or_skip() -> str:
    """Where Chromium is, once it and a built dashboard are there."""
    found = chromium()
    missing = None if found else f"There is no Chromium on this machine: {INSTALL}"
    if missing is None and not (DASHBOARD / "index.html").exists():
        missing = "The dashboard is not built: run scripts/setup dev"
    if missing is not None:
        skip_or_fail(missing)
    assert found is not None
    return found


def skip_or_fail(why: str) -> None:
    """Skip a test that cannot run here; on the build machine it must run."""
    if IS_CI:
        pytest.fail(why)
    pytest.skip(why)


@asynccontextmanager
async def browser_at(path: str) -> AsyncIterator[Browser]:
    """A browser without a window."""
    # As root, and in containers, Chromium's own sandbox cannot be had; it sees nothing but a daemon of ours here.
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield opened
        finally:
            await opened.close()


def watch(page: Page, url: str) -> list[str]:
    """What goes wrong on a page from now on: errors of its scripts, refusals of its policy, requests elsewhere."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
    page.on("console", lambda line: wrong.append(f"console: {line.text}") if line.type == "error" else None)
    page.on(
        "request", lambda asked: None if asked.url.startswith(url) else wrong.append(f"asked elsewhere: {asked.url}")
    )
    return wrong


async def settled(page: Page) -> None:
    """Until the page has what it shows. (Its stream stays open: the network is never idle.)"""
    await page.wait_for_function(
        """() => document.querySelector('main h1') !== null
            && document.querySelector('[data-link="connecting"]') === null
            && [...document.querySelectorAll('h1, h2, p')].every((one) => one.textContent.trim() !== 'Looking…')"""
    )


def axe_script() -> str:
    """The accessibility checker's own script."""
    path = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
    if not path.exists():
        skip_or_fail("axe-core is not installed: run scripts/setup dev")
    return path.read_text("utf-8")
