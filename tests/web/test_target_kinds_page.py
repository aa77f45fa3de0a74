"""A kind of target that the dashboard has never heard of is connected, changed, and its endpoints looked after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.async_api import Browser, Page, expect

from tests import boards
from tests.http.house import House, living
from tests.receiver import Received, Receiver, Reply
from tests.web.test_settings import is_clean
from tests.web.test_targets_page import words_at

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("browser")]

expect.set_options(timeout=20_000)


@dataclass
class Place:
    """A daemon in this process that knows message boards, and a server of them."""

    house: House
    receiver: Receiver
    boards: list[dict[str, Any]]

    @property
    def server(self) -> str:
        """The root of the server."""
        return self.receiver.url.rsplit("/", 1)[0]

    async def open(self, browser: Browser, path: str, **options: Any) -> Page:
        """A page of a browser that is signed in."""
        page = await (await browser.new_context(reduced_motion="reduce", **options)).new_page()
        code = (await self.house.post("/api/sessions/code")).json["code"]
        await page.goto(f"{self.house.url}/login#code={code}")
        await page.wait_for_url(f"{self.house.url}/")
        await page.goto(f"{self.house.url}{path}")
        return page

    async def add(self, **settings: Any) -> int:
        """A target that there is already."""
        body = {"kind": "boards", "name": "house", "settings": {"server": self.server, **settings}}
        return int((await self.house.post("/api/targets", body)).json["target"]["id"])


@pytest.fixture
async def place(home: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """The daemon lives in one task, as its parts must be left by whoever entered them."""
    boards.register(monkeypatch)
    ready: asyncio.Future[Place] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def live() -> None:
        async with living(home) as house, Receiver() as receiver:
            found = Place(house, receiver, [{"id": 7, "name": "Kitchen"}, {"id": 8, "name": "Hall"}])
            receiver.default = lambda request: _answer(found, request)
            ready.set_result(found)
            await over.wait()

    task = asyncio.create_task(live())
    await asyncio.wait([ready, task], return_when=asyncio.FIRST_COMPLETED)  # type: ignore[type-var]
    if task.done():
        await task
    yield await ready
    over.set()
    await task


def _answer(place: Place, request: Received) -> Reply:
    return Reply(body=msgspec.json.encode(place.boards) if request.path == "/boards" else b"ok")


async def test_any_kind_is_connected_by_its_description(place: Place, browser: Browser) -> None:
    page = await place.open(browser, "/targets/new")
    assert await is_clean(page)
    await page.get_by_test_id("kind-boards").click()
    await expect(page.get_by_label("Name", exact=True)).to_be_focused()
    await expect(page.get_by_label("Token")).to_have_count(0)

    await page.get_by_label("Name", exact=True).fill("house")
    await page.get_by_label("Server").fill(place.server)
    await page.get_by_label("Sign in").select_option("With a token")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_label("User")).to_be_focused()
    await page.get_by_label("User").fill("ann")
    await page.get_by_label("Token").fill("s3cret-token")
    await page.get_by_label("Tags").fill("one\n\n two \nthree\nfour")
    await page.get_by_text("More settings").click()
    await page.get_by_label("Ring a bell").check()
    assert await is_clean(page)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_label("Tags")).to_be_focused()
    assert await words_at(page.get_by_label("Tags")) == "A board takes three tags at most."
    await page.get_by_label("Tags").fill("one\n\n two ")
    await page.get_by_role("button", name="Save").click()

    await expect(page.get_by_role("heading", name="house", level=1)).to_be_focused()
    saved = (await place.house.get("/api/targets/house")).json["settings"]
    assert saved == {
        "server": place.server,
        "login": {"kind": "token", "user": "ann", "token": {"isSet": True}},
        "tags": ["one", "two"],
        "headers": {},
        "note": "",
        "is_loud": True,
        "keys": {},
    }
    assert "s3cret-token" not in await page.content()


async def test_change_of_any_kind_sends_only_what_was_changed(place: Place, browser: Browser) -> None:
    number = await place.add(login={"kind": "token", "user": "ann", "token": "kept"}, tags=["a"], note="old")
    page = await place.open(browser, f"/targets/{number}")
    sent: list[Any] = []
    page.on("request", lambda one: sent.append(one.post_data_json) if one.method == "PATCH" else None)

    await page.get_by_role("button", name="Edit").click()
    await page.get_by_text("More settings").click()
    await page.get_by_label("Note").fill("")
    await page.get_by_label("User").fill("bob")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("button", name="Edit")).to_be_focused()

    login = {"kind": "token", "user": "bob", "token": {"isSet": True}}
    assert sent == [{"name": "house", "settings": {"login": login, "note": None}, "check": True}]
    target = place.house.services.known.directory.targets[number]  # type: ignore[index]
    reference = msgspec.json.decode(target.settings)["login"]["token"]["secret"]
    assert await place.house.secrets.get(reference) == "kept"


async def test_endpoints_are_looked_for_named_and_removed(place: Place, browser: Browser) -> None:
    number = await place.add()
    await place.house.post("/api/bindings", {"source": "ingest", "target": "house", "endpoint": "Hall"})
    page = await place.open(browser, f"/targets/{number}")
    await expect(page.get_by_test_id("endpoint-Hall")).to_contain_text("1 binding")

    place.boards = [{"id": 9, "name": "Attic"}]
    await page.get_by_role("button", name="Look for changes").click()
    told = page.get_by_role("alert").first
    await expect(told).to_contain_text("New: Attic. Gone: Kitchen. No longer there, but still bound: Hall.")
    await expect(page.get_by_test_id("endpoint-Kitchen")).to_contain_text("No longer there")
    await page.get_by_role("button", name="Remove Kitchen").click()
    await expect(page.get_by_test_id("endpoint-Kitchen")).to_have_count(0)

    await page.get_by_role("button", name="Add one").click()
    form = page.get_by_role("form", name="Add an endpoint to house")
    await expect(form.get_by_label("Name")).to_be_focused()
    await form.get_by_label("Name").fill("Shed")
    await form.get_by_label("Board").fill("../7")
    assert await is_clean(page)
    await form.get_by_role("button", name="Add").click()
    await expect(form.get_by_label("Board")).to_be_focused()
    assert await words_at(form.get_by_label("Board")) == "A board is a word of letters and digits."
    await form.get_by_label("Board").fill("21")
    await form.get_by_role("button", name="Add").click()

    await expect(page.get_by_test_id("endpoint-Shed")).to_contain_text("21")
    await expect(page.get_by_role("button", name="Add one")).to_be_focused()
    await place.house.post("/api/bindings", {"source": "ingest", "target": "house", "endpoint": "Shed"})
    await place.house.post("/api/events", {"type": "t"})
    requests = await place.receiver.wait_for(5)
    assert {one.path for one in requests if one.method == "POST"} == {"/boards/8", "/boards/21"}
    assert await is_clean(page)
