"""Targets as a person connects, changes, and removes them: a real daemon, a real receiver, a real browser."""

from __future__ import annotations

import asyncio
import re
from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from posthouse.targets.standard_webhooks import signing_key, verify
from tests.e2e.processes import free_port
from tests.receiver import Received, Reply
from tests.web.browser import settled, watch
from tests.web.stage import Stage, data_of
from tests.web.test_dashboard import opened
from tests.web.test_settings import is_clean

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("browser")]


async def form_page(stage: Stage, browser: Browser, **options: Any) -> Page:
    """The form for a new webhook, as one gets there."""
    page = await opened(stage, browser, reduced_motion="reduce", **options)
    await page.get_by_role("link", name="Targets", exact=True).click()
    await page.get_by_role("link", name="Add a target").click()
    await expect(page.get_by_role("heading", name="Add a target", level=1)).to_be_focused()
    await choose_webhook(page)
    return page


async def choose_webhook(page: Page) -> None:
    """Where there are several kinds, one is chosen first."""
    await expect(page.get_by_test_id("kind-webhook").or_(page.get_by_label("URL"))).to_be_visible()
    if await page.get_by_test_id("kind-webhook").count():
        await page.get_by_test_id("kind-webhook").click()


async def target_page(stage: Stage, browser: Browser, name: str) -> Page:
    """The page of a target that there is."""
    page = await opened(stage, browser, reduced_motion="reduce")
    await page.get_by_test_id(f"target-{name}").get_by_role("link", name=name, exact=True).click()
    await expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    return page


async def fill(page: Page, name: str, url: str, *, is_signed: bool = False) -> None:
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_label("URL").fill(url)
    await page.get_by_label("Sign every request").set_checked(is_signed)


async def words_at(field: Locator) -> str:
    """What is said to be wrong with what stands in a field."""
    assert await field.get_attribute("aria-invalid") == "true"
    texts = await field.evaluate(
        "field => field.getAttribute('aria-describedby').split(' ').map(id => document.getElementById(id).innerText)"
    )
    return str(texts[0])


async def is_signed_by(secret: str, request: Received) -> bool:
    now_s = int(request.headers["webhook-timestamp"])
    return verify([signing_key(secret)], request.headers, request.body, now_s=now_s)


async def test_webhook_is_added_by_its_form_and_what_is_sent_arrives_signed(stage: Stage, browser: Browser) -> None:
    page = await form_page(stage, browser)
    wrong = watch(page, stage.url)
    assert await is_clean(page)

    await fill(page, "n8n", stage.receiver.url, is_signed=True)
    await page.get_by_role("button", name="Save").click()
    shown = page.get_by_test_id("secret-once")
    await expect(shown).to_be_focused()
    secret = await shown.locator("code").inner_text()
    assert await is_clean(page)
    await shown.get_by_role("button", name="I have stored it").click()

    await expect(page.get_by_role("heading", name="n8n", level=1)).to_be_focused()
    await expect(page.locator("dl")).to_contain_text(stage.receiver.url)
    assert secret not in await page.content()
    await stage.bind("ingest", "n8n")
    await stage.emit("build.finished", data={"ok": True})
    check, event = await stage.receiver.wait_for(2)
    assert await is_signed_by(secret, check)
    assert await is_signed_by(secret, event)
    assert data_of(event) == {"ok": True}
    assert wrong == []


async def test_what_is_wrong_is_said_where_it_was_entered(stage: Stage, browser: Browser) -> None:
    await stage.add_target("n8n", stage.receiver.url)
    page = await form_page(stage, browser)
    name, url = page.get_by_label("Name", exact=True), page.get_by_label("URL")

    await page.get_by_role("button", name="Save").click()
    await expect(name).to_be_focused()
    assert (await words_at(name), await words_at(url)) == ("This is needed.", "This is needed.")
    assert await is_clean(page)

    await fill(page, "books", "ftp://example.com/")
    await page.get_by_role("button", name="Save").click()
    await expect(url).to_be_focused()
    assert await words_at(url) == "The URL cannot be used. It must begin with http:// or https://."

    await fill(page, "n8n", stage.receiver.url)
    await page.get_by_role("button", name="Save").click()
    await expect(name).to_be_focused()
    assert "There is a target 'n8n' already." in await words_at(name)

    await page.get_by_label("Name", exact=True).fill("books")
    await page.get_by_text("More settings").click()
    await page.get_by_role("button", name="Add a header").click()
    await page.get_by_label("Name of header 1").fill("webhook-id")
    await page.get_by_label("Value of header 1").fill("1")
    await page.get_by_text("More settings").click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_label("Name of header 1")).to_be_focused()
    assert "webhook-id" in await words_at(page.get_by_label("Name of header 1"))
    assert stage.receiver.requests == []
    assert [one["name"] for one in (await stage.call("GET", "/api/targets"))["items"]] == ["n8n"]


