"""The settings of the kind `wake-schedule`."""

from __future__ import annotations

from typing import Annotated

import msgspec

from posthouse.rules.wake import GRACE_S, WakePolicy
from posthouse.sources.base import SourceContext, SourceSettings

GRACE_DOC = "A slot that was missed by no more than this many seconds is still fired; an older one is skipped."
WINDOW_DOC = "How many hours a window of use lasts, of accounts that say nothing else."


class WakeSettings(SourceSettings, frozen=True, kw_only=True):
    """How late a slot may be, and how long a window lasts."""

    grace_s: Annotated[float, msgspec.Meta(ge=0, le=86_400, description=GRACE_DOC)] = GRACE_S
    window_hours: Annotated[int, msgspec.Meta(ge=1, le=168, description=WINDOW_DOC)] = 5

    @property
    def policy(self) -> WakePolicy:
        """The same for the rules."""
        return WakePolicy(grace_s=self.grace_s)


def settings_of(context: SourceContext) -> WakeSettings:
    """The settings of a source."""
    return msgspec.json.decode(context.source.settings, type=WakeSettings)
