"""The files that this process's own standard output and error go to.

A source that watched the daemon's log would tell of a change, the daemon would log that, and so on for ever.
"""

from __future__ import annotations

import os
import stat

OUTPUTS = (1, 2)
"""The descriptors of standard output and standard error."""


def own_outputs() -> frozenset[tuple[int, int]]:
    """Device and inode of each regular file among them; a renamed one, as a rotation leaves it, is still the same."""
    files = set()
    for descriptor in OUTPUTS:
        try:
            found = os.fstat(descriptor)
        except OSError:
            continue  # It is closed: nothing is written there.
        if stat.S_ISREG(found.st_mode):
            files.add((found.st_dev, found.st_ino))
    return frozenset(files)