async def test_target_that_does_not_answer_is_explained_and_can_be_saved_anyway(stage: Stage, browser: Browser) -> None:
    page = await form_page(stage, browser)
    port = free_port()
    await fill(page, "phone", f"http://127.0.0.1:{port}/topic")
    await expect(page.get_by_role("button", name="Save anyway")).to_have_count(0)

    await page.get_by_role("button", name="Save").click()
    trouble = page.locator("form").get_by_role("alert")
    await expect(trouble).to_contain_text("refused the connection")
    await expect(trouble).to_contain_text("Nothing was saved.")
    assert (await stage.call("GET", "/api/targets"))["items"] == []
    assert await is_clean(page)
    await page.get_by_role("button", name="Save anyway").click()

    await expect(page.get_by_role("heading", name="phone", level=1)).to_be_focused()
    await page.get_by_role("button", name="Test").click()
    await expect(page.get_by_role("alert").first).to_contain_text("phone did not pass.")


async def test_while_a_target_is_asked_the_page_says_whom(stage: Stage, browser: Browser) -> None:
    gate = asyncio.Event()
    stage.receiver.default = Reply(before=gate)
    page = await form_page(stage, browser)
    await fill(page, "slow", stage.receiver.url)

    await page.get_by_role("button", name="Save").click()
    host = stage.receiver.url.split("/")[2]
    await expect(page.get_by_role("button", name=f"Asking {host}…")).to_be_visible()
    await expect(page.get_by_role("status").first).to_contain_text(f"Asking {host}…")
    gate.set()

    await expect(page.get_by_role("heading", name="slow", level=1)).to_be_focused()


async def test_edit_keeps_its_secret_and_changes_what_was_changed(stage: Stage, browser: Browser) -> None:
    settings = {"url": stage.receiver.url, "auth": {"kind": "bearer", "token": "kept-s3cret"}}
    await stage.call("POST", "/api/targets", {"kind": "webhook", "name": "n8n", "settings": settings, "check": False})
    page = await target_page(stage, browser, "n8n")
    await expect(page.locator("dl")).to_contain_text("Set. It is never shown.")

    await page.get_by_role("button", name="Edit").click()
    await expect(page.get_by_label("Name", exact=True)).to_be_focused()
    token = page.get_by_label("Token")
    await expect(token).to_have_value("")
    await expect(page.get_by_text("It is set. Leave this empty to keep it.")).to_be_visible()
    assert await is_clean(page)
    await page.get_by_label("Name", exact=True).fill("n8n-new")
    await page.get_by_text("More settings").click()
    await page.get_by_role("button", name="Add a header").click()
    await page.get_by_label("Name of header 1").fill("x-team")
    await page.get_by_label("Value of header 1").fill("blue")
    await page.get_by_role("button", name="Save").click()

    await expect(page.get_by_role("heading", name="n8n-new", level=1)).to_be_visible()
    await expect(page.get_by_role("button", name="Edit")).to_be_focused()
    (check,) = await stage.receiver.wait_for(1)
    assert (check.headers["authorization"], check.headers["x-team"]) == ("Bearer kept-s3cret", "blue")
    assert "kept-s3cret" not in await page.content()

    await page.get_by_role("button", name="Edit").click()
    await page.get_by_label("Credentials").select_option("None")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("button", name="Edit")).to_be_focused()
    assert "authorization" not in (await stage.receiver.wait_for(2))[1].headers


