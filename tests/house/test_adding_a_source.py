"""docs/adding-a-source.md followed literally: its files are written and installed, its commands typed, its tests run.

Only `pip install -e .` is not typed, since it needs a network for the build backend: the same is installed by hand.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.installing import install
from tests.e2e.processes import PROJECT, Daemon, ReceiverProcess, until

PAGE = (PROJECT / "docs" / "adding-a-source.md").read_text("utf-8")
DEADLINE_S = 60.0


def fenced(language: str) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def commands() -> list[str]:
    """The lines that the page has typed into a shell, in order."""
    prose = re.sub(r"^```.*?^```", "", PAGE, flags=re.DOTALL | re.MULTILINE)
    return [line[4:] for line in prose.splitlines() if line.startswith("    ")]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The page's package, in a folder of its own, and installed in `site` beside it."""
    folder = tmp_path / "posthouse-home"
    folder.mkdir()
    (about,) = fenced("toml")
    snapshot, stream, tests = fenced("python")
    (folder / "pyproject.toml").write_text(about)
    (folder / "posthouse_home.py").write_text(f"{snapshot}\n\n{stream}")
    install(folder, tmp_path / "site")
    (folder / "test_posthouse_home.py").write_text(tests)
    return folder


@pytest.fixture
def environment(tmp_path: Path, project: Path) -> dict[str, str]:
    """A machine on which the package is installed, with a home folder of its own."""
    assert project.exists()
    programs = Path(sys.executable).parent
    return {
        "PYTHONPATH": str(tmp_path / "site"),
        "HOME": str(tmp_path),
        "PATH": f"{programs}:{os.environ['PATH']}",
    }


@pytest.fixture
def daemon(tmp_path: Path, environment: dict[str, str]) -> Iterator[Daemon]:
    with Daemon(tmp_path, **environment | {"PYTHONPATH": f"{environment['PYTHONPATH']}:{PROJECT}"}) as found:
        found.start()
        yield found
        assert found.stop() == 0


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[ReceiverProcess]:
    with ReceiverProcess(tmp_path, "receiver", fail_rate=0.0, seed=1) as found:
        found.start()
        yield found


def typed(line: str, environ: dict[str, str], folder: Path) -> str:
    """What a shell prints when a line is typed into it; AssertionError where it fails."""
    done = subprocess.run(
        ["bash", "-euc", line], env={**os.environ, **environ}, cwd=folder, capture_output=True, text=True,
        timeout=DEADLINE_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def test_what_the_page_has_typed_leads_to_what_it_says(
    daemon: Daemon, receiver: ReceiverProcess, project: Path, environment: dict[str, str]
) -> None:
    environ = environment | daemon.environ
    said: dict[str, str] = {}
    for line in commands():
        if line.startswith(("pip", "pytest")):
            continue
        said[line] = typed(line.replace("https://example.com/hook", receiver.url), environ, project)

    def received() -> dict[str, dict[str, object]]:
        bodies = [json.loads(one["body"]) for one in receiver.received()]
        return {one["type"]: one["data"] for one in bodies}

    until(lambda: {"todo.snapshot", "disk.low"} <= set(received()), "both sources' events arrive")
    todo = received()["todo.snapshot"]
    assert (todo["open"], todo["done"], todo["items"]) == (2, 1, ["paint the door", "buy oats"])
    assert received()["disk.low"]["folder"] == "/"
    assert "A disk that runs full" in said["posthouse source kinds"]
    assert "Its open items are the lines with [ ]." in said["posthouse source kinds todo"]
    assert "2 open and 1 done." in said["posthouse source preview chores"]
    assert "oats" not in said["posthouse source preview chores"]
    assert "oats" in said["posthouse source preview chores --reveal"]
    assert "todo.snapshot" in said["posthouse deliveries"]
    assert "disk.low" in typed("posthouse events", environ, project)


def test_the_tests_of_the_page_pass(project: Path, environment: dict[str, str]) -> None:
    assert "pytest" in commands()

    said = typed(f"{sys.executable} -m pytest -q -p no:cacheprovider", environment, project)

    assert "2 passed" in said


def test_the_page_names_every_part_of_the_protocol() -> None:
    from posthouse.sources.base import SnapshotKind, SourceContext, SourceKind, StreamKind

    methods = {
        name for kind in (SourceKind, SnapshotKind, StreamKind) for name in vars(kind) if not name.startswith("_")
    }
    fields = set(SourceContext.__struct_fields__) - {"quiet_s", "cap_s", "may_run_programs"}

    for name in {*methods, *SourceKind.__annotations__, *fields}:
        assert re.search(rf"`(async )?{name}[`(]", PAGE), name
