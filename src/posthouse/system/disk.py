"""Free space in the home, looked up at most once a second, so that the hot path may ask for every event."""

from __future__ import annotations

import shutil
from pathlib import Path

from posthouse.model.errors import DiskLow, HomeUnusable
from posthouse.system.clock import Clock

_FRESH_S = 1.0


class DiskGauge:
    """Tells how much room is left for this user on the disk of a folder. Use it from one thread."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._free_bytes = 0
        self._read_at_s: float | None = None

    def free_bytes(self) -> int:
        """Free bytes, at most a second old. Raises HomeUnusable `home.missing` where the folder is gone."""
        now_s = self._clock.monotonic_s()
        if self._read_at_s is None or now_s - self._read_at_s >= _FRESH_S:
            try:
                self._free_bytes = shutil.disk_usage(self._folder).free
            except OSError as error:
                raise HomeUnusable(
                    "home.missing", f"{self._folder} can no longer be read: {error.strerror}. Is its disk still there?"
                ) from error
            self._read_at_s = now_s
        return self._free_bytes

    def require(self, floor_bytes: int) -> None:
        """Raise DiskLow `disk.low` where less than the floor is free."""
        free_bytes = self.free_bytes()
        if free_bytes < floor_bytes:
            raise DiskLow(
                "disk.low",
                f"Only {free_bytes >> 20} MiB are free on the disk of {self._folder}, and disk.free_bytes_min keeps "
                f"{floor_bytes >> 20} MiB. Nothing was taken: make room and send it again.",
            )