async def test_rename_alone_asks_nobody(stage: Stage, browser: Browser) -> None:
    await stage.add_target("old", stage.receiver.url)
    page = await target_page(stage, browser, "old")

    await page.get_by_role("button", name="Edit").click()
    await page.get_by_label("Name", exact=True).fill("new")
    await page.get_by_role("button", name="Save").click()

    await expect(page.get_by_role("heading", name="new", level=1)).to_be_visible()
    assert stage.receiver.requests == []


async def test_rotated_secret_is_shown_once_and_both_sign(stage: Stage, browser: Browser) -> None:
    settings = {"url": stage.receiver.url, "sign": True}
    body = {"kind": "webhook", "name": "n8n", "settings": settings, "check": False}
    first = (await stage.call("POST", "/api/targets", body))["secret"]
    page = await target_page(stage, browser, "n8n")

    await page.get_by_role("button", name="Rotate the signing secret").click()
    question = page.get_by_role("dialog", name="Rotate the signing secret?")
    await expect(question.get_by_role("button", name="Cancel")).to_be_focused()
    assert await is_clean(page)
    await question.get_by_role("button", name="Make a fresh secret").click()
    shown = page.get_by_test_id("secret-once")
    second = await shown.locator("code").inner_text()
    await shown.get_by_role("button", name="I have stored it").click()
    await expect(shown).to_have_count(0)
    assert second not in await page.content()
    await page.get_by_role("button", name="Test").click()

    (check,) = await stage.receiver.wait_for(1)
    assert first != second
    assert await is_signed_by(first, check)
    assert await is_signed_by(second, check)


async def test_target_is_paused_and_resumed_and_its_bindings_and_address_are_shown(
    stage: Stage, browser: Browser
) -> None:
    await stage.add_target("n8n", stage.receiver.url)
    await stage.bind("ingest", "n8n")
    page = await target_page(stage, browser, "n8n")
    await expect(page.get_by_test_id("endpoint-default")).to_contain_text("1 binding")
    await expect(page.get_by_role("button", name="Look for changes")).to_have_count(0)

    await page.get_by_role("button", name="Pause").click()
    await expect(page.get_by_role("button", name="Resume")).to_be_visible()
    await stage.emit("build.finished")
    await expect(page.get_by_text("1 delivery waits for it.")).to_be_visible(timeout=40_000)
    await page.get_by_role("button", name="Resume").click()

    await stage.receiver.wait_for(1)
    await expect(page.get_by_role("link", name="1 delivery")).to_be_visible()
    await expect(page.get_by_role("button", name="Pause")).to_be_visible()


async def paused_with_two_waiting(stage: Stage) -> None:
    await stage.add_target("n8n", stage.receiver.url)
    await stage.bind("ingest", "n8n")
    await stage.call("POST", "/api/targets/n8n/pause")
    for number in (1, 2):
        await stage.emit("build.finished", subject=str(number))


async def test_removal_dismisses_what_waits_where_that_is_wanted(stage: Stage, browser: Browser) -> None:
    await paused_with_two_waiting(stage)
    page = await target_page(stage, browser, "n8n")

    await page.get_by_role("button", name="Remove n8n").click()
    question = page.get_by_role("dialog", name="Remove n8n?")
    await expect(question).to_contain_text("Its 1 binding ends")
    await expect(question).to_contain_text("Its secrets are deleted")
    await expect(question).to_contain_text("2 deliveries wait for it.")
    assert await is_clean(page)
    await question.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("button", name="Remove n8n")).to_be_focused()
    await page.get_by_role("button", name="Remove n8n").click()
    await question.get_by_label("Dismiss them").check()
    await question.get_by_role("button", name="Remove").click()

    await expect(page.get_by_text("Nowhere to send anything yet.")).to_be_visible()
    deliveries = (await stage.call("GET", "/api/deliveries"))["items"]
    assert [one["status"] for one in deliveries] == ["dismissed", "dismissed"]
    assert stage.receiver.requests == []


