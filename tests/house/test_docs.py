"""What the reference says is what the code does: every setting, every error code, every generated page."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from posthouse.model import errors
from posthouse.settings import SETTINGS

ROOT = Path(__file__).resolve().parents[2]
CODE = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*")

ERROR_MAKERS = {
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, errors.PosthouseError)
} | {"failure", "Unreachable", "__init__"}
"""What is called with an error code first: the exceptions, and what the command line makes of its own failures."""


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """docs/generate.py, which is no package."""
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def raised_codes() -> Iterator[tuple[str, str]]:
    """Each code that the source raises, with where it does."""
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted((ROOT / "src").rglob("*.py"))}
    everywhere = ERROR_MAKERS | {name for tree in trees.values() for name in local_errors(tree)}
    for path, tree in trees.items():
        for call in calls_of(tree, everywhere | local_makers(tree)):
            for part in ast.walk(call.args[0]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str) and CODE.fullmatch(part.value):
                    yield part.value, f"{path.relative_to(ROOT)}:{call.lineno}"


def local_errors(tree: ast.AST) -> set[str]:
    """The errors that a module derives for itself."""
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") in ERROR_MAKERS for base in node.bases)
    }


def local_makers(tree: ast.AST) -> set[str]:
    """A module's own functions that hand their first argument on as the code of an error."""
    return {
        function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and function.args.args
        for call in calls_of(function, ERROR_MAKERS)
        if getattr(call.args[0], "id", None) == function.args.args[0].arg
    }


def calls_of(tree: ast.AST, names: set[str]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in names:
                yield node


def documented_codes() -> list[str]:
    page = (ROOT / "docs" / "reference" / "errors.md").read_text("utf-8")
    return re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)


def test_every_error_code_that_is_raised_is_explained() -> None:
    explained = set(documented_codes())

    assert {code: place for code, place in raised_codes() if code not in explained} == {}


def test_every_error_code_that_is_explained_exists_and_stands_once() -> None:
    source = "\n".join(path.read_text("utf-8") for path in (ROOT / "src").rglob("*.py"))
    codes = documented_codes()

    assert [code for code in codes if f'"{code}"' not in source] == []
    assert sorted(set(codes)) == sorted(codes)


def test_every_generated_page_is_fresh(generate: ModuleType) -> None:
    assert generate.stale_pages() == []


def test_every_setting_and_its_variable_stand_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "settings.md").read_text("utf-8")

    for setting in SETTINGS.values():
        assert f"`{setting.key}`" in page
        assert f"`{setting.environment_name}`" in page
        assert setting.doc in page


def test_every_decision_record_says_what_was_decided_and_what_was_not() -> None:
    folder = ROOT / "docs" / "decisions"
    records = sorted(set(folder.glob("*.md")) - {folder / "README.md"})
    index = (folder / "README.md").read_text("utf-8")

    assert records
    for record in records:
        text = record.read_text("utf-8")
        assert text.startswith("# "), record.name
        assert all(f"\n## {part}\n" in text for part in ("Decision", "Why", "Rejected")), record.name
        assert f"({record.name})" in index


def test_no_link_inside_the_docs_leads_nowhere() -> None:
    pages = [*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")]

    broken = [
        f"{page.relative_to(ROOT)} → {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if "://" not in target and not target.startswith("mailto:") and not (page.parent / target).exists()
    ]

    assert broken == []


def test_every_test_that_the_architecture_names_exists() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    named = set(re.findall(r"`(test_[a-z0-9_]+)`", page))
    files = set(re.findall(r"`(tests/[a-z0-9_/]+\.py)`", page))
    sources = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    written = {name for text in sources for name in re.findall(r"def (test_[a-z0-9_]+)\(", text)}
    assert len(named) > 10
    assert named - written == set()
    assert [file for file in sorted(files) if not (ROOT / file).exists()] == []
