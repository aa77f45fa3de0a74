"""The dashboard's files: what is served to whom, how it is kept, and what cannot be got by any path."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posthouse.http import web
from posthouse.http.web import NOT_BUILT, Dashboard
from tests.http.house import House

INDEX = b"<!doctype html><title>Posthouse</title>"
SCRIPT = b"export const here = true;\n" * 50


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A folder as a build leaves it, with something secret beside it."""
    folder = tmp_path / "dashboard"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_bytes(INDEX)
    (folder / "assets" / "index-abc123.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-abc123.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "theme.js").write_bytes(b"'use strict';")
    (folder / ".stamp").write_text("secret")
    (folder / ".vite.json").write_text("secret")
    (tmp_path / "token.txt").write_text("secret")
    return folder


class Served:
    """One answer of the dashboard."""

    def __init__(self, folder: Path, path: str, *, method: str = "GET", encodings: str | None = None) -> None:
        messages: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        headers = [] if encodings is None else [(b"accept-encoding", encodings.encode())]
        scope = {"type": "http", "method": method, "path": path, "headers": headers}
        asyncio.run(Dashboard(folder).answer(scope, send))
        start, self.end = messages
        self.status = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}
        self.body: bytes = self.end["body"]


@pytest.mark.parametrize("path", ["/", "/index.html", "/activity", "/activity/0190-x", "/login", "/a/b/c", "/api.html"])
def test_every_address_of_the_page_gives_the_page_and_nothing_keeps_it(built: Path, path: str) -> None:
    served = Served(built, path)

    assert (served.status, served.body) == (200, INDEX)
    assert served.headers["content-type"] == "text/html; charset=utf-8"
    assert served.headers["cache-control"] == "no-store"
    assert served.headers["content-length"] == str(len(INDEX))


def test_files_named_by_their_content_are_kept_for_ever(built: Path) -> None:
    served = Served(built, "/assets/index-abc123.js")

    assert (served.status, served.body) == (200, SCRIPT)
    assert served.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert served.headers["content-type"] == "text/javascript; charset=utf-8"
    assert Served(built, "/theme.js").headers["cache-control"] == "no-cache"


def test_asset_of_an_older_build_is_not_answered_with_the_page(built: Path) -> None:
    served = Served(built, "/assets/index-old.js")

    assert served.status == 404
    assert b"Load the page again" in served.body


@pytest.mark.parametrize(
    ("encodings", "encoding"),
    [
        ("gzip, deflate, br", "gzip"),
        ("GZIP;q=0.5", "gzip"),
        ("br", None),
        ("gzip;q=0", None),
        ("gzip ; q=0.0", None),
        ("*", None),
        (None, None),
        (",,;;", None),
    ],
)
def test_text_is_compressed_for_who_takes_it(built: Path, encodings: str | None, encoding: str | None) -> None:
    served = Served(built, "/assets/index-abc123.js", encodings=encodings)

    assert served.headers.get("content-encoding") == encoding
    assert (gzip.decompress(served.body) if encoding else served.body) == SCRIPT
    assert served.headers["vary"] == "accept-encoding"


def test_head_tells_the_length_and_sends_nothing(built: Path) -> None:
    served = Served(built, "/", method="HEAD")

    assert (served.status, served.body, served.headers["content-length"]) == (200, b"", str(len(INDEX)))


@pytest.mark.parametrize("path", ["/", "/assets/index-abc123.js", "/assets/none.js", "/token"])
def test_browsers_are_told_to_run_nothing_else(built: Path, path: str) -> None:
    headers = Served(built, path).headers

    policy = dict(part.partition(" ")[::2] for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(
    "path",
    [
        "/../token.txt",
        "/assets/../../token.txt",
        "/assets/../.stamp",
        "/.stamp",
        "/.vite.json",
        "/./token.txt",
        "//etc/passwd.txt",
        "/..\\token.txt",
        "/assets/%2e%2e/token.txt",
        "/\x00.txt",
        "/token.txt\x00.js",
        "/" + "a" * 5000 + ".js",
        "/a\nb.js",
        "/C:/token.txt",
        "/~/token.txt",
        "/assets/index-abc123.js/",
        "/assets",
        "/index-abc123.js.gz",
        "",
    ],
)
def test_no_path_leads_out_of_the_folder_or_to_what_is_hidden(built: Path, path: str) -> None:
    served = Served(built, path)

    assert served.status in (200, 404)
    assert b"secret" not in served.body
    assert served.status == 404 or served.body == INDEX


@given(path=st.text(max_size=60))
def test_any_path_at_all_gives_the_page_or_says_no(tmp_path_factory: pytest.TempPathFactory, path: str) -> None:
    folder = tmp_path_factory.getbasetemp() / "some-dashboard"
    folder.mkdir(exist_ok=True)
    (folder / "index.html").write_bytes(INDEX)

    served = Served(folder, f"/{path}")

    assert (served.status, served.body) == (200, INDEX) or served.status == 404


def test_checkout_without_a_dashboard_says_so(tmp_path: Path) -> None:
    served = Served(tmp_path / "none", "/")

    assert served.status == 503
    assert served.body.decode() == NOT_BUILT
    assert served.headers["content-type"].startswith("text/plain")


def test_a_new_build_is_served_without_a_restart(built: Path) -> None:
    dashboard = built / "index.html"
    dashboard.write_bytes(b"new")

    assert Served(built, "/").body == b"new"


async def test_page_needs_no_token_and_may_be_linked_to_from_anywhere(house: House) -> None:
    answer = await house.get("/activity", token=None, headers={"Sec-Fetch-Site": "cross-site"})

    is_built = (web.DASHBOARD / "index.html").exists()
    assert answer.status == (200 if is_built else 503)
    assert "content-security-policy" in answer.headers


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
async def test_page_is_not_shown_under_a_name_that_was_rebound(house: House, host: str) -> None:
    answer = await house.get("/", token=None, headers={"Host": host})

    assert answer.status in (400, 403)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_page_can_only_be_read(house: House, method: str) -> None:
    assert (await house.ask(method, "/activity", token=None)).code == "auth.token_missing"
    assert (await house.ask(method, "/activity")).code in ("request.unknown_path", "request.method_not_allowed")


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nowhere", "/api/../api/status"])
async def test_nothing_under_api_is_answered_with_the_page(house: House, path: str) -> None:
    answer = await house.get(path, token=None)

    assert (answer.status, answer.code) == (401, "auth.token_missing")
