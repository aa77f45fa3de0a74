"""The build hook of the package: has the dashboard built before a wheel or an editable install is made.

POSTHOUSE_WITHOUT_DASHBOARD=1 leaves it out of an editable install, for machines without the npm registry. A wheel is
never made without it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DashboardHook(BuildHookInterface):  # type: ignore[type-arg]
    """Found by hatchling under `custom`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 (hatchling's shape)
        """Build the dashboard. Raises BuildFailed."""
        if version == "editable" and os.environ.get("POSTHOUSE_WITHOUT_DASHBOARD"):
            return
        sys.path.insert(0, str(Path(self.root) / "web"))
        import build

        build.build()
