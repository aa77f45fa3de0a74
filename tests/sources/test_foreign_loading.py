"""Third parties' kinds are found without being imported, and judged when they are loaded."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from posthouse.model.errors import BadInput, PosthouseError
from posthouse.model.sources import Property, SourceShape
from posthouse.sources import base
from posthouse.sources.base import (
    KINDS,
    RESCAN,
    KnownKind,
    kind_problem,
    kind_to_add,
    known_kinds,
    load_kinds,
    source_kind,
)
from posthouse.sources.foreign import finding, loading
from posthouse.sources.foreign.kind import ForeignKind, read_facts
from posthouse.sources.foreign.unavailable import Unavailable
from tests.sources.foreign_kinds import Daemon, NoteSettings, Well, failure_of, wrapped


@pytest.fixture(autouse=True)
def fresh_registry() -> Iterator[None]:
    finding._registered.cache_clear()
    yield
    finding._registered.cache_clear()
    loading._loadings.clear()


@pytest.fixture
def daemon() -> Daemon:
    return Daemon()


# What is installed.


def install(folder: Path, kinds: dict[str, str], code: str, *, name: str = "notes-kind") -> None:
    """A distribution as an installer leaves it, with one module of its name."""
    (folder / f"{name.replace('-', '_')}.py").write_text(code)
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = "".join(f"{kind} = {place}\n" for kind, place in kinds.items())
    (info / "entry_points.txt").write_text(f"[posthouse.sources]\n{lines}")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which what is installed is found."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


WELL = "from tests.sources.foreign_kinds import Well as Notes\n"


def test_kinds_are_listed_without_being_imported(site: Path) -> None:
    install(site, {"notes": "lazy_notes:Notes"}, "raise SystemExit\n", name="lazy-notes")

    known = known_kinds()

    assert known["notes"] == KnownKind(name="notes", place="lazy_notes:Notes", distribution="lazy-notes")
    assert set(KINDS) < set(known)
    assert "lazy_notes" not in sys.modules


def test_a_name_of_posthouse_wins_and_the_other_is_reported(site: Path) -> None:
    install(site, {"ingest": "evil_ingest:Notes"}, WELL, name="evil-ingest")

    assert known_kinds()["ingest"] == KnownKind(name="ingest", place=KINDS["ingest"], ignored=("evil-ingest",))
    assert type(source_kind("ingest")).__module__ == "posthouse.sources.ingest"
    assert kind_problem("ingest") is None


def test_of_two_packages_with_one_name_the_first_by_name_wins(site: Path) -> None:
    install(site, {"twice": "two_b:Notes"}, WELL, name="two-b")
    install(site, {"twice": "two_a:Notes"}, WELL, name="two-a")

    found = known_kinds()["twice"]

    assert (found.distribution, found.ignored) == ("two-a", ("two-b",))


def test_a_kind_that_fits_is_loaded_once_and_can_be_added(site: Path) -> None:
    install(site, {"fine-notes": "fine_notes:Notes"}, WELL, name="fine-notes")

    load_kinds(["fine-notes", "ingest"])

    found = kind_to_add("fine-notes")
    assert isinstance(found, ForeignKind)
    assert found is source_kind("fine-notes")
    assert (found.title, found.shape, found.volatile) == ("Notes", SourceShape.STREAM, ("generated_at",))
    assert [one.name for one in found.properties] == ["words", "who"]


BROKEN_MODULES = {
    "raises": ("raise ValueError('a secret')", "ValueError at broken_raises.py:1"),
    "exits": ("import sys\nsys.exit(3)", "SystemExit at broken_exits.py:2"),
    "interrupts": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "misses": ("import no_such_module_anywhere", "there is no module 'no_such_module_anywhere'"),
    "is-no-python": ("def", "SyntaxError"),
    "has-no-class": ("", "broken_has_no_class has no Notes"),
    "cannot-be-made": ("class Notes:\n    def __init__(self): raise RecursionError", "RecursionError"),
    "is-empty": ("class Notes: pass", "it has no shape"),
    "has-no-shape": (f"{WELL}Notes.shape = 'cube'", "shape is none of snapshot, stream"),
}


@pytest.mark.parametrize("name", sorted(BROKEN_MODULES))
async def test_a_kind_that_cannot_be_loaded_is_unavailable_and_says_why(name: str, site: Path, daemon: Daemon) -> None:
    code, why = BROKEN_MODULES[name]
    package = f"broken-{name}"
    code = code.replace("Well as Notes", "Well\nclass Notes(Well): pass")
    install(site, {package: f"{package.replace('-', '_')}:Notes"}, code, name=package)

    found = source_kind(package)

    problem = kind_problem(package)
    assert problem is not None
    assert why in problem
    assert "secret" not in problem
    assert isinstance(found, Unavailable)
    for refused in (lambda: kind_to_add(package), lambda: found.parse({}), lambda: found.project({"a": 1}, {})):
        with pytest.raises(PosthouseError) as caught:
            refused()
        assert caught.value.code == "source.kind_unavailable"
    assert (await failure_of(found.run(daemon.context))).code == "source.kind_unavailable"
    assert (await failure_of(found.collect(daemon.context, RESCAN))).code == "source.kind_unavailable"
    assert (await failure_of(anext(found.signals(daemon.context)))).code == "source.kind_unavailable"
    preview = await found.preview(daemon.context)
    assert preview.problems == (problem,)


def test_a_kind_whose_package_is_gone_is_unavailable_and_cannot_be_added() -> None:
    assert "No installed package brings" in (kind_problem("gone-kind") or "")
    with pytest.raises(BadInput) as caught:
        kind_to_add("gone-kind")
    assert (caught.value.code, caught.value.field) == ("source.unknown_kind", "kind")


def test_an_import_that_does_not_end_is_unavailable_until_it_ends(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "WAIT_S", 0.0)
    gate = threading.Event()
    monkeypatch.setattr(sys, "gate_of_the_test", gate, raising=False)
    code = f"import sys\nassert sys.gate_of_the_test.wait(60)\n{WELL}"
    install(site, {"slow-notes": "slow_notes:Notes"}, code, name="slow-notes")
    known = known_kinds()["slow-notes"]

    during = loading.load_kind("slow-notes", known, wait_s=0.0)
    gate.set()
    after = loading.load_kind("slow-notes", known, wait_s=60.0)

    assert isinstance(during, Unavailable)
    assert "still being loaded" in during.problem
    assert isinstance(after, ForeignKind)


@pytest.mark.parametrize("name", ["Upper", "with space", "x" * 65, "ünder", "a_b"])
def test_a_kind_with_a_name_that_is_none_is_unavailable(name: str) -> None:
    known = KnownKind(name=name, place="tests.sources.foreign_kinds:Well", distribution="notes-kind")

    found = loading.load_kind(name, known, wait_s=60.0)

    assert isinstance(found, Unavailable)
    assert "lower-case letters" in found.problem


class EvilMeta(type):
    def __subclasscheck__(cls, other: type) -> bool:
        raise MemoryError


MISFITS: dict[str, Any] = {
    "shape": ["cube", 1, None],
    "is_passive": [True, 0, None],
    "needs_schedule": ["yes", 1],
    "title": ["", "x" * 201, b"x", "a\nb", "\ud800", 7],
    "properties": [
        None,
        "words",
        ("words",),
        (Property(name="a", title="A"), Property(name="a", title="B")),
        (Property(name="", title="A"),),
        (Property(name="a", title=1),),  # type: ignore[arg-type]
        (Property(name="a", title="A", is_sensitive=1),),  # type: ignore[arg-type]
    ],
    "volatile": ["generated_at", (1,), None],
    "settings_type": [None, dict, int, NoteSettings()],
    "parse": [None, 1],
    "project": [{}],
    "preview": ["no"],
    "run": [None],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in MISFITS.items() for value in values])
def test_an_attribute_that_does_not_fit_is_found_when_the_kind_is_loaded(name: str, value: Any) -> None:
    made = Well()
    setattr(made, name, value)

    with pytest.raises(Exception, match=r"\w"):
        read_facts(made)


def test_a_property_list_is_kept_as_it_was_when_it_was_judged() -> None:
    made = Well()
    made.properties = [Property(name="words", title="Words")]
    found = wrapped(made)
    made.properties.append(Property(name="more", title="More"))

    assert [one.name for one in found.properties] == ["words"]


def test_the_registry_of_posthouse_is_found_without_looking_at_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(base, "known_kinds")

    assert kind_problem("ingest") is None
    load_kinds(["ingest", "posthouse"])
    assert source_kind("ingest").is_passive
