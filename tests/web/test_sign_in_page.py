"""Signing in at a service from the dashboard, in a browser that goes there and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.http.house import House, living
from tests.receiver import Receiver
from tests.servers.google import CLIENT, CLIENT_SECRET, GoogleServer
from tests.web.test_settings import is_clean

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("browser")]

expect.set_options(timeout=20_000)


@dataclass
class Place:
    """A daemon in this process, and a Google."""

    house: House
    receiver: Receiver
    google: GoogleServer

    async def fill_in(self, browser: Browser) -> Page:
        """The form of a new target, up to the sign-in, in a browser that may use the dashboard."""
        page = await (await browser.new_context(reduced_motion="reduce")).new_page()
        code = (await self.house.post("/api/sessions/code")).json["code"]
        await page.goto(f"{self.house.url}/login#code={code}")
        await page.wait_for_url(f"{self.house.url}/")
        await page.goto(f"{self.house.url}/targets/new")
        await page.get_by_test_id("kind-google-sheets").click()
        await page.get_by_label("Name", exact=True).fill("rows")
        await page.get_by_label("Client id").fill(CLIENT)
        await page.get_by_label("Client secret").fill(CLIENT_SECRET)
        await page.get_by_text("More settings").click()
        await page.get_by_label("Server").fill(f"http://127.0.0.1:{self.receiver.port}")
        return page


@pytest.fixture
async def place(home: Path) -> AsyncIterator[Place]:
    """The daemon lives in one task, as its parts must be left by whoever entered them."""
    ready: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def live() -> None:
        async with living(home) as house, Receiver() as receiver:
            google = GoogleServer(now_s=house.services.clock.now() / 1000)
            receiver.default = google.answer
            ready.set_result(Place(house, receiver, google))
            await over.wait()

    task = asyncio.create_task(live())
    await asyncio.wait([ready, task], return_when=asyncio.FIRST_COMPLETED)  # type: ignore[type-var]
    if task.done():
        await task
    yield await ready
    over.set()
    await task


async def test_who_signs_in_on_the_page_that_opens_can_save(place: Place, browser: Browser) -> None:
    page = await place.fill_in(browser)
    await page.get_by_role("button", name="Save").click()
    sign_in = page.get_by_role("button", name="Sign in")
    await expect(sign_in).to_be_focused()

    async with page.context.expect_page() as opened:
        await page.keyboard.press("Enter")
    there = await opened.value
    await expect(there.get_by_role("heading", name="You are signed in")).to_be_visible()
    assert await is_clean(there)

    await expect(page.get_by_text("Signed in. Save to keep it.")).to_be_visible()
    assert await is_clean(page)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name="rows", level=1)).to_be_focused()
    assert [book.title for book in place.google.books.values()] == ["rows"]
    await page.get_by_role("button", name="Edit").click()
    await expect(page.get_by_text("You are signed in.")).to_be_visible()


async def test_who_does_not_allow_it_is_told_so_and_can_try_again(place: Place, browser: Browser) -> None:
    page = await place.fill_in(browser)
    place.google.is_denied = True
    await page.get_by_role("button", name="Sign in").click()
    form = page.get_by_role("form")
    await expect(form.get_by_text("You did not allow it. Nothing was changed.")).to_be_visible()

    place.google.is_denied = False
    await page.get_by_role("button", name="Sign in").click()
    await expect(form.get_by_text("Signed in. Save to keep it.")).to_be_visible()


async def test_a_client_that_is_not_known_yet_is_asked_for(place: Place, browser: Browser) -> None:
    page = await place.fill_in(browser)
    await page.get_by_label("Client id").fill("")
    await page.get_by_role("button", name="Sign in").click()

    await expect(page.get_by_label("Client id")).to_be_focused()
    assert place.google.codes == {}
