"""The dashboard in a browser: how soon it is seen, and how much script it takes.

The real daemon with some deliveries on record, and the system's Chromium on the same machine. Every round is a context
of its own, signed in and with nothing cached. Without a Chromium the paints are left out. The script is what was built,
compressed as the daemon sends it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, async_playwright

from benchmarks.processes import Daemon, run_daemon, run_receiver
from benchmarks.records import Aim, Benchmark, Bound, FigureSpec, Measured, Run
from posthouse.http.web import DASHBOARD

EVENTS = 200
PATIENCE_MS = 30_000
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SOON = Aim(bound=Bound.AT_MOST, limit=1_000)
SMALL = Aim(bound=Bound.AT_MOST, limit=200)
A_CHROMIUM = "a Chromium on this machine"

FIGURES = (
    FigureSpec(
        name="dashboard.paint", what="dashboard: first paint, nothing cached", unit="ms", aims=(SOON,), needs=A_CHROMIUM
    ),
    FigureSpec(
        name="dashboard.verdict", what="dashboard: until it says how all is", unit="ms", aims=(SOON,), needs=A_CHROMIUM
    ),
    FigureSpec(
        name="dashboard.loaded",
        what="dashboard: script that the overview loads, by Brotli",
        unit="kB",
        aims=(SMALL,),
        needs=A_CHROMIUM,
    ),
    FigureSpec(name="dashboard.brotli", what="dashboard: all script, by Brotli", unit="kB", aims=(SMALL,)),
    FigureSpec(name="dashboard.gzip", what="dashboard: all script, by gzip", unit="kB", aims=(SMALL,)),
)

OBSERVE = """
    window.seen = {};
    new PerformanceObserver(list => {
        for (const entry of list.getEntriesByName('first-contentful-paint')) window.seen.paint = entry.startTime;
    }).observe({ type: 'paint', buffered: true });
    new MutationObserver((_, observer) => {
        if (document.querySelector('[data-testid=verdict]') === null) return;
        observer.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(at => { window.seen.verdict = at; }));
    }).observe(document, { childList: true, subtree: true });
"""
"""Both in milliseconds since the page was asked for. The verdict counts when the frame that shows it is done."""

ARE_SEEN = "() => window.seen.paint !== undefined && window.seen.verdict !== undefined"
SCRIPTS = "() => performance.getEntriesByType('resource').map(one => one.name).filter(name => name.endsWith('.js'))"


async def measure(run: Run) -> list[Measured]:
    """Sizes first, then the paints, where there is a browser to see them."""
    scripts = sorted(DASHBOARD.rglob("*.js"))
    if not scripts:
        raise RuntimeError("The dashboard is not built: run scripts/setup dev")
    figures = [
        Measured(name=f"dashboard.{name}", value=sum(size_of(one, suffix) for one in scripts) / 1000)
        for name, suffix in (("brotli", ".br"), ("gzip", ".gz"))
    ]
    chromium = next((path for name in CHROMIUMS if (path := shutil.which(name))), None)
    chromium = os.environ.get("POSTHOUSE_CHROMIUM") or chromium
    if chromium is None:
        return figures
    with run_receiver() as receiver, run_daemon(run.folder) as daemon:
        daemon.add_webhook(receiver.url)
        events = [{"type": "benchmark.happened", "data": {"number": number}} for number in range(EVENTS)]
        daemon.api.post("events", body=events)
        daemon.await_counts(lambda counts: counts["delivered"] == EVENTS)
        async with async_playwright() as playwright:
            # As root, and in containers, Chromium's own sandbox cannot be had; it sees nothing but our daemon.
            browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            loaded = await _look(browser, daemon, {"paint": [], "verdict": []})
            seen: dict[str, list[float]] = {"paint": [], "verdict": []}
            rounds = run.choose(15, 5)
            for number in range(rounds):
                await _look(browser, daemon, seen)
                run.progress((number + 1) / rounds)
            await browser.close()
    paints = [
        Measured(name=f"dashboard.{name}", value=median(times), rounds={name: [round(one, 1) for one in times]})
        for name, times in seen.items()
    ]
    kilobytes = sum(size_of(DASHBOARD / path, ".br") for path in loaded) / 1000
    return [*paints, Measured(name="dashboard.loaded", value=kilobytes), *figures]


BENCHMARK = Benchmark(name="dashboard", figures=FIGURES, measure=measure)


async def _look(browser: Browser, daemon: Daemon, seen: dict[str, list[float]]) -> set[str]:
    """Open the overview in a fresh context; adds when it was seen, and answers the scripts that it loaded."""
    context = await browser.new_context(base_url=daemon.url)
    code = daemon.api.post("sessions", "code")["code"]
    signed_in = await context.request.post("/api/sessions", data={"code": code})
    if not signed_in.ok:
        raise RuntimeError(f"signing in was refused: {signed_in.status}")
    page = await context.new_page()
    await page.add_init_script(OBSERVE)
    await page.goto("/")
    await page.wait_for_function(ARE_SEEN, timeout=PATIENCE_MS)
    found: dict[str, Any] = await page.evaluate("window.seen")
    for name, times in seen.items():
        times.append(float(found[name]))
    # The charts come last. (The page's stream stays open, so that its network is never idle.)
    await page.locator(".uplot").first.wait_for(timeout=PATIENCE_MS)
    scripts: list[str] = await page.evaluate(SCRIPTS)
    await context.close()
    return {urlsplit(one).path.lstrip("/") for one in scripts}


def size_of(path: Path, suffix: str) -> int:
    """What the daemon sends of a file in bytes: the compressed copy, or the file itself where it is not worth one."""
    compressed = path.with_name(path.name + suffix)
    return (compressed if compressed.exists() else path).stat().st_size
