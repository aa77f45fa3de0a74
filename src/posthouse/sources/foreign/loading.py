"""Loading: a third party's kind is imported in a thread of its own, and judged by the protocol before it is used.

first asked for ──▶ loading ──imported and judged──▶ available
│  └──raised, or does not fit──▶ unavailable, for this life of the process
└── asked for meanwhile: unavailable ("is still being loaded"), after a wait with a limit
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterable, Mapping
from importlib import import_module

from posthouse.sources.base import KnownKind, SourceKind
from posthouse.sources.foreign.blame import where
from posthouse.sources.foreign.checks import Wrong, type_name
from posthouse.sources.foreign.kind import ForeignKind, read_facts
from posthouse.sources.foreign.unavailable import Unavailable
from posthouse.system.logging import get_log

WAIT_S = 1.0
"""How long one who cannot do anything else meanwhile waits for an import: the daemon's loop."""

TOGETHER_S = 5.0
"""How long one who need not do anything else meanwhile waits for several imports."""

NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")
PLACE = re.compile(r"[\w.]+:\w+")

_log = get_log(__name__)
_lock = threading.Lock()
_loadings: dict[str, _Loading] = {}


def load_kind(name: str, known: KnownKind | None, *, wait_s: float = WAIT_S) -> SourceKind:
    """The kind, or what stands for it. Raises nothing; takes at most `wait_s`."""
    if known is None:
        return Unavailable(name, f"No installed package brings the source kind {name[:100]!r}. Install it again.")
    with _lock:
        loading = _loadings.get(name)
        if loading is None:
            loading = _loadings[name] = _Loading(known)
    return loading.wait(wait_s)


def load_together(names: Iterable[str], known: Mapping[str, KnownKind]) -> None:
    """Load those of the kinds that third parties brought, side by side; what needs longer goes on loading."""
    foreign = [known[name] for name in names if name in known and known[name].distribution]
    ends_s = time.monotonic() + TOGETHER_S
    for one in foreign:
        load_kind(one.name, one, wait_s=0.0)
    for one in foreign:
        load_kind(one.name, one, wait_s=max(ends_s - time.monotonic(), 0.0))


class _Loading:
    """The loading of one kind, which begins at once."""

    def __init__(self, known: KnownKind) -> None:
        self._known = known
        self._is_over = threading.Event()
        self._found: SourceKind | None = None
        threading.Thread(target=self._load, name=f"loading {known.name}", daemon=True).start()

    def wait(self, wait_s: float) -> SourceKind:
        """The kind, or what stands for it."""
        self._is_over.wait(wait_s)
        return self._found or self._unavailable("is still being loaded; try again in a moment")

    def _load(self) -> None:
        known = self._known
        module, _, name = known.place.partition(":")
        try:
            if not NAME.fullmatch(known.name):
                raise Wrong("its name must be lower-case letters, digits and dashes")
            if not PLACE.fullmatch(known.place):
                raise Wrong("its entry point is no module:Class")
            place = import_module(module)
            if not hasattr(place, name):
                raise Wrong(f"{module} has no {name}")
            made = getattr(place, name)()
            self._found = ForeignKind(made, known.name, module, read_facts(made))
        except BaseException as error:
            # Whatever an import raises, SystemExit too, is this kind's trouble alone.
            what = self._words(error, module)
            self._found = self._unavailable(f"could not be loaded: {what}. Repair or reinstall it, then restart")
            _log.warning("a source kind could not be loaded", kind=known.name, package=known.distribution, what=what)
        finally:
            self._is_over.set()

    def _words(self, error: BaseException, module: str) -> str:
        try:
            if isinstance(error, Wrong):
                return str(error)
            if isinstance(error, ModuleNotFoundError) and isinstance(error.name, str):
                return f"there is no module {error.name[:200]!r}"
            return type_name(error) + where(error, module)
        except BaseException:
            return "an error that cannot be read"

    def _unavailable(self, words: str) -> Unavailable:
        known = self._known
        return Unavailable(known.name, f"Source kind {known.name[:100]} of package {known.distribution} {words}.")
