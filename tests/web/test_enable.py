"""From a source to a delivered webhook: five steps, and a binding that is changed and ended again."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from posthouse.targets.standard_webhooks import signing_key, verify
from tests.e2e.processes import free_port
from tests.receiver import Reply
from tests.web.browser import axe_script, watch
from tests.web.stage import Stage
from tests.web.test_dashboard import opened

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("browser")]

SENSITIVE = "The start of the first prompt as title"


async def enabling(stage: Stage, browser: Browser, source: str, **options: Any) -> Page:
    """The first step for a source, with nothing moving."""
    page = await opened(stage, browser, reduced_motion="reduce", **options)
    await page.goto(f"{stage.url}/enable/{source}")
    await expect(page.get_by_role("heading", name=f"What {source} tells", level=1)).to_be_visible()
    return page


async def is_clean(page: Page) -> bool:
    """Whether the accessibility checker finds nothing, with what it found told where it does."""
    await page.evaluate(axe_script())
    found = (await page.evaluate("axe.run()"))["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
    return True


async def step(page: Page, heading: str) -> None:
    """Continue, and be at the top of the next step."""
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("heading", name=heading, level=1)).to_be_focused()


async def choose(page: Page, target: str) -> None:
    """From the first step to the third, by a target that is there."""
    await step(page, "Where shall it go?")
    await page.get_by_role("radio", name=re.compile(f"^{target}")).check()
    await step(page, "How shall it be sent?")


async def tab_to(page: Page, wanted: Locator) -> None:
    """Go there by the keyboard alone."""
    await expect(wanted).to_be_visible()
    for _ in range(60):
        if await wanted.evaluate("element => element === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} is not reached by the Tab key")


async def press(page: Page, name: str, role: Any = "button") -> None:
    await tab_to(page, page.get_by_role(role, name=name, exact=True))
    await page.keyboard.press("Enter")


async def test_a_source_leads_to_a_verified_delivery_by_the_keyboard_alone(stage: Stage, browser: Browser) -> None:
    page = await enabling(stage, browser, "ingest")
    wrong = watch(page, stage.url)
    await expect(page.get_by_text("Nothing came yet.")).to_be_visible()
    assert await is_clean(page)

    await press(page, "Continue")
    await expect(page.get_by_role("heading", name="Where shall it go?")).to_be_focused()
    await tab_to(page, page.get_by_test_id("kind-webhook"))
    await page.keyboard.press("Enter")
    await tab_to(page, page.get_by_role("textbox", name="Name", exact=True))
    await page.keyboard.type("hook")
    await tab_to(page, page.get_by_role("textbox", name="URL", exact=True))
    await page.keyboard.type(stage.receiver.url)
    assert await is_clean(page)
    await page.keyboard.press("Enter")
    shown = page.get_by_test_id("secret-once")
    await expect(shown).to_be_focused()
    secret = await shown.locator("code").inner_text()
    await press(page, "I have stored it")

    await expect(page.get_by_role("heading", name="How shall it be sent?")).to_be_focused()
    await tab_to(page, page.get_by_role("textbox", name="Only these types of event"))
    await page.keyboard.type("build.*")
    assert await is_clean(page)
    await press(page, "Continue")
    await expect(page.get_by_role("heading", name="What leaves this machine")).to_be_focused()
    await expect(page.get_by_text("It stays on this machine")).to_be_visible()
    await expect(page.get_by_text("Signed: the receiver can prove")).to_be_visible()
    await expect(page.get_by_text("ingest has told nothing yet")).to_be_visible()
    assert await is_clean(page)
    assert (await stage.call("GET", "/api/bindings"))["items"] == []
    await press(page, "Start sending")

    first = page.get_by_test_id("first-delivery")
    await expect(page.get_by_role("heading", name="It is set up")).to_be_focused()
    await expect(first).to_contain_text("Waiting for the first event")
    assert await is_clean(page)
    await press(page, "Post build.test")
    await expect(first).to_contain_text(re.compile(r"Delivered \(200, \d+(\.\d)? m?s\)"))
    await expect(page.get_by_role("heading", name="It works")).to_be_visible()
    assert await is_clean(page)
    received = (await stage.receiver.wait_for(2))[-1]
    assert verify(
        [signing_key(secret)], received.headers, received.body, now_s=int(received.headers["webhook-timestamp"])
    )
    assert json.loads(received.body)["type"] == "build.test"
    assert wrong == []


async def test_what_is_off_is_in_no_step_and_in_no_body(stage: Stage, browser: Browser) -> None:
    await stage.show_sessions()
    await stage.add_target("hook", stage.receiver.url)
    page = await enabling(stage, browser, "claude-sessions")
    on = page.get_by_role("checkbox", name=SENSITIVE)
    await expect(on).not_to_be_checked()
    data = page.get_by_role("region", name="claude-sessions.snapshot")
    await expect(data).to_contain_text("Untitled session")

    await page.get_by_role("checkbox", name="The git branch of each session").uncheck()
    await expect(data).not_to_contain_text("git_branch")
    await on.check()
    await expect(data).to_contain_text("first_prompt_preview")
    await expect(data).to_contain_text("••••")
    await on.uncheck()
    await expect(data).not_to_contain_text("first_prompt_preview")
    assert await is_clean(page)
    await choose(page, "hook")
    await step(page, "What leaves this machine")
    body = page.get_by_role("region", name="Body")
    await expect(body).to_contain_text("Untitled session")
    await expect(body).not_to_contain_text("git_branch")
    await expect(body).not_to_contain_text("first_prompt_preview")
    await expect(page.get_by_text(f"Sensitive, and left out: {SENSITIVE}.")).to_be_visible()
    await page.get_by_role("button", name="Start sending").click()

    await expect(page.get_by_test_id("first-delivery")).to_contain_text("Delivered (200")
    (received,) = await stage.receiver.wait_for(1)
    (session,) = json.loads(received.body)["data"]["sessions"]
    assert session["title"] == "Untitled session"
    assert not {"git_branch", "first_prompt_preview"} & set(session)
    source = await stage.call("GET", "/api/sources/claude-sessions")
    assert {one["name"]: one["isOn"] for one in source["properties"]}["git_branches"] is True


async def test_what_is_let_out_is_shown_warned_of_and_sent(stage: Stage, browser: Browser) -> None:
    await stage.show_sessions()
    await stage.add_target("away", "https://hooks.example.com/in")
    page = await enabling(stage, browser, "claude-sessions")

    await page.get_by_role("checkbox", name=SENSITIVE).check()
    await choose(page, "away")
    await step(page, "What leaves this machine")

    warning = f"{SENSITIVE}: marked sensitive, and leaves this machine."
    await expect(page.get_by_role("list", name="Warnings")).to_have_text(warning)
    await expect(page.get_by_role("region", name="Body")).to_contain_text("first_prompt_preview")
    source = await stage.call("GET", "/api/sources/claude-sessions")
    assert {one["name"]: one["isOn"] for one in source["properties"]}["first_prompt_preview"] is False


async def test_plain_http_to_another_machine_is_warned_of_in_words(stage: Stage, browser: Browser) -> None:
    await stage.add_target("nas", "http://nas.local/in?token=s3cret")
    page = await enabling(stage, browser, "ingest", viewport={"width": 360, "height": 780})

    await choose(page, "nas")
    await step(page, "What leaves this machine")

    warnings = page.get_by_role("list", name="Warnings")
    await expect(warnings).to_contain_text(
        "This goes over plain http to another machine: anyone on the way can read it"
    )
    await expect(page.get_by_role("region", name="Request")).to_contain_text("POST http://nas.local/in?token=[hidden]")
    assert "s3cret" not in await page.content()
    assert await is_clean(page)
    assert await page.evaluate(
        "document.querySelector('.page').scrollWidth <= document.querySelector('main').clientWidth"
    )


async def test_a_daily_schedule_shows_the_runs_that_it_then_has(stage: Stage, browser: Browser) -> None:
    await stage.show_sessions()
    await stage.add_target("hook", stage.receiver.url)
    page = await enabling(stage, browser, "claude-sessions", timezone_id="Asia/Tokyo")
    await choose(page, "hook")
    await page.get_by_role("radio", name="Once a day").check()
    zone = page.get_by_role("combobox", name="Time zone")
    await expect(zone).to_have_value("Asia/Tokyo")

    await zone.fill("Mars/Olympus")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("main").get_by_role("alert")).to_contain_text("There is no time zone 'Mars/Olympus'.")
    await expect(zone).to_be_focused()
    await zone.fill("America/New_York")
    await page.get_by_label("Time", exact=True).fill("02:30")
    runs = page.get_by_test_id("next-runs").locator("time")
    await expect(runs.first).to_contain_text("02:30")
    shown = [await runs.nth(number).get_attribute("datetime") for number in range(3)]
    assert await is_clean(page)
    await step(page, "What leaves this machine")
    await page.get_by_role("button", name="Start sending").click()
    await expect(page.get_by_test_id("first-delivery")).to_contain_text("Delivered")

    (made,) = (await stage.call("GET", "/api/bindings"))["items"]
    instants = [datetime.fromisoformat(str(one)) for one in shown]
    assert instants[0].timestamp() * 1000 == made["nextRunAt"]
    assert {at.astimezone(ZoneInfo("America/New_York")).strftime("%H:%M") for at in instants} <= {
        "02:30",
        "03:00",
        "01:30",
    }
    assert made["schedule"]["zone"] == "America/New_York"


async def test_a_receiver_that_fails_is_diagnosed_with_a_way_out(stage: Stage, browser: Browser) -> None:
    stage.receiver.default = Reply(status=500, body=b"no room")
    await stage.add_target("hook", stage.receiver.url)
    page = await enabling(stage, browser, "ingest")
    await choose(page, "hook")
    await step(page, "What leaves this machine")
    await page.get_by_role("button", name="Start sending").click()

    await page.get_by_role("button", name="Post test.posted").click()

    first = page.get_by_test_id("first-delivery")
    await expect(first).to_contain_text("The target has trouble of its own.")
    await expect(first).to_contain_text(re.compile("Failed, next try|Waiting|Sending"))
    await expect(first.get_by_role("link", name="Look at hook")).to_be_visible()
    assert await is_clean(page)
    stage.receiver.default = Reply()
    await expect(first).to_contain_text("Delivered (200", timeout=15_000)


async def test_going_back_keeps_what_was_decided_and_saves_nothing(stage: Stage, browser: Browser) -> None:
    await stage.add_target("hook", stage.receiver.url)
    page = await enabling(stage, browser, "ingest")
    await choose(page, "hook")
    types = page.get_by_role("textbox", name="Only these types of event")
    await types.fill("build.*")
    await step(page, "What leaves this machine")

    await page.go_back()
    await expect(types).to_have_value("build.*")
    await page.go_back()
    await expect(page.get_by_role("radio", name=re.compile("^hook"))).to_be_checked()
    await page.go_forward()
    await expect(types).to_have_value("build.*")
    await page.get_by_role("navigation", name="Steps").get_by_role("link", name="Your data").click()
    await expect(page.get_by_role("heading", name="What ingest tells")).to_be_focused()
    assert (await stage.call("GET", "/api/bindings"))["items"] == []
    await page.reload()
    await page.goto(f"{stage.url}/enable/ingest?step=4")
    await expect(page.get_by_role("heading", name="Where shall it go?")).to_be_visible()


async def test_a_binding_is_changed_and_ended_from_its_card(stage: Stage, browser: Browser) -> None:
    await stage.add_target("hook", f"http://127.0.0.1:{free_port()}/")
    await stage.bind("ingest", "hook", filter={"types": ["build.*"]}, shape={"headers": {"x-team": "blue"}})
    page = await opened(stage, browser, reduced_motion="reduce")
    await page.get_by_role("link", name="Change how ingest goes to hook").click()
    await expect(page.get_by_role("heading", name="What ingest sends to hook")).to_be_visible()
    types = page.get_by_role("textbox", name="Only these types of event")
    await expect(types).to_have_value("build.*")
    await page.get_by_text("Retries, batches and headers").click()
    await expect(page.get_by_label("Name of header 1")).to_have_value("x-team")

    await page.get_by_label("Name of header 1").fill("Host")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("main").get_by_role("alert")).to_contain_text("is set by Posthouse itself")
    await expect(page.get_by_label("Name of header 1")).to_be_focused()
    await page.get_by_label("Name of header 1").fill("x-crew")
    await types.fill("build.*\nalert.*")
    assert await is_clean(page)
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("region", name="Request")).to_contain_text("x-crew: blue")
    assert await is_clean(page)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_test_id("source-ingest")).to_be_visible()
    (changed,) = (await stage.call("GET", "/api/bindings"))["items"]
    assert (changed["filter"]["types"], changed["shape"]["headers"]) == (["build.*", "alert.*"], {"x-crew": "blue"})

    await stage.emit("build.finished")
    await page.get_by_role("button", name="Send ingest to hook no longer").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("button", name="Remove").click()
    await expect(dialog).to_contain_text("1 delivery waits for it.")
    await dialog.get_by_role("radio", name="Dismiss them").check()
    await dialog.get_by_role("button", name="Remove").click()
    await expect(page.get_by_test_id("source-ingest")).to_contain_text("Goes nowhere yet")
    assert (await stage.call("GET", "/api/bindings"))["items"] == []


async def test_a_binding_can_notify_a_person_and_no_longer(stage: Stage, browser: Browser) -> None:
    await stage.add_target("hook", stage.receiver.url)
    await stage.bind("agents", "hook", policy={"batchMax": 5, "batchWaitS": 2})
    page = await opened(stage, browser, reduced_motion="reduce")

    for is_wanted in (True, False):
        await page.get_by_role("link", name="Change how agents goes to hook").click()
        notify = page.get_by_role("checkbox", name=re.compile("^Notify a person"))
        await expect(notify).to_be_checked(checked=not is_wanted)
        await notify.set_checked(is_wanted)
        await page.get_by_text("Retries, batches and headers").click()
        await expect(page.get_by_label("Events in one request, at most")).to_be_visible(visible=not is_wanted)
        assert await is_clean(page)
        await page.get_by_role("button", name="Continue").click()
        await page.get_by_role("button", name="Save").click()
        await expect(page.get_by_test_id("source-agents")).to_be_visible()
        (changed,) = (await stage.call("GET", "/api/bindings"))["items"]
        assert (changed["policy"]["isNotification"], changed["policy"]["batchMax"]) == (is_wanted, 1)


async def test_a_source_is_added_by_a_form_that_says_what_is_wrong(stage: Stage, browser: Browser) -> None:
    note = stage.logs.parent / "notes"
    await asyncio.to_thread(note.mkdir)
    await asyncio.to_thread((note / "plan.txt").write_text, "tea")
    page = await opened(stage, browser, reduced_motion="reduce")
    await page.goto(f"{stage.url}/enable")
    assert await is_clean(page)
    await page.get_by_role("link", name="Files").click()
    await page.get_by_role("textbox", name="Name", exact=True).fill("notes")
    await page.get_by_role("textbox", name="Paths").fill("not/absolute")
    await page.get_by_role("button", name="Add it and look").click()

    await expect(page.get_by_role("main").get_by_role("alert")).to_be_visible()
    await expect(page.get_by_role("textbox", name="Paths")).to_be_focused()
    assert await is_clean(page)
    await page.get_by_role("textbox", name="Paths").fill(str(note))
    await page.get_by_role("button", name="Add it and look").click()

    await expect(page.get_by_role("heading", name="What notes tells", level=1)).to_be_visible()
    await expect(page.get_by_text("plan.txt")).to_be_visible()
    source = await stage.call("GET", "/api/sources/notes")
    assert (source["isEnabled"], source["settings"]["paths"]) == (False, [str(note)])
