"""Managed servers as a person keeps them from the dashboard: a real daemon, real servers, a real browser."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import signal
import sys
import urllib.request
from pathlib import Path
from typing import Any, Literal

import aiohttp
import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.processes import free_port, until
from tests.opencode_program import OPENCODE
from tests.web.browser import watch
from tests.web.stage import Stage
from tests.web.test_dashboard import opened
from tests.web.test_settings import is_clean

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("browser")]

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
TUNNEL = ("-c", "import time; print('https://quiet-river.example', flush=True); time.sleep(600)")


def files_on(port: int) -> list[str]:
    """A small server that says what it is asked."""
    return [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", str(port)]


async def add_server(stage: Stage, name: str, argv: list[str], **more: Any) -> None:
    """A server that is defined and may be run."""
    await stage.call("PATCH", "/api/settings/commands.allowed", {"value": True})
    await stage.call("POST", "/api/servers", {"name": name, "argv": argv, **more})


async def get_page(port: int) -> None:
    """Ask a server for its first page."""

    def ask() -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
            answer.read()

    await asyncio.to_thread(ask)


async def server_page(stage: Stage, browser: Browser, name: str, **options: Any) -> Page:
    """The page of a server."""
    page = await opened(stage, browser, reduced_motion="reduce", **options)
    await page.goto(f"{stage.url}/servers/{name}")
    await expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    return page


async def test_a_server_is_added_started_read_and_stopped_from_the_page(stage: Stage, browser: Browser) -> None:
    port = free_port()
    page = await opened(stage, browser, reduced_motion="reduce")
    wrong = watch(page, stage.url)
    await page.get_by_role("link", name="Servers", exact=True).click()
    await expect(page.get_by_text("No server is looked after yet.")).to_be_visible()
    await page.get_by_role("link", name="Add a server").click()
    await expect(page.get_by_role("heading", name="Add a server", level=1)).to_be_focused()

    await expect(page.get_by_test_id("programs-off")).to_contain_text("commands.allowed")
    assert await is_clean(page)
    await page.get_by_role("button", name="Allow programs").click()
    await page.get_by_role("dialog").get_by_role("button", name="Allow").click()
    await expect(page.get_by_test_id("programs-off")).to_have_count(0)

    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_label("Name", exact=True)).to_be_focused()
    await page.get_by_label("Name", exact=True).fill("docs")
    await page.get_by_label("Program", exact=True).fill("\n".join(files_on(port)))
    await page.get_by_label("Port").fill(str(port))
    await page.get_by_label("How to ask whether it is well").select_option("By an HTTP request")
    await page.get_by_role("button", name="Save").click()

    await expect(page.get_by_role("heading", name="docs", level=1)).to_be_focused()
    state = page.get_by_test_id("state")
    await expect(state).to_have_text("Stopped")
    await page.get_by_role("button", name="Start docs").click()
    await expect(state).to_have_text("Running")
    await expect(page.get_by_test_id("figures")).to_contain_text(re.compile(r"[1-9][\d.]* MiB"))
    output = page.get_by_test_id("output")
    await expect(output).to_contain_text("Serving HTTP on")
    await get_page(port)
    await expect(output).to_contain_text('"GET / HTTP/1.1" 200')
    assert await is_clean(page)

    await page.get_by_role("button", name="Pause").click()
    held = await output.text_content()
    await get_page(port)
    await expect(page.get_by_test_id("waiting")).to_have_text(re.compile(r"[1-9]\d* new lines?"))
    assert await output.text_content() == held
    await page.get_by_role("button", name="Follow").click()
    await expect(output).not_to_have_text(held or "")

    await page.get_by_role("button", name="Stop docs").click()
    await expect(state).to_have_text("Stopped")
    await expect(page.get_by_test_id("figures")).to_contain_text("–")
    await page.get_by_role("button", name="Remove").click()
    await page.get_by_role("button", name="Remove it").click()
    await expect(page.get_by_text("No server is looked after yet.")).to_be_visible()
    assert (await stage.call("GET", "/api/servers"))["items"] == []
    assert wrong == []


async def test_what_happens_to_a_server_is_seen_as_it_happens(stage: Stage, browser: Browser) -> None:
    port = free_port()
    await add_server(stage, "docs", files_on(port), port=port, health={"kind": "tcp"})
    page = await server_page(stage, browser, "docs")
    state, figures = page.get_by_test_id("state"), page.get_by_test_id("figures")
    await expect(state).to_have_text("Stopped")

    await stage.call("POST", "/api/servers/docs/start")
    await expect(state).to_have_text("Running")
    pid = (await stage.call("GET", "/api/servers/docs"))["pid"]
    os.kill(pid, signal.SIGKILL)

    await expect(figures).to_contain_text(re.compile(r"Restarts\s*1"))
    await expect(state).to_have_text("Running")
    assert (await stage.call("GET", "/api/servers/docs"))["pid"] != pid
    await expect(page.get_by_test_id("critical-entry").first).to_contain_text("docs")
    await stage.call("POST", "/api/servers/docs/stop")
    await expect(state).to_have_text("Stopped")


async def test_a_refusal_stands_where_it_was_entered_in_the_apis_words(stage: Stage, browser: Browser) -> None:
    await add_server(stage, "docs", files_on(free_port()), secretEnv={"TOKEN": "s3cret-value"})
    page = await server_page(stage, browser, "docs")
    await page.get_by_role("button", name="Edit").click()
    await expect(page.get_by_label("Program", exact=True)).to_be_focused()

    await page.get_by_label("Port").fill("80")
    await page.get_by_role("button", name="Save").click()
    port = page.get_by_label("Port")
    await expect(port).to_be_focused()
    await expect(port).to_have_attribute("aria-invalid", "true")
    await expect(page.locator('[data-field="port"]')).to_contain_text("80 is no port for a server. Give 1024 to 65535.")
    await port.fill("")
    await page.get_by_text("More settings").click()
    await expect(page.get_by_label("Name of secret 1")).to_have_value("TOKEN")
    await page.get_by_role("textbox", name=re.compile("^Variables")).fill("COLOUR=never")
    await page.get_by_role("button", name="Save").click()

    await expect(page.get_by_role("button", name="Edit")).to_be_focused()
    kept = (await stage.call("GET", "/api/servers/docs"))["definition"]
    assert (kept["env"], kept["secretEnv"], kept["port"]) == ({"COLOUR": "never"}, ["TOKEN"], None)
    assert "s3cret-value" not in await page.content()


async def test_a_tunnel_is_opened_after_a_question_and_shown_with_a_warning(stage: Stage, browser: Browser) -> None:
    port = free_port()
    await add_server(stage, "docs", files_on(port), port=port, health={"kind": "tcp"})
    page = await server_page(stage, browser, "docs")
    await page.get_by_role("button", name="Edit").click()
    await page.get_by_text("More settings").click()
    await page.get_by_label("Tunnel").fill("\n".join((sys.executable, *TUNNEL)))

    await page.get_by_role("button", name="Save").click()
    question = page.get_by_role("dialog")
    await expect(question).to_contain_text("anyone reach it who has its address")
    await question.get_by_role("button", name="Cancel").click()
    assert (await stage.call("GET", "/api/servers/docs"))["tunnel"] is None
    await page.get_by_role("button", name="Save").click()
    await question.get_by_role("button", name="Open it").click()
    await expect(page.get_by_role("region", name="Tunnel")).to_contain_text("Stopped")

    await page.get_by_role("button", name="Start docs").click()
    await expect(page.get_by_test_id("tunnel-open")).to_contain_text("https://quiet-river.example")
    await expect(page.get_by_test_id("tunnel-open")).to_contain_text("open to the internet")
    assert await is_clean(page)
    await stage.call("POST", "/api/servers/docs/stop")


async def test_the_pages_of_servers_are_accessible_and_fit_a_phone(stage: Stage, browser: Browser) -> None:
    port = free_port()
    await add_server(stage, "docs", files_on(port), port=port, health={"kind": "tcp"})
    await add_server(stage, "a-name-as-long-as-the-names-of-servers-may-ever-be", ["/nowhere/at-all"], restart="never")
    await stage.call("POST", "/api/servers/docs/start")

    def runs() -> bool:
        return bool(stage.daemon.api.call("GET", "/api/servers/docs")["state"] == "running")

    await asyncio.to_thread(until, runs, "docs runs")
    page = await server_page(stage, browser, "docs", viewport={"width": 360, "height": 780})
    await expect(page.get_by_test_id("output")).to_contain_text("Serving HTTP on")

    for scheme, path in itertools.product(SCHEMES, ("/servers/docs", "/servers", "/servers?add")):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.goto(f"{stage.url}{path}")
        await expect(page.get_by_text("Looking…")).to_have_count(0)
        assert await is_clean(page)
        root = "document.documentElement"
        assert await page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")
    await page.get_by_role("button", name="More pages").click()
    await page.get_by_role("link", name="Targets", exact=True).click()
    await expect(page.get_by_role("heading", name="Targets", level=1)).to_be_focused()
    await expect(page.get_by_role("link", name="Settings")).to_be_hidden()


async def test_sessions_of_a_real_opencode_are_seen_and_disconnected(
    stage: Stage, browser: Browser, tmp_path: Path
) -> None:
    program, port = await asyncio.to_thread(OPENCODE.path_or_skip), free_port()
    page = await opened(stage, browser, reduced_motion="reduce")
    await stage.call("PATCH", "/api/settings/commands.allowed", {"value": True})
    await page.goto(f"{stage.url}/servers?add")
    await page.get_by_label("What is it?").select_option("OpenCode")
    await page.get_by_label("Name", exact=True).fill("oc")
    await page.get_by_label("Port").fill(str(port))
    await page.get_by_text("More settings").click()
    await page.get_by_role("textbox", name=re.compile("^Program")).fill(str(program))
    await page.get_by_label("Folder").fill(str(tmp_path))
    variables = f"HOME={tmp_path}\nOPENCODE_DISABLE_AUTOUPDATE=1\nOPENCODE_DISABLE_MODELS_FETCH=1"
    await page.get_by_role("textbox", name=re.compile("^Variables")).fill(variables)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name="oc", level=1)).to_be_focused()

    await page.get_by_role("button", name="Start oc").click()
    await expect(page.get_by_test_id("state")).to_have_text("Running", timeout=120_000)
    await expect(page.get_by_role("main")).to_contain_text(OPENCODE.version)
    sessions = page.get_by_role("list", name="Sessions").get_by_role("listitem")
    await expect(page.get_by_role("region", name="Sessions")).to_contain_text("It has no session.")
    async with aiohttp.ClientSession() as client:
        answer = await client.post(f"http://127.0.0.1:{port}/session", params={"directory": str(tmp_path)}, json={})
        session = (await answer.json())["id"]
    await expect(sessions).to_have_attribute("data-session", session)
    await expect(sessions).to_contain_text("Idle")
    assert await is_clean(page)

    await page.get_by_role("button", name="Disconnect").click()
    await page.get_by_role("button", name="End it").click()

    await expect(sessions).to_have_count(0)
    await page.get_by_role("button", name="Stop oc").click()
    await expect(page.get_by_test_id("state")).to_have_text("Stopped")