async def test_removal_delivers_what_waits_first_where_that_is_wanted(stage: Stage, browser: Browser) -> None:
    await paused_with_two_waiting(stage)
    page = await target_page(stage, browser, "n8n")

    await page.get_by_role("button", name="Remove n8n").click()
    question = page.get_by_role("dialog", name="Remove n8n?")
    await expect(question).to_contain_text("they go when you resume it")
    await question.get_by_role("button", name="Remove").click()
    await expect(page.get_by_text("It takes nothing new")).to_be_visible()
    await expect(page.get_by_role("button", name="Remove n8n")).to_have_count(0)
    await page.get_by_role("button", name="Resume").click()

    assert len(await stage.receiver.wait_for(2)) == 2
    await expect(page.get_by_role("heading", name="There is no such target")).to_be_visible(timeout=40_000)


async def test_what_came_while_the_question_was_open_is_asked_about(stage: Stage, browser: Browser) -> None:
    await stage.add_target("n8n", stage.receiver.url)
    await stage.bind("ingest", "n8n")
    await stage.call("POST", "/api/targets/n8n/pause")
    page = await target_page(stage, browser, "n8n")

    await page.get_by_role("button", name="Remove n8n").click()
    question = page.get_by_role("dialog", name="Remove n8n?")
    await expect(question.get_by_role("radio")).to_have_count(0)
    await stage.emit("build.finished")
    await question.get_by_role("button", name="Remove").click()

    await expect(question).to_contain_text("1 delivery waits for it.")
    assert (await stage.call("GET", "/api/targets/n8n"))["removedAt"] is None


async def test_binding_is_ended_from_its_target(stage: Stage, browser: Browser) -> None:
    await paused_with_two_waiting(stage)
    page = await target_page(stage, browser, "n8n")

    await page.get_by_role("button", name="Unbind ingest").click()
    question = page.get_by_role("dialog", name="Unbind ingest?")
    await question.get_by_role("button", name="Unbind").click()
    await expect(question).to_contain_text("2 deliveries wait for it.")
    await question.get_by_label("Dismiss them").check()
    await question.get_by_role("button", name="Unbind").click()

    await expect(page.get_by_text("Nothing is bound to it, so nothing is sent.")).to_be_visible()
    assert (await stage.call("GET", "/api/bindings"))["items"] == []


async def test_target_is_added_by_keyboard_alone(stage: Stage, browser: Browser) -> None:
    page = await opened(stage, browser, reduced_motion="reduce")
    await expect(page.get_by_role("link", name="Add a target")).to_be_visible()
    await page.get_by_role("link", name="Add a target").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Add a target", level=1)).to_be_focused()
    await choose_webhook(page)
    await page.get_by_role("heading", name="Add a target", level=1).focus()

    await to_field(page, "Name")
    await page.keyboard.type("by-hand")
    await to_field(page, "URL")
    await page.keyboard.type(stage.receiver.url)
    await to_field(page, "Sign every request")
    await page.keyboard.press("Space")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", name="by-hand", level=1)).to_be_focused()
    assert len(await stage.receiver.wait_for(1)) == 1


async def to_field(page: Page, label: str) -> None:
    """Tab until this field has the focus."""
    for _ in range(12):
        await page.keyboard.press("Tab")
        if await page.get_by_label(label, exact=True).evaluate("field => field === document.activeElement"):
            return
    raise AssertionError(f"{label} is not reached by Tab")


async def test_target_that_is_not_there_says_so_and_settings_lead_to_targets(stage: Stage, browser: Browser) -> None:
    page = await opened(stage, browser)

    await page.goto(f"{stage.url}/targets/99")
    await expect(page.get_by_role("heading", name="There is no such target")).to_be_visible()
    await page.goto(f"{stage.url}/settings")
    await page.get_by_role("navigation", name="On this page").get_by_role("link", name="Targets").click()

    await expect(page).to_have_url(re.compile("/targets$"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
async def test_nothing_keeps_anyone_out_of_targets(
    stage: Stage, browser: Browser, scheme: Literal["light", "dark"], width: int
) -> None:
    await paused_with_two_waiting(stage)
    (target,) = (await stage.call("GET", "/api/targets"))["items"]
    page = await opened(
        stage, browser, color_scheme=scheme, viewport={"width": width, "height": 800}, reduced_motion="reduce"
    )
    wrong = watch(page, stage.url)
    for path in ("/targets", "/targets/new", f"/targets/{target['id']}"):
        await page.goto(f"{stage.url}{path}")
        await settled(page)
        assert await is_clean(page), path
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
    assert wrong == []
