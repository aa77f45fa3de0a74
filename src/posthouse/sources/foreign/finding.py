"""Which kinds there are: Posthouse's own, and those of installed packages, by their entry points. Imports none."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from posthouse.sources.base import KnownKind
from posthouse.system.logging import get_log

GROUP = "posthouse.sources"
"""The entry point group: the name is the kind, the value `module:Class`."""

_log = get_log(__name__)


def find_kinds(own: Mapping[str, str]) -> dict[str, KnownKind]:
    """All kinds by name. A name of Posthouse's own wins, then the package that comes first in the alphabet."""
    found = {name: KnownKind(name=name, place=place) for name, place in sorted(own.items())}
    for name, registered in _registered().items():
        packages = [distribution for distribution, _ in registered]
        if name in found:
            found[name] = KnownKind(name=name, place=own[name], ignored=tuple(packages))
            continue
        found[name] = KnownKind(
            name=name, place=registered[0][1], distribution=packages[0], ignored=tuple(packages[1:])
        )
    return found


@cache
def _registered() -> dict[str, list[tuple[str, str]]]:
    """What is registered: (package, `module:Class`) by kind, in order. What cannot win is told in the log, once."""
    found: dict[str, set[tuple[str, str]]] = {}
    for one in entry_points(group=GROUP):
        found.setdefault(one.name, set()).add((_distribution(one), one.value))
    for name, registered in found.items():
        if len(registered) > 1:
            packages = ", ".join(sorted(package for package, _ in registered))
            _log.warning("several packages register one source kind; the first counts", kind=name, packages=packages)
    return {name: sorted(found[name]) for name in sorted(found)}


def _distribution(one: EntryPoint) -> str:
    return one.dist.name if one.dist is not None else "an unnamed package"
