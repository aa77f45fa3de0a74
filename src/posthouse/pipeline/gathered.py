"""What a source's signals have said and no read has seen yet, merged into one."""

from __future__ import annotations

from posthouse.sources.base import RESCAN, Signal

PATHS_MAX = 1_000
"""Beyond so many paths it is quicker to look at everything."""


class Gathered:
    """Bounded by `PATHS_MAX`, however much is signalled. Falsy while nothing is gathered."""

    def __init__(self) -> None:
        self._paths: dict[str, None] = {}
        self._is_rescan = False
        self._is_any = False

    def __bool__(self) -> bool:
        return self._is_any

    def add(self, signal: Signal) -> None:
        """One more signal."""
        self._is_any = True
        self._is_rescan = self._is_rescan or signal.is_rescan
        if not self._is_rescan:
            self._paths.update(dict.fromkeys(signal.paths))
            self._is_rescan = len(self._paths) > PATHS_MAX
        if self._is_rescan:
            self._paths.clear()

    def take(self) -> Signal | None:
        """All of it, to be read now; None where there is nothing."""
        if not self._is_any:
            return None
        signal = RESCAN if self._is_rescan else Signal(paths=tuple(self._paths))
        self._paths, self._is_rescan, self._is_any = {}, False, False
        return signal
