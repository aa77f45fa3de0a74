"""Which files a source is about: paths, folders and globs, less what is ignored or may never be watched.

A path without a glob is one file, or a folder with all below it, whichever is there; so it may change from one to the
other. A glob names files: `*`, `?` and `[..]` stay within one name, `**` stands for any number of folders, at the end
for all below. What is ignored is judged as in a .gitignore that lay in the folder that was named, or in the last folder
before a glob; a file that was itself named is never ignored. All names are compared as they are, case and all.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from fnmatch import translate
from functools import lru_cache
from pathlib import Path

from pathspec import GitIgnoreSpec

from posthouse.sources.files.settings import FilesSettings, expanded
from posthouse.sources.watch import hidden_names, is_within, resolved

_GLOB = re.compile(r"[*?\[]")
_ANY_DEPTH = "**"


class Selection:
    """What the settings select on this machine. Making it looks at nothing but links on the way to excluded folders."""

    def __init__(self, settings: FilesSettings, excluded: Sequence[Path] = ()) -> None:
        ignore = GitIgnoreSpec.from_lines(settings.ignore)
        self._parts = [_Part(expanded(text), ignore) for text in settings.paths]
        bases = [Path(part.base) for part in self._parts]
        self._hidden = tuple(name + "/" for name in hidden_names(bases, excluded))
        self._excluded = resolved(excluded)
        self._is_entered = lru_cache(maxsize=4_096)(self._judge_folder)

    def takes(self, path: str) -> bool:
        """Whether a file of that path is one of them."""
        return any(part.takes(path) for part in self._parts) and not self._is_hidden(path)

    def enters(self, folder: str) -> bool:
        """Whether such files may be in that folder or below it."""
        return self._is_entered(folder)

    def skips(self, folder: str) -> bool:
        """The opposite, as `posthouse.sources.watch.watch` asks for it."""
        return not self._is_entered(folder)

    def roots(self) -> tuple[Path, ...]:
        """The folders to watch. What is no folder now, or not there, is watched from the folder above it."""
        roots = dict.fromkeys(Path(part.root()) for part in self._parts)
        return tuple(root for root in roots if not is_within(resolved([root])[0], self._excluded))

    def named(self) -> list[str]:
        """The paths that were named without a glob."""
        return [part.base for part in self._parts if not part.is_glob]

    def _judge_folder(self, folder: str) -> bool:
        return any(part.enters(folder) for part in self._parts) and not self._is_hidden(folder)

    def _is_hidden(self, path: str) -> bool:
        return bool(self._hidden) and (path + "/").startswith(self._hidden)


class _Part:
    """One path of the settings. `base`: the path itself, or the folders before the first glob in it."""

    def __init__(self, text: str, ignore: GitIgnoreSpec) -> None:
        names = text.strip("/").split("/") if text.strip("/") else []
        first = next((at for at, name in enumerate(names) if _GLOB.search(name)), None)
        self.is_glob = first is not None
        self.base = "/" + "/".join(names[:first])
        self._below = self.base.rstrip("/") + "/"
        self._ignore = ignore
        self._pattern: list[re.Pattern[str] | None] = []
        if first is not None:
            self._pattern = [_compiled(name) for name in names[first:]]
            if text.endswith("/") and self._pattern[-1] is not None:
                self._pattern.append(None)

    def takes(self, path: str) -> bool:
        if path == self.base:
            return not self.is_glob
        if not path.startswith(self._below):
            return False
        inside = path[len(self._below) :]
        if self.is_glob and len(self._pattern) not in self._places(inside):
            return False
        return not self._ignore.match_file(inside)

    def enters(self, folder: str) -> bool:
        if folder == self.base or self._below.startswith(folder.rstrip("/") + "/"):
            return True
        if not folder.startswith(self._below):
            return False
        inside = folder[len(self._below) :]
        if self.is_glob and not any(place < len(self._pattern) for place in self._places(inside)):
            return False
        return not self._ignore.match_file(inside + "/")

    def root(self) -> str:
        return self.base if self.is_glob or os.path.isdir(self.base) else os.path.dirname(self.base)  # noqa: PTH112, PTH120 - text

    def _places(self, inside: str) -> set[int]:
        """How many names of the pattern may be behind one after all names of the path: all of them is a match."""
        places = self._with_depth({0})
        for name in inside.split("/"):
            after: set[int] = set()
            for place in places:
                if place == len(self._pattern):
                    continue
                pattern = self._pattern[place]
                if pattern is None:
                    after.add(place)
                    if place == len(self._pattern) - 1:
                        after.add(place + 1)
                elif pattern.match(name):
                    after.add(place + 1)
            places = self._with_depth(after)
        return places

    def _with_depth(self, places: set[int]) -> set[int]:
        """A `**` that is not the last may also stand for no folder at all."""
        for place, pattern in enumerate(self._pattern[:-1]):
            if pattern is None and place in places:
                places.add(place + 1)
        return places


def _compiled(name: str) -> re.Pattern[str] | None:
    """The pattern of one name; None for any number of folders."""
    if name == _ANY_DEPTH:
        return None
    return re.compile(translate(name.replace("[^", "[!")))
