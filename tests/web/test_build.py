"""The dashboard's build: types that fit the API, a page that fits its policy, plain words when it cannot be made."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

import pytest

from posthouse.http.app import openapi_document
from posthouse.http.web import DASHBOARD
from tests.web.browser import skip_or_fail

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
FIRST_SCRIPT_BYTES_MAX = 60_000
"""Of what the page cannot begin without."""

SCRIPT_BYTES_MAX = 170_000
"""Of all pages together."""


@pytest.fixture
def build() -> ModuleType:
    """web/build.py, which is no package."""
    spec = importlib.util.spec_from_file_location("dashboard_build", WEB / "build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def index() -> str:
    """The built page."""
    path = DASHBOARD / "index.html"
    if not path.exists():
        skip_or_fail("The dashboard is not built: run scripts/setup dev")
    return path.read_text("utf-8")


def packed_bytes(scripts: Iterable[Path]) -> int:
    """What scripts come to as they are sent: compressed, where that is worth it."""
    packed = [Path(f"{path}.br") if path.stat().st_size >= 1024 else path for path in scripts]
    return sum(path.stat().st_size for path in packed)


def test_types_of_the_api_are_fresh() -> None:
    if not (WEB / "node_modules" / "openapi-typescript").exists():
        skip_or_fail("The dashboard's packages are not installed: run scripts/setup dev")

    done = subprocess.run(
        [sys.executable, str(WEB / "generate_types.py"), "--check"], capture_output=True, text=True, timeout=110
    )

    assert done.returncode == 0, done.stderr


def test_api_describes_itself_without_a_daemon() -> None:
    document = openapi_document("1.2.3")

    assert document["info"]["version"] == "1.2.3"
    assert "post" in document["paths"]["/api/events"]


def test_page_holds_nothing_that_its_policy_forbids(index: str) -> None:
    scripts = re.findall(r"<script\b[^>]*>(.*?)</script>", index, flags=re.DOTALL)
    used = re.findall(r'(?:src|href)="([^"]+)"', index)

    assert scripts
    assert all(not text.strip() for text in scripts)
    assert "<style" not in index
    assert " style=" not in index
    assert all(path.startswith("/") and not path.startswith("//") for path in used)
    assert all((DASHBOARD / path.removeprefix("/")).is_file() for path in used)


def test_script_is_small_and_stands_there_compressed(index: str) -> None:
    assert index

    assert packed_bytes(DASHBOARD.rglob("*.js")) <= SCRIPT_BYTES_MAX


def test_page_begins_with_a_part_of_the_script(index: str) -> None:
    named = re.findall(r'<(?:script|link)\b[^>]*\b(?:src|href)="/([^"]+\.js)"', index)

    assert named
    assert packed_bytes(DASHBOARD / path for path in named) <= FIRST_SCRIPT_BYTES_MAX


def test_licenses_of_all_that_is_bundled_come_along(index: str) -> None:
    assert index
    text = (DASHBOARD / "licenses.md").read_text("utf-8")

    for name in ("svelte", "openapi-fetch", "@fontsource-variable/hanken-grotesk"):
        assert f"## {name} - " in text


def test_everything_is_pinned() -> None:
    package = json.loads((WEB / "package.json").read_text("utf-8"))
    lock = json.loads((WEB / "package-lock.json").read_text("utf-8"))

    assert "dependencies" not in package
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in package["devDependencies"].values())
    assert lock["packages"][""]["devDependencies"] == package["devDependencies"]
    assert all("integrity" in one for path, one in lock["packages"].items() if path)


def test_mark_changes_with_any_source_and_with_nothing_else(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.ts").write_text("1")
    monkeypatch.setattr(build, "WEB", tmp_path)
    first = build.sources_mark()

    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "x.js").write_text("1")
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "index.html").write_text("1")
    assert build.sources_mark() == first
    (tmp_path / "src" / "main.ts").write_text("2")
    changed = build.sources_mark()
    (tmp_path / "src" / "main.ts").rename(tmp_path / "src" / "moved.ts")

    assert len({first, changed, build.sources_mark()}) == 3


def test_built_dashboard_is_left_as_it_is(build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "BUILT", tmp_path)
    (tmp_path / "index.html").write_text("built")
    (tmp_path / ".stamp").write_text(build.sources_mark())

    assert build.build() is False
    assert (tmp_path / "index.html").read_text() == "built"


def test_build_that_fails_says_why_and_leaves_what_was_there(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "built").mkdir()
    (tmp_path / "built" / "index.html").write_text("older")
    (tmp_path / "web" / "package.json").write_text("{}")
    (tmp_path / "web" / "package-lock.json").write_text("no lock")
    monkeypatch.setattr(build, "WEB", tmp_path / "web")
    monkeypatch.setattr(build, "LOCK", tmp_path / "web" / "package-lock.json")
    monkeypatch.setattr(build, "INSTALLED", tmp_path / "web" / "none")
    monkeypatch.setattr(build, "BUILT", tmp_path / "built")

    with pytest.raises(build.BuildFailed, match="The dashboard was not built: npm ci failed"):
        build.build()

    assert (tmp_path / "built" / "index.html").read_text() == "older"


def test_registry_that_cannot_be_reached_is_told_in_plain_words(
    build: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = {
        "name": "x",
        "lockfileVersion": 3,
        "packages": {"": {"devDependencies": {"a": "1.0.0"}}, "node_modules/a": {"version": "1.0.0"}},
    }
    (tmp_path / "package.json").write_text(json.dumps({"name": "x", "devDependencies": {"a": "1.0.0"}}))
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    monkeypatch.setattr(build, "WEB", tmp_path)
    monkeypatch.setattr(build, "LOCK", tmp_path / "package-lock.json")
    monkeypatch.setattr(build, "INSTALLED", tmp_path / "none")
    for name, value in {"registry": "http://127.0.0.1:1", "fetch_retries": "0", "cache": str(tmp_path / "c")}.items():
        monkeypatch.setenv(f"npm_config_{name}", value)

    with pytest.raises(build.BuildFailed, match="the npm registry cannot be reached") as failed:
        build.install()

    assert "POSTHOUSE_WITHOUT_DASHBOARD=1" in str(failed.value)
